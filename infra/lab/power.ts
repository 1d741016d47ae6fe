import type { LivingAws } from "./livingAws";
import type { Instance, ScalingGroup } from "./scalingGroup";

/** Cuts the power of PoPs, of their zones and of nodes, and brings it back. */
export class Power {
  private readonly back: { readonly region: string; readonly bring: () => Promise<void> }[] = [];
  private readonly lost = new Set<string>();

  constructor(private readonly aws: LivingAws) {}

  /** Ends a PoP, or what it has in a zone, at once: nodes, and the load balancer's addresses. */
  async cut(region: string, zone?: string): Promise<void> {
    this.back.push(...this.aws.doorsOf(region).map((door) => ({ region, bring: door.cutPower(zone) })));
    await this.lose(({ settings }, each) => settings.region === region && (zone === undefined || each.zone === zone));
  }

  /** Ends a node at once. */
  async cutNode(id: string): Promise<void> {
    await this.lose((_, each) => each.id === id);
  }

  /** Brings back load balancers' addresses, of all regions or of some; groups start nodes by themselves. */
  async restore(regions: readonly string[] = this.back.map(({ region }) => region)): Promise<void> {
    const all = this.back.splice(0);
    this.back.push(...all.filter(({ region }) => !regions.includes(region)));
    for (const { bring } of all.filter(({ region }) => regions.includes(region))) {
      await bring();
    }
  }

  /** Lets nodes go that are dead and do not complete their hook, as an operator does who does not wait for its time. */
  letGo(regions: readonly string[]): void {
    for (const group of [...this.aws.groups.values()].filter(({ settings }) => regions.includes(settings.region))) {
      for (const { id } of group.instances.filter(({ state }) => state === "Terminating:Wait")) {
        if (this.lost.has(id)) {
          group.complete(id, "CONTINUE");
        }
      }
    }
  }

  private async lose(which: (group: ScalingGroup, instance: Instance) => boolean): Promise<void> {
    await Promise.all(
      [...this.aws.groups.values()].flatMap((group) =>
        group.staying
          .filter((each) => which(group, each))
          .map((each) => {
            this.lost.add(each.id);
            return group.lose(each);
          }),
      ),
    );
  }
}
