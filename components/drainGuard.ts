import * as pulumi from "@pulumi/pulumi";

/**
 * A resource that does nothing but refuse to be removed, and says by its name what to do instead.
 *
 * A PoP that takes traffic must be drained before it is taken out of the stack file. Removing it in one step makes the
 * engine refuse, in the preview already, and its message names this guard.
 */
export class DrainGuard extends pulumi.ComponentResource {
  constructor(region: string, args: { protection: boolean }, opts?: pulumi.ComponentResourceOptions) {
    super(
      "footprint:drainGuard:DrainGuard",
      `${region}-drain-before-removing`,
      {},
      { ...opts, protect: args.protection },
    );
    this.registerOutputs({});
  }
}
