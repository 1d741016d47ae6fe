import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { version } from "../../package.json";
import { footprint } from "../support/cli";
import { repository } from "../support/tree";

const escape = "\u001b[";

describe("help", () => {
  test("lists every command, examples and the exit codes", () => {
    const { status, stdout, stderr } = footprint(["--help"]);

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const expected of ["plan [options]", "images [options]", "zone-id", "Examples:", "Exit codes:"]) {
      expect(stdout).toContain(expected);
    }
  });

  test.each([
    "plan",
    "images",
    "zone-id",
    "status",
    "logs",
    "dashboard",
    "purge",
    "drain",
    "undrain",
    "rotate",
    "check",
    "cutover",
  ])("explains %s", (command) => {
    const { status, stdout } = footprint([command, "--help"]);

    expect(status).toBe(0);
    expect(stdout).toMatch(`Usage: footprint ${command}`);
  });
});

test("the version is that of the package", () => {
  expect(footprint(["--version"])).toEqual(expect.objectContaining({ status: 0, stdout: `${version}\n` }));
});

describe("rejects with exit code 2, on stderr only,", () => {
  test.each([
    ["no command", [], /^Usage: footprint/],
    ["an unknown command", ["frobnicate"], /^error: unknown command 'frobnicate'\nRun `footprint --help`/],
    ["a slip in a command, naming the nearest", ["pln"], /^error: unknown command 'pln'\n\(Did you mean plan\?\)\n/],
    [
      "a slip in an option, naming the nearest",
      ["plan", "--stack", "a", "--stak"],
      /unknown option '--stak'\n\(Did you mean --stack\?\)/,
    ],
    ["an argument too many", ["plan", "--stack", "a", "extra"], /^error: too many arguments for 'plan'/],
  ])("%s", (_what, args, message) => {
    const { status, stdout, stderr } = footprint(args);

    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});

describe("colours", () => {
  test.each(["", "true"])("are off when the output is no terminal, with CI=%p", (CI) => {
    expect(footprint(["pln"], { CI }).stderr).not.toContain(escape);
  });

  test("are on when FORCE_COLOR asks for them", () => {
    expect(footprint(["pln"], { FORCE_COLOR: "1" }).stderr).toContain(escape);
  });
});

test("a linked bin works from any directory", () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-bin-"));
  const link = path.join(directory, "footprint");
  fs.symlinkSync(path.join(repository, "infra/cli/footprint.js"), link);
  try {
    const { status, stdout } = spawnSync(link, ["--version"], { cwd: directory, encoding: "utf8" });

    expect({ status, stdout }).toEqual({ status: 0, stdout: `${version}\n` });
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
});

test("a reader that leaves early, like head, is no error", async () => {
  const child = spawn(process.execPath, [path.join(repository, "infra/cli/footprint.js"), "--help"]);
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => {
    stderr += text.toString();
  });
  const [status] = (await once(child, "close")) as [number | null];

  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
