import * as pulumi from "@pulumi/pulumi";

export interface DrainGuardArgs {
  /** Refuse to be removed. */
  protection: boolean;
  /** Id of the availability zone that it guards. Default: it guards the PoP. */
  zone?: string;
  /** The network's block, if that is what it guards. Default: it guards the PoP. */
  cidr?: string;
}

/**
 * A resource that does nothing but refuse to be removed, and says by its name what to do instead.
 *
 * ```ts
 * new DrainGuard("eu-central-1", { protection: true });
 * ```
 *
 * A PoP that takes traffic must be drained before it is taken out of the stack file. Removing it in one step makes the
 * engine refuse, in the preview already, and its message names this guard. So must a PoP that gives up a zone: the load
 * balancer is made anew unless the number of its subnets grows, and no preview shows it while a subnet is new. And one
 * that moves to other addresses: all of its network is made anew. Creates nothing, and costs nothing.
 */
export class DrainGuard extends pulumi.ComponentResource {
  /** @param region the PoP's; the guard's own name is `<region>-drain-before-removing`, and then `-<zone>` or `-<cidr>` */
  constructor(region: string, args: DrainGuardArgs, opts?: pulumi.ComponentResourceOptions) {
    const { zone, cidr } = args;
    // A slash would be read as a part of a path in places that show a name.
    const parts = [`${region}-drain-before-removing`, zone, cidr?.replace("/", "_")];
    super(
      "footprint:drainGuard:DrainGuard",
      parts.filter((part) => part !== undefined).join("-"),
      {},
      { ...opts, protect: args.protection },
    );
    this.registerOutputs({});
  }
}
