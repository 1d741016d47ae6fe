import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { SWITCHES, SWITCHES_FILE, type Switch } from "../protocol/switches";
import { HaproxyAway, type HaproxyRuntime } from "./haproxy";
import type { Log } from "./log";

export interface SwitchesOptions {
  readonly haproxy: Pick<HaproxyRuntime, "setMap" | "deleteMap">;
  readonly log: Log;
  /** Default: where HAProxy reads it. */
  readonly file?: string;
}

/** Longest reason: it is one line of an answer. */
const REASON_LIMIT = 200;

/** The switches by which the agent tells HAProxy what to answer. The file holds them, so that they outlive both. */
export class Switches {
  constructor(private readonly options: SwitchesOptions) {}

  /**
   * Sets a switch, or lifts it: in the file, then in the running HAProxy, which is asked whether it has. That HAProxy is
   * away is no error: it reads the file when it starts. To be repeated while it holds, since a reload may come between the file and the word.
   */
  async set(which: Switch, reason: string | undefined): Promise<void> {
    const held = this.read();
    const wanted = reason === undefined ? undefined : printable(reason);
    if (held.get(which) !== wanted) {
      if (wanted === undefined) {
        held.delete(which);
      } else {
        held.set(which, wanted);
      }
      this.write(held);
      this.options.log.info(`switch ${which} ${wanted === undefined ? "lifted" : "set"}`, { reason: wanted });
    }
    await this.tell(which, wanted);
  }

  /** Why a switch is set; undefined when it is not. */
  reason(which: Switch): string | undefined {
    return this.read().get(which);
  }

  private get file(): string {
    return this.options.file ?? SWITCHES_FILE;
  }

  private async tell(which: Switch, reason: string | undefined): Promise<void> {
    try {
      await (reason === undefined
        ? this.options.haproxy.deleteMap(this.file, which)
        : this.options.haproxy.setMap(this.file, which, reason));
    } catch (error) {
      if (!(error instanceof HaproxyAway)) {
        throw error;
      }
    }
  }

  private read(): Map<Switch, string> {
    const lines = textOf(this.file).split("\n");
    return new Map(
      Object.values(SWITCHES).flatMap((which) => {
        const line = lines.find((each) => each.startsWith(`${which} `));
        return line === undefined ? [] : [[which, line.slice(which.length + 1)] as const];
      }),
    );
  }

  private write(held: ReadonlyMap<Switch, string>): void {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.new`, [...held].map(([which, reason]) => `${which} ${reason}\n`).join(""));
    renameSync(`${this.file}.new`, this.file);
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** What may stand in a line of a map, in a command of HAProxy's, and in a body that anyone may read. */
function printable(reason: string): string {
  const line = reason
    .replaceAll(/[^ -~]+/g, " ")
    .trim()
    .slice(0, REASON_LIMIT)
    .trim();
  return line === "" ? "no reason given" : line;
}
