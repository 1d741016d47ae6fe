import type { Listen } from "../../components/node/options";
import { setTimeout as sleep } from "node:timers/promises";
import { authority, certificateFor } from "./authority";
import { accepts } from "./ports";
import { PrivateRoot } from "./privateRoot";
import { Service } from "./service";

export interface LoadBalancerOptions {
  /** A Debian with HAProxy and openssl, as `debianRoot` gives it. */
  readonly root: string;
  readonly node: { readonly ports: Pick<Listen["ports"], "traffic" | "redirect"> };
  /** Names that its certificate is for. */
  readonly hosts: readonly string[];
  /** Ports of the loopback interface. */
  readonly ports: { readonly https: number; readonly http: number };
  /** Folder of the certificate authority; default: the one that is kept for this machine's user. */
  readonly authorityFolder?: string;
}

const FILE = "/etc/haproxy/haproxy.cfg";
const CERTIFICATE = "/etc/haproxy/certificate.pem";

/**
 * What a network load balancer does in front of a node, on the loopback interface: it ends TLS (HTTP/2 preferred), and
 * hands connections of 443 and of 80 to the node behind a PROXY protocol v2 header.
 */
export class RunningLoadBalancer {
  private constructor(
    private readonly root: PrivateRoot,
    private readonly haproxy: Service,
    /** File of the certificate (PEM) that clients have to trust. */
    readonly authorityFile: string,
  ) {}

  /** Starts it and waits until it takes connections. */
  static async start(options: LoadBalancerOptions): Promise<RunningLoadBalancer> {
    const root = await PrivateRoot.start(options.root);
    try {
      const ca = await authority(root, options.authorityFolder);
      root.write(CERTIFICATE, await certificateFor(root, ca, options.hosts), 0o600);
      root.write(FILE, configuration(options));
      const haproxy = Service.start(root, "the load balancer", ["haproxy", "-db", "-f", FILE]);
      await listening(haproxy, options.ports.https);
      return new RunningLoadBalancer(root, haproxy, ca.file);
    } catch (error) {
      await root.stop();
      throw error;
    }
  }

  /** Resolves when it has ended by itself, with what it said last. */
  failed(): Promise<string> {
    return this.haproxy.ended();
  }

  async stop(): Promise<void> {
    await this.root.stop();
  }
}

/** The idle timeout is the load balancer's own, so that a node that holds connections for longer shows here too. */
function configuration({ node, ports }: LoadBalancerOptions): string {
  return `
global
    user haproxy
    group haproxy

defaults
    mode tcp
    timeout connect 5s
    timeout client 350s
    timeout server 350s

listen https
    bind 127.0.0.1:${String(ports.https)} ssl crt ${CERTIFICATE} ssl-min-ver TLSv1.2 alpn h2,http/1.1
    server node 127.0.0.1:${String(node.ports.traffic)} send-proxy-v2

listen http
    bind 127.0.0.1:${String(ports.http)}
    server node 127.0.0.1:${String(node.ports.redirect)} send-proxy-v2
`.trimStart();
}

/** Only a connection tells: to try the port itself could take it from HAProxy. */
async function listening(haproxy: Service, port: number): Promise<void> {
  while (!(await accepts("127.0.0.1", port))) {
    if (!haproxy.isRunning) {
      throw new Error(`the load balancer does not start: ${haproxy.lastWords}`);
    }
    await sleep(10);
  }
}
