import { join } from "node:path";
import { loadConfig } from "../../infra/config/load";
import { stackConfigFromFile } from "../../infra/config/stackFile";

test("the program reads the same configuration from the engine as the plan does from the file", async () => {
  const values = stackConfigFromFile(join(__dirname, "..", "..", "stacks", "Pulumi.global.yaml"));
  // As the engine's language host starts a program.
  process.env["PULUMI_NODEJS_PROJECT"] = "footprint";
  process.env["PULUMI_NODEJS_STACK"] = "global";
  process.env["PULUMI_CONFIG"] = JSON.stringify(values);
  const { programConfig } = await import("../../infra/config/read");
  expect(programConfig()).toEqual(loadConfig("global", values));
});
