/** Ports on which a node listens. Only the load balancer reaches them. */
export const NODE_PORTS = {
  /** HTTP/1.1 and cleartext HTTP/2 behind PROXY protocol v2; TLS ends at the load balancer. */
  traffic: 8443,
  /** What arrived at port 80, behind PROXY protocol v2: answered with a redirect. */
  redirect: 8080,
  /** Node health: takes connections with and without a PROXY header, since the load balancer's checks may carry one. */
  health: 8089,
} as const;

/** By which nodes of a PoP ask each other, where it is one cache (haproxy/ring.ts). */
export const PEER_PORTS = {
  /** What other nodes of the PoP ask. The nodes' security group lets them in, and nobody else. */
  peers: 8444,
  /** What a node asks of itself: it stands in its own ring like any other. No rule lets anybody in. */
  ownPeer: 8445,
} as const;

/** Metrics of HAProxy in Prometheus' format, at /metrics, on the node itself only. */
export const METRICS_PORT = 8405;

/** Metrics of the node's agent, likewise. */
export const AGENT_METRICS_PORT = 8406;

/** Path of the node's own health on the health port. */
export const NODE_HEALTH_PATH = "/health";

/** Path of the PoP's health at its per-PoP name, answered by HAProxy without cache or origin. */
export const POP_HEALTH_PATH = "/.well-known/pop-health";

/** Path by which a node of the PoP asks another one whether it takes its share of requests. */
export const PEER_HEALTH_PATH = "/.well-known/peer-health";

/** Begin of what the agent asks each site in its self-test. */
export const SELF_TEST_PATH = "/.well-known/footprint-self-test/";
