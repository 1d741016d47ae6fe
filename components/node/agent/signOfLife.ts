import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { SEEN_FILE, SEEN_KEY } from "../protocol/switches";
import { HaproxyAway, type HaproxyRuntime } from "./haproxy";

export interface SignOfLifeOptions {
  readonly haproxy: Pick<HaproxyRuntime, "setMap">;
  /** Default: where HAProxy reads it. */
  readonly file?: string;
  /** Seconds since 1970, by the clock that HAProxy goes by, too. */
  readonly now?: () => number;
}

/**
 * The agent's sign of life, for the dead man's switch in HAProxy: until when purges are known to have been carried out. An
 * agent that is dead, hangs or cannot read the log gives none that is newer.
 */
export class SignOfLife {
  constructor(private readonly options: SignOfLifeOptions) {}

  /**
   * In the file, for HAProxy's next start, and in the running HAProxy.
   *
   * @param lag seconds since the node last knew that there was no newer purge
   */
  async give(lag: number): Promise<void> {
    const { haproxy, file = SEEN_FILE, now = () => Date.now() / 1000 } = this.options;
    const seen = String(Math.floor(now() - lag));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, `${SEEN_KEY} ${seen}\n`);
    renameSync(`${file}.new`, file);
    try {
      await haproxy.setMap(file, SEEN_KEY, seen);
    } catch (error) {
      if (!(error instanceof HaproxyAway)) {
        throw error;
      }
    }
  }
}
