import type { Command } from "commander";
import type { StatusOptions } from "../operate/status";
import { OUTPUTS_HELP, withStack } from "./operator";

/** `footprint status`: how a deployment is. */
export function registerStatus(program: Command, folder?: string): void {
  withStack(program.command("status").description("Say how every PoP of a deployment is, and what needs attention."))
    .option("--json", "print one JSON object, with every node")
    .addHelpText(
      "after",
      `
Per PoP: whether it serves, or who has switched it off and why; its nodes; the configuration that they run beside the one
that they should; how far they are behind in the purge log; secrets; the last instance refresh; e-mail addresses that have
not confirmed that they want alarms. A PoP that cannot be reached is shown as such.

Needs AWS credentials that may read the stores and the Auto Scaling groups of all PoPs.
${OUTPUTS_HELP}
Exit codes: 0 all is well, 1 something needs attention, 2 the command line has a mistake.`,
    )
    .action(async (options: StatusOptions) => {
      const { runStatus } = await import("../operate/status");
      const { processTerminal } = await import("../terminal/confirm");
      process.exitCode = await runStatus(options, processTerminal(), folder);
    });
}
