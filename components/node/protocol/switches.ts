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
  /** The node takes its share of what the PoP's nodes ask each other: it is in service. */
  ring: "ring",
} as const;

export type Switch = keyof typeof SWITCHES;

/**
 * Until when the node has carried out all purges, seconds since 1970: a map of one key, likewise. When that is longer ago
 * than `purge.maxStaleness`, PoP health answers 503 by HAProxy's own doing. Without the key the node has not read the log
 * since it was started, and its cache was empty then: HAProxy counts from its own start.
 */
export const SEEN_FILE = "/run/footprint/purges-seen.map";
export const SEEN_KEY = "seen";
