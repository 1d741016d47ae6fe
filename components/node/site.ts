/**
 * Sites of a footprint, and their origins all together: every node serves all of them. Sites are lines of two maps; an
 * origin is a backend of HAProxy, with checks of its own each five seconds. A check of the rendered files with as many as
 * this took HAProxy 3.0 ten seconds on two processors that had other work (amd64).
 */
export const SITES_LIMIT = 1000;
export const ORIGINS_LIMIT = 2000;

/** One site as a node serves it: plain data, the same on every node of a footprint. */
export interface Site {
  /** Host name of the site, lower case, without a trailing dot. */
  readonly host: string;
  /** Origins in failover order: the first healthy one is used. */
  readonly origins: readonly Origin[];
  /** Region of the PoP by which those of other regions ask the origins; absent: each asks them itself. */
  readonly shield?: string;
  /** The Host that origins are asked by: their own name, or the site's. */
  readonly originHost: "origin" | "site";
  /** What of a request tells stored responses apart, beside host and path. */
  readonly cacheKey: {
    readonly query: "all" | "none" | readonly string[];
    readonly headers: readonly string[];
    readonly cookies: readonly string[];
  };
  /** Seconds for which a stale response may be used (RFC 5861). */
  readonly stale: { readonly whileRevalidate: number; readonly ifError: number };
  /** Upper bound of a stored response's freshness lifetime, seconds. */
  readonly maxAge: number;
  /** Methods that the site answers; any other is refused with 405. */
  readonly methods: readonly string[];
  /** Pass WebSocket and server-sent events, for which a connection to the origin is held by each client. */
  readonly websocket: boolean;
  /** Compress text that the origin sends uncompressed (varnish/compression.ts says what, and why). */
  readonly compression: boolean;
  /** What of a client's address the access log gets: all, the network (/24 of IPv4, /48 of IPv6), or nothing. */
  readonly clientAddress: "full" | "truncated" | "none";
  /** Status with which port 80 redirects to https. */
  readonly redirectStatus: 301 | 308;
  /** Response header in which the origin names the tags of a response, for purging. */
  readonly tagHeader: string;
}

export interface Origin {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
}
