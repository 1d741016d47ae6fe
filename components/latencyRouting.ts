import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { HostedName } from "./hostedName";
import { POP_HEALTH_PATH } from "./node/ports";

/** A PoP as DNS sees it. */
export interface RoutedPop {
  readonly region: string;
  /** Takes traffic. One that does not keeps its per-PoP name and its health check. */
  readonly active: boolean;
  readonly loadBalancer: { readonly dnsName: pulumi.Input<string>; readonly zoneId: pulumi.Input<string> };
  /** What must stand before traffic is sent there, and still stands when it is taken away. */
  readonly ready: readonly pulumi.Resource[];
}

export interface LatencyRoutingArgs {
  hosts: readonly HostedName[];
  /** Where the per-PoP names live: `pop.example.com` gives `eu-central-1.pop.example.com`. */
  popDomain: HostedName;
  pops: readonly RoutedPop[];
  healthCheck: {
    /** Seconds between two checks: 10 or 30. */
    readonly interval: number;
    /** Failures until a PoP is unhealthy. */
    readonly threshold: number;
  };
  /** Topic in us-east-1 that hears when a PoP is unhealthy. */
  alarmTopicArn: pulumi.Input<string>;
}

/** Route 53 is global; its metrics are in this region, and so are alarms on them. */
export const ROUTE53_METRICS_REGION = "us-east-1";

/** The name by which one PoP is reached, whatever its state. */
export function popName(region: string, popDomain: string): string {
  return `${region}.${popDomain}`;
}

/**
 * What sends every user to the nearest healthy PoP: per host one latency record per PoP and address family.
 *
 * ```ts
 * new LatencyRouting("edge-routing", {
 *   hosts: [{ host: "cdn.example.com", zoneId }],
 *   popDomain: { host: "pop.example.com", zoneId },
 *   pops: [{ region: "eu-central-1", active: true, loadBalancer, ready: [fleet] }],
 *   healthCheck: { interval: 10, threshold: 3 },
 *   alarmTopicArn,
 * });
 * ```
 *
 * A PoP takes traffic last and loses it first: its latency records depend on all that it consists of. Route 53 answers
 * with a PoP while the health check by its own name succeeds and the load balancer has healthy targets; when all are
 * unhealthy it answers as if all were healthy, so a name is never without an answer.
 *
 * Creates per PoP an A and AAAA alias by its own name, an HTTPS health check and an alarm on it; per active PoP and
 * host an A and an AAAA latency alias. Alias queries cost nothing; a health check with HTTPS and a short interval costs
 * a few dollars a month (`footprint plan`).
 */
export class LatencyRouting extends pulumi.ComponentResource {
  constructor(name: string, args: LatencyRoutingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:latencyRouting:LatencyRouting", name, {}, opts);
    const child = { parent: this };

    for (const pop of args.pops) {
      const own = popName(pop.region, args.popDomain.host);
      const addresses = ADDRESS_TYPES.map(
        (type) =>
          new aws.route53.Record(
            `${name}-${own}-${type.toLowerCase()}`,
            {
              zoneId: args.popDomain.zoneId,
              name: own,
              type,
              // The health check comes by this name, so the name must answer whatever the health.
              aliases: [{ name: pop.loadBalancer.dnsName, zoneId: pop.loadBalancer.zoneId, evaluateTargetHealth: false }],
            },
            child,
          ),
      );

      const healthCheck = new aws.route53.HealthCheck(
        `${name}-${pop.region}`,
        {
          type: "HTTPS",
          fqdn: own,
          port: 443,
          enableSni: true,
          resourcePath: POP_HEALTH_PATH,
          requestInterval: args.healthCheck.interval,
          failureThreshold: args.healthCheck.threshold,
        },
        { ...child, dependsOn: addresses },
      );

      new aws.cloudwatch.MetricAlarm(
        `${name}-${pop.region}-health`,
        {
          region: ROUTE53_METRICS_REGION,
          alarmDescription: `PoP ${pop.region} is unhealthy: Route 53 sends its users to the next one.`,
          namespace: "AWS/Route53",
          metricName: "HealthCheckStatus",
          dimensions: { HealthCheckId: healthCheck.id },
          statistic: "Minimum",
          period: 60,
          evaluationPeriods: 1,
          comparisonOperator: "LessThanThreshold",
          threshold: 1,
          treatMissingData: "breaching",
          alarmActions: [args.alarmTopicArn],
          okActions: [args.alarmTopicArn],
        },
        child,
      );

      if (pop.active) {
        for (const { host, zoneId } of args.hosts) {
          for (const type of ADDRESS_TYPES) {
            new aws.route53.Record(
              `${name}-${host}-${pop.region}-${type.toLowerCase()}`,
              {
                zoneId,
                name: host,
                type,
                setIdentifier: pop.region,
                latencyRoutingPolicies: [{ region: pop.region }],
                healthCheckId: healthCheck.id,
                aliases: [
                  { name: pop.loadBalancer.dnsName, zoneId: pop.loadBalancer.zoneId, evaluateTargetHealth: true },
                ],
              },
              { ...child, dependsOn: [...pop.ready] },
            );
          }
        }
      }
    }

    this.registerOutputs({});
  }
}

const ADDRESS_TYPES = ["A", "AAAA"];
