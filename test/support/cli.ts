import { spawnSync } from "node:child_process";
import * as os from "node:os";
import * as path from "node:path";
import { repository } from "./tree";

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a person would from somewhere else, with its output into pipes. */
export function footprint(args: readonly string[], env: NodeJS.ProcessEnv = {}): Ended {
  const isAboutColour = (name: string) => name === "FORCE_COLOR" || name === "NO_COLOR";
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isAboutColour(name)));
  return spawnSync(process.execPath, [path.join(repository, "infra/cli/footprint.js"), ...args], {
    cwd: os.tmpdir(),
    env: { ...inherited, ...env },
    encoding: "utf8",
    // A plan as JSON is longer than the megabyte that Node lets a child say.
    maxBuffer: 64 * 1024 * 1024,
  });
}
