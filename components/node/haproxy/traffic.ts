import { EDGE_FIELDS, UNTRUSTED_FIELDS } from "../fieldNames";
import { INTERNAL, INTERNAL_PREFIX } from "../internalHeaders";
import { bound, FIELDS_LIMIT } from "../limits";
import { PRODUCTION, type NodeOptions } from "../options";
import { POP_HEALTH_PATH } from "../ports";
import type { Site } from "../site";
import { accessLog, CLIENT_ADDRESS, loggedClient, loggedOf, NO_ASCII, unlogged } from "./accessLog";
import { TARGET_LIMIT } from "./changedLua";
import { CLIENT_TABLES, IN_FLIGHT, clientConnections, clientRequests } from "./clients";
import { acceptedCodings, trueType } from "./compression";
import { bodyHasBegun, waysPastCache } from "./pastCache";
import { refuse } from "./responses";
import { markedNode, provedNode, sameRequest, withoutInternal } from "./shield";
import { refusedShares } from "./shares";
import { HOP_BY_HOP_REQUEST, toOneForm } from "./siteLua";
import { IS_SITE, LOOK_UP_SITE } from "./sites";
import { deadMansSwitch, isSwitched, switchedHealth } from "./switched";

/** Longest header of a request, bytes: as much as most servers take. With what the edge adds it fits into Varnish. */
const HEADER_LIMIT = 16_000;

/** What HAProxy does with a client's request before the cache sees it. */
export function trafficFrontend(options: NodeOptions): string {
  const { popName, sites } = options;
  const { address, ports } = options.listen ?? PRODUCTION;
  // Each site has GET and HEAD. No name of a method is part of another.
  const further = [...new Set(sites.flatMap(({ methods }) => methods))]
    .filter((each) => !/^(GET|HEAD)$/.test(each))
    .sort();
  const no = (refusal: Parameters<typeof refuse>[1]): string => refuse(popName, refusal);
  return `
# HTTP/1.1 and cleartext HTTP/2 by the load balancer, which has ended TLS.
frontend traffic from edge
    bind ${address}:${String(ports.traffic)} accept-proxy
    maxconn ${bound("CONNECTIONS")}
${clientConnections("connections", ["CLIENT_CONNECTIONS", "CLIENT_CONNECTIONS_CROWDED"])}
${accessLog(options)}
    # The name that was asked for, in one spelling: without port and final dot, in lower case.
${loggedOf()}
${LOOK_UP_SITE}${provedNode(options)}
${unlogged()}
${loggedClient()}

    # The PoP's health, for Route 53: neither cache nor origin nor a limit has a say in it, but the agent's switch has,
    # and how long the agent has read no purges, be it that it is dead.
${popHealth(options)}

${clientRequests(popName)}

    # What is no plain request for a resource goes no further.
${no({ status: 505, text: "HTTP/1.0, 1.1 and 2 are spoken here", error: "http_request_error", when: "unless { req.ver 1.0 1.1 } or { fc_http_major 2 }" })}
${no({ status: 431, text: `more than ${String(FIELDS_LIMIT)} header fields`, error: "http_request_error", when: `if { req.fhdr_cnt gt ${String(FIELDS_LIMIT)} }` })}
${no({ status: 400, text: "one Host field, please", error: "http_request_error", when: "unless { req.fhdr_cnt(host) eq 1 }" })}
${no({ status: 431, text: "the header is too large", error: "http_request_error", when: `if { req.hdrs,length gt ${String(HEADER_LIMIT)} }` })}
    # A control character means something else to each program (RFC 9110, section 5.5).
${no({ status: 400, text: "a field with a control character", error: "http_request_error", when: String.raw`if { req.hdrs -m reg '[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]' }` })}
    # Fields that Connection names end here (below). None of the edge's own may: an origin that is not told of https redirects
    # to it, and one that is not told of a loop goes on with it. Nor may Host, without which there is no request.
${no({ status: 400, text: "Connection names a field of the edge", error: "http_request_error", when: `if { req.hdr(connection) -m reg -i ^(host|${EDGE_FIELDS.join("|")})$ }` })}
${no({ status: 421, text: "unknown host", error: "destination_not_found", when: `unless ${IS_SITE}` })}
${further.map((method) => `    acl has-${method} var(txn.settings),field(1,;) -m sub ${method}`).join("\n")}
${no({ status: 405, text: "method not allowed", error: "http_request_denied", fields: { Allow: "%[var(txn.settings),field(1,;)]" }, when: `unless ${["{ method GET HEAD }", ...further.map((method) => `{ method ${method} } has-${method}`)].join(" or ")}` })}
${no({ status: 400, text: "the request target must begin with /", error: "http_request_error", when: "unless { path_beg / }" })}
${no({ status: 400, text: "the request target is not ASCII", error: "http_request_error", when: `if { url -m reg ${NO_ASCII} }` })}
${no({ status: 414, text: "the request target is too long", error: "http_request_error", when: `if { url_len gt ${String(TARGET_LIMIT)} }` })}
${no({ status: 417, text: "no such expectation", error: "http_request_denied", when: "if { req.hdr(expect) -m found } !{ req.fhdr(expect) -m str -i 100-continue }" })}
    # A request that has been here before would go round forever (RFC 8586).
${no({ status: 508, text: "loop", error: "proxy_loop_detected", when: `if { req.hdr(cdn-loop) -m reg -i ^${popName.replaceAll(".", "\\.")}[[:space:]]*(;|$) }` })}

    # RFC 9110, section 7.6.1: before anything is made of them, or a field would be in the key that the origin does not get.
    http-request lua.${HOP_BY_HOP_REQUEST} if { req.hdr(connection) -m reg -i ^(?!(close|keep-alive|te|upgrade)$) }

${countedHops()}

${inFlight(popName, sites)}

${waysPastCache(popName)}

    # One form for what is left: no absolute targets, one spelling of the host.
    http-request set-uri %[pathq]
    http-request set-header Host %[var(txn.host)]
${toOneForm(popName)}
    http-request set-var(txn.base) pathq
    http-request del-header ^(${UNTRUSTED_FIELDS.join("|")})$ -m reg
    http-request del-header ${INTERNAL_PREFIX} -m beg${markedNode(options)}
    http-request set-header ${INTERNAL.client} %[var(${CLIENT_ADDRESS})]
    http-request set-header ${INTERNAL.site} %[var(txn.settings)]
    http-request set-header ${INTERNAL.key} %[var(txn.told_apart),sha2(256),hex] if { var(txn.told_apart) -m found }
    http-request set-header ${INTERNAL.onlyIfCached} 1 if { req.hdr(cache-control) -m str -i only-if-cached }
    http-request set-header ${INTERNAL.hits} 1 if { sc_conn_cur(2) gt ${bound("SITE_IN_FLIGHT_HITS")} } !few-of-site
    http-request set-header ${INTERNAL.slow} 1 if { table_cnt(slow) gt 0 } { var(txn.host),concat(,txn.base),sha1,table_gpt0(slow) gt 0 }
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Request-ID %[unique-id]${sameRequest(options)}
    # Equal lists in one spelling, so that they find the same variant (RFC 9110, sections 5.6.3 and 12.5.4).
    http-request set-header Accept-Language %[req.fhdr(accept-language),lower,regsub([[:space:]]+,,g)] if { req.fhdr_cnt(accept-language) eq 1 }
    # Codings in one list of eight, for the same reason.
${acceptedCodings()}
    http-request add-header Via "2 ${popName}" if { fc_http_major 2 }
    http-request add-header Via "%[req.ver] ${popName}" unless { fc_http_major 2 }
    http-request add-header CDN-Loop ${popName}
${bodyHasBegun()}
    use_backend past-cache if { var(txn.way) -m str past }
    use_backend held if { var(txn.way) -m str held }
    default_backend cache

    http-response set-var(txn.cache) res.hdr(${INTERNAL.cache})
    http-response set-header Content-Range %[res.hdr(${INTERNAL.contentRange})] if { res.hdr(${INTERNAL.contentRange}) -m found }
${trueType()}
${withoutInternal(options, INTERNAL_PREFIX)}
    http-after-response set-header X-Request-ID %[unique-id]
    # A node that is about to leave ends each connection with an answer. HTTP/2 has no such field: the agent has HAProxy
    # reload then, since a former worker sends GOAWAY on all of its connections.
    http-after-response set-header Connection close if ${isSwitched("draining")}
${CLIENT_TABLES}`;
}

/** Max-Forwards says how many may still pass a request on (RFC 9110, section 7.6.2); in all methods but this one it means nothing. */
function countedHops(): string {
  const counts = (digits: string): string => `{ method OPTIONS } { req.fhdr(max-forwards) -m reg ${digits} }`;
  // More is as much as that, which HAProxy can count.
  const most = "0*[1-9][0-9]{9,}";
  return `    # A hop, of which there may be so many: the last one answers.
    http-request return status 200 hdr Allow "%[var(txn.settings),field(1,;)]" hdr Cache-Control no-store if ${counts("^0+$")}
    http-request set-header Max-Forwards 999999999 if ${counts(`^${most}$`)}
    http-request set-header Max-Forwards %[req.fhdr(max-forwards),sub(1)] if ${counts("^[0-9]+$")}
    http-request del-header max-forwards unless ${counts("^[0-9]+$")}`;
}

/** Requests in flight: one site's never take another's room, and all of them have a thread of Varnish each. */
function inFlight(popName: string, sites: readonly Site[]): string {
  const few = refusedShares("few-of-site", {
    has: "sc_conn_cur(2)",
    all: IN_FLIGHT,
    bounds: { of: "IN_FLIGHT", shared: "IN_FLIGHT_SHARED", one: "SITE_IN_FLIGHT" },
    count: sites.length,
  });
  const full = (when: string): string =>
    refuse(popName, {
      status: 503,
      text: "too many requests of this site at once",
      error: "http_request_denied",
      fields: { "Retry-After": "1" },
      when,
    });
  return `    # Limits per site (components/node/README.md).
    http-request track-sc2 var(txn.host) table sites
    ${few.acl}
${few.when.map(full).join("\n")}`;
}

/**
 * By whatever name it is asked for, but a site's, which has the path for itself: who checks goes by a new name of the PoP
 * some minutes before nodes know of it, and by the former one as long after that.
 */
function popHealth({ purgeMaxStaleness }: NodeOptions): string {
  const condition = `!${IS_SITE} { path ${POP_HEALTH_PATH} }`;
  const rules = switchedHealth("pop", condition).split("\n");
  // The operator's reason first.
  const [drained = "", healthy = ""] = rules;
  return [
    drained,
    ...(purgeMaxStaleness === undefined ? [] : [deadMansSwitch(condition, purgeMaxStaleness)]),
    healthy,
  ].join("\n");
}
