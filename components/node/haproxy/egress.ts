import { INTERNAL, INTERNAL_PREFIX, ORIGIN_AUTH_FILE, ORIGIN_AUTH_HEADER } from "../internalHeaders";
import { bound, FIELDS_LIMIT, VARIANTS_LIMIT } from "../limits";
import type { NodeOptions } from "../options";
import type { Origin, Site } from "../site";
import { SOCKETS } from "../sockets";
import { READ_DIRECTIVES } from "./directives";
import { ENDLESS, ENDLESS_MAP, ENDLESS_URL, IS_ENDLESS } from "./endlessLua";
import { WITHOUT_FALSE_ENDS } from "./falseEndsLua";
import { HELD_SECONDS } from "./pastCache";
import { serverName } from "./resolving";
import { refuse } from "./responses";
import { keptOfShield, mayBeShielded, restoredOfShield, toShield } from "./shield";
import { HOP_BY_HOP } from "./siteLua";
import { LOOK_UP_SITE } from "./sites";

/** What Varnish wants from origins. */
export function egressSections(options: Pick<NodeOptions, "popName" | "region" | "sites">): string {
  const { popName, sites } = options;
  return `
# From Varnish (frontend fetch), and from clients past it, by the site's name.
frontend egress from to-origins
    bind unix@${SOCKETS.origins} mode 600
    # Above what is let through, so that the others hear at once that there is no room.
    maxconn ${bound("EGRESS_CONNECTIONS")}
    backlog ${bound("IN_FLIGHT")}
${egressRules(popName, options)}
    filter lua.${ENDLESS}
${withoutLength()}
${[...toShield(options), ...failover("origin", sites)].join("\n")}
    default_backend no-origin

# WebSocket and server-sent events: on connections of their own, so that they take nobody's place.
frontend egress-held from to-origins
    bind unix@${SOCKETS.egressHeld} mode 600
    maxconn ${bound("HELD")}
    timeout client ${String(HELD_SECONDS)}s
${egressRules(popName, { ...options, sites: [] })}
    # Over HTTP/2, by which answers go on from here, any success would mean that WebSocket is spoken (RFC 8441, section 5).
    http-request set-var(txn.upgrade) bool(true) if { req.hdr(upgrade) -m found }
    http-response set-status 501 if { var(txn.upgrade) -m bool } { status 200:299 }
${failover(
  "held",
  sites.filter(({ websocket }) => websocket),
).join("\n")}
    default_backend no-origin

# Requests that each client has at each origin, and all of each origin, with how often it gave no answer in time.
backend clients-of-origins from to-origins
    stick-table type string len 320 size 20k expire 10s store conn_cur

backend origins from to-origins
    stick-table type string len 288 size 20k expire 30s store conn_cur,gpc0,gpc0_rate(10s)

# URLs for which the origin gave no answer in time, until it gives one: longer than a request may take. An entry is 150
# bytes or so.
backend slow from to-origins
    stick-table type binary len 20 size 20k expire 90s store gpt0

# Variants of each URL that came new: since it is known, and of late. An entry is 150 bytes or so.
backend variants from to-origins
    stick-table type binary len 20 size 50k expire 1d store gpc0,gpc0_rate(120s)

# A site that was taken out while Varnish still works on a request for it.
backend no-origin from to-origins
${refuse(popName, { status: 503, text: "no origin", error: "destination_not_found" })}

${sites.flatMap(originBackends).join("\n\n")}
`;
}

/** What is asked, in which form, and what is taken of the answer. */
function egressRules(popName: string, shielded: Pick<NodeOptions, "popName" | "region" | "sites">): string {
  return `    # A reload closes idle connections, and would do so under Varnish's next request: so there are none. To open
    # one costs little here.
    option httpclose
    filter lua.${WITHOUT_FALSE_ENDS}
    # Errors alone, on standard error: what went well is in the access log.
    option dontlog-normal
    log stderr format raw local0 info
    log-format "%{+json}o %(event)[str(origin_error)] %(site)[var(txn.site)] %(origin)b %(path)[var(txn.path)] %(status)ST %(ms_connect)Tc %(ms_first_byte)Tr %(retries)rc %(end)ts"
    http-request set-var(txn.site) req.hdr(host)
    http-request set-var(txn.host) var(txn.site)
${LOOK_UP_SITE}
    http-request set-var(txn.path) path
    # A body has no meaning in a GET, which Varnish refuses, too (RFC 9110, section 9.3.1).
${refuse(popName, { status: 400, text: "a GET has no body", error: "http_request_denied", when: "if { method GET } { req.hdr(transfer-encoding) -m found } or { method GET } { req.hdr_val(content-length) gt 0 }" })}
    # Each client has a share of an origin.
    http-request set-var(txn.client) req.hdr(${INTERNAL.client})
    # What an origin may know of the client: its address, and the name that it asked for.
    http-request set-header X-Forwarded-For %[req.hdr(${INTERNAL.client})]
    http-request set-header X-Forwarded-Host %[var(txn.site)]
    # There is a stale response to fall back on.
    http-request set-var(txn.fallback) req.hdr(${INTERNAL.stale}) if { req.hdr(${INTERNAL.stale}) -m found }
    # A last try goes on a new connection: a kept one is used again by requests of the same name alone.
    http-request set-var(txn.connection) uuid if { req.hdr(${INTERNAL.again}) -m found }
    http-request set-var(txn.new_variant) bool(true) if { req.hdr(${INTERNAL.variant}) -m found }
    http-request set-var(txn.may_be_stored) bool(true) if { req.hdr(${INTERNAL.mayBeStored}) -m found }
    http-request set-var(txn.for_one) bool(true) if { req.hdr(cookie) -m found } or { req.hdr(authorization) -m found }
    http-request set-var(txn.target) pathq${mayBeShielded(shielded)}
    http-request del-header ${INTERNAL_PREFIX} -m beg
    # Node and version are Varnish's own affair: the edge has named itself already.
    http-request del-header x-varnish
    http-request replace-header Via '^(.*), 1\\.1 [^,]+\\(Varnish/[^,]+$' '\\1'
    # Proof that the request comes from this edge. The agent writes the file; without it nothing is sent.
    http-request set-var(txn.proof) str(current),map_str(opt@${ORIGIN_AUTH_FILE})
    http-request set-header ${ORIGIN_AUTH_HEADER} %[var(txn.proof)] if { var(txn.proof) -m found }
    # What could not be delivered is not stored either.
${refuse(popName, { status: 502, text: `the origin sent more than ${String(FIELDS_LIMIT)} header fields`, error: "http_response_header_section_size", instead: "response", when: `if { res.fhdr_cnt gt ${String(FIELDS_LIMIT)} }` })}
${keptOfShield(shielded)}    http-response del-header ${INTERNAL_PREFIX} -m beg
    http-response lua.response
${restoredOfShield(shielded)}${refuse(popName, { status: 502, text: "the origin's header is too large", error: "http_response_header_section_size", instead: "response", when: "if { var(txn.too_large) -m bool }" })}
    # Some services count lists by Content-Range; in what is no part Varnish takes it for an error.
    http-response set-header ${INTERNAL.contentRange} %[res.hdr(content-range)] if { res.hdr(content-range) -m found } !{ status 206 304 416 }
    http-response del-header content-range unless { status 206 416 }
    http-response lua.${READ_DIRECTIVES}
    http-response lua.${HOP_BY_HOP} if { res.hdr(connection) -m found }
    # Variants of one URL are counted: Varnish says which are new, and lets go what is too many (varnish/response.ts).
    http-response unset-var(txn.new_variant) unless { res.hdr(vary) -m found }
    http-response track-sc2 var(txn.site),concat(,txn.target),sha1 table variants if { var(txn.new_variant) -m bool }
    http-response set-var(txn.variants) sc_inc_gpc0(2) if { var(txn.new_variant) -m bool }
    http-response set-header ${INTERNAL.variants} many if { var(txn.new_variant) -m bool } { sc_gpc0_rate(2) gt ${String(VARIANTS_LIMIT)} }
    http-response set-header ${INTERNAL.variants} all if { var(txn.variants),mod(${String(VARIANTS_LIMIT)}) eq 0 }`;
}

/**
 * Tells Varnish what it shall not store of responses without a length: one that ends with its connection, since HAProxy hands on
 * a connection that broke or fell silent as if it had ended, and then the half is the whole (RFC 9112, section 8, has it
 * complete unless there was an error); and one whose last of its URL did not end. Marks the others that Varnish may store, as
 * far as one can tell here.
 */
function withoutLength(): string {
  return `    http-response set-header ${INTERNAL.endless} 1 if { bc_http_major 1 } !{ res.hdr(content-length) -m found } !{ res.hdr(transfer-encoding) -m found } !{ status 204 304 }
    http-response set-var(txn.said) res.fhdr(${INTERNAL.cacheControl})
    http-response set-var(txn.said) res.fhdr(${INTERNAL.surrogateControl}) if { res.hdr(${INTERNAL.surrogateControl}) -m found }
    http-response set-var(txn.said) res.fhdr(${INTERNAL.cdnCacheControl}) if { res.hdr(${INTERNAL.cdnCacheControl}) -m found }
    http-response unset-var(txn.may_be_stored) if { res.hdr(content-length) -m found } or { res.hdr(${INTERNAL.endless}) -m found } or { status 204 206 304 } or { res.hdr(set-cookie) -m found } or { var(txn.said) -m sub ,no-store, ,private, }
    http-response unset-var(txn.may_be_stored) unless { var(txn.said) -m reg max-?age=[1-9] } or { res.hdr(${INTERNAL.expires}) -m found } or { res.hdr(etag) -m found } !{ var(txn.for_one) -m bool } or { res.hdr(last-modified) -m found } !{ var(txn.for_one) -m bool }
    http-response set-var(${ENDLESS_URL}) var(txn.site),concat(,txn.target),sha1,hex if { var(txn.may_be_stored) -m bool }
    http-response set-var(${IS_ENDLESS}) bool(true) if { var(${ENDLESS_URL}),map_str(${ENDLESS_MAP}) -m found }
    http-response set-header ${INTERNAL.endless} 1 if { var(${IS_ENDLESS}) -m bool }`;
}

/** Whose connections to an origin: those of requests that are answered, or those that are held. */
type Way = "origin" | "held";

/**
 * A rule for each place in a list of origins, whatever the sites: the first that is up; with none up the first answers
 * 503. What names no backend goes to the default one.
 */
function failover(way: Way, sites: readonly Site[]): string[] {
  const name = (index: number) => backendName(way, "%[var(txn.site)]", index);
  const places = Math.max(0, ...sites.map(({ origins }) => origins.length));
  return [
    ...Array.from(
      { length: places > 1 ? places : 0 },
      (_, i) => `    use_backend ${name(i)} if { str(origin:),concat(,txn.site,:${String(i)}),nbsrv gt 0 }`,
    ),
    `    use_backend ${name(0)}`,
  ];
}

function backendName(way: Way, host: string, origin: number): string {
  return `${way}:${host}:${String(origin)}`;
}

/** One per origin: within one backend a retry could take a request that names one origin to another. */
function originBackends(site: Site): string[] {
  const { host, origins, websocket } = site;
  return origins.flatMap((origin, index) => {
    const own = backendName("origin", host, index);
    return [
      `backend ${own} from origin
${hostField(site, origin)}    server ${serverName(origin)} ${server(origin)} pool-conn-name var(txn.connection)`,
      ...(websocket
        ? [
            `backend ${backendName("held", host, index)} from held
${hostField(site, origin)}    server ${serverName(origin)} ${server(origin)} track ${own}/${serverName(origin)}`,
          ]
        : []),
    ];
  });
}

/** TLS goes by the origin's name, whatever the Host. */
function server({ scheme, host, port }: Origin): string {
  const tls = scheme === "https" ? ` ssl verify required ca-file @system-ca sni str(${host}) check-sni ${host}` : "";
  return `${host}:${String(port)}${tls}`;
}

/** The site's own name is there already. */
function hostField({ originHost }: Site, origin: Origin): string {
  return originHost === "site" ? "" : `    http-request set-header Host ${authority(origin)}\n`;
}

function authority(origin: Origin): string {
  const usual = origin.scheme === "https" ? 443 : 80;
  return origin.port === usual ? origin.host : `${origin.host}:${String(origin.port)}`;
}
