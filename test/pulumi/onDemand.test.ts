import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { repository } from "../support/tree";

/** The SDK itself says what a function is as text, and which folders it needs. */
const PROGRAM = `
const pulumi = require(${JSON.stringify(path.join(repository, "node_modules/@pulumi/pulumi"))});
const isThere = () => Object.keys(require.cache).some((file) => /typescript\\.js$|arborist/.test(file));
const before = isThere();
const run = async () => {
  const { text } = await pulumi.runtime.serializeFunction(() => 7);
  const paths = await pulumi.runtime.computeCodePaths();
  const again = await pulumi.runtime.serializeFunctionAsync(() => 8);
  console.log(JSON.stringify({ before, text, paths: [...paths.keys()], again, after: isThere() }));
};
run();
`;

test("the SDK comes without the compiler, and what needs it loads it when it is called", () => {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-on-demand-")));
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "alone" }));

  const { status, stdout } = spawnSync(
    process.execPath,
    ["-r", path.join(repository, "infra/pulumi/onDemand.js"), "-e", PROGRAM],
    { cwd: folder, encoding: "utf8" },
  );
  fs.rmSync(folder, { recursive: true });

  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    before: false,
    text: expect.stringContaining("return () => 7;") as string,
    // Of a folder without packages.
    paths: [],
    again: expect.stringContaining("return () => 8;") as string,
    after: true,
  });
});
