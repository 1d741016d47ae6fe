import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";
import { compare, didYouMean } from "./problems";

/** Folder of the stack files. */
export const STACKS_FOLDER = join(__dirname, "..", "..", "stacks");

/** The last part of a stack's name: what Pulumi calls `acme/base` or `acme/footprint/base` has the file of `base`. */
export function bareName(stack: string): string {
  return stack.slice(stack.lastIndexOf("/") + 1);
}

/** Where the file of a stack is, if it has one. */
export function stackPath(stack: string, folder = STACKS_FOLDER): string {
  return join(folder, `Pulumi.${bareName(stack)}.yaml`);
}

/**
 * Path of a stack's file.
 *
 * @throws UserError naming the stacks that there are
 */
export function stackFile(stack: string, folder = STACKS_FOLDER): string {
  const file = stackPath(stack, folder);
  if (!existsSync(file)) {
    const known = readdirSync(folder)
      .flatMap((each) => /^Pulumi\.(.+)\.yaml$/.exec(each)?.[1] ?? [])
      .sort(compare);
    throw new UserError(
      `--stack: must name a file stacks/Pulumi.<stack>.yaml, got "${stack}"${didYouMean(bareName(stack), known)}; there are: ${known.join(", ")}`,
      exitCodes.usage,
    );
  }
  return file;
}
