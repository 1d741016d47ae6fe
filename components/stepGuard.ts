import * as pulumi from "@pulumi/pulumi";

export interface StepGuardArgs {
  /** Refuse to be removed. */
  protection: boolean;
}

/**
 * A resource that does nothing but refuse to be removed, and says by its name which step comes first.
 *
 * ```ts
 * new StepGuard("eu-central-1-egress-both", "nat", { protection: true });
 * ```
 *
 * One update takes away what the former configuration had while nodes still go by it: they follow minutes later. So what
 * they use goes in two steps, and the first one lets the guard go. Without it the engine refuses, in the preview already,
 * and its message names this guard. Creates nothing, and costs nothing.
 */
export class StepGuard extends pulumi.ComponentResource {
  /**
   * @param step what comes first
   * @param what what is guarded; the guard's own name is `<step>-before-removing-<what>`
   */
  constructor(step: string, what: string, args: StepGuardArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "footprint:stepGuard:StepGuard",
      `${step}-before-removing-${what}`,
      {},
      { ...opts, protect: args.protection },
    );
    this.registerOutputs({});
  }
}
