import type { Command } from "commander";
import { stackPath } from "../config/stacks";

/** Adds the options that say which deployment a command of the operator's tool is about. */
export function withStack(folder: string | undefined, command: Command): Command {
  return byAccountOfStack(folder, command)
    .requiredOption("-s, --stack <name>", "stack, as in stacks/Pulumi.<name>.yaml")
    .option("--outputs <file>", "outputs of the stack, kept in a file; default: asks the Pulumi CLI");
}

/**
 * Has a command with --stack go by the account that Pulumi goes by for this stack: what its file says of profile, roles,
 * endpoints and proxy (`aws:profile`, `aws:assumeRoles`, ...), else what the environment says.
 */
export function byAccountOfStack(folder: string | undefined, command: Command): Command {
  return command.hook("preAction", async (_, action) => {
    const { accountOfFile } = await import("../config/account");
    const { goByAccount } = await import("../terminal/account");
    const { account, onlyPulumi } = accountOfFile(stackPath(action.opts<{ stack: string }>().stack, folder));
    if (onlyPulumi.length > 0) {
      process.stderr.write(
        `Only Pulumi goes by ${onlyPulumi.join(", ")} of the stack file. Give this command the same account by its environment (AWS_PROFILE and the like).\n`,
      );
    }
    goByAccount(account);
  });
}

/** For a command's help: what --outputs is for. */
export const OUTPUTS_HELP = `Where the stores are it learns from \`pulumi stack output\`. Keep \`pulumi stack output --json --stack S > FILE\` after each
\`up\`, and give it as --outputs FILE on the day when Pulumi's backend is away.
`;
