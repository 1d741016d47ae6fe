import { bound } from "../limits";
import { PROBE_HOST, SOCKETS } from "../sockets";
import { compressed } from "./compression";

/** Varnish, as HAProxy sees it. */
export function cacheBackend(): string {
  return `
# Varnish, which answers from memory or asks [egress]. It answers this probe itself, so that a failure is its own.
backend cache from edge
    http-reuse always
${compressed()}
    retry-on conn-failure empty-response
    retries 2
    option httpchk
    http-check send meth GET uri / ver HTTP/1.1 hdr Host ${PROBE_HOST}
    http-check expect status 200
    server varnish unix@${SOCKETS.cache} check inter 2s fall 3 rise 1 maxconn ${bound("IN_FLIGHT")}
`;
}
