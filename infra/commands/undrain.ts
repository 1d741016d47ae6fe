import type { Command } from "commander";
import type { UndrainOptions } from "../operate/drain";
import { OUTPUTS_HELP, withStack } from "./operator";

/** `footprint undrain`: ends what `footprint drain --now` began. */
export function registerUndrain(program: Command, folder?: string): void {
  withStack(
    folder,
    program
      .command("undrain")
      .description("Put a PoP back into service that was switched off with `footprint drain --now`.")
      .argument("<region>", "the PoP"),
  )
    .option("--wait", "until every node of the PoP says so")
    .option("--timeout <seconds>", "how long --wait waits", "60")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Deletes the object \`drain\` from the store of the PoP's region. Clients come back when the PoP's health says so.

Needs AWS credentials that may read the PoP's store and delete the object \`drain\`; --wait also reads the group.
${OUTPUTS_HELP}
Example:
  $ footprint undrain eu-west-1 --stack global --wait`,
    )
    .action(async (region: string, options: UndrainOptions) => {
      const { runUndrain } = await import("../operate/drain");
      const { processTerminal } = await import("../terminal/confirm");
      process.exitCode = await runUndrain(region, options, processTerminal(), folder);
    });
}
