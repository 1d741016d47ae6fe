import { AGENT_FILES } from "../agentFiles";
import type { Origin } from "../site";

/** Of the global section. */
export const KNOWN_ADDRESSES = `    # What was known of servers before this process: the agent writes it, every few seconds. A start goes on with it, and
    # need not look up a name.
    server-state-file ${AGENT_FILES.addresses}`;

/** The resolver, and how long an answer of it is good for. */
export const RESOLVERS = `# The VPC's own resolver; an origin that moves is followed without a reload. While it gives no answer, or an error that is not
# about the name, what it said last holds: by default HAProxy takes all origins out of service after 30 s. A name that is not
# there any more (NXDOMAIN) is out after these 30 s.
resolvers vpc
    parse-resolv-conf
    hold valid 10s
    hold timeout 1d
    hold refused 1d
    hold other 1d`;

/** How the names of origins are resolved. */
export const RESOLVED = `    load-server-state-from-file global
    # IPv4 first: origins allow-list the nodes' fixed addresses, which are IPv4.
    default-server resolvers vpc resolve-prefer ipv4 init-addr last,libc,none`;

/**
 * The name of a server: all that an address may be used for. HAProxy takes the state of a server for that of the next one
 * that has its name, port and TLS with it, so another origin must have another name.
 */
export function serverName({ scheme, host, port }: Origin): string {
  return `${scheme}:${host}:${String(port)}`;
}
