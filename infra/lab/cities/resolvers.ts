import { Resolver } from "node:dns/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { PrivateRoot } from "../../edge/privateRoot";
import { Service } from "../../edge/service";
import type { Endpoint } from "../names/server";

export interface ResolverOptions {
  /** Where it answers, and what it asks from: to name servers this is the place of who asks. */
  readonly endpoint: Endpoint;
  /** Tells name servers the /24 of who asks (RFC 7871), as public resolvers do. */
  readonly clientSubnet: boolean;
}

/** The resolvers of the lab's cities: unbound, one process each, since what one has in its cache the others do not. */
export class Resolvers {
  private constructor(
    private readonly root: PrivateRoot,
    private readonly services: readonly Service[],
  ) {}

  /**
   * @param folder the lab's Debian
   * @param nameServer knows all names: there is no other name server in the lab
   */
  static async start(folder: string, nameServer: Endpoint, resolvers: readonly ResolverOptions[]): Promise<Resolvers> {
    const root = await PrivateRoot.start(folder);
    try {
      const services = resolvers.map((options, index) => {
        const file = `/etc/unbound/lab-${index}.conf`;
        root.write(file, configuration(options, nameServer));
        return Service.start(root, `the resolver at ${options.endpoint.address}`, ["unbound", "-d", "-p", "-c", file]);
      });
      await Promise.all(resolvers.map(({ endpoint }, index) => answering(endpoint, services[index])));
      return new Resolvers(root, services);
    } catch (error) {
      await root.stop();
      throw error;
    }
  }

  /** Resolves when one has ended by itself, with what it said last. */
  failed(): Promise<string> {
    return Promise.race(this.services.map((service) => service.ended()));
  }

  async stop(): Promise<void> {
    await this.root.stop();
  }
}

/** Until a question is asked again, ms: the name server is near, but a process of a machine that may be busy. */
const PATIENCE = 2000;

/**
 * The name server is asked for all names, without a way down from the root of the DNS, so a zone that a stack gets later
 * needs no change here. What is kept is kept as the TTLs say: nothing is served expired or fetched before its time. Sizes
 * are a household's.
 */
function configuration({ endpoint, clientSubnet }: ResolverOptions, nameServer: Endpoint): string {
  return `
server:
    interface: ${endpoint.address}@${String(endpoint.port)}
    outgoing-interface: ${endpoint.address}
    access-control: 127.0.0.0/8 allow
    do-ip6: no
    do-not-query-localhost: no
    local-zone: "test." nodefault
    module-config: "${clientSubnet ? "subnetcache iterator" : "iterator"}"
    ${clientSubnet ? `send-client-subnet: ${nameServer.address}` : "minimal-responses: yes"}
    unknown-server-time-limit: ${String(PATIENCE)}
    infra-cache-min-rtt: ${String(PATIENCE)}
    serve-expired: no
    prefetch: no
    num-threads: 1
    outgoing-range: 64
    num-queries-per-thread: 32
    msg-cache-size: 512k
    msg-cache-slabs: 1
    rrset-cache-size: 1m
    rrset-cache-slabs: 1
    infra-cache-slabs: 1
    key-cache-slabs: 1
    username: "unbound"
    chroot: ""
    directory: "/etc/unbound"
    pidfile: ""
    use-syslog: no
    verbosity: 1
remote-control:
    control-enable: no
forward-zone:
    name: "."
    forward-addr: ${nameServer.address}@${String(nameServer.port)}
`.trimStart();
}

/** Any answer will do, a refusal too: it is there. */
async function answering({ address, port }: Endpoint, service: Service | undefined): Promise<void> {
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([`${address}:${String(port)}`]);
  for (;;) {
    try {
      await resolver.resolve4("lab.invalid");
      return;
    } catch (error) {
      const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
      if (code !== "ECONNREFUSED" && code !== "ETIMEOUT") {
        return;
      }
    }
    if (service?.isRunning !== true) {
      throw new Error(`the resolver at ${address} does not start: ${service?.lastWords ?? ""}`);
    }
    await sleep(20);
  }
}
