import { HAPROXY_FOLDER } from "../processes";
import type { Site } from "../site";

/**
 * What differs from site to site is data, in maps of HAProxy: neither the rules for requests nor Varnish's VCL grow
 * with the number of sites. Names in the folder of the configuration, which is checked elsewhere before it is in place.
 */
const SITES_MAP = "sites.map";
const KEYS_MAP = "keys.map";

/** Sets txn.settings and txn.keys to the lines of the site that txn.host names, where there are such. */
export const LOOK_UP_SITE = `    http-request set-var(txn.settings) var(txn.host),map_str(${SITES_MAP})
    http-request set-var(txn.keys) var(txn.host),map_str(${KEYS_MAP})`;

/** A condition, after the above. */
export const IS_SITE = "{ var(txn.settings) -m found }";

/** Renders the maps, by path. */
export function siteMaps(sites: readonly Site[]): Readonly<Record<string, string>> {
  return {
    [`${HAPROXY_FOLDER}/${SITES_MAP}`]: `# Host; methods; status of the redirect from port 80; what Varnish has to know of a response.
${lines(sites, settingsOf)}`,
    [`${HAPROXY_FOLDER}/${KEYS_MAP}`]: `# Host; what of a request tells responses apart, beside host and URL: parameters of the query, fields, cookies. Names in
# percent-encoding.
${lines(sites, keyOf)}`,
  };
}

function lines(sites: readonly Site[], value: (site: Site) => string | undefined): string {
  return sites
    .map((site) => [site.host, value(site)])
    .filter(([, text]) => text !== undefined)
    .map((words) => `${words.join(" ")}\n`)
    .join("");
}

/** Its first two parts are HAProxy's (traffic.ts, redirect.ts); the others are found by their names. */
function settingsOf({ methods, redirectStatus, maxAge, stale, ...site }: Site): string {
  return [
    methods.join(", "),
    String(redirectStatus),
    `max-age=${String(maxAge)}`,
    `while-revalidate=${String(stale.whileRevalidate)}`,
    `if-error=${String(stale.ifError)}`,
    `compression=${site.compression ? "yes" : "no"}`,
    `websocket=${site.websocket ? "yes" : "no"}`,
    `client=${site.clientAddress}`,
    `tags=${site.tagHeader.toLowerCase()}`,
  ].join(";");
}

function keyOf({ cacheKey: { query, headers, cookies } }: Site): string | undefined {
  const parts = [
    ...(query === "all" ? [] : [list("query", query === "none" ? [] : query)]),
    ...(headers.length === 0
      ? []
      : [
          list(
            "headers",
            headers.map((name) => name.toLowerCase()),
          ),
        ]),
    ...(cookies.length === 0 ? [] : [list("cookies", cookies)]),
  ];
  return parts.length === 0 ? undefined : parts.join(";");
}

function list(name: string, members: readonly string[]): string {
  return `${name}=${[...members].sort().map(percentEncoded).join(",")}`;
}

/** All but letters, digits, _ and -, so that no name can be more than a name. */
function percentEncoded(text: string): string {
  return [...Buffer.from(text, "utf8")]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9_-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}
