import { INTERNAL_PREFIX } from "./internalHeaders";

/** Letters, digits and hyphens: programs differ in what they take fields with other names for, and nodes drop them. */
export const FIELD_NAME = /^[0-9A-Za-z-]{1,64}$/;

/** What the edge itself says to the cache and to origins. Regular expressions, for HAProxy too, of names in lower case. */
export const EDGE_FIELDS = [`${INTERNAL_PREFIX}.*`, "x-forwarded-.*", "x-request-id", "via", "cdn-loop"] as const;

/**
 * Fields by which a client could speak for the edge or bend what an origin answers, without being part of the cache
 * key: another host, scheme, method or target, or an address that it made up.
 */
export const UNTRUSTED_FIELDS = [
  "x-forwarded-.*",
  "forwarded",
  "x-(host|http-host-override|original-url|original-host|rewrite-url)",
  "x-(http-method|http-method-override|method-override)",
  "x-(real-ip|client-ip|cluster-client-ip|originating-ip|remote-ip|remote-addr|true-client-ip)",
  "(true-)?client-ip",
  "cf-connecting-ip|fastly-client-ip",
  "x-scheme|x-url-scheme|front-end-https",
  "surrogate-capability",
  "proxy(-.*)?",
] as const;

/** Names that a site cannot give to a setting, with the reason; the first that matches counts. */
type Refused = readonly (readonly [names: readonly string[], reason: string])[];

/** RFC 9110, sections 6.6 and 7.6.1; RFC 9112, section 6; what HTTP/2 does not have (RFC 9113, section 8.2.2). */
const OF_ONE_CONNECTION = [
  "connection|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|proxy-connection",
  "content-length|expect|max-forwards",
] as const;
/** Varnish and its index of keys. */
const OF_THE_PROGRAMS = ["x-varnish", "x-hashtwo", "cache-status", "proxy-status"] as const;

/** Of a request, for `cacheKey.headers`: what origins do not get as clients sent it tells nothing apart for them. */
const NOT_IN_A_KEY: Refused = [
  [["host"], "is always part of the key"],
  [["cookie"], "is not taken as a whole: name single cookies in cacheKey.cookies"],
  [OF_ONE_CONNECTION, "belongs to one connection or one message and ends at the node"],
  [[...EDGE_FIELDS, ...OF_THE_PROGRAMS], "is written by the node itself"],
  [UNTRUSTED_FIELDS, "is not taken from clients, which could speak for the edge by it"],
  [["accept-encoding"], "is the node's own affair: it compresses, and Vary tells apart what origins compress"],
  [["if-.*|range"], "is answered by the node out of what is stored"],
  [["cache-control|pragma"], "is advice of a client, by which each could have all fetched anew"],
];

/** Of a response, for `tagHeader`, which nodes take out before anything else reads it. */
const NO_TAGS: Refused = [
  [OF_ONE_CONNECTION, "frames the response or belongs to one connection"],
  [["host|cookie|authorization"], "is a field of requests"],
  [[...EDGE_FIELDS, ...OF_THE_PROGRAMS], "is written by the node itself"],
  [
    ["age|cache-control|cdn-cache-control|date|etag|expires|last-modified|pragma|set-cookie2?|surrogate-control|vary"],
    "says whether and for whom a response may be stored",
  ],
  [
    [
      "accept-.*|access-control-.*|allow|alt-svc|authentication-info|content-.*|cross-origin-.*|link|location|origin-.*",
      "p3p|permissions-policy|proxy-.*|referrer-policy|refresh|retry-after|sec-.*|server|server-timing|sourcemap",
      "strict-transport-security|timing-allow-origin|warning|www-authenticate|x-content-type-options|x-frame-options",
      "clear-site-data|deprecation|nel|report-to|reporting-endpoints|sunset|x-robots-tag",
    ],
    "is for clients, which get no tags",
  ],
];

/** Why a request field is of no use in a cache key; undefined when it is. */
export function notInKey(name: string): string | undefined {
  return reasonOf(NOT_IN_A_KEY, name);
}

/** Why a response field cannot hold tags; undefined when it can. */
export function noTags(name: string): string | undefined {
  return reasonOf(NO_TAGS, name);
}

/** Field names are the same in any case (RFC 9110, section 5.1). */
function reasonOf(refused: Refused, name: string): string | undefined {
  return refused.find(([names]) => new RegExp(`^(?:${names.join("|")})$`).test(name.toLowerCase()))?.[1];
}
