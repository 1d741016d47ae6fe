import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { cacheHome } from "../../infra/terminal/cacheHome";
import type { Requirement } from "../support/requirements";

const HOME = homeOf("judges", "requirements.txt");
/** It wants other versions of what the others depend on, too. */
const CHECKOV_HOME = homeOf("judges", "requirements-checkov.txt");

/** Where `install.sh` puts what a list names. */
export function homeOf(prefix: string, list: string): string {
  const content = fs.readFileSync(path.join(__dirname, list));
  return path.join(cacheHome(), `${prefix}-${createHash("sha256").update(content).digest("hex").slice(0, 12)}`);
}

/** Whether it has ended there. */
export function isInstalled(home: string): boolean {
  return fs.existsSync(path.join(home, ".complete"));
}

/** What others have written to judge by, as `install.sh` puts it into the cache. */
export const JUDGES: Requirement = {
  name: "the judges in Python",
  isMet: () => [HOME, CHECKOV_HOME].every(isInstalled),
  remedy: "run test/judges/install.sh",
};

/** Path of a judge's program. */
export function judge(program: string): string {
  return path.join(program === "checkov" ? CHECKOV_HOME : HOME, "bin", program);
}

/** What a judge says on its standard output; that it found something is no failure of it. */
export function said(program: string, args: readonly string[], input = ""): string {
  const { stdout, stderr, error, signal } = spawnSync(judge(program), args, {
    encoding: "utf8",
    input,
    maxBuffer: 100_000_000,
  });
  if (error !== undefined || signal !== null || (stdout === "" && stderr !== "")) {
    throw new Error(`${program} could not judge: ${String(error ?? signal ?? stderr)}`);
  }
  return stdout;
}

/** What a program in Python prints. */
export function python(program: string, input: string): string {
  return execFileSync(judge("python3"), ["-c", program], { encoding: "utf8", input, maxBuffer: 100_000_000 });
}

/** A finding that stays, with the reason. */
export interface Waived {
  /** Matches the whole finding. */
  readonly finding: RegExp;
  readonly reason: string;
  /** When it was last thought about, as `yyyy-mm-dd`. */
  readonly date: string;
}

/** Findings that nothing explains, and waivers that explain none: both are to be empty. */
export function judged(findings: readonly string[], waived: readonly Waived[]) {
  const covers = (finding: string) => (each: Waived) => new RegExp(`^(?:${each.finding.source})$`).test(finding);
  return {
    unexplained: findings.filter((finding) => !waived.some(covers(finding))).sort(),
    unused: waived
      .filter((each) => !findings.some((finding) => covers(finding)(each)))
      .map(({ finding }) => finding.source),
  };
}
