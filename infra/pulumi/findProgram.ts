import * as fs from "node:fs";
import * as path from "node:path";

/**
 * A program in the first of some folders that has it. Not the launcher that npm puts on PATH for its scripts: that would
 * download before anything has been said.
 *
 * @param searchPath folders, as in PATH
 */
export function findProgram(name: string, searchPath: string): string | undefined {
  return searchPath
    .split(path.delimiter)
    .filter((folder) => folder !== "" && !folder.endsWith(path.join("node_modules", ".bin")))
    .map((folder) => path.join(folder, name))
    .find((file) => fs.existsSync(file));
}
