import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf, type Log } from "./log";

/**
 * Does something again and again until the signal ends it, one run after the other. What a run throws is logged, when
 * it differs from what the last one threw, and the next comes all the same: an agent outlives all that it talks to.
 */
export async function every(
  seconds: number,
  { name, log, signal }: { readonly name: string; readonly log: Log; readonly signal: AbortSignal },
  run: () => Promise<void>,
): Promise<void> {
  let former: string | undefined;
  while (!signal.aborted) {
    let reason: string | undefined;
    try {
      await run();
    } catch (error) {
      reason = reasonOf(error);
    }
    if (reason !== former) {
      if (reason === undefined) {
        log.info(`${name} works again`);
      } else {
        log.warn(`${name} failed`, { reason });
      }
      former = reason;
    }
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}
