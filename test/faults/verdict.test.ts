import type { Patch } from "./patches";
import type { JestResults } from "./scratch";
import { isGoodEnough, isGreen, judge, whyUnfit } from "./verdict";

function results(status: JestResults["testResults"][number]["status"], failed: number): JestResults {
  return {
    numFailedTests: failed,
    testResults: [
      {
        name: "/tree/test/a.test.ts",
        status,
        message: "",
        assertionResults: [{ fullName: "a zone keeps its block", status: "passed" }],
      },
    ],
  };
}

describe("a fault is", () => {
  test("caught when a test fails", () => {
    expect(judge(results("failed", 1))).toBe("caught");
  });

  test("missed when all tests pass", () => {
    expect(judge(results("passed", 0))).toBe("missed");
  });

  test("not caught by a suite that cannot be loaded, nor by one that never ends", () => {
    expect(judge(results("failed", 0))).toBe("crashed");
    expect(judge(undefined)).toBe("crashed");
  });
});

describe("red means nothing", () => {
  const patch: Patch = { name: "a", file: "a.patch", property: "P1", sentence: "", tests: ["test/a.test.ts"] };
  const absolute = (test: string) => `/tree/${test}`;

  test("where its own tests are red after a batch, and not where they are green or others are red", () => {
    const other = { ...patch, tests: ["test/b.test.ts"] };

    expect(isGreen(patch, results("passed", 0), absolute)).toBe(true);
    expect(isGreen(patch, results("focused", 0), absolute)).toBe(true);
    expect(isGreen(patch, results("failed", 1), absolute)).toBe(false);
    expect(isGreen(other, results("failed", 1), absolute)).toBe(true);
  });

  test("unless the tests are green without the fault", () => {
    expect(whyUnfit(patch, results("passed", 0), absolute)).toBeUndefined();
    expect(whyUnfit(patch, results("failed", 1), absolute)).toMatch("test/a.test.ts is red without the fault");
  });

  test("where the named file holds no tests", () => {
    expect(whyUnfit({ ...patch, tests: ["test/b.test.ts"] }, results("passed", 0), absolute)).toBe(
      "test/b.test.ts is no test file",
    );
  });

  test("where no test has the title asked for", () => {
    expect(whyUnfit({ ...patch, only: "its block" }, results("passed", 0), absolute)).toBeUndefined();
    expect(whyUnfit({ ...patch, only: "its region" }, results("passed", 0), absolute)).toBe(
      'no test that runs matches "its region"',
    );
  });
});

describe("the run is good enough", () => {
  const caught = (count: number) => Array<"caught">(count).fill("caught");

  test("from nine of ten caught", () => {
    expect(isGoodEnough([...caught(9), "missed"])).toBe(true);
    expect(isGoodEnough([...caught(8), "missed", "crashed"])).toBe(false);
  });

  test("only when every patch applies", () => {
    expect(isGoodEnough([...caught(99), "unfit"])).toBe(false);
  });
});
