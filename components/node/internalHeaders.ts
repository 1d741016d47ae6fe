/**
 * Fields that HAProxy and Varnish use between themselves. HAProxy deletes whatever begins with this prefix from what
 * comes from a client or from an origin, and from what goes to them.
 */
export const INTERNAL_PREFIX = "x-footprint-";

export const INTERNAL = {
  /** Address of the client, for the origin. By a field, and not by PROXY protocol, connections can be reused. */
  client: "X-Footprint-Client",
  /** The site's line of sites.map. */
  site: "X-Footprint-Site",
  /** What tells responses apart, beside host and URL. */
  key: "X-Footprint-Told-Apart",
  /** There is a stale response to fall back on: a client "waits", or it is asked in the "background". */
  stale: "X-Footprint-Stale",
  /** The last time that its URL was asked for at the origin there was no answer in time. */
  slow: "X-Footprint-Slow",
  /** There is no room for the request: nothing was asked of the origin. */
  full: "X-Footprint-Full",
  /** A request that only what is stored may answer: its site has too many in flight. */
  hits: "X-Footprint-Hits",
  /** The response may be stored, as far as Varnish can tell before it is there. */
  mayBeStored: "X-Footprint-May-Be-Stored",
  /** What HAProxy says of a response without a length that is not to be stored: haproxy/egress.ts has the reasons. */
  endless: "X-Footprint-Endless",
  /** Nothing of its variant (Vary) is stored, as far as Varnish can tell. */
  variant: "X-Footprint-Variant",
  /** What HAProxy says to it: the URL has "many" variants of late, or it is time that "all" of them go. */
  variants: "X-Footprint-Variants",
  /** How far with purges a node must be to answer another one (protocol/marks.ts); only another node's request has it. */
  needs: "X-Footprint-Needs",
  /** The request is that of another node of this PoP: it is not passed on to a third one. */
  peered: "X-Footprint-Peered",
  /** What is asked by the node itself, and not of its owner: the owner has failed. */
  alone: "X-Footprint-Alone",
  /** The response came by way of the object's owner: what that did for it, "self", or why there is none of its. */
  owner: "X-Footprint-Owner",
  /** What HAProxy says to it: a copy of what the owner has given is worth its room. */
  copy: "X-Footprint-Copy",
  /** Seconds for which the owner would go on to give it so. */
  left: "X-Footprint-Left",
  /** The request is that of a node of another PoP, for which this one is the shield. */
  shielded: "X-Footprint-Shielded",
  /** By which such a node proves that it is ours (protocol/shieldProof.ts), and one of the same PoP (ringProof.ts). */
  proof: "X-Footprint-Proof",
  /** What is not asked of the shield: nothing is stored of it, or the shield has failed. */
  direct: "X-Footprint-Direct",
  /** The response came by way of the shield, or is HAProxy's own for a shield that failed. */
  shield: "X-Footprint-Shield",
  /** What the shield, or the owner, did for an answer of an origin's, one word; missing in what is no origin's. */
  given: "X-Footprint-Given",
  /** The last try of a fetch. */
  again: "X-Footprint-Again",
  /** What the cache did, one word, for the access log. */
  cache: "X-Footprint-Cache",
  /** Content-Range of a response that is no part: some services count lists with it; Varnish takes it for an error. */
  contentRange: "X-Footprint-Content-Range",
  /** What directives.lua has read in a response, field by field. */
  cacheControl: "X-Footprint-Cache-Control",
  cdnCacheControl: "X-Footprint-CDN-Cache-Control",
  surrogateControl: "X-Footprint-Surrogate-Control",
  expires: "X-Footprint-Expires",
  date: "X-Footprint-Date",
  lastModified: "X-Footprint-Last-Modified",
  /** The true Content-Type of what is to be compressed. */
  type: "X-Footprint-Type",
  /** The client takes a stored response alone (RFC 9111, section 5.2.1.7). */
  onlyIfCached: "X-Footprint-Only-If-Cached",
} as const;

/**
 * Field by which an origin knows that a request comes from this footprint. Its value is in the file below, which the
 * agent writes; it is in no bundle and no log.
 */
export const ORIGIN_AUTH_HEADER = "X-Footprint-Origin-Auth";

/**
 * A map of HAProxy with one line, "current <value>". Read at every start and reload; a rotation changes the running
 * process by `set map` (or `add map`) on the admin socket. Without the file the field is not sent.
 */
export const ORIGIN_AUTH_FILE = "/run/footprint/secrets/origin-auth.map";

/** By this Content-Type HAProxy knows what to compress. No client and no origin has a say in it. */
export const COMPRESSIBLE = "x-footprint/compressible";
