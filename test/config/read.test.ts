import * as path from "node:path";
import { loadConfig } from "../../infra/config/load";
import type { FootprintConfig } from "../../infra/config/model";
import { programConfig } from "../../infra/config/read";
import { stackConfigFromFile } from "../../infra/config/stackFile";
import { record } from "../../infra/plan/harness";
import { repository } from "../support/tree";

test("the program reads the same configuration from the engine as the plan does from the file", async () => {
  const values = stackConfigFromFile(path.join(repository, "stacks/Pulumi.global.yaml"));
  const read: FootprintConfig[] = [];

  await record(() => read.push(programConfig()), { stack: "global", config: values });

  expect(read).toEqual([loadConfig("global", values)]);
});
