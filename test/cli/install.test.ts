import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { repository } from "../support/tree";

/** What the stand-in for npm does on `npm ci`. */
const installs = `
fs.mkdirSync("node_modules/left", { recursive: true });
console.log("npm says hello on stdout");
console.error("npm says hello on stderr");
`;

/** A small project of its own whose npm writes down how it was called. */
class Project {
  readonly root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-install-")));
  private readonly bin = path.join(this.root, "bin");
  private readonly calls = path.join(this.root, "calls");

  constructor(npm = installs) {
    for (const name of ["infra/cli/install.js", "infra/terminal/cacheHome.js"]) {
      fs.cpSync(path.join(repository, name), path.join(this.root, name));
    }
    fs.mkdirSync(this.bin);
    this.write("package.json", { engines: { node: ">=20.17" } });
    this.lock("left", "1.0.0");
    this.npm(npm);
  }

  npm(script: string): void {
    const lines = [
      `#!${process.execPath}`,
      'const fs = require("node:fs");',
      `fs.appendFileSync(${JSON.stringify(this.calls)}, process.argv.slice(2).join(" ") + "\\n");`,
      script,
    ];
    fs.writeFileSync(path.join(this.bin, "npm"), lines.join("\n"), { mode: 0o755 });
  }

  lock(name: string, version: string): void {
    this.write("package-lock.json", {
      packages: { "": {}, [`node_modules/${name}`]: { version, integrity: `sha512-${version}` } },
    });
  }

  write(file: string, content: unknown): void {
    fs.mkdirSync(path.dirname(path.join(this.root, file)), { recursive: true });
    fs.writeFileSync(path.join(this.root, file), JSON.stringify(content));
  }

  private get command(): [string, string[], { env: NodeJS.ProcessEnv; cwd: string }] {
    // Nothing else on PATH: this machine's own npm must never be found.
    const env = { PATH: this.bin, HOME: this.root, XDG_CACHE_HOME: path.join(this.root, "cache") };
    return [process.execPath, [path.join(this.root, "infra/cli/install.js")], { env, cwd: os.tmpdir() }];
  }

  /** Runs it as a user who owns nothing here, has no home and may write to `temporary` alone. */
  installAsNobody(temporary: string): { status: number | null; stdout: string; stderr: string } {
    const [program, args] = this.command;
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const env = { PATH: this.bin, HOME: "/nonexistent", TMPDIR: temporary };
    // Node itself may stand where its user alone may look.
    const node = path.join(temporary, "node");
    fs.copyFileSync(program, node);
    return spawnSync(node, args, { env, cwd: os.tmpdir(), encoding: "utf8", ...nobody });
  }

  /** As `npm ci` of another user left it. */
  lockAway(): void {
    fs.chmodSync(this.root, 0o755);
    fs.chmodSync(path.join(this.root, "node_modules"), 0o555);
  }

  install(): { status: number | null; stdout: string; stderr: string } {
    const [program, args, options] = this.command;
    return spawnSync(program, args, { ...options, encoding: "utf8" });
  }

  /** As a command of `footprint` does it, and not a script for development. */
  installForCommand(): { status: number | null; stderr: string } {
    const [program, [script = ""], options] = this.command;
    return spawnSync(program, ["-e", `require(${JSON.stringify(script)}).run({ dev: false })`], {
      ...options,
      encoding: "utf8",
    });
  }

  installInBackground(): Promise<number | null> {
    const [program, args, options] = this.command;
    return new Promise((resolve) => spawn(program, args, { ...options, stdio: "ignore" }).on("exit", resolve));
  }

  get npmCalls(): string[] {
    return fs.existsSync(this.calls) ? fs.readFileSync(this.calls, "utf8").trim().split("\n") : [];
  }

  get locks(): string[] {
    return fs.readdirSync(path.join(this.root, "cache/footprint"));
  }

  remove(): void {
    const modules = path.join(this.root, "node_modules");
    if (fs.lstatSync(modules, { throwIfNoEntry: false })?.isDirectory() === true) {
      fs.chmodSync(modules, 0o755);
    }
    fs.rmSync(this.root, { recursive: true });
  }
}

let project: Project;

beforeEach(() => {
  project = new Project();
});

afterEach(() => {
  project.remove();
});

test("a fresh clone gets its packages, and stdout stays empty", () => {
  const { status, stdout, stderr } = project.install();

  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  expect(stderr).toMatch(/^footprint: installing the locked packages \(npm ci\)/);
  expect(stderr).toContain("npm says hello on stdout");
  expect(project.npmCalls).toEqual(["ci --include=dev --include=optional --loglevel=error"]);
  expect(fs.existsSync(path.join(project.root, "node_modules/left"))).toBe(true);
});

test("a second run does nothing and says nothing", () => {
  project.install();
  const { status, stdout, stderr } = project.install();

  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(project.npmCalls).toHaveLength(1);
});

test("a changed lockfile installs again", () => {
  project.install();
  project.lock("left", "1.0.1");
  project.install();

  expect(project.npmCalls).toHaveLength(2);
});

test("rejects a Node that is older than the locked packages want", () => {
  const [major = "", minor = ""] = process.versions.node.split(".");
  const newer = `${major}.${String(Number(minor) + 1)}`;
  project.write("package.json", { engines: { node: `>=${newer}` } });
  const { status, stderr } = project.install();

  expect({ status, stderr, calls: project.npmCalls }).toEqual({
    status: 1,
    stderr: `footprint: Node ${newer} or later is needed, this is ${process.version}. Install a newer Node.\n`,
    calls: [],
  });
});

describe("what npm has already put there", () => {
  const account = "node_modules/.package-lock.json";

  test("is taken as it is when it is exactly what is locked", () => {
    project.write(account, { packages: { "node_modules/left": { version: "1.0.0", integrity: "sha512-1.0.0" } } });
    const { status, stderr } = project.install();

    expect({ status, stderr, calls: project.npmCalls }).toEqual({ status: 0, stderr: "", calls: [] });
  });

  test("is taken as it is by a user who may not write there, has no home and no cache folder", () => {
    project.write(account, { packages: { "node_modules/left": { version: "1.0.0", integrity: "sha512-1.0.0" } } });
    project.lockAway();
    const temporary = path.join(project.root, "temporary");
    fs.mkdirSync(temporary);
    fs.chmodSync(temporary, 0o1777);
    const { status, stderr } = project.installAsNobody(temporary);

    expect({ status, stderr, calls: project.npmCalls }).toEqual({ status: 0, stderr: "", calls: [] });
  });

  test("may lack what is for development alone, for a command", () => {
    project.write("package-lock.json", {
      packages: {
        "": {},
        "node_modules/left": { version: "1.0.0", integrity: "sha512-1.0.0" },
        "node_modules/tester": { version: "1.0.0", integrity: "sha512-t", dev: true },
      },
    });
    project.write(account, { packages: { "node_modules/left": { version: "1.0.0", integrity: "sha512-1.0.0" } } });
    const { status, stderr } = project.installForCommand();

    expect({ status, stderr, calls: project.npmCalls }).toEqual({ status: 0, stderr: "", calls: [] });
    project.install();
    expect(project.npmCalls).toHaveLength(1);
  });

  test.each([
    ["another version", { "node_modules/left": { version: "0.9.0", integrity: "sha512-0.9.0" } }],
    ["a package missing", {}],
    [
      "a package too many",
      {
        "node_modules/left": { version: "1.0.0", integrity: "sha512-1.0.0" },
        "node_modules/right": { version: "1.0.0", integrity: "sha512-1.0.0" },
      },
    ],
  ])("is replaced with %s", (_what, packages) => {
    project.write(account, { packages });
    project.install();

    expect(project.npmCalls).toHaveLength(1);
  });
});

describe("two at once", () => {
  test("install once", async () => {
    project.npm(`setTimeout(() => {${installs}}, 500);`);
    const exits = await Promise.all([project.installInBackground(), project.installInBackground()]);

    expect(exits).toEqual([0, 0]);
    expect(project.npmCalls).toHaveLength(1);
    expect(project.locks).toEqual([]);
  });

  test("do not wait for one that was killed", () => {
    project.npm('process.kill(process.ppid, "SIGKILL");');
    project.install();
    expect(project.locks).toHaveLength(1);
    project.npm(installs);

    expect(project.install().status).toBe(0);
    expect(project.locks).toEqual([]);
  });
});

describe("a failure ends with exit code 1, a remedy and nothing on stdout", () => {
  test("when npm fails", () => {
    project.npm('console.error("npm error network"); process.exitCode = 7;');
    const { status, stdout, stderr } = project.install();

    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/npm error network\nfootprint: npm ci failed \(exit code 7\); .*check the network.*\n$/);
    expect(fs.existsSync(path.join(project.root, "node_modules/.footprint-lock"))).toBe(false);
    expect(project.locks).toEqual([]);
  });

  test("and the next run tries again", () => {
    project.npm("process.exitCode = 7;");
    project.install();
    project.npm(installs);

    expect(project.install().status).toBe(0);
  });

  test("when npm is missing", () => {
    fs.rmSync(path.join(project.root, "bin/npm"));
    const { status, stdout, stderr } = project.install();

    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("npm was not found on PATH. It comes with Node");
  });

  test("when node_modules is a link, which npm ci would empty at its other end", () => {
    fs.mkdirSync(path.join(project.root, "elsewhere"));
    fs.symlinkSync("elsewhere", path.join(project.root, "node_modules"));
    const { status, stderr } = project.install();

    expect(status).toBe(1);
    expect(stderr).toContain("node_modules is a link");
    expect(project.npmCalls).toEqual([]);
  });
});
