import { setTimeout as sleep } from "node:timers/promises";

/** What has not happened after this long does not happen any more, on slow machines too. */
const PATIENCE_MS = 20_000;

/** Between two looks. */
const PAUSE_MS = 5;

/**
 * Resolves with the first value of `look` that is neither undefined nor false.
 *
 * @param event what is waited for, as an error calls it
 */
export async function until<T>(event: string, look: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) {
      return seen as Exclude<T, undefined | false>;
    }
    if (Date.now() > end) {
      throw new Error(`${event}: not within ${PATIENCE_MS} ms`);
    }
    await sleep(PAUSE_MS);
  }
}
