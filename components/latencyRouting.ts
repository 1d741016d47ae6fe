import * as pulumi from "@pulumi/pulumi";
import { PopRouting, type RoutedPop, type RoutingArgs } from "./popRouting";

export interface LatencyRoutingArgs extends RoutingArgs {
  pops: RoutedPop[];
}

/**
 * What sends every user to the nearest healthy PoP: per host one latency record per PoP and address family.
 *
 * ```ts
 * new LatencyRouting("edge-routing", {
 *   pops: [{ region: "eu-central-1", active: true, loadBalancer, ready: fleet.ready, certificates: {} }],
 *   hosts: [{ host: "cdn.example.com", zoneId }],
 *   popDomain: { host: "pop.example.com", zoneId },
 *   healthCheck: { interval: 10, threshold: 3 },
 *   alarmTopicArn,
 * });
 * ```
 *
 * Route 53 answers with a PoP while the health check by its own name succeeds and its load balancer has healthy
 * targets; when all PoPs are unhealthy it answers as if all were healthy, so a name is never without an answer.
 *
 * Creates a `PopRouting` per PoP, and costs what these cost.
 *
 * @throws ResourceError when no PoP is active: every name would be without an answer
 */
export class LatencyRouting extends pulumi.ComponentResource {
  /** Id of each PoP's health check, by region. */
  readonly healthCheckIds: Record<string, pulumi.Output<string>>;

  constructor(name: string, args: LatencyRoutingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:latencyRouting:LatencyRouting", name, {}, opts);
    const { pops, ...shared } = args;
    if (!pops.some((pop) => pop.active)) {
      throw new pulumi.ResourceError("pops: at least one must be active, or no name has an answer", this, true);
    }

    this.healthCheckIds = Object.fromEntries(
      pops.map((pop) => {
        const way = new PopRouting(`${name}-${pop.region}`, { ...shared, pop }, { parent: this });
        return [pop.region, way.healthCheckId];
      }),
    );
    this.registerOutputs({});
  }
}
