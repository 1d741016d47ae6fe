import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { command, describeWith } from "../support/requirements";
import { repository } from "../support/tree";

/** Stands for `gh`: knows how many pull requests are open, and writes down how it was called. */
const GH = `#!${process.execPath}
const fs = require("node:fs");
const args = process.argv.slice(2);
if (args[1] === "list") {
  process.stdout.write(process.env.FAKE_OPEN);
}
fs.appendFileSync(process.env.FAKE_CALLS, JSON.stringify(args) + "\\n");
`;

describeWith([command("git", "install git")], "the weekly pull request", () => {
  let folder: string;
  let clone: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-renew-"));
    clone = path.join(folder, "clone");
    fs.mkdirSync(path.join(folder, "bin"));
    fs.writeFileSync(path.join(folder, "bin", "gh"), GH, { mode: 0o755 });
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "remote");
    git(folder, "clone", "--quiet", "remote", "clone");
    fs.mkdirSync(path.join(clone, "stacks"));
    write("stacks/Pulumi.europe.yaml", "image: ami-1\n");
    write("README.md", "as it was\n");
    git(clone, "checkout", "--quiet", "-B", "main");
    git(clone, "add", ".");
    git(clone, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "first");
    git(clone, "push", "--quiet", "origin", "main");
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  function git(cwd: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync("git", args, { cwd, encoding: "utf8" });
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    return stdout;
  }

  function write(file: string, text: string): void {
    fs.writeFileSync(path.join(clone, file), text);
  }

  function renew(open: string): { readonly status: number | null; readonly calls: readonly string[][] } {
    const calls = path.join(folder, "calls");
    const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH ?? ""}`, FAKE_OPEN: open, FAKE_CALLS: calls };
    const { status } = spawnSync(process.execPath, [path.join(repository, ".github/scripts/renew.js")], {
      cwd: clone,
      env,
    });
    const lines = fs.existsSync(calls) ? fs.readFileSync(calls, "utf8").trim().split("\n") : [];
    return { status, calls: lines.map((line) => JSON.parse(line) as string[]) };
  }

  test("nothing newer opens nothing", () => {
    write("README.md", "somebody else's\n");

    expect(renew("[]")).toEqual({ status: 0, calls: [] });
    expect(git(path.join(folder, "remote"), "branch", "--list", "renew")).toBe("");
  });

  test("what is newer is on a branch, alone, and a pull request is opened for it", () => {
    write("stacks/Pulumi.europe.yaml", "image: ami-2\n");
    write("README.md", "somebody else's\n");

    const { status, calls } = renew("[]");

    expect(status).toBe(0);
    expect(calls.map(([what, verb]) => `${what ?? ""} ${verb ?? ""}`)).toEqual([
      "auth setup-git",
      "pr list",
      "pr create",
    ]);
    const remote = path.join(folder, "remote");
    expect(git(remote, "show", "renew:stacks/Pulumi.europe.yaml")).toBe("image: ami-2\n");
    expect(git(remote, "diff", "--name-only", "main", "renew")).toBe("stacks/Pulumi.europe.yaml\n");
    expect(git(remote, "show", "main:stacks/Pulumi.europe.yaml")).toBe("image: ami-1\n");
  });

  test("a pull request that is open gets the newer content, and no other is opened", () => {
    write("stacks/Pulumi.europe.yaml", "image: ami-2\n");
    renew("[]");
    fs.rmSync(path.join(folder, "calls"));
    git(clone, "checkout", "--quiet", "main");
    write("stacks/Pulumi.europe.yaml", "image: ami-3\n");

    const { calls } = renew('[{"number":7}]');

    expect(calls.map(([, verb]) => verb)).toEqual(["setup-git", "list"]);
    expect(git(path.join(folder, "remote"), "show", "renew:stacks/Pulumi.europe.yaml")).toBe("image: ami-3\n");
  });
});
