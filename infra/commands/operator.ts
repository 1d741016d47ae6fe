import type { Command } from "commander";

/** Adds the options that say which deployment a command of the operator's tool is about. */
export function withStack(command: Command): Command {
  return command
    .requiredOption("-s, --stack <name>", "stack, as in stacks/Pulumi.<name>.yaml")
    .option("--outputs <file>", "outputs of the stack, kept in a file; default: asks the Pulumi CLI");
}

/** For a command's help: what --outputs is for. */
export const OUTPUTS_HELP = `Where the stores are it learns from \`pulumi stack output\`. Keep \`pulumi stack output --json --stack S > FILE\` after each
\`up\`, and give it as --outputs FILE on the day when Pulumi's backend is away.
`;
