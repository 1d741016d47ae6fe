import { bound } from "../limits";
import { SOCKETS } from "../sockets";
import { CLIENT } from "./clients";
import { refuse } from "./responses";
import { CHANGED } from "./changedLua";

/** Silence on both sides after which what is held ends, seconds: below the load balancer's 350. */
export const HELD_SECONDS = 340;

/** How long it is held, on either side of the node. */
export const WHILE_HELD = `    timeout server ${String(HELD_SECONDS)}s
    timeout tunnel ${String(HELD_SECONDS)}s
    # Who leaves gives up the place at once, and not with the next event.
    option abortonclose`;

/**
 * Rules that set txn.way to where a request goes that is nothing for a cache: "held" or "past". Varnish would have to
 * take an upload in whole before it could tell one that was cut off, and knows neither trailers nor interim responses.
 */
export function waysPastCache(popName: string): string {
  const no = (status: number, text: string, when: string): string =>
    refuse(popName, {
      status,
      text,
      error: "http_request_denied",
      ...(status === 501 ? {} : { fields: { "Retry-After": "1" } }),
      when: `if ${when}`,
    });
  const held = "{ var(txn.way) -m str held }";
  return `    # Past the cache: what changes something, and what is held by sites that allow it.
    acl may-hold var(txn.settings) -m sub ;websocket=yes;
    acl websocket req.fhdr(upgrade) -m str -i websocket
    http-request set-var(txn.way) str(past) unless { method GET HEAD }
    http-request set-var(txn.changes) bool(true) unless { method GET HEAD OPTIONS }
    # It means nothing there (RFC 9110, section 14.2).
    http-request del-header range unless { method GET HEAD }
    http-request set-var(txn.way) str(held) if may-hold { method GET } { req.ver 1.1 2.0 } websocket { req.fhdr_cnt(upgrade) eq 1 }
    http-request set-var(txn.way) str(held) if may-hold { method GET } { req.hdr(accept) -m str -i text/event-stream }
    # WebSocket over HTTP/2 (RFC 8441) is a request of its own kind: any success would mean that it is spoken.
${no(501, "no WebSocket here", `{ fc_http_major 2 } { req.hdr(upgrade) -m found } !${held}`)}
    # No other switch of protocols behind the edge's back.
    http-request del-header upgrade if !websocket or !${held}
    # What it named is gone; Varnish would read it again, and refuses some names.
    http-request del-header connection if !websocket or !${held}
    http-request del-header http2-settings
    http-request track-sc3 ${CLIENT} table clients-held if ${held}
${no(429, "too many connections held at once", `${held} { sc_conn_cur(3) gt ${bound("CLIENT_HELD")} }`)}
    http-request track-sc4 var(txn.host) table sites-held if ${held}
${no(503, "too many connections of this site held at once", `${held} { sc_conn_cur(4) gt ${bound("SITE_HELD")} }`)}
${no(503, "too many connections held at once", `${held} { be_conn(held) gt ${bound("HELD")} }`)}`;
}

/**
 * HAProxy 3.0.11 ends itself (buf.h: "b_data(b) + len > b_size(b)") when it forwards a request of HTTP/2 that came in one read
 * with a body and with trailers that it refuses: anybody could end it, with three requests. Where it waits for a byte of the
 * body first, it sees the mistake in time.
 */
export function bodyHasBegun(): string {
  return `    # A request that came at once with trailers that are refused must not be forwarded, or HAProxy ends itself: so it sees to
    # the body first, for which it waits up to a byte.
    http-request wait-for-body time 60s at-least 1 if { fc_http_major 2 } { var(txn.way) -m str past }`;
}

/** Where what goes past Varnish comes out: on the egress side, which asks origins in the same way for both. */
export function pastCacheBackends(popName: string): string {
  return `
# Streamed to the origin as it comes: a body that its client cuts off is cut off there, too. By HTTP/2, which has no
# framing that a client could choose: version, chunks and their sizes are the edge's own again when it asks the origin.
backend past-cache from edge
    retry-on conn-failure
    retries 1
    http-response add-header Cache-Status "${popName}; fwd=method"
${answer(popName)}
    http-reuse never
    server egress unix@${SOCKETS.origins} proto h2

# WebSocket and server-sent events, in HTTP/2 as well (fetch.ts has the reason).
backend held from edge
${WHILE_HELD}
    http-response add-header Cache-Status "${popName}; fwd=bypass"
${answer(popName)}
    http-reuse never
    # A process that ends with a reload may close a connection of HTTP/2 before it has read the request, which is a GET.
    retry-on conn-failure empty-response
    retries 2
    server egress unix@${SOCKETS.egressHeld} proto h2

backend clients-held from edge
    stick-table type ipv6 size 20k expire 30s store conn_cur

backend sites-held from edge
    stick-table type string len 256 size 10k expire 30s store conn_cur
`;
}

/** What Varnish does with responses otherwise. */
function answer(popName: string): string {
  return `    http-response set-var(txn.cache) str(pass)
    http-response add-header Via "1.1 ${popName}"
    http-response set-header Date %[date,http_date] unless { res.hdr(date) -m found }
    http-response del-header surrogate-control
    # Before the client hears of its success (RFC 9111, section 4.4).
    http-response lua.${CHANGED} if { var(txn.changes) -m bool } { status 200:399 }`;
}
