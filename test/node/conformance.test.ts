import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describeWith } from "../support/requirements";
import { FIGURES, OPTIMAL, REQUIRED, type Waiver } from "./conformance/expected";
import { runSuite, type Result } from "./conformance/run";
import { DEBIAN } from "./debianRoot";

function notPassed(waivers: readonly Waiver[]): string[] {
  return waivers.flatMap(({ tests, outcome }) => tests.map((id) => `${id}: ${outcome}`)).sort();
}

describeWith([DEBIAN], "the public suite of tests for HTTP caches, through load balancer and node", () => {
  let scratch: string;
  let results: readonly Result[];
  const of = (kind: Result["kind"]) => results.filter((each) => each.kind === kind);

  beforeAll(async () => {
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-conformance-"));
    results = await runSuite(scratch);
  });

  afterAll(() => {
    fs.rmSync(scratch, { recursive: true });
  });

  // A waiver that is not needed any more is red as well.
  test.each([
    ["required", REQUIRED],
    ["optimal", OPTIMAL],
  ] as const)("passes what is %s, but for what is waived", (kind, waivers) => {
    const failed = of(kind).flatMap(({ id, outcome }) => (outcome === true ? [] : [`${id}: ${outcome.join(": ")}`]));

    expect(failed.sort()).toEqual(notPassed(waivers));
  });

  test.each(["required", "optimal"] as const)("passes as much of what is %s as is claimed", (kind) => {
    const passed = of(kind).filter(({ outcome }) => outcome === true).length;

    expect({ passed, tests: of(kind).length }).toEqual(FIGURES[kind]);
  });
});
