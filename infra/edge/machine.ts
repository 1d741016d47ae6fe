import { spawnSync } from "node:child_process";
import { UserError } from "../terminal/userError";

/** @throws UserError where the software of a node cannot run: it says what is missing and what to do */
export function requireMachine(platform: NodeJS.Platform = process.platform): void {
  if (platform !== "linux") {
    throw new UserError(`a node runs on Linux only, this is ${platform}: use a virtual machine with Linux`);
  }
  if (process.getuid?.() !== 0) {
    throw new UserError("a node needs root, for its private mounts and its users: run the command with sudo");
  }
  const missing = ["flock", "nsenter", "unshare"].filter((program) => !hasProgram(program));
  if (missing.length > 0) {
    throw new UserError(`${missing.join(", ")} is missing: install the package util-linux`);
  }
}

export function hasProgram(program: string): boolean {
  return spawnSync(program, ["--version"], { env: process.env, stdio: "ignore" }).error === undefined;
}

/** What a program says on standard output; nothing where there is no such program. */
export function outputOf(program: string, args: readonly string[]): string {
  const { error, stdout } = spawnSync(program, args, { env: process.env, encoding: "utf8" });
  return error === undefined ? stdout : "";
}
