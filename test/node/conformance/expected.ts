/** Tests of http-cache-tests 0.4.5 that do not pass, with what the suite says of them and why they stay. */
export interface Waiver {
  readonly tests: readonly string[];
  /** What the suite sees; something else is another failure. */
  readonly outcome: string;
  readonly reason: string;
}

const CACHED = "Assertion: Response 2 comes from cache";
const NOT_CACHED = "Assertion: Response 2 does not come from cache";

export const REQUIRED: readonly Waiver[] = [
  {
    tests: [
      "age-parse-dup-0",
      "age-parse-dup-0-twoline",
      "age-parse-dup-old",
      "age-parse-negative",
      "age-parse-nonnumeric",
      "age-parse-numeric-parameter",
      "age-parse-parameter",
      "age-parse-prefix-twoline",
    ],
    outcome: CACHED,
    reason:
      "the suite has since turned its expectation round: an invalid Age is to be ignored, and of several the first is used (RFC 9111, section 5.1)",
  },
  {
    tests: [
      "stale-close-must-revalidate",
      "stale-close-no-cache",
      "stale-close-proxy-revalidate",
      "stale-close-s-maxage=2",
    ],
    outcome: CACHED,
    reason:
      "the node answers with an error of its own, as RFC 9111, section 4.2.4 asks; this version of the suite takes every answer that lacks its own count for a stored one",
  },
  {
    tests: ["304-etag-update-response-Content-MD5"],
    outcome: 'Assertion: Response 2 header Content-MD5 is "N7UdGUp1E+RbVvZSTy1R8g==", not "rL0Y20zC+Fzt72VPzMSk2A=="',
    reason:
      "Varnish keeps what describes the stored body, and a 304 brings no other one; HTTP has no Content-MD5 any more (RFC 7231, appendix B)",
  },
  {
    tests: ["304-etag-update-response-ETag"],
    outcome: 'Assertion: Response 2 header ETag is ""ghijkl"", not ""abcdef""',
    reason: "a 304 updates the stored fields, ETag among them (RFC 9111, section 3.2)",
  },
  {
    tests: ["304-etag-update-response-Set-Cookie"],
    outcome: "Setup: Request 2 should have been conditional, but it was not.",
    reason: "a response that sets a cookie is one client's own and is not stored, unless it says public or s-maxage",
  },
  {
    tests: ["headers-store-Set-Cookie"],
    outcome: "Setup: Response 2 does not come from cache",
    reason: "a response that sets a cookie is one client's own and is not stored, unless it says public or s-maxage",
  },
  {
    tests: ["headers-store-Transfer-Encoding"],
    outcome: "Setup: Response 1 status is 502, not 200",
    reason: "the origin sends a transfer coding that does not exist: such a message has no certain end, and is refused",
  },
  {
    tests: ["invalidate-M-SEARCH", "invalidate-M-SEARCH-cl"],
    outcome: "Setup: Response 2 status is 405, not 200",
    reason: "M-SEARCH is a method of UPnP; no site can be given it",
  },
  {
    tests: ["surrogate-fresh-cc-nostore"],
    outcome: NOT_CACHED,
    reason:
      "the field is for a surrogate whose name the node does not announce (no Surrogate-Capability); CDN-Cache-Control (RFC 9213) is what governs it",
  },
];

export const OPTIMAL: readonly Waiver[] = [
  {
    tests: [
      "vary-normalise-combine",
      "vary-normalise-lang-case",
      "vary-normalise-lang-order",
      "vary-normalise-lang-select",
      "vary-normalise-lang-space",
      "vary-normalise-space",
    ],
    outcome: NOT_CACHED,
    reason: "Varnish compares what Vary names byte by byte: to rewrite it could change what the origin answers",
  },
  {
    tests: [
      "partial-store-partial-complete",
      "partial-store-partial-reuse-partial",
      "partial-store-partial-reuse-partial-absent",
      "partial-store-partial-reuse-partial-byterange",
      "partial-store-partial-reuse-partial-suffix",
    ],
    outcome: "Setup: Response 1 status is 502, not 206",
    reason:
      "ranges are cut from the whole response, which is what the node asks for; the suite's origin answers a part unasked, which is an error",
  },
  {
    tests: ["conditional-lm-fresh-no-lm"],
    outcome: "Assertion: Response 2 status is 200, not 304",
    reason: "Varnish compares If-Modified-Since with Last-Modified only, and not with Date",
  },
  {
    tests: ["invalidate-M-SEARCH-failed"],
    outcome: "Setup: Response 2 status is 405, not 500",
    reason: "M-SEARCH is a method of UPnP; no site can be given it",
  },
  {
    tests: ["method-POST"],
    outcome: NOT_CACHED,
    reason: "responses to POST are not stored: hardly an origin marks them for it, and mistakes are costly",
  },
  {
    tests: ["other-set-cookie"],
    outcome: NOT_CACHED,
    reason: "a response that sets a cookie is one client's own and is not stored, unless it says public or s-maxage",
  },
  {
    tests: ["surrogate-max-age-me-target"],
    outcome: NOT_CACHED,
    reason: "the node does not announce a name by which Surrogate-Control could mean it (no Surrogate-Capability)",
  },
];

/** Of each kind. A trial of the same software passed 137 and 67 of this version. */
export const FIGURES = {
  required: { passed: 145, tests: 165 },
  optimal: { passed: 79, tests: 95 },
} as const;
