import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { repository } from "../support/tree";

test("no import runs back up, and no files import each other in a circle", () => {
  const program = path.join(repository, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");
  const { status, stdout } = spawnSync(process.execPath, [program, "infra", "components", "--no-progress"], {
    cwd: repository,
    encoding: "utf8",
  });

  expect(stdout).toMatch(/no dependency violations found \([1-9]\d\d+ modules/);
  expect(status).toBe(0);
});
