import type { Command } from "commander";
import type { CutoverOptions } from "../operate/cutover";
import { OUTPUTS_HELP, withStack } from "./operator";
import { publicZoneId } from "./zoneId";

/** `footprint cutover`: has a host lead to the PoPs that another CDN serves today. */
export function registerCutover(program: Command, folder?: string): void {
  withStack(
    folder,
    program
      .command("cutover")
      .description("Take a host over from another CDN: its records go and the PoPs' come, in one change batch."),
  )
    .requiredOption("--host <host>", "a site with `dns: later`")
    .option("--json", "print one JSON object, with both batches")
    .option("-y, --yes", "agree beforehand")
    .addHelpText(
      "after",
      `
Says the batch and the way back, and asks before it sends. Route 53 carries a batch out as a whole or not at all. The PoPs
must be deployed, with \`dns: later\` at the site: certificates stand then, and nothing leads there (runbook, "Take a host
over from another CDN"). Afterwards take \`dns: later\` out, and \`pulumi up\`.

Needs AWS credentials that may change the zone's records (.github/aws/operate-cutover.json).
${OUTPUTS_HELP}
Exit codes: 0 the host leads to the PoPs, 1 it does not, or not all name servers say so, 2 the stack file or the command
line has a mistake.

Example:
  $ footprint cutover --stack global --host www.example.com`,
    )
    .action(async (options: CutoverOptions) => {
      const { runCutover } = await import("../operate/cutover");
      const { processTerminal } = await import("../terminal/confirm");
      process.exitCode = await runCutover(options, publicZoneId, processTerminal(), folder);
    });
}
