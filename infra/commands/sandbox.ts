import { Option, type Command } from "commander";

/** `footprint sandbox`: the real engine on this machine, with a stand-in for AWS. */
export function registerSandbox(program: Command): void {
  program
    .command("sandbox")
    .description("Deploy a stack with the real Pulumi engine to a stand-in for AWS: no account, no credentials.")
    .argument("[pulumi...]", "a command of the Pulumi CLI with its options; without one, deploys the stack `sandbox`")
    .addOption(
      new Option(
        "--with <provider>",
        "deploy by the provider's own plugin to moto instead, look for changes, and take it down again",
      ).choices(["aws-plugin"]),
    )
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
  $ footprint sandbox destroy --remove
  $ footprint sandbox --with aws-plugin             whether this release of the provider takes what is declared`,
    )
    .action(async (args: readonly string[], options: { readonly with?: "aws-plugin" }) => {
      const { runSandbox } = await import("../sandbox/run");
      process.exitCode = await runSandbox(args, options.with);
    });
}
