/**
 * Where HAProxy and Varnish meet, and where both are told what to do: files, so that owner and mode say who may
 * connect. What has mode 0600 is for its owner and for root alone.
 */
export const SOCKETS = {
  /** Varnish takes requests from HAProxy. */
  cache: "/run/varnish/http.sock",
  /** HAProxy takes purges, from the agent alone, and puts their URLs into the form that requests have. */
  purge: "/run/haproxy/purge.sock",
  /** Varnish takes purges, from HAProxy. */
  cachePurge: "/run/varnish/purge.sock",
  /** HAProxy takes what Varnish wants from origins, and gives it final responses without trailers. */
  egress: "/run/haproxy/egress.sock",
  /** HAProxy takes the same from itself, to ask for it in HTTP/2. */
  relay: "/run/haproxy/relay.sock",
  /** HAProxy takes from itself what a request has changed, for the owner of it (haproxy/ring.ts). */
  changes: "/run/haproxy/changes.sock",
  /** HAProxy takes the same again, and what goes past Varnish. */
  origins: "/run/haproxy/origins.sock",
  /** HAProxy takes what is held: WebSocket and server-sent events. */
  egressHeld: "/run/haproxy/egress-held.sock",
  /** HAProxy with a PROXY header: its own health port hands over to it. */
  healthProxied: "/run/haproxy/health-proxied.sock",
  /** The same without. */
  healthPlain: "/run/haproxy/health-plain.sock",
  /** HAProxy's runtime API. */
  admin: "/run/haproxy/admin.sock",
  /** HAProxy's master process: takes `reload`. */
  master: "/run/haproxy/master.sock",
} as const;

/** Host at which HAProxy asks Varnish whether it answers. No client gets there: it is no site's name. */
export const PROBE_HOST = "varnish.node";

/** Of the sockets at which HAProxy and Varnish meet. Neither is in the other's own group, which reads its secrets. */
export const SOCKETS_GROUP = "footprint-sockets";
