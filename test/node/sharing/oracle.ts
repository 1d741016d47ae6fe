/**
 * Who may be given what another request caused, from the text of RFC 9111 (and 9213, and 5861), not from the node's
 * configuration. What a response says stands beside the text that says it, by hand: no parser has a part in this.
 */

export type Identity = "nobody" | "cookie" | "authorization";

/** What directives mean. A lifetime of 0 is one that was given. */
export interface Directives {
  readonly lifetime?: number;
  readonly isSMaxAge?: boolean;
  readonly public?: boolean;
  readonly private?: boolean;
  readonly noStore?: boolean;
  readonly noCache?: boolean;
  readonly mustRevalidate?: boolean;
  readonly proxyRevalidate?: boolean;
  readonly staleWhileRevalidate?: number;
  readonly staleIfError?: number;
}

export interface Response {
  readonly status: number;
  readonly cacheControl: Directives;
  /** Absent: the field is absent, or is no dictionary (RFC 9213, section 2.1). */
  readonly cdnCacheControl: Directives | undefined;
  /** Seconds from Date to Expires; absent: no such field. */
  readonly expires: number | undefined;
  readonly vary: "*" | "cookie" | "authorization" | undefined;
  readonly hasSetCookie: boolean;
  readonly hasLastModified: boolean;
}

/** When the second request comes. */
export type Moment = "waiting" | "later" | "stale" | "failing" | "purged";

/** The site's own windows, which hold where a response names none: a contract with its owner (RFC 9111, 4.2.4). */
export interface Site {
  readonly whileRevalidate: number;
  readonly ifError: number;
}

/** Whether a second request may have, without validation, what the first one caused. */
export function mayShare(response: Response, first: Identity, second: Identity, moment: Moment, site: Site): boolean {
  return (
    mayStore(response, first) &&
    selects(response, first, second) &&
    moment !== "purged" &&
    (moment === "stale" || moment === "failing"
      ? mayUseStale(response, moment, site)
      : mayUseWithoutValidation(response, first))
  );
}

/** RFC 9213, section 2.1: the targeted field is used instead of Cache-Control and Expires. */
function governing({ cacheControl, cdnCacheControl }: Response): Directives {
  return cdnCacheControl ?? cacheControl;
}

/** RFC 9111, section 3: a shared cache must not store unless. */
function mayStore(response: Response, first: Identity): boolean {
  const says = governing(response);
  // 5.2.2.5, 5.2.2.7.
  if (says.noStore === true || says.private === true) {
    return false;
  }
  // 3.5: not what a request with Authorization caused, unless public, s-maxage or must-revalidate allow it.
  if (first === "authorization" && says.public !== true && says.isSMaxAge !== true && says.mustRevalidate !== true) {
    return false;
  }
  // 7.3 leaves it to caches; a cookie that is set is for one client. Stricter than the RFC, see the README.
  return !response.hasSetCookie;
}

/** RFC 9111, section 4.1. */
function selects({ vary }: Response, first: Identity, second: Identity): boolean {
  switch (vary) {
    case undefined:
      return true;
    case "*":
      return false;
    default:
      return (first === vary) === (second === vary);
  }
}

/** RFC 9111, section 4.2.1. Nothing when no lifetime is given. */
function explicitLifetime(response: Response): number | undefined {
  const says = governing(response);
  return says.lifetime ?? (response.cdnCacheControl === undefined ? response.expires : undefined);
}

/** RFC 9111, section 4: fresh, and no no-cache. */
function mayUseWithoutValidation(response: Response, first: Identity): boolean {
  const says = governing(response);
  // 5.2.2.4.
  if (says.noCache === true) {
    return false;
  }
  const lifetime = explicitLifetime(response);
  if (lifetime !== undefined) {
    return lifetime > 0;
  }
  // 4.2.2: a heuristic may be used with these statuses, or with public; it must rest on something. Not for who has a
  // name: stricter than the RFC, see the README.
  const isHeuristicallyCacheable = [200, 404].includes(response.status) || says.public === true;
  return isHeuristicallyCacheable && response.hasLastModified && first === "nobody";
}

/** RFC 9111, section 4.2.4, and RFC 5861. */
function mayUseStale(response: Response, moment: "stale" | "failing", site: Site): boolean {
  const says = governing(response);
  // "A cache MUST NOT generate a stale response if it is prohibited by an explicit in-protocol directive".
  if (says.noCache === true || says.mustRevalidate === true || says.proxyRevalidate === true) {
    return false;
  }
  // What was never declared fresh is not given at all.
  if ((explicitLifetime(response) ?? 0) <= 0 && !mayUseWithoutValidation(response, "nobody")) {
    return false;
  }
  // 5.2.2.10: s-maxage has the meaning of proxy-revalidate; an origin that names a window beside it takes it back. A
  // stored error is no better than the next one.
  const isSiteAllowed = says.isSMaxAge !== true && (explicitLifetime(response) ?? 0) > 0 && response.status < 500;
  const whileRevalidate = says.staleWhileRevalidate ?? (isSiteAllowed ? site.whileRevalidate : 0);
  const ifError = says.staleIfError ?? (isSiteAllowed ? site.ifError : 0);
  // What was an error is answered with one again, which is a failure as well.
  const hasFailed = moment === "failing" || response.status >= 500;
  // 5861, section 4: on a failure; section 3: at any time.
  return whileRevalidate > 0 || (hasFailed && ifError > 0);
}
