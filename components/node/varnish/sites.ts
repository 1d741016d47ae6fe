import type { Site } from "../site";
import { exactPattern, fieldName, queryPattern } from "./escape";

/** Renders /etc/varnish/sites.vcl: what differs from site to site. */
export function sitesVcl(sites: readonly Site[]): string {
  return `# What differs from site to site, from the stack file.

# A request, before it is looked up: the URL in the form that is the key. What is not in the key does not reach the
# origin either, so that nobody can put into the cache what others did not ask for.
sub site_request {
    ${bySite(sites, "req", requestOf, `return (synth(421, "Misdirected Request"));`)}
}

# What tells responses apart, beside host and URL.
sub site_hash {
    ${bySite(sites, "req", hashOf)}
}

# A response, before it is stored: the site's settings, for vcl_backend_response.
sub site_response {
    ${bySite(sites, "bereq", responseOf)}
}

# A response on its way to a client.
sub site_deliver {
    ${bySite(sites, "req", ({ tagHeader }) => [`unset resp.http.${fieldName(tagHeader)};`])}
}
`;
}

/** One branch a site. */
function bySite(
  sites: readonly Site[],
  message: "req" | "bereq",
  lines: (site: Site) => readonly string[],
  otherwise?: string,
): string {
  const branches = sites.flatMap((site) => {
    const body = lines(site);
    return body.length === 0
      ? []
      : [`if (${message}.http.Host == "${site.host}") {\n${body.map((line) => `        ${line}\n`).join("")}    }`];
  });
  if (otherwise === undefined) {
    return branches.join(" else ");
  }
  return branches.length === 0 ? otherwise : [...branches, `{\n        ${otherwise}\n    }`].join(" else ");
}

/** Every site has a branch here, so that a host without one is refused. */
function requestOf({ cacheKey: { query } }: Site): readonly string[] {
  if (query === "all") {
    return ["# The query is part of the key as it is."];
  }
  const withoutQuery = `set req.url = regsub(req.url, "\\?.*$", "");`;
  if (query === "none") {
    return [withoutQuery];
  }
  // What is left after all other parameters are taken out; several of one name stay in their order.
  const kept = [...query]
    .sort()
    .map((name) => `regsuball(req.http.X-Footprint-Query, "(?:^|&)(?!${queryPattern(name)}(?:=|&|$))[^&]*", "")`);
  return [
    `if (req.url ~ "\\?") {`,
    `    set req.http.X-Footprint-Query = regsub(req.url, "^[^?]*\\?", "");`,
    `    set req.http.X-Footprint-Query = ${kept.join(`\n            + "&" + `)};`,
    `    set req.http.X-Footprint-Query = regsuball(regsuball(req.http.X-Footprint-Query, "&+", "&"), "^&|&$", "");`,
    `    ${withoutQuery}`,
    `    if (req.http.X-Footprint-Query != "") {`,
    `        set req.url = req.url + "?" + req.http.X-Footprint-Query;`,
    `    }`,
    `    unset req.http.X-Footprint-Query;`,
    `}`,
  ];
}

/**
 * Of several lines of a field, and of several cookies of a name, all count: an origin may look at any. Each value is
 * made free of #, which VCL puts between the parts of a key: no two sets of values give the same.
 */
function hashOf({ cacheKey: { headers, cookies } }: Site): readonly string[] {
  const part = (value: string): string => `hash_data(regsuball(regsuball(${value}, "%", "%25"), "#", "%23"));`;
  return [
    ...[...headers]
      .sort()
      .flatMap((name) => [`std.collect(req.http.${fieldName(name)}, ", ");`, part(`req.http.${fieldName(name)}`)]),
    ...(cookies.length === 0 ? [] : [`std.collect(req.http.Cookie, "; ");`]),
    ...[...cookies].sort().map((name) => {
      const kept = `regsuball(req.http.Cookie, "(?:^|;)[ \\t]*+(?!${exactPattern(name)}=)[^;]*", "")`;
      return part(`regsub(${kept}, "^[; \\t]+", "")`);
    }),
  ];
}

function responseOf({ maxAge, stale, compression, tagHeader }: Site): readonly string[] {
  return [
    `set beresp.http.X-Footprint-Max-Age = "${String(maxAge)}";`,
    `set beresp.http.X-Footprint-Swr = "${String(stale.whileRevalidate)}";`,
    `set beresp.http.X-Footprint-Sie = "${String(stale.ifError)}";`,
    // Several lines are one list.
    `std.collect(beresp.http.${fieldName(tagHeader)}, " ");`,
    `set beresp.http.X-Footprint-Tags = beresp.http.${fieldName(tagHeader)};`,
    ...(compression ? [`set beresp.http.X-Footprint-Compress = "1";`] : []),
  ];
}
