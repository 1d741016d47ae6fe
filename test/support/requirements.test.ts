import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { command } from "./requirements";

interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

/** Runs the fixture, which holds one suite whose need is unmet and one whose need is met, in a jest of its own. */
function runFixture(requireAll: string): { results: JestResults; stderr: string } {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [require.resolve("jest/bin/jest"), "--json", "--selectProjects=plain", "--testMatch=**/needsSomething.fixture.ts"],
    {
      cwd: path.resolve(__dirname, "../.."),
      env: { ...process.env, FOOTPRINT_REQUIRE_ALL: requireAll, NO_COLOR: "1" },
      encoding: "utf8",
    },
  );
  return { results: JSON.parse(stdout) as JestResults, stderr };
}

describe("a suite with requirements", () => {
  test("is skipped where one is missing, with a line that names it and the remedy", () => {
    const { results, stderr } = runFixture("");

    expect(results).toMatchObject({ numPassedTests: 1, numFailedTests: 0, numPendingTests: 1 });
    expect(stderr).toContain("skipped: a suite with a need: a thing nobody has is missing (wish for it)\n");
  });

  test("fails where one is missing and everything is required", () => {
    const { results, stderr } = runFixture("1");

    expect(results).toMatchObject({ numPassedTests: 1, numFailedTests: 1, numPendingTests: 0 });
    expect(stderr).toContain("a thing nobody has is missing (wish for it)");
    expect(stderr).not.toContain("skipped:");
  });
});

test("a command is a met requirement exactly when it runs", () => {
  expect(command("node", "install Node").isMet()).toBe(true);
  expect(command("no-such-program", "nobody has it").isMet()).toBe(false);
});
