import { Argument, type Command } from "commander";
import type { SecretRole } from "../../components/node/protocol/pointer";
import type { RotateOptions } from "../operate/rotate";
import { OUTPUTS_HELP, withStack } from "./operator";

/** `footprint rotate`: takes a secret to its next generation, step by step. */
export function registerRotate(program: Command, folder?: string): void {
  const secret = new Argument("<secret>", "origin-auth, by which origins know the edge; or purge, which signs purges");
  withStack(
    folder,
    program
      .command("rotate")
      .description("Rotate a secret step by step: says where the rotation stands, and does what comes next.")
      .addArgument(secret.choices(["origin-auth", "purge"])),
  )
    .option("--check", "only say where it stands")
    .option("--json", "print one JSON object")
    .option("-y, --yes", "agree beforehand")
    .addHelpText(
      "after",
      `
Each secret has two values that are good at any time, current and next. No value is ever printed; the parameters that
hold them are named.

  1. (origin-auth) Your origins accept both values.
  2. \`footprint rotate\` raises the generation in the stack file: next becomes current.
  3. \`pulumi up\`.
  4. \`footprint rotate --check\` until every node knows: then the former value may be forgotten.

Needs AWS credentials that may read the stores and the Auto Scaling groups of all PoPs; for purge also the two parameters
of the purge key, and to write purge-head.
${OUTPUTS_HELP}
Exit codes: 0 complete, or a step was done; 1 something else must come first, as it says; 2 a mistake, nothing was done.`,
    )
    .action(async (role: SecretRole, options: RotateOptions) => {
      const { runRotate } = await import("../operate/rotate");
      const { processTerminal } = await import("../terminal/confirm");
      process.exitCode = await runRotate(role, options, processTerminal(), folder);
    });
}
