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
