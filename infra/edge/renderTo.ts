import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { nodeFiles } from "../../components/node/files";
import { modeOf } from "../../components/node/modes";
import { compare } from "../config/problems";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";
import { nodeOptions } from "./settings";

export interface RenderOptions {
  readonly stack: string;
  readonly pop: string;
  /** Folder that stands for the node's root. */
  readonly out: string;
  /** Write into a folder that holds something. */
  readonly force?: true;
}

/**
 * Writes the files of a PoP's nodes below a folder and returns their paths in it, sorted.
 *
 * @throws ConfigError for a stack file with mistakes; UserError for an unknown stack or PoP, or a folder that is in use
 */
export function renderTo({ stack, pop, out, force }: RenderOptions): readonly string[] {
  const files = Object.entries(nodeFiles(nodeOptions(stack, pop))).sort(([a], [b]) => compare(a, b));
  if (existsSync(out) && !statSync(out).isDirectory()) {
    throw new UserError(`--out: must be a folder, got the file "${out}"`, exitCodes.usage);
  }
  if (force === undefined && existsSync(out) && readdirSync(out).length > 0) {
    throw new UserError(
      `--out: must be empty or not there yet, got "${out}"; --force writes into it, and removes nothing`,
      exitCodes.usage,
    );
  }
  return files.map(([path, content]) => {
    const file = join(out, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, modeOf(path));
    return relative(out, file);
  });
}
