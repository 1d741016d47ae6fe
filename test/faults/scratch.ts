import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { copyTree, repository } from "../support/tree";

/** What jest says about one run, as far as it matters here. */
export interface JestResults {
  readonly numFailedTests: number;
  readonly testResults: readonly {
    /** The test file's absolute path. */
    readonly name: string;
    readonly status: "passed" | "failed";
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** A fault may leave a loop without an end. No honest test run of one fault comes near this. */
const longestRun = 120_000;

/** A copy of the tree in which faults can be seeded one after the other, with the packages of the original. */
export class Scratch {
  readonly directory: string;

  constructor(parent: string, number: number) {
    this.directory = path.join(parent, `tree-${number}`);
    copyTree(this.directory);
    fs.symlinkSync(path.join(repository, "node_modules"), path.join(this.directory, "node_modules"));
    // A repository of its own: inside another one `git apply` would skip every file without a word.
    this.git("init", "--quiet");
  }

  /** @throws when the patch does not apply to the tree as it is. */
  apply(patch: string): void {
    this.git("apply", patch);
  }

  revert(patch: string): void {
    this.git("apply", "--reverse", patch);
  }

  /** @returns undefined when jest came to no result within the time allowed, milliseconds. */
  async jest(args: readonly string[], limit = longestRun): Promise<JestResults | undefined> {
    const results = path.join(this.directory, "..", `${path.basename(this.directory)}.json`);
    const cache = path.join(this.directory, "..", "jest");
    fs.rmSync(results, { force: true });
    await run(
      process.execPath,
      [
        "node_modules/jest/bin/jest.js",
        "--json",
        `--outputFile=${results}`,
        `--testResultsProcessor=${path.join(__dirname, "plainResults.js")}`,
        `--cacheDirectory=${cache}`,
        ...args,
      ],
      this.directory,
      limit,
    );
    return fs.existsSync(results) ? (JSON.parse(fs.readFileSync(results, "utf8")) as JestResults) : undefined;
  }

  private git(...args: string[]): void {
    // Set where git itself has started us, from a hook: they would lead to the repository instead of the copy.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
    execFileSync("git", args, { cwd: this.directory, env, stdio: "pipe" });
  }
}

/** Ends with the process, whatever its exit code, and after `limit` with the death of all its children too. */
function run(program: string, args: readonly string[], cwd: string, limit: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: "ignore", detached: true });
    const timer = setTimeout(() => {
      if (child.pid !== undefined) {
        process.kill(-child.pid, "SIGKILL");
      }
    }, limit);
    child.on("error", reject);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
