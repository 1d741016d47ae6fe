import { InvalidArgumentError, Option, type Command } from "commander";
import type { PlanOptions } from "../plan/run";
import { coloursFor } from "../terminal/colours";
import { latencyOption, originOption, weightsOption } from "./usersOptions";

/** `footprint plan`: what a stack file would deploy, without a CLI, credentials or network. */
export function registerPlan(program: Command): void {
  program
    .command("plan")
    .description("Say what a stack file would deploy: PoPs, users, routing, capacity, cost, quotas. Touches nothing.")
    .option("-s, --stack <name>", "stack, as in stacks/Pulumi.<name>.yaml", "sandbox")
    .option("--json", "print one JSON object, with every resource")
    .addOption(
      new Option("--html <file>", "write a page with a map of PoPs and users, to open in a browser").conflicts("diff"),
    )
    .addOption(latencyOption())
    .addOption(weightsOption())
    .addOption(originOption())
    .option("--traffic <gb>", "gigabytes to clients a month, for what traffic costs; else by the peaks", gigabytes)
    .option("--diff <file>", "compare with a plan that --json printed before: what would change, PoP by PoP")
    .addOption(
      new Option("--live", "also look at the deployment: PoPs that are switched off, rolled-back refreshes").conflicts(
        "diff",
      ),
    )
    .addOption(
      new Option(
        "--outputs <file>",
        "for --live: the stack's outputs, kept in a file; else asks the Pulumi CLI",
      ).implies({
        live: true,
      }),
    )
    .addHelpText(
      "after",
      `
Without --live it needs neither credentials nor network. --live reads the drain switches and the Auto Scaling groups.

Examples:
  $ footprint plan --stack global
  $ footprint plan --stack global --html global.html
  $ footprint plan --stack global --json > before.json    and, after an edit of the stack file:
  $ footprint plan --stack global --diff before.json`,
    )
    .action(async (options: PlanOptions) => {
      // Loaded here, because `footprint --help` should not wait for the AWS SDK.
      const { runPlan } = await import("../plan/run");
      const { columns } = process.stdout;
      await runPlan(options, {
        ...coloursFor(process.stdout),
        width: process.stdout.isTTY ? columns : Infinity,
      });
    });
}

function gigabytes(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 1e9)) {
    throw new InvalidArgumentError("Must be a number of gigabytes above 0, at most 1000000000.");
  }
  return number;
}
