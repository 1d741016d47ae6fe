import { TIMED_METHODS } from "../../../components/node/protocol/metrics";
import type { LogLine } from "./line";
import type { Window } from "./window";

/** By what the busiest are told. */
export const TOPS = ["path", "client", "status", "miss", "slow"] as const;
export type TopKind = (typeof TOPS)[number];

/** What the busiest have had. */
export interface TopRow {
  readonly what: string;
  readonly requests: number;
  readonly bytes: number;
  /** Answered with 500 and above. */
  readonly errors: number;
  /** Of which the time until the first byte counts (`isTimed`). */
  readonly timed: number;
  /** Milliseconds until the first byte: of these together, and the longest. */
  readonly msFirstByte: number;
  readonly msLongest: number;
}

/** Different values that are counted apart. Beyond, those with the fewest requests so far are let go. */
const COUNTED = 200_000;

interface Count {
  requests: number;
  bytes: number;
  errors: number;
  timed: number;
  msFirstByte: number;
  msLongest: number;
}

/** The busiest by one kind. */
export class Top {
  private readonly counts = new Map<string, Count>();
  /** Some were let go: what follows are lower bounds. */
  isPartial = false;

  constructor(private readonly kind: TopKind) {}

  add(line: LogLine): void {
    const what = valueOf(this.kind, line);
    if (what === undefined) {
      return;
    }
    const count = this.counts.get(what) ?? { requests: 0, bytes: 0, errors: 0, timed: 0, msFirstByte: 0, msLongest: 0 };
    count.requests++;
    count.bytes += line.bytes;
    count.errors += line.status >= 500 ? 1 : 0;
    if (isTimed(line)) {
      count.timed++;
      count.msFirstByte += line.ms_first_byte;
      count.msLongest = Math.max(count.msLongest, line.ms_first_byte);
    }
    this.counts.set(what, count);
    if (this.counts.size > COUNTED) {
      this.letGo();
    }
  }

  rows(limit: number): readonly TopRow[] {
    const by = (row: TopRow): number => (this.kind === "slow" ? row.msFirstByte : row.requests);
    return [...this.counts]
      .map(([what, count]) => ({ what, ...count }))
      .sort((a, b) => by(b) - by(a) || (a.what < b.what ? -1 : 1))
      .slice(0, limit);
  }

  private letGo(): void {
    this.isPartial = true;
    const sorted = [...this.counts].sort(([, a], [, b]) => a.requests - b.requests);
    sorted.slice(0, COUNTED / 2).forEach(([what]) => this.counts.delete(what));
  }
}

/** Whether it has a first byte, and the time until then is not its client's, who sends a body. */
function isTimed({ method, ms_first_byte: ms }: LogLine): boolean {
  return ms >= 0 && TIMED_METHODS.has(method ?? "");
}

/** A site's paths are its own. */
function valueOf(kind: TopKind, line: LogLine): string | undefined {
  const path = `${line.site ?? "-"}${line.path ?? " (none)"}`;
  switch (kind) {
    case "path":
    case "slow":
      return path;
    case "miss":
      return line.cache === "miss" ? path : undefined;
    case "client":
      return line.client ?? "-";
    case "status":
      return String(line.status);
    default:
      return kind satisfies never;
  }
}

/** Columns of a chart. */
const STEPS = 60;
const MINUTE = 60_000;

/** Milliseconds as steps of a twelfth of their value, so that a few hundred counters hold all of them. */
const RATIO = 1.08;

/** What an operator asks first: how much, from the cache or not, wrong or not, how slow, and since when. */
export class Summary {
  readonly step: number;
  readonly requests: number[];
  readonly clientErrors: number[];
  readonly serverErrors: number[];
  readonly byCache = new Map<string, number>();
  readonly byClass = new Map<string, number>();
  bytes = 0;
  private readonly times = new Map<number, number>();

  constructor(private readonly window: Window) {
    // Whole minutes, as few as fit into a chart.
    this.step = Math.max(1, Math.ceil((window.to - window.from) / MINUTE / STEPS)) * MINUTE;
    const count = Math.ceil((window.to - window.from) / this.step);
    const zeros = (): number[] => Array.from({ length: count }, () => 0);
    [this.requests, this.clientErrors, this.serverErrors] = [zeros(), zeros(), zeros()];
  }

  add(line: LogLine): void {
    const at = Math.floor((Date.parse(line.time) - this.window.from) / this.step);
    const count = (into: number[]): void => {
      into[at] = (into[at] ?? 0) + 1;
    };
    count(this.requests);
    if (line.status >= 500) {
      count(this.serverErrors);
    } else if (line.status >= 400) {
      count(this.clientErrors);
    }
    this.bytes += line.bytes;
    increase(this.byCache, line.cache ?? "none");
    increase(this.byClass, line.status > 0 ? `${String(Math.floor(line.status / 100))}xx` : "none");
    if (isTimed(line)) {
      increase(this.times, Math.ceil(Math.log(line.ms_first_byte + 1) / Math.log(RATIO)));
    }
  }

  get total(): number {
    return this.requests.reduce((sum, each) => sum + each, 0);
  }

  /** Share of what was answered from the cache among what the cache could answer; undefined of nothing. */
  get hitRatio(): number | undefined {
    const of = (...names: readonly string[]): number =>
      names.reduce((sum, name) => sum + (this.byCache.get(name) ?? 0), 0);
    const asked = of("hit", "stale", "miss");
    return asked === 0 ? undefined : of("hit", "stale") / asked;
  }

  /** Milliseconds until the first byte that so many of the requests stay below, to 8 %; undefined of nothing. */
  msFirstByte(share: number): number | undefined {
    const sorted = [...this.times].sort(([a], [b]) => a - b);
    const all = sorted.reduce((sum, [, count]) => sum + count, 0);
    let seen = 0;
    for (const [step, count] of sorted) {
      seen += count;
      if (seen >= share * all) {
        return Math.round(RATIO ** step - 1);
      }
    }
    return undefined;
  }
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
