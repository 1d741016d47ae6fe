import { runLab } from "../../../infra/lab/run";
import { scenarioOf } from "../../../infra/lab/scenarios/play";
import { UserError } from "../../../infra/terminal/userError";

describe("scenarios of the lab", () => {
  test("rejects a name that none has, with those that there are", () => {
    expect(() => scenarioOf("storm")).toThrow(
      new UserError('--scenario: must be one of nearest, purge, origin, drain, lose-zone, lose-pop, got "storm"'),
    );
  });

  test("rejects an origin beside the lab's own, before anything is started", async () => {
    const options = { stack: "sandbox", origin: "http://127.0.0.1:8000", scenario: ["nearest"] };
    await expect(runLab(options)).rejects.toThrow(
      new UserError(
        "--scenario: must be without --origin: scenarios change the pages of the lab's own origin, and take it away",
      ),
    );
  });
});
