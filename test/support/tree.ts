import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

export const repository = path.resolve(__dirname, "../..");

/** Copies what a clone of the present tree would hold: tracked and new files, nothing that git ignores. */
export function copyTree(to: string): void {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
    cwd: repository,
    encoding: "utf8",
  });
  for (const name of listed.split("\0")) {
    const from = path.join(repository, name);
    // A tracked file may have been deleted without being staged.
    if (name !== "" && fs.existsSync(from)) {
      fs.cpSync(from, path.join(to, name));
    }
  }
}
