import type { AgentTiming } from "./protocol/bundleFormat";

/**
 * The clocks of a node's life, seconds. They stand in one place because they add up: a terminating node is first
 * deregistered and drained by the load balancer, and only then does its lifecycle hook begin.
 */
export const TIMING = {
  /** Between two health checks of a target. */
  targetCheckInterval: 10,
  /** Until a check counts as failed; must be below the interval. */
  targetCheckTimeout: 5,
  /** Failures until a target is unhealthy: 10 s x 3 finds a dead node within 30 s. */
  targetUnhealthyThreshold: 3,
  /** Successes until a target is healthy. */
  targetHealthyThreshold: 2,
  /** New connections still arrive for about 120 s after deregistration; 180 s covers them with room. */
  deregistrationDelay: 180,
  /** An unhealthy target keeps its open connections this long instead of having them reset. */
  unhealthyDraining: 120,
  /** What remains to a node after deregistration to finish long responses; it ends the wait itself when idle. */
  terminatingHeartbeat: 300,
  /** From launch until the node has installed itself and answers health; after that the launch is given up. */
  launchingHeartbeat: 900,
  /** A node that has just come into service is not counted by scaling or refresh for this long. */
  instanceWarmup: 180,
  /** Alias records of load balancers are answered with this TTL. */
  aliasTtl: 60,
} as const;

/**
 * The least pace of a client that reads or sends, and seconds between two looks. 240 bytes a second is what HTTP.sys
 * (minBytesPerSecond) and Kestrel (MinRequestBodyDataRate, MinResponseDataRate) ask of theirs by default; a modem of 1990 had
 * as much. HAProxy moves in steps of what kernels keep for a connection, up to 90 KB by `tune.sndbuf.client`: a client that
 * takes 2 KB a second takes one each 35 to 90 s, and is let go when there was none for the patience. So two minutes.
 */
export const CLIENT_PACE = { bytes: 240, patience: 120, look: 30 } as const;

/**
 * Seconds between two looks at which nodes a PoP has, where they are one cache: what a new node waits for, at most, until
 * others ask it. That one has left they see themselves. A look is a LIST, and a GET for each other node.
 */
export const RING_POLL = 10;

/** The clocks of a node's agent, seconds; what each means stands with its type. */
export const AGENT_TIMING: AgentTiming = {
  // Half of it is the mean delay of a purge. A GET costs about $1 per node and month at this pace.
  purgePoll: 1,
  purgeRepeat: 5,
  pointerPoll: 5,
  adoptionWindow: 120,
  selfTestPatience: 15,
  retryPause: 15,
  retryLongest: 3600,
  probation: 60,
  drainSwitchPoll: 5,
  // AWS advises 5 s for the Spot notice, which leaves 120.
  metadataPoll: 2,
  healthPoll: 5,
  drainIdle: 10,
  // Found unhealthy within 30 s; new connections then come for 30 to 40 s more.
  drainUnannounced: 75,
  drainLimit: 150,
  spotLimit: 90,
  // What a node that dies at once takes with it. A PUT each time costs $0.04 a month.
  accessLog: 300,
  // CloudWatch's own step. A call costs $0.01 a thousand, so $0.44 a month.
  metrics: 60,
  report: 30,
};
