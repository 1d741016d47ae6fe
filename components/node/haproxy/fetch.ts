import { bound } from "../limits";
import { SOCKETS, SOCKETS_GROUP } from "../sockets";
import { CLIENT_PACE } from "../timing";
import { FINAL_ALONE } from "./finalLua";
import { toRing } from "./ring";

const PATIENCE = ["client", "server"]
  .map((side) => `    timeout ${side} ${String(CLIENT_PACE.patience + 40)}s`)
  .join("\n");

/** Where Varnish asks for what it has not. */
export function fetchSections(cluster: boolean): string {
  return `
# Varnish 7.7 takes trailers and interim responses (1xx) for a failure, and HAProxy's side for HTTP passes them on. So they
# are taken out of the bytes on their way: one final response a connection, since [relay] closes each.
defaults bytes
    mode tcp
    timeout connect 1s
    # Longer than what both sides give each other.
${PATIENCE}

frontend fetch from bytes
    bind unix@${SOCKETS.egress} mode 660 group ${SOCKETS_GROUP}
    maxconn ${bound("EGRESS_CONNECTIONS")}
    # Who comes meanwhile waits a moment: Linux refuses a connection to a full unix socket, and Varnish tries but once.
    backlog ${bound("IN_FLIGHT")}
    filter lua.${FINAL_ALONE}
    default_backend to-relay

backend to-relay from bytes
    server relay unix@${SOCKETS.relay}

# To [egress] by HTTP/2, as what goes past Varnish. HAProxy 3.0 loops for ever, and is ended by its watchdog, when it has
# to write HTTP/1.1 to who asked and gives an answer of its own instead of one that came together with an interim one.
defaults relayed
    mode http
    timeout connect 1s
${PATIENCE}
    # What has no answer at [egress] has none here: then Varnish asks once more, on a new connection.
${[500, 502, 503, 504].map((status) => `    http-error status ${String(status)} errorfile /dev/null`).join("\n")}

frontend relay from relayed
    bind unix@${SOCKETS.relay} mode 600
    maxconn ${bound("EGRESS_CONNECTIONS")}
    backlog ${bound("IN_FLIGHT")}
    option httpclose${cluster ? toRing() : ""}
    default_backend to-egress

backend to-egress from relayed
    http-reuse never
    server egress unix@${SOCKETS.origins} proto h2
`;
}
