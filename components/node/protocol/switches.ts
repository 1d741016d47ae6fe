/**
 * What the agent tells HAProxy: a map in a file, read at every start and reload, and changed in the running process by
 * `add map`, `set map` and `del map` on the admin socket. A key that is there holds the reason; without the file, or
 * without a living agent, nothing is switched.
 */
export const SWITCHES_FILE = "/run/footprint/switches.map";

export const SWITCHES = {
  /** Node health answers 503: for the load balancer and the Auto Scaling group. */
  node: "node",
  /** PoP health answers 503: for Route 53. */
  pop: "pop",
  /** Responses end their connection: the node is about to leave. */
  draining: "draining",
} as const;

export type Switch = keyof typeof SWITCHES;
