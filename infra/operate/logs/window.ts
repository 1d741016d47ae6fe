import { exitCodes } from "../../terminal/exitCodes";
import { UserError } from "../../terminal/userError";

/** From when until when, milliseconds since 1970: the end is not in it. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const HOUR = MS.h;

/** Longest window: what a log bucket keeps by default, and two days more. */
const LONGEST = 32 * MS.d;

/**
 * The window that the command line names: each end as a time (ISO 8601, UTC where it says no zone) or as so long ago.
 *
 * @throws UserError when there is none
 */
export function windowOf(since: string, until: string | undefined, now: number): Window {
  const from = timeOf("--since", since, now);
  const to = until === undefined ? now : timeOf("--until", until, now);
  if (from >= to) {
    throw new UserError(
      `--since: must be before ${until === undefined ? "now" : "--until"}, got "${since}"${until === undefined ? "" : ` and "${until}"`}`,
      exitCodes.usage,
    );
  }
  if (to - from > LONGEST) {
    throw new UserError(
      `--since: must be at most ${String(LONGEST / MS.d)} days before the end, got "${since}"; for more, Athena reads the bucket (infra/operate/LOGS.md)`,
      exitCodes.usage,
    );
  }
  return { from, to };
}

function timeOf(option: string, text: string, now: number): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) {
    return now - Number(count) * MS[unit as keyof typeof MS];
  }
  const isTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const zoned = /T/.test(text) && !/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? `${text}Z` : text;
  const time = isTime ? Date.parse(zoned) : NaN;
  if (Number.isNaN(time)) {
    throw new UserError(
      `${option}: must be so long ago (90s, 15m, 6h, 2d) or a time (2026-11-28T07:00Z), got "${text}"`,
      exitCodes.usage,
    );
  }
  return time;
}

/** Hours in UTC that a window touches, oldest first, as `2026-11-28T07`. */
export function hoursOf({ from, to }: Window): readonly string[] {
  const first = Math.floor(from / HOUR);
  const count = Math.ceil(to / HOUR) - first;
  return Array.from({ length: count }, (_, i) => new Date((first + i) * HOUR).toISOString().slice(0, 13));
}
