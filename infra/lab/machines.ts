import type { Cloud, Machine } from "./aws/cloud";
import { LabNode, type OriginPorts } from "./labNode";
import type { LivingMachine } from "./scalingGroup";

export interface MachinesOptions {
  readonly cloud: Cloud;
  readonly image: string;
  /** Certificate (PEM) of the lab's authority. */
  readonly trust: string;
  /** Ports of this machine's loopback interface: AWS's endpoints with TLS, the origin without and with. */
  readonly ports: Readonly<Record<"aws" | "origin" | "originTls", number>>;
  /** Ports on which the sites' origins are, as they are now. */
  readonly originPorts: () => OriginPorts;
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

/** Makes the machines of groups. */
export class Machines {
  /** Instance metadata by instance. */
  private readonly known = new Map<string, Machine>();

  constructor(private readonly options: MachinesOptions) {}

  async make({ instance, region, group, image: id }: Ordered): Promise<LivingMachine> {
    const { cloud, image, trust, ports, originPorts } = this.options;
    const machine = await cloud.addMachine({ instance, region, group });
    this.known.set(instance, machine);
    const node = await LabNode.make({
      ...{ image, instance, trust, originPorts: originPorts(), isBad: id.startsWith(BAD_IMAGE) },
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

  /** Announces an interruption of a Spot instance in two minutes, as its metadata do. */
  spotNotice(instance: string): void {
    const machine = this.known.get(instance);
    if (machine !== undefined) {
      machine.facts.spotAction = { action: "terminate", time: new Date(Date.now() + 120_000).toISOString() };
    }
  }
}
