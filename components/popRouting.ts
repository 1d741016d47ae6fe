import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { takingOver, type HostedName } from "./hostedName";
import { POP_HEALTH_PATH } from "./node/ports";
import { allOf } from "./order";
import { ROUTE53_METRICS_REGION } from "./route53";
import { topicAlarm } from "./topicAlarm";

/** A PoP as DNS sees it. */
export interface RoutedPop {
  readonly region: string;
  /** Takes traffic. One that does not keeps its own name and its health check. */
  readonly active: boolean;
  readonly loadBalancer: AliasTarget;
  /** URNs of what must stand before traffic is sent there, and still stands when it is taken away. */
  readonly ready: pulumi.Input<string[]>;
  /** By host, the URN of what must stand beside that before the host's traffic is sent there. */
  readonly certificates: Record<string, pulumi.Input<string>>;
}

/** What an alias record leads to. */
export interface AliasTarget {
  readonly dnsName: pulumi.Input<string>;
  /** The hosted zone of `dnsName`. */
  readonly zoneId: pulumi.Input<string>;
}

/** What the ways to all PoPs of a footprint have in common. */
export interface RoutingArgs {
  hosts: HostedName[];
  /** Where the PoPs' own names live: `pop.example.com` gives `eu-central-1.pop.example.com`. */
  popDomain: HostedName;
  healthCheck: HealthCheckArgs;
  /** Topic in us-east-1 that hears when a PoP is unhealthy. */
  alarmTopicArn: pulumi.Input<string>;
}

export interface HealthCheckArgs {
  /** Seconds between two checks: 10 or 30. */
  interval: number;
  /** Failures until a PoP is unhealthy: 1 to 10. */
  threshold: number;
}

export interface PopRoutingArgs extends RoutingArgs {
  pop: RoutedPop;
}

/** The name by which one PoP is reached, whatever its state. */
export function popName(region: string, popDomain: string): string {
  return `${region}.${popDomain}`;
}

/**
 * The way to one PoP: its own name, its health check, and its share of the latency records.
 *
 * ```ts
 * new PopRouting("edge-eu-central-1", {
 *   pop: { region: "eu-central-1", active: true, loadBalancer, ready: fleet.ready, certificates: {} },
 *   hosts: [{ host: "cdn.example.com", zoneId }],
 *   popDomain: { host: "pop.example.com", zoneId },
 *   healthCheck: { interval: 10, threshold: 3 },
 *   alarmTopicArn,
 * });
 * ```
 *
 * The PoP takes traffic last and loses it first: its latency records depend on all that it consists of.
 *
 * Creates an A and an AAAA alias by the PoP's own name, an HTTPS health check and an alarm on it; per host, while the
 * PoP is active, an A and an AAAA latency alias. Alias queries cost nothing; a health check with HTTPS and a short
 * interval costs a few dollars a month (`footprint plan`).
 */
export class PopRouting extends pulumi.ComponentResource {
  /** Id of the PoP's health check. */
  readonly healthCheckId: pulumi.Output<string>;

  constructor(name: string, args: PopRoutingArgs, opts?: pulumi.ComponentResourceOptions) {
    const { pop, popDomain } = args;
    super("footprint:popRouting:PopRouting", name, { region: pop.region }, opts);
    const child = { parent: this };
    const own = popName(pop.region, popDomain.host);
    const target = { name: pop.loadBalancer.dnsName, zoneId: pop.loadBalancer.zoneId };

    const addresses = ADDRESS_TYPES.map(
      (type) =>
        new aws.route53.Record(
          `${name}-own-${type.toLowerCase()}`,
          {
            zoneId: popDomain.zoneId,
            name: own,
            type,
            // The health check comes by this name, so the name must answer whatever the health.
            aliases: [{ ...target, evaluateTargetHealth: false }],
            ...takingOver(popDomain.takeOver),
          },
          child,
        ),
    );

    const healthCheck = new aws.route53.HealthCheck(
      name,
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

    topicAlarm(
      `${name}-unhealthy`,
      args.alarmTopicArn,
      {
        region: ROUTE53_METRICS_REGION,
        alarmDescription: `PoP ${pop.region} is unhealthy: Route 53 sends its users to the next one. See the runbook, "A PoP is in trouble".`,
        namespace: "AWS/Route53",
        metricName: "HealthCheckStatus",
        dimensions: { HealthCheckId: healthCheck.id },
        statistic: "Minimum",
        period: 60,
        evaluationPeriods: 1,
        comparisonOperator: "LessThanThreshold",
        threshold: 1,
        // A new health check has no values yet, which is no alarm; one that falls silent is told of as such.
        treatMissingData: "missing",
        insufficientDataActions: [args.alarmTopicArn],
      },
      this,
    );

    for (const { host, zoneId } of pop.active ? args.hosts : []) {
      for (const type of ADDRESS_TYPES) {
        new aws.route53.Record(
          `${name}-${host}-${type.toLowerCase()}`,
          {
            zoneId,
            name: host,
            type,
            setIdentifier: pop.region,
            latencyRoutingPolicies: [{ region: pop.region }],
            healthCheckId: healthCheck.id,
            aliases: [{ ...target, evaluateTargetHealth: true }],
            // After a cut-over they are there already, and the same. They replace none but those of this name, type and
            // region: beside records without a set identifier Route 53 refuses them.
            allowOverwrite: true,
          },
          { ...child, dependsOn: allOf(pop.ready, pop.certificates[host]) },
        );
      }
    }

    this.healthCheckId = healthCheck.id;
    this.registerOutputs({});
  }
}

const ADDRESS_TYPES = ["A", "AAAA"];
