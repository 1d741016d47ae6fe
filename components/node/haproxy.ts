import { NODE_HEALTH_PATH, NODE_PORTS, POP_HEALTH_PATH } from "./ports";
import type { Origin, Site } from "./site";

/** What HAProxy serves on every node of a PoP. */
export interface HaproxyOptions {
  /** The PoP's own name, at which it answers its health. */
  readonly popName: string;
  readonly sites: readonly Site[];
}

/** The 12 bytes with which a PROXY protocol v2 header begins, hexadecimal. */
const PROXY_V2_SIGNATURE = "0d0a0d0a000d0a515549540a";

/** Renders /etc/haproxy/haproxy.cfg. */
export function haproxyConfig(options: HaproxyOptions): string {
  const backends = options.sites.flatMap(({ host, origins }) => origins.map((origin, i) => backend(host, origin, i)));
  return [GLOBAL, trafficFrontend(options), redirectFrontend(options.sites), HEALTH, UNKNOWN_HOST, ...backends]
    .map((section) => section.trim())
    .join("\n\n")
    .concat("\n");
}

const GLOBAL = `
# Written by Footprint from the configuration bundle. Changes by hand are lost at the next one.
global
    log stdout format raw local0
    user haproxy
    group haproxy
    chroot /var/lib/haproxy
    ssl-default-server-options ssl-min-ver TLSv1.2

# The VPC's own resolver; an origin that moves is followed without a reload.
resolvers vpc
    parse-resolv-conf
    hold valid 10s

defaults
    mode http
    log global
    option httplog
    option dontlognull
    timeout connect 5s
    # Below the load balancer's 350 s, so that the node closes an idle connection first and no request is lost.
    timeout client 340s
    timeout http-keep-alive 340s
    timeout http-request 10s
    timeout server 60s
`;

function trafficFrontend({ popName, sites }: HaproxyOptions): string {
  return `
# HTTP/1.1 and cleartext HTTP/2 by the load balancer, which has ended TLS.
frontend traffic
    bind :${String(NODE_PORTS.traffic)} accept-proxy
    # The PoP's health, for Route 53: no cache and no origin has a say in it.
    http-request return status 200 content-type text/plain string "ok\\n" if { req.hdr(host),host_only -i ${popName} } { path ${POP_HEALTH_PATH} }
    http-request set-var(txn.host) req.hdr(host),host_only,lower
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto https
${sites.map(methodRule).join("\n")}
${sites.flatMap(originRules).join("\n")}
    default_backend unknown-host
`;
}

function methodRule({ host, methods }: Site): string {
  return `    http-request return status 405 hdr allow "${methods.join(", ")}" ${forHost(host)} !{ method ${methods.join(" ")} }`;
}

/** The first origin that is up; with none up the first answers 503. */
function originRules({ host, origins }: Site): string[] {
  const rule = (index: number, condition: string) =>
    `    use_backend ${backendName(host, index)} ${forHost(host)}${condition}`;
  const failover = origins.map((_, i) => rule(i, ` { nbsrv(${backendName(host, i)}) gt 0 }`));
  return [...(origins.length > 1 ? failover : []), rule(0, "")];
}

function forHost(host: string): string {
  return `if { var(txn.host) -m str ${host} }`;
}

function redirectFrontend(sites: readonly Site[]): string {
  const rules = sites.map(
    (site) =>
      // Not `redirect scheme`: that keeps the port of the Host header.
      `    http-request redirect prefix https://${site.host} code ${String(site.redirectStatus)} if { req.hdr(host),host_only -i ${site.host} }`,
  );
  return `
# What came to port 80.
frontend redirect
    bind :${String(NODE_PORTS.redirect)} accept-proxy
${rules.join("\n")}
    http-request return status 421 content-type text/plain string "unknown host\\n"
`;
}

const HEALTH = `
# The load balancer's health checks may or may not carry a PROXY header: look, then hand to the one that fits.
frontend health
    mode tcp
    option tcplog
    option dontlog-normal
    bind :${String(NODE_PORTS.health)}
    tcp-request inspect-delay 2s
    tcp-request content accept if { req.len ge 12 }
    use_backend health-with-proxy if { req.payload(0,12) -m bin ${PROXY_V2_SIGNATURE} }
    default_backend health-plain

backend health-with-proxy
    mode tcp
    server self abns@footprint-health-proxy

backend health-plain
    mode tcp
    server self abns@footprint-health

frontend health-answer
    bind abns@footprint-health-proxy accept-proxy
    bind abns@footprint-health
    option dontlog-normal
    http-request return status 200 content-type text/plain string "ok\\n" if { path ${NODE_HEALTH_PATH} }
    http-request return status 404
`;

// As a backend, because rules of a frontend all run before it chooses one.
const UNKNOWN_HOST = `
backend unknown-host
    http-request return status 421 content-type text/plain string "unknown host\\n"
`;

function backendName(host: string, origin: number): string {
  return `site:${host}:${String(origin)}`;
}

/** One per origin: within one backend a retry could take a request that names one origin to another. */
function backend(host: string, origin: Origin, index: number): string {
  const tls =
    origin.scheme === "https"
      ? ` ssl verify required ca-file @system-ca sni str(${origin.host}) check-sni ${origin.host}`
      : "";
  return `
backend ${backendName(host, index)}
    http-request set-header Host ${authority(origin)}
    server origin ${origin.host}:${String(origin.port)} check resolvers vpc init-addr last,libc,none${tls}
`;
}

function authority(origin: Origin): string {
  const usual = origin.scheme === "https" ? 443 : 80;
  return origin.port === usual ? origin.host : `${origin.host}:${String(origin.port)}`;
}
