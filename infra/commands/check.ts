import type { Command } from "commander";
import type { CheckOptions } from "../check/run";
import { byAccountOfStack } from "./operator";

/** `footprint check`: whether the account and the DNS have what an `up` needs. */
export function registerCheck(program: Command, folder?: string): void {
  byAccountOfStack(folder, program.command("check"))
    .description("Look, before an `up`, whether the account and the DNS have what a stack file needs. Touches nothing.")
    .requiredOption("-s, --stack <name>", "stack, as in stacks/Pulumi.<name>.yaml")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
One line each, the worst first, with what to do: regions that the account has, zones and instance types in them, images,
the key of volumes, quotas beside what the plan needs, us-east-1 (where alarms of Route 53 live), service-linked roles,
the archive of the nodes' packages, the agent of Session Manager, zones that are delegated, CAA, records that are in the
way. What others use of a quota counts for VPCs, their gateways and addresses, not for instances and load balancers.

Needs AWS credentials that may look (.github/aws/operate-check.json), and a resolver that knows the DNS of the world.

Exit codes: 0 nothing is in the way (there may be warnings), 1 something is, or could not be looked at, 2 the stack file
or the command line has a mistake.`,
    )
    .action(async (options: CheckOptions) => {
      const { runCheck } = await import("../check/run");
      const { processTerminal } = await import("../terminal/confirm");
      process.exitCode = await runCheck(options, processTerminal(), folder);
    });
}
