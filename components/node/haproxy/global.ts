import { INTERNAL } from "../internalHeaders";
import { bound, FIELDS_LIMIT, FIELDS_WITHIN } from "../limits";
import type { Site } from "../site";
import { SOCKETS } from "../sockets";
import { CLIENT_PACE } from "../timing";
import { DIRECTIVES_LUA } from "./directives";
import { LOAD_ENDLESS } from "./endlessLua";
import { FALSE_ENDS_LUA } from "./falseEndsLua";
import { FINAL_LUA } from "./finalLua";
import { WHILE_HELD } from "./pastCache";
import { KNOWN_ADDRESSES, RESOLVED, RESOLVERS } from "./resolving";
import { failureResponses, refuse } from "./responses";
import { refusedShares } from "./shares";
import { SITE_LUA } from "./siteLua";

/**
 * Seconds after which a client that waits for its origin gets the stale response that may stand in for an error. Nearly all
 * answers that come at all come sooner, and what comes later is stored, since it is asked for once more.
 */
const STALE_AFTER = 3;

/** What both sides of HAProxy share. */
export function globalSections(popName: string, sites: readonly Site[]): string {
  return `
# Written by Footprint from the configuration bundle; changes by hand are lost at the next one.
#
#   client -> load balancer -> [traffic] -> Varnish -> [egress] -> origin
#
# Access log: one JSON object a request, to a socket. Everything else is on standard error (journalctl -u haproxy).
# Who is served how much right now: echo "show table clients" | socat ${SOCKETS.admin} -
# Which origins are up:             echo "show servers state" | socat ${SOCKETS.admin} -
global
    log stderr format raw local0 notice
    # No user, group or chroot: systemd starts it as haproxy and confines it.
    stats socket ${SOCKETS.admin} mode 600 level admin expose-fd listeners
    # From when on it counts how long no purges have been read, until the agent says it.
    set-var proc.started date()
${KNOWN_ADDRESSES}
    # Bounds are computed at the start from the machine's size; what stands here is that of the smallest. This one is
    # above the sum of all frontends', so that none of them waits for another.
    maxconn ${bound("ALL_CONNECTIONS")}
    # Counters of one request: connections and requests of its client, requests of its site, what both hold.
    tune.stick-counters 5
    # Requests and responses of ${String(FIELDS_LIMIT)} fields (rules refuse what has more), with those that the node adds.
    tune.http.maxhdr ${String(FIELDS_WITHIN)}
    # What HAProxy's own rules cannot do. In each thread for itself, or requests would wait for each other. Named without
    # a folder: a bundle is checked in another one (haproxy -C) before it is put in place.
    lua-load-per-thread ${SITE_LUA}
    lua-load-per-thread ${DIRECTIVES_LUA}
    lua-load-per-thread ${FALSE_ENDS_LUA}
    ${LOAD_ENDLESS}
    lua-load-per-thread ${FINAL_LUA}
    # The header of a response: 28 KB, of which a large application's tags alone may be 20. limits.ts counts with it.
    tune.bufsize 32768
    tune.maxrewrite 4096
    # The kernel keeps twice that, and tells HAProxy of it when a third has left: by default it would keep up to 16 MB, of which
    # a client of 20 KB a second takes none that HAProxy sees for minutes, while it reads all the time. The load balancer, which
    # is the one that reads here, is a millisecond away: 64 MB a second.
    tune.sndbuf.client 65536
    # Of a thread's socket for the access log; the kernel doubles it. A line of 500 bytes takes 1,280: 1,600 may wait.
    tune.sndbuf.backend 1048576
    # After a reload the old process ends with its last connection, or with the longest download that we wait for.
    hard-stop-after 15m
    # Java's client fails above this number, where others wait or open a connection. Beyond the usual hundred each stream
    # counts as a request in flight, like any other.
    tune.h2.fe.max-concurrent-streams 256
    # A client that keeps breaking HTTP/2's rules loses its connection. What is allowed and useless (empty frames, pings)
    # does not count as that: it costs its sender as much as the node, and waits its turn.
    tune.h2.fe.glitches-threshold 1000
    ssl-default-server-options ssl-min-ver TLSv1.2

${RESOLVERS}

# From clients to the cache.
defaults edge
    mode http
    timeout connect 1s
    # A client that neither sends nor takes a byte for this long is gone. One that takes 2 KB a second does not seem to take
    # any for up to 90 s (tune.sndbuf.client).
    timeout client ${String(CLIENT_PACE.patience)}s
    # The load balancer opens connections ahead and sends the PROXY header with the first byte of a request. Below its
    # idle timeout of 350 s, so that it is the node that closes an idle connection, and no request is lost on one.
    timeout client-hs 340s
    timeout http-keep-alive 340s
    # A request's header must be whole by then, however slowly it drips.
    timeout http-request 10s
    # The egress side gives up on an origin after 60 s, Varnish after 65 s: the innermost speaks first.
    timeout server 75s
    timeout queue 5s
    # A reload closes a kept connection with an answer, never under a request that is on its way.
    option idle-close-on-response
    # Names with other characters than letters, digits and hyphens mean different things to different programs.
    option http-restrict-req-hdr-names delete
    option dontlognull
${failureResponses(popName, "proxy_internal_error")}

# From the cache.
defaults to-origins
    mode http
    timeout connect 3s
    # Longer than a client may take nothing of what comes through here.
    timeout client ${String(CLIENT_PACE.patience + 30)}s
    timeout server 60s
    # A full queue says that the origin is too slow: better a stale answer now than a fresh one too late.
    timeout queue 5s
${failureResponses(popName, "destination_unavailable")}

# To origins.
defaults origin from to-origins
    # Each request comes on a connection of its own, and goes on one that is kept.
    http-reuse always
    # A connection that failed, or was closed without a byte, is tried again; what may have had an effect is not, once
    # it was sent.
    retry-on conn-failure empty-response
    retries 1
    http-request disable-l7-retry unless { method GET HEAD OPTIONS }
    # Rather a stale response soon than a fresh one late: a client waits so long, and a fetch behind a client's back takes so
    # long that it is over before somebody else would have to wait for it. The URL is marked as slow then, and asked for once
    # more, for which it has the full time (varnish/stale.ts).
    http-request set-timeout server ${String(STALE_AFTER)}s if { var(txn.fallback) -m str waits }
    http-request set-timeout server 10s if { var(txn.fallback) -m str background }
    # Up or down by connections and TLS handshakes alone: an error page is an answer.
    default-server check inter 5s fastinter 1s downinter 2s rise 1 fall 3
    default-server observe layer4 error-limit 3 on-error mark-down
    # More would wait at the origin; here a wait ends after the queue's timeout.
    default-server maxconn ${bound("ORIGIN_CONNECTIONS")}
${misses(popName, sites)}
${RESOLVED}

# To origins, what is held by both sides: up or down as the same origin is for others.
defaults held from to-origins
    http-reuse never
${WHILE_HELD}
${RESOLVED}
`;
}

/**
 * Who is sent on to an origin, and who hears at once that there is no room: one origin that hangs costs what is behind it
 * and nothing else, and one client of a slow origin its own share.
 */
export function misses(popName: string, sites: readonly Site[]): string {
  const full = (what: string, when: string): string =>
    refuse(popName, {
      status: 503,
      text: `too many requests to the origin`,
      error: "destination_unavailable",
      fields: { "Retry-After": "1", [INTERNAL.full]: what },
      when,
    });
  const few = refusedShares("few-of-origin", {
    has: "sc_conn_cur(1)",
    all: "sc_conn_cur(3)",
    bounds: { of: "MISSES", shared: "MISSES_SHARED", one: "ORIGIN_MISSES" },
    count: sites.flatMap(({ origins }) => origins).length,
  });
  return `    # Bounds of what is asked of origins (components/node/README.md).
    http-request set-var(txn.origin) be_name
    http-request track-sc0 var(txn.client),concat(|,txn.origin) table clients-of-origins
    http-request track-sc1 var(txn.origin) table origins
    http-request track-sc3 str(all) table origins
    ${few.acl}
${few.when.map((when) => full("origin", when)).join("\n")}
${full("client", `if { sc_conn_cur(1) gt ${bound("ORIGIN_BUSY")} } { sc_conn_cur(0) gt ${bound("CLIENT_MISSES")} }`)}
${full("client", `if { sc_conn_cur(1) gt ${bound("ORIGIN_CROWDED")} } { sc_conn_cur(0) gt ${bound("CLIENT_MISSES_CROWDED")} }`)}
    # One client waits in vain for an origin that hangs; then whoever has something to fall back on gets it at once, until
    # it is time for another try. Of the URLs that were tried the traffic side says so until the origin answers for them.
    http-request set-var(txn.hangs) bool(true) if { var(txn.fallback) -m found } { sc_gpc0_rate(1) gt 0 }
    http-request track-sc4 var(txn.site),concat(,txn.target),sha1 table slow if { var(txn.fallback) -m found } !{ var(txn.hangs) -m bool }
    http-request track-sc4 var(txn.site),concat(,txn.target),sha1 table slow if { var(txn.site),concat(,txn.target),sha1,in_table(slow) }
${refuse(popName, { status: 504, text: "gateway timeout", error: "http_response_timeout", when: "if { var(txn.hangs) -m bool }" })}
    http-after-response sc-inc-gpc0(1) if { status 504 } !{ res.hdr(${INTERNAL.date}) -m found } !{ var(txn.hangs) -m bool }
    http-after-response sc-set-gpt0(4) 1 if { status 504 } !{ res.hdr(${INTERNAL.date}) -m found } !{ var(txn.hangs) -m bool }
    http-after-response sc-set-gpt0(4) 0 if !{ status 504 } or { res.hdr(${INTERNAL.date}) -m found }
    # Who has least there goes first.
    http-request set-priority-class sc_conn_cur(0)`;
}
