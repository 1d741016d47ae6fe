import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { resolveCli, type Cli } from "../../infra/pulumi/cli";
import { Sandbox } from "../../infra/sandbox/sandbox";
import { PULUMI_CLI } from "../engine/engine";
import type { Part } from "./part";
import { footprintOf, growth, RATIO_LIMIT, table, type Measurement } from "./planPart";

/** Sizes of footprint that are deployed, in PoPs; see `growth` for the last. */
const SIZES = [3, 10, 30, 3] as const;

/** Deploys footprints of growing size with the real engine to the stand-in for AWS, each into a folder of its own. */
export const ENGINE: Part = {
  name: "engine",
  requirements: [PULUMI_CLI],
  measure: async (progress) => {
    const cli = await resolveCli(progress);
    if (cli === undefined) {
      throw new Error(`${PULUMI_CLI.name} is missing: ${PULUMI_CLI.remedy}`);
    }
    const measured: Measurement[] = [];
    for (const pops of SIZES) {
      progress(`update of ${pops} PoPs`);
      measured.push(await measure(cli, pops));
    }
    return {
      text: table(`pulumi up in the sandbox, Pulumi ${cli.version}, without checkpoints`, measured),
      figures: measured,
      broken: brokenRatio(measured),
    };
  },
};

/** The bound of 30 PoPs beside 3 (PROPERTIES, P40), in words when it is broken. */
export function brokenRatio(measured: readonly Measurement[]): string[] {
  const { ratio } = growth(measured);
  return ratio <= RATIO_LIMIT
    ? []
    : [`the engine takes ${ratio.toFixed(1)} times as long for 30 PoPs as for 3, more than ${RATIO_LIMIT} times`];
}

async function measure(cli: Cli, pops: number): Promise<Measurement> {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-bench-")));
  const stacks = path.join(folder, "stacks");
  fs.mkdirSync(stacks);
  fs.writeFileSync(path.join(stacks, "Pulumi.bench.yaml"), stringify(footprintOf(pops)));
  const sandbox = await Sandbox.open({ cli, folder, stacks });
  const memory = new Memory();
  try {
    await sandbox.select("bench");
    const started = process.hrtime.bigint();
    const { status, stdout, stderr } = await sandbox.capture(["up", "--stack", "bench", "--yes", "--skip-preview"], {
      // The local backend writes the whole state twice per step, and would be most of what is measured.
      PULUMI_SKIP_CHECKPOINTS: "true",
    });
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    const created = /^ +\+ (\d+) created$/m.exec(stdout)?.[1];
    if (status !== 0 || created === undefined) {
      throw new Error(`the update of ${pops} PoPs ended with ${status}:\n${stdout}\n${stderr}`);
    }
    return { pops, resources: Number(created), seconds, megabytes: memory.peak() };
  } finally {
    memory.stop();
    sandbox.close();
    fs.rmSync(folder, { recursive: true });
  }
}

/** Resident memory of this process, which has the stand-in, and of all below it: engine and program. */
class Memory {
  private highest = 0;
  private readonly timer = setInterval(() => {
    this.highest = Math.max(this.highest, kilobytesOfTree(process.pid));
  }, 500);

  /** Megabytes. */
  peak(): number {
    return Math.round(this.highest / 1024);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

function kilobytesOfTree(root: number): number {
  const all = execFileSync("ps", ["-e", "-o", "pid=,ppid=,rss="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [pid: number, parent: number, kilobytes: number]);
  const below = (pid: number): number =>
    all.filter(([, parent]) => parent === pid).reduce((sum, [child, , size]) => sum + size + below(child), 0);
  return (all.find(([pid]) => pid === root)?.[2] ?? 0) + below(root);
}
