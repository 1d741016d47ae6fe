import * as path from "node:path";
import type * as Harness from "../../infra/plan/harness";
import { recorded } from "../support/recordings";

// For a room whose code is no part of the program: what that registers is the same with each mutant, and takes seconds.

const program = (): unknown => jest.requireActual<() => unknown>("../../infra/index")();

jest.mock("../../infra/index", () => program);
jest.mock("../../infra/plan/harness", () => {
  const actual = jest.requireActual<typeof Harness>("../../infra/plan/harness");
  const record: typeof actual.record = (run, options) =>
    run === program && options?.computed === undefined
      ? recorded(JSON.stringify([path.basename(expect.getState().testPath ?? ""), options]), () =>
          actual.record(run, options),
        )
      : actual.record(run, options);
  return { ...actual, record };
});
