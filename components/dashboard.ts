import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { board } from "./dashboard/board";
import { cloudWatchBody } from "./dashboard/cloudWatch";
import type { PopParts } from "./pop";
import { ROUTE53_METRICS_REGION } from "./route53";

export interface DashboardArgs {
  /** Name of the footprint: nodes publish under it. */
  footprint: string;
  pops: DashboardPop[];
}

/** A PoP, and the names by which AWS's own metrics know its parts. */
export interface DashboardPop extends PopParts {
  healthCheckId: pulumi.Input<string>;
}

/**
 * One dashboard of a footprint in CloudWatch: the world at the top, then each PoP, then origins, then what costs. Nothing
 * depends on it; it follows its PoPs, so that one added, removed or made anew changes it, and no other PoP.
 *
 * ```ts
 * new Dashboard("edge-dashboard", { footprint: "edge", pops });
 * ```
 *
 * Creates the dashboard, named `footprint-<footprint>`: it shows all regions, and belongs to the account. Costs $3 a month
 * (list price; with more than 50 metrics it is none of the three that an account has free of charge).
 */
export class Dashboard extends pulumi.ComponentResource {
  constructor(name: string, args: DashboardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:dashboard:Dashboard", name, {}, opts);
    const { footprint } = args;
    new aws.cloudwatch.Dashboard(
      name,
      {
        // It belongs to no region, but is asked for in one.
        region: ROUTE53_METRICS_REGION,
        dashboardName: `footprint-${footprint}`,
        dashboardBody: pulumi.output(args.pops).apply((pops) => cloudWatchBody(board({ footprint, pops }))),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
