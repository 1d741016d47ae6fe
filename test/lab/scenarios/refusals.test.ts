import { runLab, type LabCommandOptions } from "../../../infra/lab/run";
import { SCENARIOS, scenariosOf } from "../../../infra/lab/scenarios/play";
import { UserError } from "../../../infra/terminal/userError";

describe("scenarios of the lab", () => {
  test("are played in the order of their names, or all of them", () => {
    expect(scenariosOf(["drain", "nearest"]).map(({ name }) => name)).toEqual(["drain", "nearest"]);
    expect(scenariosOf(["all"])).toEqual(SCENARIOS);
  });

  test("rejects a name that none has, with those that there are", () => {
    expect(() => scenariosOf(["nearest", "storm"])).toThrow(
      new UserError(
        '--scenario: must be one of nearest, purge, origin, drain, drain-by-file, surge, add-region, lose-zone, lose-pop, new-image, bad-image, all, got "storm"',
      ),
    );
  });

  test.each<[string, LabCommandOptions, string]>([
    [
      "an origin beside the lab's own",
      { stack: "sandbox", origin: "http://127.0.0.1:8000", scenario: ["nearest"] },
      "--scenario, --chaos: must be without --origin: scenarios change the pages of the lab's own origin, and take it away",
    ],
    ["a seed that is no number", { stack: "sandbox", chaos: "x" }, '--chaos: must be a whole number, got "x"'],
    [
      "a time that is none",
      { stack: "sandbox", chaos: "7", minutes: "-1" },
      '--minutes: must be a number above 0, got "-1"',
    ],
    [
      "a time of nothing",
      { stack: "sandbox", minutes: "3" },
      "--minutes: says how long --chaos lasts, which is not given",
    ],
  ])("rejects %s, before anything is started", async (_, options, message) => {
    await expect(runLab(options)).rejects.toThrow(new UserError(message));
  });
});
