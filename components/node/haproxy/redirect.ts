import { bound } from "../limits";
import { PRODUCTION, type NodeOptions } from "../options";
import { accessLog, loggedClient, loggedOf, NO_ASCII } from "./accessLog";
import { refuse } from "./responses";
import { clientConnections, clientRequests } from "./clients";
import { LOOK_UP_SITE } from "./sites";
import { isSwitched } from "./switched";

/** What came to port 80: sent to https, by the site's own status. */
export function redirectFrontend(options: NodeOptions): string {
  const { address, ports } = options.listen ?? PRODUCTION;
  return `
# What came to port 80.
frontend redirect from edge
    bind ${address}:${String(ports.redirect)} accept-proxy
    maxconn ${bound("REDIRECT_CONNECTIONS")}
${clientConnections("redirect-connections", ["CLIENT_CONNECTIONS_CROWDED"])}
${accessLog(options)}
${loggedOf()}
${LOOK_UP_SITE}
${loggedClient()}
${clientRequests(options.popName)}
${refuse(options.popName, { status: 400, text: "the request target must begin with /", error: "http_request_error", when: "unless { path_beg / }" })}
${refuse(options.popName, { status: 400, text: "the request target is not ASCII", error: "http_request_error", when: `if { url -m reg ${NO_ASCII} }` })}
    http-request set-uri %[pathq]
    # Not "redirect scheme": that keeps the port of the Host field.
${[301, 308].map((status) => `    http-request redirect prefix https://%[var(txn.host)] code ${String(status)} if { var(txn.settings),field(2,;) ${String(status)} }`).join("\n")}
${refuse(options.popName, { status: 421, text: "unknown host", error: "destination_not_found" })}
    http-after-response set-header Connection close if ${isSwitched("draining")}
`;
}
