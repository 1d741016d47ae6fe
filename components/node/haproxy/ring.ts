import { INTERNAL, INTERNAL_PREFIX } from "../internalHeaders";
import { ringBound, VARIANTS_LIMIT } from "../limits";
import { PRODUCTION, type NodeOptions } from "../options";
import { PEER_HEALTH_PATH } from "../ports";
import { ANSWERS, ASKS, RING_PROOF_FILE } from "../protocol/ringProof";
import { PROBE_HOST, SOCKETS } from "../sockets";
import { WITHOUT_FALSE_ENDS } from "./falseEndsLua";
import { refuse } from "./responses";
import { IS_SITE, LOOK_UP_SITE } from "./sites";
import { isSwitched } from "./switched";

/** Nodes of a PoP that own objects, at most; those above ask like all others. */
const RING_SLOTS = 64;

/** Of [ring], whose servers are named node1 and so on: the agent says who they are. */
export const RING = { backend: "ring", prefix: "node", nobody: "node.invalid" } as const;

/**
 * How often a node must have asked for an object within a minute to keep a copy, however small that is: what is asked for now
 * and then is at its owner, and the hop costs less than a place here.
 */
const COPY_ASKED = 4;

/** Seconds for which a node goes by what an owner has said not to be stored. */
const ALONE_SECONDS = 120;

/**
 * What an owner says that is asked for too much (RFC 8470, Too Early: no origin has a reason to say it to a node, which sends
 * nothing early). The next node of the ring is asked then.
 */
const CROWDED = 425;

/** What a node gives to others. */
const GIVEN = "cache-for-peers";

const proof = (role: string): string => `str(${role}),map_str(opt@${RING_PROOF_FILE})`;
const proves = (field: string, role: string): string =>
  `{ ${field}(${INTERNAL.proof}),sha2(256),hex,map_str(opt@${RING_PROOF_FILE}) -m str ${role} }`;

/** What an object's owner is found by: all variants of a URL have the same. */
const URL = `    http-request set-var(txn.target) pathq
    http-request set-var(txn.url) req.hdr(host),concat(,txn.target),sha1`;

/** Rules of [relay], where Varnish's requests for what it has not come by. */
export function toRing(): string {
  return `
    # One cache of all nodes of the PoP: what is not here is asked of the node that owns it by its URL. Not what came from
    # another node, what its owner has failed to give or has said not to be stored, and not while this node does not know how
    # far it is with purges, has nobody to ask, or has asked for too much already.
${URL}
    use_backend ${RING.backend} if { method GET } !{ req.hdr(${INTERNAL.peered}) -m found } !{ req.hdr(${INTERNAL.alone}) -m found } { req.fhdr(${INTERNAL.needs}) -m sub = } !{ var(txn.url),in_table(alone) } { nbsrv(${RING.backend}) gt 1 } { be_conn(${RING.backend}) lt ${ringBound("HOPS")} } { ${proof(ASKS)} -m found }`;
}

/** The PoP's nodes: what they ask of each other, and whom. */
export function ringSections({ popName, listen }: Pick<NodeOptions, "popName" | "listen">): string {
  const { address, ports } = listen ?? PRODUCTION;
  const health = `{ path ${PEER_HEALTH_PATH} }`;
  const own = `{ dst_port ${String(ports.ownPeer)} }`;
  const crowded = (when: string): string =>
    `    http-request return status ${String(CROWDED)} content-type text/plain string "crowded\\n" if { method GET } !${own} !${health} ${when}`;
  return `
# To the owner of an object, by consistent hashing over the addresses of the nodes that answer: HAProxy's ring and not Varnish's
# (vmod_directors), because it outlives a load of the VCL, and because who is in it, who answers, and what a failure means
# stay in one program, without a compiler. A node that comes or goes moves its own share of URLs alone, and all nodes that
# see the same peers agree, whatever slots they have them in. Where two do not agree, an object has two owners for as long: a
# request makes one hop and no other. Slots are empty after a start, until the agent has filled them.
#
# What fails here is not tried elsewhere but where no connection came about; Varnish asks the origin then (varnish/ring.ts). What
# an owner has no room for goes to the next node of the ring, which takes it for its own, as if the owner were not there: for
# as long, an object may have two owners. Where that one has none either, the origin is asked.
backend ${RING.backend} from relayed
    balance hash var(txn.url)
    hash-type consistent sdbm avalanche
    http-reuse always
    # Who there is, as the process before this one knew it (agent/originAddresses.ts).
    load-server-state-from-file global
    # The same zone or the one beside it.
    timeout connect 500ms
    timeout check 1s
    retry-on conn-failure ${String(CROWDED)}
    retries 2
    option redispatch 1
    filter lua.${WITHOUT_FALSE_ENDS}
    # By Varnish itself, so that one that hangs is out within seconds, and what hangs on it goes to the origin. A node that
    # starts or leaves says 404: it is asked for nothing more, and what it is giving goes on.
    option httpchk
    http-check disable-on-404
    http-check send meth GET uri ${PEER_HEALTH_PATH} ver HTTP/1.1 hdr Host ${PROBE_HOST} hdr ${INTERNAL.proof} "%[${proof(ASKS)}]"
    http-check expect hdr name ${INTERNAL.proof} value-lf "%[${proof(ANSWERS)}]"
    default-server proto h2 check inter 1s fall 2 rise 2 observe layer4 error-limit 3 on-error mark-down
    default-server on-marked-down shutdown-sessions hash-key addr weight 16 maxconn ${ringBound("HOPS")} disabled
    # Not [relay]'s, by which Varnish would ask the same again.
${[500, 502, 503, 504].map((status) => `    http-error status ${String(status)} content-type text/plain string "no answer of the owner\\n"`).join("\n")}
    http-request set-header ${INTERNAL.proof} %[${proof(ASKS)}]
    http-request track-sc1 var(txn.url) table asked if { method GET }
    # Whose answer it is. What is no node of ours has no say in what is stored.
    http-response set-var(txn.owner) res.hdr(${INTERNAL.given}) if ${proves("res.hdr", ANSWERS)}
    # What it has asked itself may be a shield's, whose word it is then.
    http-response set-var(txn.owner) str(self) if ${proves("res.hdr", ANSWERS)} { res.hdr(${INTERNAL.owner}) -m str self }
    http-response del-header ${INTERNAL_PREFIX} -m beg unless { var(txn.owner) -m found }
    http-response del-header ${INTERNAL.proof}
    http-response del-header ${INTERNAL.given} unless { var(txn.owner) -m str self }
    # What is not stored goes to the origin from now on, without a hop that adds nothing: that cannot be known before.
    http-response track-sc0 var(txn.url) table alone if { var(txn.owner) -m found } { res.hdr(x-footprint-no) -m found } !{ res.hdr(x-footprint-no) purged } !{ res.hdr(${INTERNAL.endless}) -m found } { status lt 500 }
    # What is hot is kept here, too (varnish/ring.ts): asked for so many times within a minute, and once more for each
    # COPY_STEP of its size. Half a second passes between two copies of a URL: those who waited for one do not make a copy each.
    # Copies are counted as variants are: so many of a URL, and all of them go.
    http-response set-var(txn.price) res.hdr(content-length),div(${ringBound("COPY_STEP")}),add(${String(COPY_ASKED)}) if { res.hdr(content-length) -m found }
    http-response set-header ${INTERNAL.copy} 1 if { var(txn.owner) -m str hit stale } { var(txn.price) -m found } { sc_http_req_rate(1),sub(txn.price) ge 0 } { res.hdr(content-length),div(1024) lt ${ringBound("COPY_LIMIT")} } { sc_gpc0_rate(1) lt 1 } !{ status 206 }
    http-response set-var(txn.copies) sc_inc_gpc0(1) if { res.hdr(${INTERNAL.copy}) -m found }
    http-response set-header ${INTERNAL.variants} all if { var(txn.copies),mod(${String(VARIANTS_LIMIT)}) eq 0 }
    http-after-response set-header ${INTERNAL.owner} failed unless { var(txn.owner) -m found }
    http-after-response set-header ${INTERNAL.owner} %[var(txn.owner)] if { var(txn.owner) -m found }
    # A name that nobody looks up: what has none has no address from the process before, either.
    server-template ${RING.prefix} ${String(RING_SLOTS)} ${RING.nobody}:80 init-addr last,0.0.0.0

# What a request has changed, from the node that has passed it on, for the owner.
frontend changes from relayed
    bind unix@${SOCKETS.changes} mode 600
    maxconn 32
    option httpclose
${URL}
    default_backend ${RING.backend}

# URLs whose owner has said lately that they are not stored. An entry is 100 bytes or so.
backend alone from to-origins
    stick-table type binary len 20 size 50k expire ${String(ALONE_SECONDS)}s store gpt0

# URLs that other nodes own, as this node asks for them. An entry is 200 bytes or so.
backend asked from to-origins
    stick-table type binary len 20 size 50k expire 1d store http_req_rate(60s),gpc0,gpc0_rate(500ms)

# From other nodes of the PoP. Neither limits of clients nor the access log know of it: both belong to the node that the
# client has asked.
frontend peers from edge
    bind ${address}:${String(ports.peers)}
    bind ${address}:${String(ports.ownPeer)}
    maxconn ${ringBound("PEER_CONNECTIONS")}
    # By cleartext HTTP/2, to nodes of our security group alone. The proof shows who is one, on both sides.
${refuse(popName, { status: 403, text: "nodes of this PoP alone", error: "http_request_denied", when: `unless ${proves("req.hdr", ASKS)}` })}
    http-request del-header ${INTERNAL.proof}
${refuse(popName, { status: 405, text: "nothing else is asked of a node", error: "http_request_denied", when: "unless { method GET CHANGED }" })}
    http-request return status 404 content-type text/plain string "not in service\\n" if ${health} !${isSwitched("ring")}
    http-request set-var(txn.host) req.hdr(host)
${LOOK_UP_SITE}
    # By its own settings, so that a site that this node does not have yet is asked for at its origins.
${refuse(popName, { status: 421, text: "unknown host", error: "destination_not_found", when: `unless ${IS_SITE} or ${health}` })}
    # What the other node's Varnish has noted for itself means nothing here, but for whom and what it asks.
    http-request del-header ^${INTERNAL_PREFIX}(?!(client|told-apart|needs|shielded)$) -m reg unless ${own}
    http-request del-header ^(x-varnish|if-none-match|if-modified-since)$ -m reg unless ${own}
    http-request replace-header Via '^(.*), 1\\.1 [^,]+\\(Varnish/[^,]+$' '\\1' unless ${own}
    http-request set-header ${INTERNAL.site} %[var(txn.settings)]
    http-request set-header ${INTERNAL.peered} 1
    # A bound on the load of an owner. Where all is spread evenly a node gives others as much as it asks of them, so none gives
    # more than half as much again; but for so few that they may be a crowd on one object, whose other owner would have to ask
    # the origin as well. HAProxy's own bound (hash-balance-factor) divides what one node has under way, two or three requests
    # mostly, by the nodes: any two at once for one owner are one too many then, and none waits for the other.
    http-request set-var(txn.fair) be_conn(${RING.backend}),mul(3),div(2)
${crowded(`{ be_conn(${GIVEN}) ge ${ringBound("PEERS_CROWDED")} } { be_conn(${GIVEN}),sub(txn.fair) ge 0 }`)}
${crowded(`{ be_conn(${GIVEN}) ge ${ringBound("PEERS")} }`)}
    use_backend cache-purge if { method CHANGED }
    # This node's own share it fetches itself.
    use_backend to-egress if ${own} !${health}
    use_backend cache-for-checks if ${health}
    default_backend ${GIVEN}
    http-response set-header ${INTERNAL.owner} self if ${own}
    http-response set-header ${INTERNAL.proof} %[${proof(ANSWERS)}]

# Varnish, with room of its own: nodes whose clients have taken all of the rest would wait for each other in a ring.
backend ${GIVEN} from edge
    http-reuse always
    retry-on conn-failure empty-response
    retries 2
    server varnish unix@${SOCKETS.cache} maxconn ${ringBound("PEERS")}

# The same for the checks of other nodes, which wait for nothing: a node that is full would else be taken for one that hangs,
# and all that it gives would be cut off.
backend cache-for-checks from edge
    http-reuse always
    server varnish unix@${SOCKETS.cache} maxconn ${String(RING_SLOTS)}
`;
}
