import type { HealthCheckConfig } from "../config/model";

/** The clocks of load balancer and lifecycle hook that the plan adds up, seconds. */
export interface NodeClocks {
  readonly targetCheckInterval: number;
  readonly targetUnhealthyThreshold: number;
  readonly deregistrationDelay: number;
  readonly terminatingHeartbeat: number;
  /** Alias records of load balancers are answered with this TTL. */
  readonly aliasTtl: number;
}

/** What the footprint promises about its clocks, seconds. */
const TIMING_LIMITS = {
  /** Until no resolver is sent to a lost PoP. */
  failover: 120,
  /** Until the load balancer sends nothing more to a dead node. */
  unhealthyAfter: 30,
  /** New connections arrive for about 120 s after deregistration. */
  deregistrationDelay: 150,
} as const;

export interface TimingSummary {
  /** From the loss of a PoP until clients are sent elsewhere. */
  readonly failover: {
    /** Until Route 53 calls the PoP unhealthy: interval x threshold. */
    readonly detect: number;
    /** Until answers given before have expired. */
    readonly dnsTtl: number;
    readonly total: number;
  };
  /** From a node's death until the load balancer has found it. */
  readonly unhealthyAfter: number;
  /** From the decision to terminate a node until it is gone, at most: the two times come one after the other. */
  readonly drain: { readonly deregistration: number; readonly heartbeat: number; readonly total: number };
  /** What is outside its limit, in words; empty when all is kept. */
  readonly broken: readonly string[];
}

/** The failover budget and the drain time of a footprint. */
export function timing(check: HealthCheckConfig, clocks: NodeClocks): TimingSummary {
  const detect = check.interval * check.threshold;
  const failover = { detect, dnsTtl: clocks.aliasTtl, total: detect + clocks.aliasTtl };
  const unhealthyAfter = clocks.targetCheckInterval * clocks.targetUnhealthyThreshold;
  const drain = {
    deregistration: clocks.deregistrationDelay,
    heartbeat: clocks.terminatingHeartbeat,
    total: clocks.deregistrationDelay + clocks.terminatingHeartbeat,
  };
  const { failover: budget, unhealthyAfter: finding, deregistrationDelay: delay } = TIMING_LIMITS;
  const rules: readonly (readonly [kept: boolean, text: string])[] = [
    [failover.total <= budget, `failover takes ${failover.total} s, more than ${budget} s`],
    [unhealthyAfter <= finding, `a dead node is found after ${unhealthyAfter} s, more than ${finding} s`],
    [drain.deregistration >= delay, `deregistration takes ${drain.deregistration} s, less than ${delay} s`],
  ];
  return { failover, unhealthyAfter, drain, broken: rules.filter(([kept]) => !kept).map(([, text]) => text) };
}
