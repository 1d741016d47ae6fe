import * as fc from "fast-check";
import type { Directives, Identity, Moment, Response } from "./oracle";

/** A field as it is sent, and what it says. Malformed ones say what is strictest. */
interface Field {
  readonly text: string | readonly string[];
  readonly says: Directives;
}

const CACHE_CONTROL: readonly Field[] = [
  { text: [], says: {} },
  { text: "max-age=600", says: { lifetime: 600 } },
  { text: "public, max-age=600", says: { lifetime: 600, public: true } },
  { text: "s-maxage=600", says: { lifetime: 600, isSMaxAge: true } },
  { text: "max-age=0, s-maxage=600", says: { lifetime: 600, isSMaxAge: true } },
  { text: "max-age=600, s-maxage=0", says: { lifetime: 0, isSMaxAge: true } },
  { text: "public", says: { public: true } },
  { text: "immutable", says: {} },
  { text: "no-store", says: { noStore: true } },
  { text: "no-store\t, max-age=600", says: { noStore: true, lifetime: 600 } },
  { text: "private", says: { private: true } },
  { text: "max-age=600,\tprivate", says: { lifetime: 600, private: true } },
  { text: "max-age=600;private", says: { lifetime: 0, private: true } },
  { text: "public,max-age=600,\tno-store", says: { lifetime: 600, noStore: true } },
  { text: "max-age=600,no-store;", says: { lifetime: 0, noStore: true } },
  { text: 'private="set-cookie", max-age=600', says: { lifetime: 600, private: true } },
  { text: ["max-age=600", "Private"], says: { lifetime: 600, private: true } },
  { text: 'note="private, no-store", max-age=600', says: { lifetime: 600 } },
  { text: 'note="max-age=600', says: { lifetime: 0 } },
  { text: "max-age=600, max-age=0", says: { lifetime: 0 } },
  { text: "max-age=soon", says: { lifetime: 0 } },
  { text: "no-cache", says: { noCache: true } },
  { text: "max-age=600, no-cache", says: { lifetime: 600, noCache: true } },
  { text: 'no-cache="x-user", max-age=600', says: { lifetime: 600, noCache: true } },
  { text: "no-cache, stale-if-error=600", says: { noCache: true, staleIfError: 600 } },
  { text: "max-age=0", says: { lifetime: 0 } },
  { text: "max-age=0, must-revalidate", says: { lifetime: 0, mustRevalidate: true } },
  {
    text: "max-age=0, stale-if-error=600, stale-while-revalidate=600",
    says: { lifetime: 0, staleIfError: 600, staleWhileRevalidate: 600 },
  },
  { text: "max-age=600, must-revalidate", says: { lifetime: 600, mustRevalidate: true } },
  {
    text: "max-age=600, must-revalidate, stale-if-error=600",
    says: { lifetime: 600, mustRevalidate: true, staleIfError: 600 },
  },
  {
    text: "max-age=600, proxy-revalidate, stale-while-revalidate=600",
    says: { lifetime: 600, proxyRevalidate: true, staleWhileRevalidate: 600 },
  },
  { text: "max-age=600, stale-while-revalidate=600", says: { lifetime: 600, staleWhileRevalidate: 600 } },
  {
    text: "max-age=600, stale-if-error=600, stale-while-revalidate=0",
    says: { lifetime: 600, staleIfError: 600, staleWhileRevalidate: 0 },
  },
  {
    text: "max-age=600, stale-if-error=0, stale-while-revalidate=0",
    says: { lifetime: 600, staleIfError: 0, staleWhileRevalidate: 0 },
  },
];

const CDN_CACHE_CONTROL: readonly (Field | undefined)[] = [
  undefined,
  undefined,
  undefined,
  { text: "max-age=600", says: { lifetime: 600 } },
  { text: "max-age=600, public", says: { lifetime: 600, public: true } },
  { text: "no-store", says: { noStore: true } },
  { text: "max-age=600,\tprivate", says: { lifetime: 600, private: true } },
  { text: "max-age=600, max-age=0", says: { lifetime: 0 } },
  { text: "no-cache;x=1", says: { noCache: true } },
  { text: "unknown", says: {} },
];

/** Seconds from Date to Expires, as they are sent. */
const EXPIRES: readonly { readonly text: (now: number) => string; readonly seconds: number }[] = [
  { text: (now) => new Date(now + 600_000).toUTCString(), seconds: 600 },
  { text: (now) => new Date(now - 600_000).toUTCString(), seconds: -600 },
  { text: () => "0", seconds: 0 },
  { text: () => "9999999999", seconds: 0 },
];

/** Each with what it says; what is no list of names may name anything (RFC 9110, section 12.5.5, whose syntax is section 5.6.1). */
const VARY: readonly { readonly text: string; readonly says: Response["vary"] }[] = [
  { text: "*", says: "*" },
  { text: "Accept-Language, *", says: "*" },
  { text: "cookie", says: "cookie" },
  { text: "authorization", says: "authorization" },
  { text: ",Accept-Language\t,\t,Cookie, ", says: "cookie" },
  { text: "Cookie;Accept", says: "*" },
  { text: '"Cookie"', says: "*" },
  { text: "Accept-Language Cookie", says: "*" },
  { text: "Accept-Language, Cookie=session", says: "*" },
  { text: "Accept-Language, (Cookie)", says: "*" },
  { text: "Accept-Language:Cookie", says: "*" },
];

export interface Case {
  readonly response: Response;
  /** Fields of the response, as they are sent now. */
  readonly fields: (now: number) => Readonly<Record<string, string | readonly string[]>>;
  readonly first: Identity;
  readonly second: Identity;
  readonly moment: Moment;
}

const identity = fc.constantFrom<Identity>("nobody", "cookie", "authorization");

const cases = fc
  .record({
    cacheControl: fc.constantFrom(...CACHE_CONTROL),
    cdn: fc.constantFrom(...CDN_CACHE_CONTROL),
    expires: fc.option(fc.constantFrom(...EXPIRES), { nil: undefined, freq: 2 }),
    vary: fc.option(fc.constantFrom(...VARY), { nil: undefined, freq: 2 }),
    hasSetCookie: fc.boolean().chain((often) => fc.boolean().map((cookie) => often && cookie)),
    validator: fc.constantFrom("none", "etag", "modified", "both"),
    status: fc.constantFrom(200, 200, 200, 404, 302, 500),
    first: identity,
    second: identity,
    moment: fc.constantFrom<Moment>("waiting", "later", "stale", "failing", "purged"),
  })
  .map(({ cacheControl, cdn, expires, vary, hasSetCookie, validator, status, first, second, moment }): Case => {
    const hasLastModified = validator === "modified" || validator === "both";
    const fields = (now: number) => ({
      date: new Date(now).toUTCString(),
      "cache-control": cacheControl.text,
      ...(cdn === undefined ? {} : { "cdn-cache-control": cdn.text }),
      ...(expires === undefined ? {} : { expires: expires.text(now) }),
      ...(vary === undefined ? {} : { vary: vary.text }),
      ...(hasSetCookie ? { "set-cookie": "session=1" } : {}),
      ...(validator === "etag" || validator === "both" ? { etag: '"v"' } : {}),
      ...(hasLastModified ? { "last-modified": new Date(now - 86_400_000).toUTCString() } : {}),
    });
    return {
      response: {
        status,
        cacheControl: cacheControl.says,
        cdnCacheControl: cdn?.says,
        expires: expires?.seconds,
        vary: vary?.says,
        hasSetCookie,
        hasLastModified,
      },
      fields,
      first,
      second,
      moment,
    };
  });

/** So many cases out of all combinations, the same ones each time. */
export function someCases(count: number): readonly Case[] {
  return fc.sample(cases, { numRuns: count, seed: 9111 });
}
