import { INTERNAL, ORIGIN_AUTH_HEADER } from "../internalHeaders";
import { bound } from "../limits";
import type { NodeOptions } from "../options";
import { POP_HEALTH_PATH } from "../ports";
import { ACCEPTED_PROOF, OWN_PROOF, SHIELD_PROOF_FILE } from "../protocol/shieldProof";
import type { Site } from "../site";

type Options = Pick<NodeOptions, "popName" | "region" | "sites">;

/** Fields of a response that nodes of two PoPs keep between them: the tags, which clients do not get. */
const KEPT = "^x-footprint-(?!(tags|many-tags|endless)$)";

const SHIELDED = "{ var(txn.shielded) -m bool }";

/** Sites that this PoP asks for at another one, each with that one's region. */
function shieldedSites({ region, sites }: Options): readonly (Site & { readonly shield: string })[] {
  return sites.flatMap((site) =>
    site.shield === undefined || site.shield === region ? [] : [{ ...site, shield: site.shield }],
  );
}

/** Whether other PoPs ask for a site here. */
function isShield({ region, sites }: Options): boolean {
  return sites.some(({ shield }) => shield === region);
}

/** Rules of the traffic side, before the client is logged: who asks for a node of another PoP is that node's client. */
export function provedNode(options: Options): string {
  const accepted = (place: number): string =>
    `{ req.hdr(${INTERNAL.proof},${String(place)}),sha2(256),hex,map_str(opt@${SHIELD_PROOF_FILE}) -m str ${ACCEPTED_PROOF} }`;
  return isShield(options)
    ? `
    # A node of another PoP, for which this one is the shield, speaks for a client of its own: limits and logs are about that
    # one. What anybody else says of himself is deleted below.
    http-request set-var(txn.shielded) bool(true) if ${accepted(1)} or ${accepted(2)}
    http-request set-var(txn.needs) req.fhdr(${INTERNAL.needs}) if ${SHIELDED}
    http-request set-var(txn.request_id) req.hdr(x-request-id) if ${SHIELDED}
    http-request set-src req.hdr(${INTERNAL.client}) if ${SHIELDED}`
    : "";
}

/** Rules of the traffic side, after all internal fields were deleted. Without a word on what it needs it needs all. */
export function markedNode(options: Options): string {
  return isShield(options)
    ? `
    http-request set-header ${INTERNAL.shielded} 1 if ${SHIELDED}
    http-request set-header ${INTERNAL.needs} %[var(txn.needs)] if ${SHIELDED}`
    : "";
}

/** Rules of the traffic side, after a request got a name: an origin sees that of the request that the client has made. */
export function sameRequest(options: Options): string {
  return isShield(options)
    ? `
    http-request set-header X-Request-ID %[var(txn.request_id)] if { var(txn.request_id) -m found }`
    : "";
}

/** Rules of the traffic side: takes the internal fields out of a response. */
export function withoutInternal(options: Options, all: string): string {
  return isShield(options)
    ? `    # Whether it is an origin's: what this node says for one that failed, the other one does not take for its answer.
    http-response set-var(txn.given) var(txn.cache) if ${SHIELDED} { res.hdr(${INTERNAL.date}) -m found }
    http-response del-header ${all} -m beg unless ${SHIELDED}
    http-response del-header ${KEPT} -m reg if ${SHIELDED}
    http-response set-header ${INTERNAL.given} %[var(txn.given)] if { var(txn.given) -m found }`
    : `    http-response del-header ${all} -m beg`;
}

/** Rules of the egress side, before internal fields are deleted. */
export function mayBeShielded(options: Options): string {
  return shieldedSites(options).length > 0
    ? `
    # What is not asked of the shield: what came from another PoP, or is not stored, and what changes nothing without being
    # stored. What changes something goes there, too, so that what it changed is taken out there as well.
    http-request set-var(txn.direct) bool(true) if { method HEAD OPTIONS } or { req.hdr(${INTERNAL.direct}) -m found } or { req.hdr(${INTERNAL.shielded}) -m found }
    http-request set-var(txn.needs) req.fhdr(${INTERNAL.needs})`
    : "";
}

/** Goes to the shield of the site, if it has one that is up. */
export function toShield(options: Options): readonly string[] {
  return shieldedSites(options).length > 0
    ? [
        `    use_backend shield:%[var(txn.site)] if !{ var(txn.direct) -m bool } { str(shield:),concat(,txn.site),nbsrv gt 0 } { str(${OWN_PROOF}),map_str(opt@${SHIELD_PROOF_FILE}) -m found }`,
      ]
    : [];
}

/** Rules of the egress side, before internal fields of a response are deleted: what of a shield's is kept. */
export function keptOfShield(options: Options): string {
  return shieldedSites(options).length > 0
    ? `    http-response set-var(txn.tags) res.fhdr(x-footprint-tags) if { var(txn.given) -m found }
    http-response set-var(txn.many_tags) res.hdr(x-footprint-many-tags) if { var(txn.given) -m found }
    http-response set-var(txn.shield_endless) res.hdr(${INTERNAL.endless}) if { var(txn.given) -m found }
`
    : "";
}

/** Rules of the egress side, after that and after the origin's own tags were read. */
export function restoredOfShield(options: Options): string {
  return shieldedSites(options).length > 0
    ? `    http-response set-header X-Footprint-Tags %[var(txn.tags)] if { var(txn.tags) -m found }
    http-response set-header X-Footprint-Many-Tags %[var(txn.many_tags)] if { var(txn.many_tags) -m found }
    http-response set-header ${INTERNAL.endless} %[var(txn.shield_endless)] if { var(txn.shield_endless) -m found }
    http-response set-header ${INTERNAL.given} %[var(txn.given)] if { var(txn.given) -m found }
`
    : "";
}

/**
 * The shields: one backend for each site, since each has a share of what may be under way, and one for each region, which
 * looks after it for all of them.
 */
export function shieldSections(options: Options, misses: string, resolved: string): string {
  const sites = shieldedSites(options);
  const regions = [...new Set(sites.map(({ shield }) => shield))].sort();
  if (regions.length === 0) {
    return "";
  }
  const nameOf = (region: string): string => `${region}${options.popName.slice(options.region.length)}`;
  const server = (region: string): string => {
    const name = nameOf(region);
    return `${name} ${name}:443 ssl verify required ca-file @system-ca sni str(${name}) check-sni ${name}`;
  };
  return `
# To the shield of a site: the PoP that asks the origins for all others. It is asked by the name of the PoP and by verified
# TLS. Who fails there is not asked again for the same: Varnish asks the origin then (shield.vcl).
defaults shield from to-origins
    http-reuse always
    timeout connect 2s
    retry-on conn-failure empty-response
    retries 1
    http-request disable-l7-retry unless { method GET }
    # A shield that has died behind its load balancer does not answer, and nobody says so.
    http-request set-timeout server 10s if { method GET }
    http-response set-timeout server 60s
    default-server maxconn ${bound("ORIGIN_CONNECTIONS")}
${misses}
    http-request set-header ${INTERNAL.proof} %[str(${OWN_PROOF}),map_str(opt@${SHIELD_PROOF_FILE})]
    http-request set-header ${INTERNAL.client} %[var(txn.client)]
    http-request set-header ${INTERNAL.needs} %[var(txn.needs)] if { var(txn.needs) -m found }
    http-request del-header ${ORIGIN_AUTH_HEADER}
    http-response set-var(txn.given) res.hdr(${INTERNAL.given})
    http-after-response set-header ${INTERNAL.shield} 1
${resolved}

# A shield is up while PoP health answers by its name: one that is drained, or reads no purges, says that it is not. Down
# after two failures, a second apart; up again after ten seconds.
defaults shields from to-origins
    option httpchk
    http-check expect status 200
    default-server check inter 2s fastinter 1s downinter 2s rise 5 fall 2 check-alpn http/1.1
${resolved}

${regions
  .map(
    (region) => `backend shields:${region} from shields
    http-check send meth GET uri ${POP_HEALTH_PATH} ver HTTP/1.1 hdr Host ${nameOf(region)}
    server ${server(region)}`,
  )
  .join("\n\n")}

${sites
  .map(
    ({ host, shield }) => `backend shield:${host} from shield
    server ${server(shield)} alpn h2,http/1.1 track shields:${shield}/${nameOf(shield)}`,
  )
  .join("\n\n")}
`;
}
