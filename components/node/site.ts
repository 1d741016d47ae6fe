/** One site as a node serves it: plain data, the same on every node of a footprint. */
export interface Site {
  /** Host name of the site, lower case, without a trailing dot. */
  readonly host: string;
  /** Origins in failover order: the first healthy one is used. */
  readonly origins: readonly Origin[];
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
  /** Compress text that the origin sends uncompressed (varnish/compression.ts says what, and why). */
  readonly compression: boolean;
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
