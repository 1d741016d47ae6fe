import type { Patch } from "./patches";
import type { JestResults } from "./scratch";

/**
 * - caught: a test failed.
 * - missed: all tests stayed green.
 * - crashed: the tests could not be loaded or did not end, so no test has said anything.
 * - unfit: the patch does not apply, or its tests are not green without it.
 */
export type Verdict = "caught" | "missed" | "crashed" | "unfit";

/** What the tests said without any fault. */
export type Green = Pick<JestResults, "testResults">;

/** The share of faults that must be caught. */
const goal = 0.9;

/**
 * Whether none of a patch's test files is red in a run without any fault; of a file of which not all ran, what ran.
 * @param absolute makes a test file's path as jest names it
 */
export function isGreen({ tests }: Patch, { testResults }: Green, absolute: (test: string) => string): boolean {
  const own = tests.map(absolute);
  return testResults.every(({ name, status }) => status !== "failed" || !own.includes(name));
}

export function judge(results: JestResults | undefined): Verdict {
  if (results === undefined) {
    return "crashed";
  }
  if (results.numFailedTests > 0) {
    return "caught";
  }
  return results.testResults.some(({ status }) => status === "failed") ? "crashed" : "missed";
}

/**
 * Why red would mean nothing for this patch, given a run of all named test files without any fault, or undefined.
 * @param absolute makes a test file's path as jest names it
 */
export function whyUnfit(patch: Patch, green: Green, absolute: (test: string) => string): string | undefined {
  for (const test of patch.tests) {
    const result = green.testResults.find(({ name }) => name === absolute(test));
    if (result === undefined) {
      return `${test} is no test file`;
    }
    if (result.status === "failed") {
      return `${test} is red without the fault\n${result.message}`;
    }
  }
  const titles = green.testResults
    .filter(({ name }) => patch.tests.some((test) => absolute(test) === name))
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "passed")
    .map(({ fullName }) => fullName);
  const only = new RegExp(patch.only ?? "", "i");
  return titles.some((title) => only.test(title)) ? undefined : `no test that runs matches "${patch.only ?? ""}"`;
}

export function isGoodEnough(verdicts: readonly Verdict[]): boolean {
  const caught = verdicts.filter((verdict) => verdict === "caught").length;
  return !verdicts.includes("unfit") && caught >= goal * verdicts.length;
}
