import { formatBlock, parseBlock } from "../config/addresses";
import type { FootprintConfig } from "../config/model";
import type { Cloud, Machine } from "./aws/cloud";
import { LabNode, type OriginPorts } from "./labNode";
import { Segment } from "./machine/segment";
import type { LivingMachine } from "./scalingGroup";

export interface MachinesOptions {
  readonly cloud: Cloud;
  readonly image: string;
  /** Certificate (PEM) of the lab's authority. */
  readonly trust: string;
  /** Ports of this machine's loopback interface: AWS's endpoints with TLS, the origin without and with. */
  readonly ports: Readonly<Record<"aws" | "origin" | "originTls" | "pops", number>>;
  /** The stack's configuration as its file is now. */
  readonly config: () => Pick<FootprintConfig, "popDomain" | "pops" | "sites">;
}

/** A machine that a group wants. */
export interface Ordered {
  readonly instance: string;
  readonly zone: string;
  readonly region: string;
  readonly group: string;
  /** Id of its image. */
  readonly image: string;
}

/** With what ids of images begin that have no HAProxy: no node that boots from one comes into service. */
export const BAD_IMAGE = "ami-0bad";

/** Number of a PoP's first node in its network. */
const FIRST_ADDRESS = 10;

/** Makes the machines of groups. */
export class Machines {
  /** Instance metadata by instance. */
  private readonly known = new Map<string, Machine>();
  /** The PoPs' networks, and how many machines each has had, by region. */
  private readonly networks = new Map<string, { readonly segment: Promise<Segment>; had: number }>();

  constructor(private readonly options: MachinesOptions) {}

  async make({ instance, region, group, image: id }: Ordered): Promise<LivingMachine> {
    const { cloud, image, trust, ports, config } = this.options;
    const { popDomain, pops, sites } = config();
    const network = this.networks.get(region) ?? { segment: Segment.start(image), had: 0 };
    this.networks.set(region, network);
    const { start, prefix } = parseBlock(pops.find((pop) => pop.region === region)?.cidr ?? "10.0.0.0/16");
    // AWS keeps the first addresses of a subnet.
    const [address = ""] = formatBlock({ start: start + FIRST_ADDRESS + network.had++, prefix: 32 }).split("/");
    const machine = await cloud.addMachine({ instance, region, group, address });
    this.known.set(instance, machine);
    const node = await LabNode.make({
      ...{ image, instance, trust, popDomain, originPorts: originPorts(sites), isBad: id.startsWith(BAD_IMAGE) },
      ...{ segment: await network.segment, address: `${address}/${String(prefix)}` },
      ports: { ...ports, metadata: Number(new URL(machine.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "").port) },
    });
    let ending: Promise<void> | undefined;
    return {
      connect: (port) => node.connect(port),
      boot: (userData) => node.boot(userData),
      announceEnd: () => {
        machine.facts.targetLifecycleState = "Terminated";
      },
      end: async (how) => {
        if (how === "in order" && ending === undefined) {
          await node.shutDown().catch(() => undefined);
        }
        ending ??= node.stop();
        await ending;
        machine.remove();
        this.known.delete(instance);
      },
    };
  }

  /** Ends the PoPs' networks. */
  async stop(): Promise<void> {
    await Promise.all([...this.networks.values()].map(async ({ segment }) => (await segment).stop()));
  }

  /** Announces an interruption of a Spot instance in two minutes, as its metadata do. */
  spotNotice(instance: string): void {
    const machine = this.known.get(instance);
    if (machine !== undefined) {
      machine.facts.spotAction = { action: "terminate", time: new Date(Date.now() + 120_000).toISOString() };
    }
  }
}

/** Those of the stack's file, and the usual ones. */
function originPorts(sites: FootprintConfig["sites"]): OriginPorts {
  const origins = sites.flatMap((site) => site.origins);
  const of = (scheme: "http" | "https", usual: number) => [
    ...new Set([usual, ...origins.filter((each) => each.scheme === scheme).map(({ port }) => port)]),
  ];
  return { http: of("http", 80), https: of("https", 443) };
}
