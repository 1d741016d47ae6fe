import { bound } from "../limits";
import { SOCKETS, SOCKETS_GROUP } from "../sockets";
import { WITHOUT_TRAILERS } from "./trailersLua";

/** Where Varnish asks for what it has not. */
export function fetchSections(): string {
  return `
# Varnish 7.7 takes trailers for a failure, and HAProxy's side for HTTP passes them on. So they are taken out of the bytes on
# their way: one response a connection, since [egress] closes each.
defaults bytes
    mode tcp
    timeout connect 1s
    # Longer than what both sides give each other.
    timeout client 80s
    timeout server 80s

frontend fetch from bytes
    bind unix@${SOCKETS.egress} mode 660 group ${SOCKETS_GROUP}
    maxconn ${bound("EGRESS_CONNECTIONS")}
    # Who comes meanwhile waits a moment: Linux refuses a connection to a full unix socket, and Varnish tries but once.
    backlog ${bound("IN_FLIGHT")}
    filter lua.${WITHOUT_TRAILERS}
    default_backend to-egress

backend to-egress from bytes
    server egress unix@${SOCKETS.origins}
`;
}
