import { spawnSync } from "node:child_process";

/** Something that a suite needs beyond Node and the locked packages. */
export interface Requirement {
  /** As it is called in a sentence: "pulumi CLI". */
  readonly name: string;
  readonly isMet: () => boolean;
  /** What a person does to have it. */
  readonly remedy: string;
}

/** A program that must be on PATH and answer `--version` (or the arguments given). */
export function command(program: string, remedy: string, args: readonly string[] = ["--version"]): Requirement {
  return { name: program, isMet: () => spawnSync(program, args, { stdio: "ignore" }).status === 0, remedy };
}

/**
 * `describe` for a suite with requirements. On a machine that lacks one the suite is skipped, with one line that says
 * what is missing; under FOOTPRINT_REQUIRE_ALL=1, which CI sets, it fails instead, so that CI never skips in silence.
 */
export function describeWith(requirements: readonly Requirement[], title: string, suite: () => void): void {
  const missing = requirements.filter((requirement) => !requirement.isMet());
  if (missing.length === 0) {
    describe(title, suite);
    return;
  }
  const reason = missing.map(({ name, remedy }) => `${name} is missing (${remedy})`).join("; ");
  if (process.env.FOOTPRINT_REQUIRE_ALL === "1") {
    describe(title, () => {
      test("has what it needs", () => {
        throw new Error(reason);
      });
    });
    return;
  }
  // Not console.log: jest would print a stack trace with it.
  process.stderr.write(`skipped: ${title}: ${reason}\n`);
  describe.skip(title, suite);
}
