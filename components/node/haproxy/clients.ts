import { bound, type BoundName } from "../limits";
import { CLIENT_ADDRESS } from "./accessLog";
import { refuse } from "./responses";

/** Seconds after which a client that was refused may come back: the window in which its requests are counted. */
const RETRY_AFTER = 10;

/** What of an address is one client: an IPv4 address, or a /64 of IPv6, which is one household or one machine. */
const ONE_CLIENT = "ipmask(32,64)";

/** The client of a request. */
export const CLIENT = `var(${CLIENT_ADDRESS}),${ONE_CLIENT}`;

/**
 * Connections of one client, counted from the moment at which its address is known: that of the PROXY header, which the
 * load balancer sends with the first byte.
 */
export function clientConnections(table: string, [always, crowded]: readonly [BoundName, BoundName?]): string {
  const rules = [
    `tcp-request session track-sc0 src,${ONE_CLIENT} table ${table}`,
    `tcp-request session reject if { sc_conn_cur(0) gt ${bound(always)} }`,
    ...(crowded === undefined
      ? []
      : [`tcp-request session reject if { sc_conn_cur(0) gt ${bound(crowded)} } { fe_conn gt ${bound("CROWDED")} }`]),
  ];
  return rules.map((rule) => `    ${rule}`).join("\n");
}

/** Requests that are being answered, as a fetch of HAProxy: those of the cache, and those that go past it. */
export const IN_FLIGHT = "be_conn(cache),add(txn.past_cache),add(txn.held)";

/** Requests of one client. */
export function clientRequests(popName: string): string {
  const tooMany = (text: string, retryAfter: number, when: string): string =>
    refuse(popName, {
      status: 429,
      text,
      error: "http_request_denied",
      fields: { "Retry-After": String(retryAfter) },
      when: `if ${when}`,
    });
  const atOnce = "too many requests at once";
  return `    # Limits per client: an IPv4 address, or a /64 of IPv6.
    http-request set-var(txn.past_cache) be_conn(past-cache)
    http-request set-var(txn.held) be_conn(held)
    http-request track-sc1 ${CLIENT} table clients
${tooMany(atOnce, 1, `{ sc_conn_cur(1) gt ${bound("CLIENT_IN_FLIGHT")} }`)}
${tooMany(atOnce, 1, `{ sc_conn_cur(1) gt ${bound("CLIENT_IN_FLIGHT_CROWDED")} } { ${IN_FLIGHT} gt ${bound("IN_FLIGHT_CROWDED")} }`)}
${tooMany("too many requests", RETRY_AFTER, `{ sc_http_req_rate(1) gt ${bound("CLIENT_REQUESTS")} }`)}`;
}

/** Who has how much. Entries are 150 bytes or so; when a table is full, those that were idle longest make room. */
export const CLIENT_TABLES = `
# Who asked how much, and who has how many connections.
backend clients from edge
    stick-table type ipv6 size 100k expire 30s store conn_cur,http_req_rate(10s)

backend connections from edge
    stick-table type ipv6 size 100k expire 30s store conn_cur

backend redirect-connections from edge
    stick-table type ipv6 size 20k expire 30s store conn_cur

backend sites from edge
    stick-table type string len 256 size 10k expire 30s store conn_cur
`;
