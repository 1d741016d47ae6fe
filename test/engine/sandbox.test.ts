import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { stringify } from "yaml";
import { describeWith } from "../support/requirements";
import { copyTree, repository } from "../support/tree";
import { configOf, PULUMI_CLI, STORY, tiny } from "./engine";

/**
 * `footprint sandbox` with a cache of its own, in a folder that is not its clone. There the stack `sandbox` has one PoP: the engine
 * writes the whole state after each step, so three take nine times as long.
 */
class Terminal {
  readonly folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-terminal-")));
  private readonly tree = path.join(this.folder, "tree");
  private readonly cache = path.join(this.folder, "cache");

  constructor() {
    copyTree(this.tree);
    fs.symlinkSync(path.join(repository, "node_modules"), path.join(this.tree, "node_modules"));
    const config = configOf(tiny({ "eu-central-1": {} }));
    fs.writeFileSync(path.join(this.tree, "stacks", "Pulumi.sandbox.yaml"), stringify({ config }));
    // The CLI that is already there, and what programs need not translate, compile and bundle anew.
    const shared = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache"), "footprint");
    fs.mkdirSync(path.join(this.cache, "footprint", "sandbox", "world"), { recursive: true });
    for (const part of ["pulumi", "transpiled", "node", "agents"]) {
      fs.mkdirSync(path.join(shared, part), { recursive: true });
      fs.symlinkSync(path.join(shared, part), path.join(this.cache, "footprint", part));
    }
  }

  /** @param atOutput is told of all that was printed so far, each time that there is more */
  async sandbox(
    args: readonly string[],
    atOutput: (printed: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
  ): Promise<{ readonly status: number | null; readonly printed: string }> {
    const child = spawn(process.execPath, [path.join(this.tree, "infra/cli/footprint.js"), "sandbox", ...args], {
      cwd: this.folder,
      env: { ...process.env, XDG_CACHE_HOME: this.cache },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (more: string) => {
      printed += more;
      atOutput(printed, (signal) => child.kill(signal));
    });
    const [complaints, [status]] = await Promise.all([
      text(child.stderr),
      once(child, "close") as Promise<[number | null]>,
    ]);
    return { status, printed: printed + complaints };
  }

  /** What the stand-in is to do wrong (infra/sandbox/aws/faults.ts). */
  plan(faults: readonly object[]): void {
    fs.writeFileSync(path.join(this.cache, "footprint", "sandbox", "world", "faults.json"), JSON.stringify(faults));
  }

  close(): void {
    fs.rmSync(this.folder, { recursive: true });
  }
}

describeWith([PULUMI_CLI], "footprint sandbox, on a terminal", () => {
  let terminal: Terminal;

  beforeEach(() => {
    terminal = new Terminal();
  });

  afterEach(() => {
    terminal.close();
  });

  test(
    "ends in good order at SIGTERM, as at Ctrl-C: what was begun is finished and kept, and no lock is left",
    async () => {
      terminal.plan([{ method: "create", type: "aws:ec2/vpc:Vpc", effect: "slow", ms: 3000, times: 3 }]);
      let told = false;

      const stopped = await terminal.sandbox(["up", "--yes", "--skip-preview"], (printed, kill) => {
        if (!told && /Vpc .*creating/.test(printed)) {
          told = true;
          kill("SIGTERM");
        }
      });

      expect(stopped.printed).toContain("SIGTERM received; cancelling");
      expect(stopped.status).not.toBe(0);
      const { status, printed } = await terminal.sandbox(["stack", "export"]);
      expect(status).toBe(0);
      const state = JSON.parse(printed) as {
        deployment: { pending_operations?: unknown; resources: { type: string }[] };
      };
      expect(state.deployment.pending_operations ?? []).toEqual([]);
      expect(state.deployment.resources.map(({ type }) => type)).toContain("aws:ec2/vpc:Vpc");
      expect((await terminal.sandbox(["up", "--yes", "--skip-preview"])).status).toBe(0);
    },
    STORY,
  );

  test(
    "takes a policy pack by a path from where one stands",
    async () => {
      fs.symlinkSync(path.join(repository, "test/engine/policyPack"), path.join(terminal.folder, "pack"));

      const { status, printed } = await terminal.sandbox(["preview", "--policy-pack", "pack"]);

      expect(printed).toContain("eu-central-1-store is a bucket");
      expect(status).not.toBe(0);
    },
    STORY,
  );
});
