import { existsSync, statSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NVME } from "../startScripts";
import { reasonOf, type Log } from "./log";
import type { Switches } from "./switches";

export interface NodeHealthOptions {
  readonly switches: Switches;
  readonly log: Log;
  /** Folders that must take what is written to them; default: the agent's own, and the NVMe disk where there is one. */
  readonly folders?: readonly string[];
}

/** Where the agent keeps what it must not lose. */
const STATE_FOLDER = "/var/lib/footprint";

/** Looks in a row that must agree. */
const AGREE = 3;
/** A disk that takes longer than this for one small file hangs. */
const LIMIT_MS = 4000;
/** Above a block, so that a file system without a free one refuses it; ext4 when what it keeps for root is used up, too. */
const PROBE = Buffer.alloc(16 * 1024, "footprint");

/** The agent's say in node health: disks alone. Whether Varnish answers is HAProxy's own to see. */
export class NodeHealth {
  private inRow = 0;
  /** A write that hangs cannot be called back: there is at most one for each folder. */
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(private readonly options: NodeHealthOptions) {}

  /** Why node health is 503 by the agent's doing; undefined when it is not. */
  get problem(): string | undefined {
    return this.options.switches.reason("node");
  }

  /**
   * One look at each folder. Three failures in a row set the switch `node`, three successes lift it. While the node
   * leaves, the switch is the drain's.
   */
  async look(): Promise<void> {
    const { switches, log } = this.options;
    if (switches.reason("draining") !== undefined) {
      return;
    }
    const found = await this.firstProblem();
    const held = switches.reason("node");
    this.inRow = (found === undefined) === (held === undefined) ? 0 : this.inRow + 1;
    if (this.inRow > 0 && found !== undefined) {
      log.warn("disk cannot be written", { problem: found, inRow: this.inRow });
    }
    const agreed = this.inRow >= AGREE;
    this.inRow = agreed ? 0 : this.inRow;
    await switches.set("node", agreed ? found : held);
  }

  private async firstProblem(): Promise<string | undefined> {
    const problems = await Promise.all(this.folders().map((folder) => this.problemOf(folder)));
    return problems.find((each) => each !== undefined);
  }

  private folders(): readonly string[] {
    return this.options.folders ?? [STATE_FOLDER, ...(isMountPoint(NVME) ? [NVME] : [])];
  }

  private async problemOf(folder: string): Promise<string | undefined> {
    const write = this.underWay.get(folder) ?? this.write(folder);
    try {
      return await Promise.race([
        write.then(() => undefined),
        sleep(LIMIT_MS, `${folder} does not take a file within ${String(LIMIT_MS / 1000)} s`, { ref: false }),
      ]);
    } catch (error) {
      return `${folder} cannot be written: ${reasonOf(error)}`;
    }
  }

  private write(folder: string): Promise<void> {
    const write = writeAndForget(join(folder, ".writable")).finally(() => this.underWay.delete(folder));
    this.underWay.set(folder, write);
    return write;
  }
}

async function writeAndForget(file: string): Promise<void> {
  try {
    const handle = await open(file, "w", 0o600);
    try {
      await handle.writeFile(PROBE);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } finally {
    await rm(file, { force: true });
  }
}

function isMountPoint(folder: string): boolean {
  return existsSync(folder) && statSync(folder).dev !== statSync(dirname(folder)).dev;
}
