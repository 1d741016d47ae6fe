import type { Command } from "commander";
import type { DashboardOptions } from "../operate/dashboard/run";
import { OUTPUTS_HELP, withStack } from "./operator";

/** `footprint dashboard`: what a footprint does, to look at. */
export function registerDashboard(program: Command, folder?: string): void {
  withStack(
    folder,
    program.command("dashboard").description("Write a dashboard of all PoPs, for CloudWatch or for Grafana."),
  )
    .option("--grafana", "as Grafana imports it, for a CloudWatch data source")
    .option("--out <file>", "there, instead of to standard output")
    .addHelpText(
      "after",
      `
The world at the top, then each PoP, then origins, then what costs: from what nodes publish and from AWS's own metrics
(infra/operate/DAY.md). Both are made of one description. The stack has CloudWatch's already, while nodes publish there;
Grafana's is to be written anew after a PoP was added, removed or made again.
${OUTPUTS_HELP}
Exit codes: 0 it is written, 1 the outputs could not be read, 2 the command line has a mistake.

Examples:
  $ footprint dashboard --stack global --out dashboard.json
  $ footprint dashboard --stack global --grafana --out grafana.json`,
    )
    .action(async (options: DashboardOptions) => {
      const { runDashboard } = await import("../operate/dashboard/run");
      const { processTerminal } = await import("../terminal/confirm");
      await runDashboard(options, processTerminal(), folder);
    });
}
