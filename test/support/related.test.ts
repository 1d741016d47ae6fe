import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { repository } from "./tree";

function related(file: string): readonly string[] {
  const { stdout } = spawnSync(
    process.execPath,
    ["node_modules/jest/bin/jest.js", "--selectProjects", "plain", "--listTests", "--findRelatedTests", file],
    { cwd: repository, encoding: "utf8" },
  );
  return stdout
    .split("\n")
    .filter((line) => line.endsWith(".test.ts"))
    .map((file) => path.relative(repository, file));
}

test.each([
  ["components/network.ts", "test/components/network.test.ts"],
  ["infra/plan/cost.ts", "test/plan/cost.test.ts"],
])("jest finds the tests of %s", (file, its) => {
  expect(related(file)).toContain(its);
});
