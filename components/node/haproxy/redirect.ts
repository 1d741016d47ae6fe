import { bound } from "../limits";
import { PRODUCTION, type NodeOptions } from "../options";
import type { Site } from "../site";
import { accessLog, loggedOf } from "./accessLog";
import { refuse } from "./responses";
import { clientConnections, clientRequests } from "./clients";
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
${clientRequests(options.popName)}
${refuse(options.popName, { status: 400, text: "the request target must begin with /", error: "http_request_error", when: "unless { path_beg / }" })}
    http-request set-uri %[pathq]
${options.sites.map(redirect).join("\n")}
${refuse(options.popName, { status: 421, text: "unknown host", error: "destination_not_found" })}
    http-after-response set-header Connection close if ${isSwitched("draining")}
`;
}

/** Not `redirect scheme`: that keeps the port of the Host field. */
function redirect({ host, redirectStatus }: Site): string {
  return `    http-request redirect prefix https://${host} code ${String(redirectStatus)} if { var(txn.host) -m str ${host} }`;
}
