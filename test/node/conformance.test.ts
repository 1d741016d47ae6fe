import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describeWith } from "../support/requirements";
import { FIGURES, WAIVERS, type Kind, type Suite } from "./conformance/expected";
import { runSuite, SETTINGS, type Result } from "./conformance/run";
import { DEBIAN } from "./debianRoot";

/** A checkout of github.com/http-tests/cache-tests at the commit of expected.ts, which no registry has. */
const checkout = process.env.FOOTPRINT_CACHE_TESTS;
const suite: Suite = checkout === undefined ? "released" : "repository";

function waived(kind: Kind): string[] {
  return WAIVERS.flatMap(({ kind: of, in: version = suite, tests, outcome }) =>
    of === kind && version === suite ? tests.map((id) => `${id}: ${outcome}`) : [],
  ).sort();
}

describe.each(Object.entries(SETTINGS))("with settings: %s", (_name, settings) => {
  describeWith([DEBIAN], `the ${suite} suite of tests for HTTP caches, through load balancer and node`, () => {
    let scratch: string;
    let results: readonly Result[];
    const of = (kind: Kind) => results.filter((each) => each.kind === kind);

    beforeAll(async () => {
      scratch = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-conformance-"));
      results = await runSuite({ scratch, settings, ...(checkout === undefined ? {} : { checkout }) });
    });

    afterAll(() => {
      fs.rmSync(scratch, { recursive: true });
    });

    // A waiver that is not needed any more is red as well.
    test.each(["required", "optimal"] as const)("passes what is %s, but for what is waived", (kind) => {
      const failed = of(kind).flatMap(({ id, outcome }) => (outcome === true ? [] : [`${id}: ${outcome.join(": ")}`]));

      expect(failed.sort()).toEqual(waived(kind));
    });

    test.each(["required", "optimal"] as const)("passes as much of what is %s as is claimed", (kind) => {
      const passed = of(kind).filter(({ outcome }) => outcome === true).length;

      expect({ passed, tests: of(kind).length }).toEqual(FIGURES[suite][kind]);
    });
  });
});
