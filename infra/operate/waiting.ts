import { setTimeout as sleep } from "node:timers/promises";
import { awsReason } from "../terminal/awsReason";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";

/** Seconds between two looks. */
const PACE = 1;

/** What was seen last: a view, or why there is none. */
export type Seen<T> = { readonly view: T } | { readonly problem: string };

/**
 * Looks again and again until the view is as wanted or the time is over; at least once. What a look throws is taken for
 * something that passes.
 */
export async function until<T>(
  seconds: number,
  look: () => Promise<T>,
  isWanted: (view: T) => boolean,
): Promise<Seen<T>> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look().then(
      (view): Seen<T> => ({ view }),
      (error: unknown): Seen<T> => ({ problem: awsReason(error) }),
    );
    if (("view" in seen && isWanted(seen.view)) || performance.now() + PACE * 1000 > end) {
      return seen;
    }
    await sleep(PACE * 1000);
  }
}

/** Seconds as the command line gives them. */
export function timeout(text: string): number {
  const seconds = Number(text);
  if (!/^\d{1,5}$/.test(text) || seconds < 1) {
    throw new UserError(`--timeout: must be a whole number of seconds from 1 to 99999, got "${text}"`, exitCodes.usage);
  }
  return seconds;
}
