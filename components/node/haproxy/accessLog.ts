import { ACCESS_LOG_SOCKET } from "../accessLog";
import type { NodeOptions } from "../options";
import { SELF_TEST_PATH } from "../ports";
import type { Site } from "../site";

/** Longest line, bytes: above what LOGGED can come to. HAProxy's own bound of 1024 would cut lines, and what is cut is no JSON. */
const LINE = 4096;

/** Bytes of what a client chooses freely that are logged. Escaped they may be twice as long. */
const LOGGED = { host: 255, method: 32, path: 1200 } as const;

/** What a URL cannot have (RFC 3986, section 2): all but visible ASCII. */
export const NO_ASCII = "[^!-~]";

/**
 * Rules that take what is logged of a request; txn.host in the spelling of a site's name. HTTP/2 lets any byte into a path,
 * and HAProxy's JSON has it as it is, which is none then (RFC 8259, section 8.1): a question mark, which no path has,
 * stands for what is no ASCII. HAProxy refuses such bytes in all else that is logged.
 */
export function loggedOf(): string {
  return `    http-request set-var(txn.began) request_date(us)
    http-request set-var(txn.host) req.hdr(host),host_only,lower,rtrim(.),bytes(0,${String(LOGGED.host)})
    http-request set-var(txn.method) method,bytes(0,${String(LOGGED.method)})
    http-request set-var(txn.path) path,bytes(0,${String(LOGGED.path)}),regsub(${NO_ASCII},?,g)
    http-request set-var(txn.protocol) req.ver`;
}

/** The client's address, whatever is logged of it. */
export const CLIENT_ADDRESS = "txn.address";

/**
 * Rules, after those that look up the site: what of the client's address a site has logged. They change what HAProxy
 * takes for the request's source, so its address is kept aside; and a request that HAProxy could not parse, which is of
 * no site, is logged with it. /24 and /48 are what Google Analytics calls anonymised: the last octet of IPv4 is gone, and
 * the last 80 bits of IPv6.
 */
export function loggedClient(): string {
  const of = (value: Site["clientAddress"]): string => `if { var(txn.settings) -m sub ;client=${value}; }`;
  return `    http-request set-var(${CLIENT_ADDRESS}) src
    http-request set-src src,ipmask(24,48) ${of("truncated")}
    http-request set-src ipv4(0.0.0.0) ${of("none")}`;
}

/**
 * A rule, before those that change the source: what the agent asks each site in its self-test is no client's, and answered
 * with 504, so it is neither logged nor counted from the log. No client has that address, since the load balancer says it.
 */
export function unlogged(): string {
  return `    http-request set-log-level silent if { src 127.0.0.1 } { path_beg ${SELF_TEST_PATH} }`;
}

/**
 * One JSON object a request. Of the URL the path alone, since queries carry tokens and addresses; no Authorization, no
 * cookies. Timings in ms, -1 where a request did not get that far. HAProxy does the escaping, and has an empty text for what
 * it does not know.
 */
export function accessLog({ region }: NodeOptions): string {
  const items: readonly (readonly [string, string])[] = [
    // When the request began. What HAProxy answers by itself, with 400 or 408, has come to none of the rules above: when
    // that was answered, or each reader would lose the line.
    ["time", `[date(0,us),concat(" ",txn.began),word(-1," "),us_utime("%Y-%m-%dT%H:%M:%S.%NZ")]`],
    ["pop", `[str(${region})]`],
    ["site", "[var(txn.host)]"],
    ["client", "ci"],
    ["request_id", "ID"],
    ["protocol", "[var(txn.protocol)]"],
    ["method", "[var(txn.method)]"],
    ["path", "[var(txn.path)]"],
    ["status", "ST"],
    ["bytes", "B"],
    ["cache", "[var(txn.cache)]"],
    // Until the request was whole; in the queue; until the cache's first byte; until its last; all of it.
    ["ms_request", "TR"],
    ["ms_queue", "Tw"],
    ["ms_first_byte", "Tr"],
    ["ms_transfer", "Td"],
    ["ms_total", "Ta"],
    // Who ended it, and at what (HAProxy's documentation, "Session state at disconnection").
    ["end", "ts"],
  ];
  const format = items.map(([name, value]) => `%(${name})${value}`).join(" ");
  return `    log ${ACCESS_LOG_SOCKET} len ${String(LINE)} format raw local0 info
    unique-id-format %[uuid()]
    log-format "%{+json}o ${format.replaceAll('"', '\\"')}"`;
}
