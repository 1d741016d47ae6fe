import { describeWith } from "../support/requirements";
import type { Outcome } from "../../infra/sandbox/sandbox";
import { IMAGE } from "../support/stacks";
import { Engine, PULUMI_CLI, STORY, tiny } from "./engine";

const STACK = "one";
const NEXT_IMAGE = "ami-0fedcba9876543210";

// The engine makes a plan of each preview and holds the update to it, as `deploy.yml` does with FOOTPRINT_STRICT.
describeWith([PULUMI_CLI], "an update that the engine holds to its preview goes through", () => {
  let engine: Engine;
  const outcomes: Record<string, Outcome> = {};

  beforeAll(async () => {
    engine = await Engine.open();
    outcomes["a first deployment"] = await strict({ "eu-west-1": {}, "us-east-1": {} }, {});
    outcomes["a drain, a new region and a new image"] = await strict(
      { "eu-west-1": {}, "us-east-1": { state: "drained" }, "ap-south-1": {} },
      { image: { "eu-west-1": NEXT_IMAGE, "us-east-1": IMAGE, "ap-south-1": IMAGE } },
    );
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  async function strict(pops: Record<string, unknown>, more: Record<string, unknown>): Promise<Outcome> {
    engine.write(STACK, tiny(pops, more));
    await engine.pulumi("stack", "select", "--create", STACK);
    return engine.pulumi("up", "--stack", STACK, "--yes", "--strict", "--color", "never");
  }

  test.each(["a first deployment", "a drain, a new region and a new image"])("%s", (what) => {
    const { status, stdout, stderr } = outcomes[what]!;

    expect(`${stdout}${stderr}`).not.toMatch(/violates plan|error:/);
    expect(status).toBe(0);
  });
});
