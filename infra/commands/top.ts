import type { Command } from "commander";
import type { TopOptions } from "../operate/top";
import { OUTPUTS_HELP, withStack } from "./operator";

/** `footprint top`: what each PoP is doing, live. */
export function registerTop(program: Command, folder?: string): void {
  withStack(
    folder,
    program.command("top").description("Show what every PoP is doing: requests, hits, errors, latency, nodes."),
  )
    .option("--once", "once, also at a terminal")
    .option("--json", "once, as one JSON object")
    .addHelpText(
      "after",
      `
One line a PoP, from what its nodes publish to CloudWatch each minute: requests and Gbit/s towards clients, hit ratio, share
of 500 and above, p99 of the first byte; and from what \`footprint status\` looks at: nodes in service, configurations, and
how much needs attention. Anew every 15 seconds until Ctrl-C; where there is no terminal, once.

Needs AWS credentials for \`footprint status\`, and cloudwatch:GetMetricData in the region of each PoP.
${OUTPUTS_HELP}
Exit codes: 0 every PoP was looked at, 1 CloudWatch of some could not be read, 2 the command line has a mistake.`,
    )
    .action(async (options: TopOptions) => {
      const { runTop } = await import("../operate/top");
      const { processTerminal } = await import("../terminal/confirm");
      process.exitCode = await runTop(options, processTerminal(), folder);
    });
}
