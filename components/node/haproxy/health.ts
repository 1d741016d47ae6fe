import { bound } from "../limits";
import { PRODUCTION, type NodeOptions } from "../options";
import { NODE_HEALTH_PATH } from "../ports";
import { SOCKETS } from "../sockets";
import { switchedHealth } from "./switched";

/** The 12 bytes with which a PROXY protocol v2 header begins, hexadecimal. */
const PROXY_V2_SIGNATURE = "0d0a0d0a000d0a515549540a";

/** Node health for the load balancer and the Auto Scaling group, and metrics. */
export function healthSections(options: NodeOptions): string {
  const { address, ports } = options.listen ?? PRODUCTION;
  const path = `{ path ${NODE_HEALTH_PATH} }`;
  return `
# The node's health: that this answers, that Varnish does, and that the agent has nothing against it. Never what lies
# beyond the node: a node that is believed sick is terminated, and its cache with it.
# The load balancer's checks may or may not carry a PROXY header: look, then hand to the one that fits.
defaults probe
    mode tcp
    timeout client 5s
    timeout connect 1s
    timeout server 5s

frontend health from probe
    bind ${address}:${String(ports.health)}
    maxconn ${bound("OWN_CONNECTIONS")}
    tcp-request inspect-delay 2s
    tcp-request content accept if { req.len ge 12 }
    use_backend health-proxied if { req.payload(0,12) -m bin ${PROXY_V2_SIGNATURE} }
    default_backend health-plain

backend health-proxied from probe
    server self unix@${SOCKETS.healthProxied}

backend health-plain from probe
    server self unix@${SOCKETS.healthPlain}

frontend health-answer from edge
    bind unix@${SOCKETS.healthProxied} mode 600 accept-proxy
    bind unix@${SOCKETS.healthPlain} mode 600
    maxconn ${bound("OWN_CONNECTIONS")}
    http-request return status 503 content-type text/plain string "Varnish does not answer\\n" hdr Cache-Control no-store if ${path} { nbsrv(cache) eq 0 }
${switchedHealth("node", path)}
    http-request return status 404 content-type text/plain string "not found\\n"

# For whoever collects metrics on this machine.
frontend metrics from edge
    bind 127.0.0.1:${String(ports.metrics)}
    maxconn ${bound("OWN_CONNECTIONS")}
    http-request use-service prometheus-exporter if { path /metrics }
    http-request return status 404 content-type text/plain string "not found\\n"
`;
}
