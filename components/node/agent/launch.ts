import { AGENT_FILES } from "../agentFiles";
import { TIMING } from "../timing";
import { readIfThere, writeDurably } from "./durableFile";
import type { Lifecycle } from "./lifecycle";
import { reasonOf, type Log } from "./log";

export interface LaunchOptions {
  readonly lifecycle: Pick<Lifecycle, "complete" | "state">;
  /** What a node must have before clients come, beside its health; undefined when nothing is missing. */
  readonly missing: () => string | undefined;
  /** What the node answers for its health: "ok", or why not. */
  readonly health: () => Promise<string>;
  readonly log: Log;
  /** Where it is noted until the next boot; default: its place on a node. */
  readonly file?: string;
  /** Seconds on a clock that only goes forward. */
  readonly now?: () => number;
}

/** Seconds between two tries to end the group's wait. */
const RETRY = 5;

/**
 * The end of a boot: once the node can serve, its group is told, and told again until it has heard it. "Nothing to
 * complete" is also what Auto Scaling answers while its action is not there yet.
 */
export class Launch {
  private readonly file: string;
  private readonly begun: number;
  private completed: boolean;
  private waitsFor: string | undefined;
  private triedAt = -Infinity;

  constructor(private readonly options: LaunchOptions) {
    this.file = options.file ?? AGENT_FILES.launched;
    this.completed = readIfThere(this.file) !== undefined;
    this.begun = this.now();
  }

  /** The group has been told, or does not ask. */
  get done(): boolean {
    return this.completed;
  }

  /** One look whether the node can serve. */
  async look(): Promise<void> {
    if (this.completed) {
      return;
    }
    const { missing, health, log } = this.options;
    const lacks = missing() ?? illness(await health());
    if (lacks !== this.waitsFor) {
      log.info(lacks === undefined ? "ready to serve" : "not ready to serve", { lacks });
      this.waitsFor = lacks;
    }
    if (lacks !== undefined || this.now() - this.triedAt < RETRY) {
      return;
    }
    this.triedAt = this.now();
    const end = await this.end();
    if (end !== undefined) {
      writeDurably(this.file, `${end}\n`);
      this.completed = true;
      log.info("in service", { launching: end });
    }
  }

  /** How the launch has ended; undefined while it may still go on. */
  private async end(): Promise<string | undefined> {
    const { lifecycle, log } = this.options;
    if ((await lifecycle.complete("launching")) === "completed") {
      return "completed";
    }
    try {
      const state = await lifecycle.state();
      if (state !== undefined && !state.startsWith("Pending")) {
        return `the group says ${state}`;
      }
    } catch (error) {
      log.warn("the group does not say how it sees this node", { reason: reasonOf(error) });
    }
    // The group itself has given up by then.
    return this.now() - this.begun >= TIMING.launchingHeartbeat ? "nobody waits" : undefined;
  }

  private now(): number {
    return this.options.now?.() ?? performance.now() / 1000;
  }
}

function illness(health: string): string | undefined {
  return health === "ok" ? undefined : health;
}
