import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";
import { compare, didYouMean } from "./problems";

/** Folder of the stack files. */
export const STACKS_FOLDER = join(__dirname, "..", "..", "stacks");

/**
 * Path of a stack's file.
 *
 * @throws UserError naming the stacks that there are
 */
export function stackFile(stack: string, folder = STACKS_FOLDER): string {
  const file = join(folder, `Pulumi.${stack}.yaml`);
  if (!existsSync(file)) {
    const known = readdirSync(folder)
      .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
      .sort(compare);
    throw new UserError(
      `--stack: must name a file stacks/Pulumi.<stack>.yaml, got "${stack}"${didYouMean(stack, known)}; there are: ${known.join(", ")}`,
      exitCodes.usage,
    );
  }
  return file;
}
