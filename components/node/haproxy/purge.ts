import { SOCKETS } from "../sockets";
import { refuse } from "./responses";
import { toOneForm } from "./siteLua";
import { IS_SITE, LOOK_UP_SITE } from "./sites";

/** What the agent wants taken out of the cache (varnish/purge.ts says how it asks). */
export function purgeFrontend(popName: string): string {
  return `
# Purges, from the agent. The form of a URL that is its key is made as it is for a request, and by the same rules; so a
# URL of a host that is no site has none.
frontend purge from to-origins
    bind unix@${SOCKETS.purge} mode 600
    option dontlog-normal
    http-request set-var(txn.host) req.hdr(host)
${LOOK_UP_SITE}
    acl names-url req.hdr(x-footprint-purge) url prefix
${refuse(popName, { status: 421, text: "unknown host", error: "destination_not_found", when: `if names-url !${IS_SITE}` })}
${toOneForm(popName)}
    default_backend cache-purge

backend cache-purge from to-origins
    server varnish unix@${SOCKETS.cachePurge}
`;
}
