import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { command, describeWith } from "../support/requirements";
import { copyTree, repository } from "../support/tree";

/** Stands in for `npm ci` without a network: links the packages of this repository, and talks a lot. */
const npmCi = `#!${process.execPath}
const fs = require("node:fs");
const from = ${JSON.stringify(path.join(repository, "node_modules"))};
console.log("added 600 packages in 21s");
console.error("npm warn something");
fs.mkdirSync("node_modules");
for (const name of fs.readdirSync(from)) {
  if (name !== ".footprint-lock") fs.symlinkSync(from + "/" + name, "node_modules/" + name);
}
`;

const needs = [command("git", "install git"), command("npm", "install Node with npm")];

describeWith(needs, "on a fresh clone, before any npm ci,", () => {
  let clone: string;
  let bin: string;

  beforeAll(() => {
    clone = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-clone-")));
    bin = path.join(clone, ".test-bin");
    copyTree(clone);
    fs.mkdirSync(bin);
    fs.writeFileSync(path.join(bin, "npm"), npmCi, { mode: 0o755 });
  });

  afterAll(() => {
    fs.rmSync(clone, { recursive: true });
  });

  test("the plan's JSON is all there is on stdout", () => {
    const npm = execFileSync("/bin/sh", ["-c", "command -v npm"], { encoding: "utf8" }).trim();
    const { status, stdout, stderr } = spawnSync(npm, ["run", "--silent", "plan", "--", "--json"], {
      cwd: clone,
      env: {
        ...process.env,
        PATH: `${bin}:${process.env.PATH ?? ""}`,
        XDG_CACHE_HOME: path.join(clone, ".test-cache"),
      },
      encoding: "utf8",
      maxBuffer: 256 * 1024 * 1024,
    });

    expect(stderr).toContain("added 600 packages");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stack: "sandbox" });
  }, 60_000);
});
