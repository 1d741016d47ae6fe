import { setTimeout as sleep } from "node:timers/promises";

/** Seconds after which what has not happened does not happen any more, on slow machines too. */
const PATIENCE = 60;

/** Between two looks. */
const PAUSE_MS = 5;

/**
 * Resolves with the first value of `look` that is neither undefined nor false.
 *
 * @param event what is waited for, as an error calls it
 * @param patience seconds; default: enough for anything that does not compile or boot
 */
export async function until<T>(
  event: string,
  look: () => T | Promise<T>,
  patience: number = PATIENCE,
): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + patience * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) {
      return seen as Exclude<T, undefined | false>;
    }
    if (Date.now() > end) {
      throw new Error(`${event}: not within ${patience} s`);
    }
    await sleep(PAUSE_MS);
  }
}
