import type { Command } from "commander";

/** `footprint sandbox`: the real engine on this machine, with a stand-in for AWS. */
export function registerSandbox(program: Command): void {
  program
    .command("sandbox")
    .description("Deploy a stack with the real Pulumi engine to a stand-in for AWS: no account, no credentials.")
    .argument("[pulumi...]", "a command of the Pulumi CLI with its options; without one, deploys the stack `sandbox`")
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText(
      "after",
      `
The stack is \`--stack\`, and without it \`sandbox\`. Its file is read from stacks/ each time, so that an edit shows in the
next preview. What \`up\` would ask on a terminal it asks here too; in scripts give --yes.

Examples:
  $ footprint sandbox                               deploy the stack sandbox and say what to try next
  $ footprint sandbox preview --diff                what an edit of stacks/Pulumi.sandbox.yaml would do
  $ footprint sandbox up --stack europe
  $ footprint sandbox refresh --preview-only        what has changed behind the engine's back
  $ footprint sandbox destroy --remove`,
    )
    .action(async (args: readonly string[]) => {
      const { runSandbox } = await import("../sandbox/run");
      process.exitCode = await runSandbox(args);
    });
}
