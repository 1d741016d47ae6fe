import type { Command } from "commander";
import type { DrainOptions } from "../operate/drain";
import { OUTPUTS_HELP, withStack } from "./operator";

/** `footprint drain --now`: takes a PoP out of service in the data plane. */
export function registerDrain(program: Command, folder?: string): void {
  withStack(
    folder,
    program
      .command("drain")
      .description("Take a PoP out of service at once, without Pulumi: for an emergency.")
      .argument("<region>", "the PoP"),
  )
    .option("--now", "at once; must be given")
    .option("--reason <text>", "why, for those who find the PoP drained; must be given")
    .option("--wait", "until every node of the PoP says so")
    .option("--timeout <seconds>", "how long --wait waits", "60")
    .option("--json", "print one JSON object")
    .option("-y, --yes", "agree beforehand")
    .addHelpText(
      "after",
      `
Writes the object \`drain\` into the store of the PoP's region. Its nodes then answer the PoP's health check with 503, and
Route 53 sends clients elsewhere; whoever comes nevertheless is served. It stays so until \`footprint undrain\`. It is
refused while no other PoP is healthy, and there is no way around that.

Where there is time, drain by the stack file instead: \`state: drained\`, and \`pulumi up\`.

Needs AWS credentials that may read the stores and the Auto Scaling groups of all PoPs, and write the object \`drain\`.
${OUTPUTS_HELP}
Exit codes: 0 it is switched off, 1 it is not (or, with --wait, not every node says so), 2 the command line has a mistake.

Examples:
  $ footprint drain --now eu-west-1 --stack global --reason "packet loss at the provider" --wait
  $ footprint undrain eu-west-1 --stack global`,
    )
    .action(async (region: string, options: DrainOptions) => {
      const { runDrain } = await import("../operate/drain");
      const { processTerminal } = await import("../terminal/confirm");
      process.exitCode = await runDrain(region, options, processTerminal(), folder);
    });
}
