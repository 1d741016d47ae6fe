import { setTimeout as sleep } from "node:timers/promises";

/**
 * Seconds after which what has not happened does not happen any more, on a machine that is slow and busy too: it only
 * ends what hangs, with a word on what was waited for, before Jest does so without one.
 */
const PATIENCE = 500;

/** Between two looks. */
const PAUSE_MS = 20;

/**
 * Resolves with the first value of `look` that is neither undefined nor false.
 *
 * @param event what is waited for, as an error calls it
 */
export async function until<T>(event: string, look: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + PATIENCE * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) {
      return seen as Exclude<T, undefined | false>;
    }
    if (Date.now() > end) {
      throw new Error(`${event}: not within ${PATIENCE} s`);
    }
    await sleep(PAUSE_MS);
  }
}
