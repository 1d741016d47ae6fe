import { AGENT_FILES } from "../agentFiles";
import { readIfThere, writeDurably } from "./durableFile";
import type { Lifecycle } from "./lifecycle";
import type { Log } from "./log";

export interface LaunchOptions {
  readonly lifecycle: Pick<Lifecycle, "complete">;
  /** What a node must have before clients come, beside its health; undefined when nothing is missing. */
  readonly missing: () => string | undefined;
  /** What the node answers for its health: "ok", or why not. */
  readonly health: () => Promise<string>;
  readonly log: Log;
  /** Where it is noted until the next boot; default: its place on a node. */
  readonly file?: string;
}

/** The end of a boot: once the node can serve, its group is told. */
export class Launch {
  private readonly file: string;
  private completed: boolean;
  private waitsFor: string | undefined;

  constructor(private readonly options: LaunchOptions) {
    this.file = options.file ?? AGENT_FILES.launched;
    this.completed = readIfThere(this.file) !== undefined;
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
    const { lifecycle, missing, health, log } = this.options;
    const lacks = missing() ?? illness(await health());
    if (lacks !== this.waitsFor) {
      log.info(lacks === undefined ? "ready to serve" : "not ready to serve", { lacks });
      this.waitsFor = lacks;
    }
    if (lacks !== undefined) {
      return;
    }
    const completion = await lifecycle.complete("launching");
    writeDurably(this.file, `${completion}\n`);
    this.completed = true;
    log.info("in service", { launching: completion });
  }
}

function illness(health: string): string | undefined {
  return health === "ok" ? undefined : health;
}
