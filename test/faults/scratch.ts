import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { copyTree, repository } from "../support/tree";

/** What jest says about one run, as far as it matters here. */
export interface JestResults {
  readonly numFailedTests: number;
  readonly testResults: readonly {
    /** The test file's absolute path. */
    readonly name: string;
    /** Focused: what ran of it has passed, and not all of it ran. */
    readonly status: "passed" | "failed" | "skipped" | "focused";
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** A fault may leave a loop without an end. No honest test run of one fault comes near this. */
const longestRun = 240_000;

/** A copy of the tree in which faults can be seeded one after the other, with the packages of the original. */
export class Scratch {
  readonly directory: string;
  private server: ChildProcess | undefined;

  constructor(parent: string, name: string) {
    this.directory = path.join(parent, name);
    copyTree(this.directory);
    fs.symlinkSync(path.join(repository, "node_modules"), path.join(this.directory, "node_modules"));
    // A repository of its own: inside another one `git apply` would skip every file without a word.
    this.git("init", "--quiet");
  }

  /** A test file's path as jest names it. */
  readonly absolute = (test: string): string => path.join(this.directory, test);

  /** @throws when the patch does not apply to the tree as it is. */
  apply(patch: string): void {
    this.git("apply", patch);
  }

  revert(patch: string): void {
    this.git("apply", "--reverse", patch);
  }

  /**
   * Runs tests in the process that this tree has, until `endJest`.
   *
   * @returns undefined when jest came to no result within the time allowed, milliseconds.
   */
  async jest(args: readonly string[], limit = longestRun): Promise<JestResults | undefined> {
    const results = path.join(this.directory, "..", `${path.basename(this.directory)}.json`);
    fs.rmSync(results, { force: true });
    this.server ??= startJest(this.directory);
    const isAlive = await answers(this.server, limit, [
      ...["--json", `--outputFile=${results}`, `--testResultsProcessor=${path.join(__dirname, "plainResults.js")}`],
      ...["--selectProjects", "plain", "node", `--cacheDirectory=${path.join(this.directory, "..", "jest")}`],
      ...args,
    ]);
    if (!isAlive) {
      this.endJest();
    }
    return fs.existsSync(results) ? (JSON.parse(fs.readFileSync(results, "utf8")) as JestResults) : undefined;
  }

  /** What tests have left behind in the process goes with it, and all its children. */
  endJest(): void {
    const pid = this.server?.pid;
    this.server = undefined;
    if (pid !== undefined) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // All of them have ended by themselves.
      }
    }
  }

  private git(...args: string[]): void {
    // Set where git itself has started us, from a hook: they would lead to the repository instead of the copy.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
    execFileSync("git", args, { cwd: this.directory, env, stdio: "pipe" });
  }
}

function startJest(cwd: string): ChildProcess {
  const stdio = ["ignore", "ignore", "ignore", "ipc"] as const;
  // As in `npm test`: programs of Pulumi are short-lived objects, whose collection takes a fifth of the time otherwise.
  const args = ["--max-semi-space-size=128", path.join(__dirname, "jestServer.js")];
  return spawn(process.execPath, args, { cwd, stdio: [...stdio], detached: true });
}

/** @returns whether it did what it was asked for; not when it died or took longer than the limit */
async function answers(server: ChildProcess, limit: number, args: readonly string[]): Promise<boolean> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(limit)]);
  const answer = once(server, "message", { signal }).then(() => true);
  const death = once(server, "exit", { signal }).then(() => false);
  server.send([...args]);
  try {
    return await Promise.race([answer, death]).catch(() => false);
  } finally {
    // The one that has not come.
    over.abort();
    await Promise.allSettled([answer, death]);
  }
}
