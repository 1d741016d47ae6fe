import * as net from "node:net";
import { PACKAGE_LOCK } from "../../components/node/packageLock";
import { NODE_PORTS } from "../../components/node/ports";
import { HAPROXY, VARNISH } from "../../components/node/processes";
import { REGIONS } from "../config/regions";
import type { PrivateRoot } from "../edge/privateRoot";
import { lockedStatus } from "./lockedStatus";
import { BareMachine, type Around } from "./machine/bareMachine";
import type { Segment } from "./machine/segment";

/** Ports of origins, by what is spoken there. */
export type OriginPorts = Readonly<Record<"http" | "https", readonly number[]>>;

export interface LabNodeOptions {
  /** Folder of the lab's Debian. */
  readonly image: string;
  readonly instance: string;
  /** Certificate (PEM) of the lab's authority. */
  readonly trust: string;
  /** Ports of this machine's loopback interface on which the lab answers what the node asks. */
  readonly ports: Readonly<Record<"aws" | "metadata" | "origin" | "originTls" | "pops", number>>;
  /** Ports on which sites say that their origins are. */
  readonly originPorts: OriginPorts;
  /** Where the PoPs' own names live. */
  readonly popDomain: string;
  /** The PoP's own network, and its address there with the length of the prefix. */
  readonly segment: Segment;
  readonly address: string;
  /** Whether its image lacks HAProxy. */
  readonly isBad: boolean;
}

const AWS_ADDRESS = "127.0.0.2";
const ORIGIN_ADDRESS = "127.0.0.9";
const RESOLVER_ADDRESS = "127.0.0.53";
const METADATA_ADDRESSES = ["169.254.169.254/32", "fd00:ec2::254/128"];

/**
 * What a node lets in it computes from its machine's memory, which in the lab is the whole machine's: so it is told of a
 * small one, kB, and of a small cache, MB.
 */
const MEMORY = 1_000_000;
const CACHE_MEMORY = 64;

/** Services that the image's packages start by themselves; images of a node's have them off. */
const OTHERS = ["haproxy", "varnish", "varnishncsa", "unbound", "e2scrub_reap"];

/** A node of a PoP as its user data make it: real systemd, cloud-init, HAProxy, Varnish and agent. */
export class LabNode extends BareMachine {
  static async make(options: LabNodeOptions): Promise<LabNode> {
    const { image, instance, trust, ports } = options;
    const node = new LabNode(...(await BareMachine.roots({ image, surroundings: image })));
    await node.furnished({
      instance,
      trust,
      addresses: METADATA_ADDRESSES,
      bridges: ports,
      around: (front) => Promise.resolve(surroundings(front, options)),
    });
    await options.segment.plug(node.root, options.address);
    node.prepare();
    if (options.isBad) {
      node.root.remove("/usr/sbin/haproxy");
    }
    return node;
  }

  /** Opens a connection to one of its ports, as from the load balancer's address. */
  connect(port: number): net.Socket {
    return net.connect(this.socket(`node-${String(port)}`));
  }

  /** What the image has beside Debian's packages. */
  private prepare(): void {
    const { packages, ssmAgent } = PACKAGE_LOCK;
    const locked = [...packages.filter(({ base }) => !base), ...(ssmAgent === null ? [] : [ssmAgent])];
    const versions = Object.fromEntries(locked.map(({ name, version }) => [name, version]));
    this.root.write("/var/lib/dpkg/status", lockedStatus(this.root.read("/var/lib/dpkg/status"), versions));
    if (ssmAgent !== null) {
      // It would find no service of its own here.
      this.root.write(`/etc/systemd/system/${ssmAgent.name}.service`, "[Service]\nExecStart=/bin/sleep infinity\n");
    }
    for (const unit of OTHERS) {
      this.root.remove(`/etc/systemd/system/multi-user.target.wants/${unit}.service`);
    }
    for (const { unit } of [HAPROXY, VARNISH]) {
      this.root.write(
        `/etc/systemd/system/${unit}.service.d/lab.conf`,
        `[Service]\nEnvironment=MEMORY=${String(MEMORY)} CACHE_MEMORY=${String(CACHE_MEMORY)}\n`,
      );
    }
    this.root.write("/etc/resolv.conf", `nameserver ${RESOLVER_ADDRESS}\n`);
  }
}

/** What a node finds on its network: its region's endpoints, instance metadata, the VPC's resolver, every origin. */
function surroundings(front: PrivateRoot, options: LabNodeOptions): readonly Around[] {
  front.write("/etc/haproxy/haproxy.cfg", frontFile(options));
  front.write("/etc/dnsmasq.conf", resolverFile(options));
  return [
    { name: "front", command: ["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"] },
    { name: "resolver", command: ["dnsmasq", "--keep-in-foreground", "--conf-file=/etc/dnsmasq.conf"] },
  ];
}

/** At which address a node asks the PoP of a region. */
export function popAddress(slot: number): string {
  return `127.0.1.${String(slot + 1)}`;
}

/** Whatever the name is, it is a PoP's, one of AWS's or an origin's. */
function resolverFile({ popDomain }: LabNodeOptions): string {
  const pops = [...REGIONS.values()].map(({ code, slot }) => `address=/${code}.${popDomain}/${popAddress(slot)}\n`);
  return `no-resolv
no-hosts
user=root
pid-file=
bind-interfaces
listen-address=${RESOLVER_ADDRESS}
address=/amazonaws.com/${AWS_ADDRESS}
address=/#/${ORIGIN_ADDRESS}
${pops.join("")}`;
}

/** The sockets are root's, so it stays root. */
function frontFile({ originPorts }: LabNodeOptions): string {
  const ways = Object.values(NODE_PORTS).map(
    (port) => `
listen node-${String(port)}
    bind unix@/run/node-${String(port)}.sock
    server node 127.0.0.1:${String(port)}
`,
  );
  const binds = (ports: readonly number[]) =>
    ports.map((port) => `    bind ${ORIGIN_ADDRESS}:${String(port)}\n`).join("");
  return `
global
    maxconn 2000
    nbthread 1

defaults
    mode tcp
    timeout connect 5s
    timeout client 400s
    timeout server 400s

listen aws
    bind ${AWS_ADDRESS}:443
    server lab unix@/run/aws.sock

listen metadata
    bind 169.254.169.254:80
    server lab unix@/run/metadata.sock

listen pops
${[...REGIONS.values()].map(({ slot }) => `    bind ${popAddress(slot)}:443\n`).join("")}    server lab unix@/run/pops.sock send-proxy-v2

listen origin
${binds(originPorts.http)}    server lab unix@/run/origin.sock

listen origin-tls
${binds(originPorts.https)}    server lab unix@/run/originTls.sock
${ways.join("")}`.trimStart();
}
