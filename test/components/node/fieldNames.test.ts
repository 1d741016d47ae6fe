import { FIELD_NAME, noTags, notInKey } from "../../../components/node/fieldNames";
import { INTERNAL, ORIGIN_AUTH_HEADER } from "../../../components/node/internalHeaders";

/** RFC 9110, section 7.6.1: what a proxy takes out of what it sends on; and what frames a message (RFC 9112, section 6). */
const HOP_BY_HOP = ["Connection", "Proxy-Connection", "Keep-Alive", "TE", "Transfer-Encoding", "Upgrade", "Trailer"];
/** RFC 9110, section 13: conditions of a request. */
const CONDITIONS = ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"];
/** RFC 9110 and 9111: what a cache goes by. */
const OF_CACHES = ["Cache-Control", "CDN-Cache-Control", "Expires", "Age", "Date", "Vary", "ETag", "Last-Modified"];
/** RFC 9113, section 8.3. */
const PSEUDO = [":path", ":authority", ":method", ":scheme", ":status", ":protocol"];

/** Fastly, Cloudflare and Google, Akamai, Varnish, Drupal, Magento, Symfony: as their documentation names them. */
const TAG_FIELDS = [
  ...["Surrogate-Key", "Cache-Tag", "Edge-Cache-Tag", "xkey", "X-Cache-Tags", "Purge-Cache-Tags"],
  ...["X-Magento-Tags", "X-Drupal-Cache-Tags", "FOS-Cache-Tags"],
];

describe("a field of a site's cache key", () => {
  test.each([
    "Accept-Language",
    "Accept",
    "Authorization",
    "Origin",
    "User-Agent",
    "X-Plan",
    "DNT",
    "Sec-CH-UA-Mobile",
  ])("may be %s", (name) => {
    expect([FIELD_NAME.test(name), notInKey(name)]).toEqual([true, undefined]);
  });

  test.each([
    ...["Host", "Cookie", "Content-Length", "Expect", "Range", "Accept-Encoding", "Cache-Control", "Pragma"],
    ...["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Original-URL", "X-Real-IP", "Proxy-Authorization"],
    ...["Via", "CDN-Loop", "X-Request-ID", "X-Varnish", ORIGIN_AUTH_HEADER, ...Object.values(INTERNAL)],
    ...HOP_BY_HOP,
    ...CONDITIONS,
  ])("rejects %s, in any case", (name) => {
    expect(notInKey(name)).toEqual(expect.any(String));
    expect(notInKey(name.toUpperCase())).toBe(notInKey(name.toLowerCase()));
  });
});

describe("the field of a site's tags", () => {
  test.each(TAG_FIELDS)("may be %s", (name) => {
    expect([FIELD_NAME.test(name), noTags(name)]).toEqual([true, undefined]);
  });

  test.each([
    ...["Host", "Set-Cookie", "Content-Length", "Content-Type", "Content-Encoding", "Location", "Surrogate-Control"],
    ...["Access-Control-Allow-Origin", "Strict-Transport-Security", "WWW-Authenticate", "Retry-After", "Accept-Ranges"],
    ...["Via", "Cache-Status", "Proxy-Status", "X-Request-ID", "X-Varnish", "X-HashTwo", ...Object.values(INTERNAL)],
    ...HOP_BY_HOP,
    ...OF_CACHES,
  ])("rejects %s, in any case", (name) => {
    expect(noTags(name)).toEqual(expect.any(String));
    expect(noTags(name.toUpperCase())).toBe(noTags(name.toLowerCase()));
  });
});

test.each([...PSEUDO, "", "a b", "a;b", "a,b", "a_b", "a.b", "é", "a\n", "a\0", "x".repeat(65)])(
  "rejects %j as the name of any field",
  (name) => {
    expect(FIELD_NAME.test(name)).toBe(false);
  },
);

describe("why a field is refused", () => {
  test.each([
    ["host", "is always part of the key"],
    ["cookie", "is not taken as a whole: name single cookies in cacheKey.cookies"],
    ["te", "belongs to one connection or one message and ends at the node"],
    ["max-forwards", "belongs to one connection or one message and ends at the node"],
    ["cdn-loop", "is written by the node itself"],
    ["x-hashtwo", "is written by the node itself"],
    ["cf-connecting-ip", "is not taken from clients, which could speak for the edge by it"],
    ["accept-encoding", "is the node's own affair: it compresses, and Vary tells apart what origins compress"],
    ["if-match", "is answered by the node out of what is stored"],
    ["pragma", "is advice of a client, by which each could have all fetched anew"],
  ])("of a key: %s %s", (name, reason) => {
    expect(notInKey(name)).toBe(reason);
  });

  test.each([
    ["upgrade", "frames the response or belongs to one connection"],
    ["authorization", "is a field of requests"],
    ["via", "is written by the node itself"],
    ["etag", "says whether and for whom a response may be stored"],
    ["location", "is for clients, which get no tags"],
    ["p3p", "is for clients, which get no tags"],
    ["warning", "is for clients, which get no tags"],
    ["x-robots-tag", "is for clients, which get no tags"],
  ])("of tags: %s %s", (name, reason) => {
    expect(noTags(name)).toBe(reason);
  });
});
