import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { CLI_VERSION, installedCli } from "../../infra/pulumi/cli";
import type { Ended } from "../support/cli";
import { describeWith } from "../support/requirements";
import { copyTree, repository } from "../support/tree";
import { configOf, PULUMI_CLI, STORY, tiny } from "./engine";

const REMEDY =
  "There is no Pulumi CLI, and none could be downloaded or built. Install it (https://www.pulumi.com/docs/install/), " +
  "or Go and let this command build it, and run it again.";

/** A clone in which somebody works, with a cache of its own. */
class Clone {
  readonly folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-sandbox-")));
  private readonly tree = path.join(this.folder, "tree");

  constructor() {
    copyTree(this.tree);
    const modules = path.join(repository, "node_modules");
    fs.mkdirSync(path.join(this.tree, "node_modules"));
    for (const entry of fs.readdirSync(modules)) {
      fs.symlinkSync(path.join(modules, entry), path.join(this.tree, "node_modules", entry));
    }
    fs.mkdirSync(path.join(this.folder, "bin"));
  }

  /** Writes a stack's file, and has git know all files as they are. */
  commit(stack: string, config: object): void {
    fs.writeFileSync(path.join(this.tree, "stacks", `Pulumi.${stack}.yaml`), stringify({ config }));
    this.git("init", "--quiet");
    this.git("add", "--all");
  }

  /** The official launcher, on a machine that does not reach the download. */
  withoutDownload(): void {
    const launcher = path.join(this.tree, "node_modules", "pulumi");
    fs.rmSync(launcher);
    fs.mkdirSync(launcher);
    fs.writeFileSync(path.join(launcher, "run.js"), `console.error("no such host"); process.exit(1);`);
  }

  /** What has changed since `commit`. */
  changes(): string {
    return this.git("status", "--porcelain")
      .split("\n")
      .filter((line) => !/^A {2}/.test(line) && line !== "")
      .join("\n");
  }

  /** @param cli the Pulumi CLI that is on PATH; none when left out */
  footprint(cli: string | undefined, ...args: readonly string[]): Ended {
    const searchPath =
      cli === undefined ? path.join(this.folder, "bin") : `${path.dirname(cli)}:${process.env.PATH ?? ""}`;
    return spawnSync(process.execPath, [path.join(this.tree, "infra/cli/footprint.js"), ...args], {
      cwd: this.tree,
      env: { ...process.env, PATH: searchPath, XDG_CACHE_HOME: path.join(this.folder, "cache") },
      encoding: "utf8",
    });
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true });
  }

  private git(...args: readonly string[]): string {
    // Set where git itself has started us, from a hook: they would lead to the repository instead of the copy.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
    return execFileSync("git", args, { cwd: this.tree, env, encoding: "utf8" });
  }
}

describeWith([PULUMI_CLI], "footprint sandbox", () => {
  let clone: Clone;
  let tour: Ended;
  let unknown: Ended;
  let mistaken: Ended;
  const life: { readonly line: string; readonly ended: Ended }[] = [];
  let changes: string;

  beforeAll(() => {
    clone = new Clone();
    clone.commit("mine", configOf(tiny({ "eu-west-1": {} }, { protection: false })));
    const cli = installedCli(() => undefined)?.path;
    const sandbox = (...args: readonly string[]) => clone.footprint(cli, "sandbox", ...args);
    tour = sandbox();
    unknown = sandbox("preview", "--stack", "mime");
    mistaken = sandbox("frobnicate");
    for (const line of [
      "stack init mine",
      "up --stack mine --yes --skip-preview",
      "stack output --stack mine --json",
      "destroy --stack mine --yes --remove",
      "stack init mine",
      "stack rm mine --yes",
      "stack ls",
    ]) {
      life.push({ line, ended: sandbox(...line.split(" ")) });
    }
    changes = clone.changes();
  }, STORY);

  afterAll(() => {
    clone.remove();
  });

  function said(line: string): string {
    return life.find((each) => each.line === line)?.ended.stdout ?? "";
  }

  test("alone deploys the stack sandbox, prints its outputs and says what to try next", () => {
    expect(tour.status).toBe(0);
    expect(tour.stderr).toMatch(
      /^footprint: Pulumi \d+\.\d+\.\d+ deploys the stack sandbox to a stand-in for AWS on this machine, which asks for no image and no packages$/m,
    );
    expect(tour.stdout).toMatch(/^sandbox: 3 PoPs, 1 site, \d+ resources\n/);
    expect(tour.stdout).toContain(`[0]: "https://www.example.com/"`);
    expect(tour.stdout).toMatch(/Nothing of this left the machine\. What to try next:\n {2}npx footprint sandbox up/);
  });

  test("alone prints, where no terminal is, one line for each resource", () => {
    // One that has something to say says it on another line.
    const lines: readonly string[] = tour.stdout.match(/^ \+ {2}aws:\S+ \S+(?= [a-z]+ \(\S+s\)\s*$)/gm) ?? [];

    expect(lines.length).toBeGreaterThan(200);
    expect(lines.filter((line, i) => lines.indexOf(line) !== i)).toEqual([]);
  });

  test("passes commands to the CLI, from the first to the last of a stack's life", () => {
    expect(life.filter(({ ended }) => ended.status !== 0)).toEqual([]);
    expect(JSON.parse(said("stack output --stack mine --json"))).toEqual(
      expect.objectContaining({ endpoints: ["https://cdn.example.com/"] }),
    );
    expect(said("destroy --stack mine --yes --remove")).toContain("The resources in the stack have been deleted");
    expect(said("stack ls")).not.toContain("mine");
  });

  test("leaves the work tree as it was", () => {
    expect(changes).toBe("");
  });

  test("rejects an unknown stack, with those that are there", () => {
    expect({ status: unknown.status, stdout: unknown.stdout }).toEqual({ status: 2, stdout: "" });
    expect(unknown.stderr).toBe(
      'error: --stack: must name a file stacks/Pulumi.<stack>.yaml, got "mime", did you mean "mine"?; ' +
        "there are: europe, global, mine, sandbox\n",
    );
  });

  test("ends as the CLI does", () => {
    expect(mistaken.status).not.toBe(0);
    expect(mistaken.stderr).toContain("frobnicate");
  });
});

describe("footprint sandbox where no CLI can be had", () => {
  let clone: Clone;
  let tour: Ended;
  let command: Ended;

  beforeAll(() => {
    clone = new Clone();
    clone.withoutDownload();
    tour = clone.footprint(undefined, "sandbox");
    command = clone.footprint(undefined, "sandbox", "up", "--yes");
  }, STORY);

  afterAll(() => {
    clone.remove();
  });

  test("alone prints the plan, and says what was tried and how to have one", () => {
    expect(tour.status).toBe(0);
    expect(tour.stderr).toBe(
      [
        `footprint: no Pulumi CLI on PATH; downloading ${CLI_VERSION} by its official launcher, once`,
        "footprint: the download failed: no such host",
        "footprint: Go is not installed, so the CLI cannot be built either",
        `footprint: ${REMEDY} The plan above is made without it.\n`,
      ].join("\n"),
    );
    expect(tour.stdout).toContain("eu-central-1");
  });

  test("rejects a command of the CLI, with the remedy", () => {
    expect({ status: command.status, stdout: command.stdout }).toEqual({ status: 1, stdout: "" });
    expect(command.stderr).toContain(REMEDY);
  });
});
