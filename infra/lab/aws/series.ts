/** What was published of a metric: each value with how often it came. */
export interface Datum {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly at: Date;
  readonly values: readonly (readonly [value: number, count: number])[];
}

/** A metric, and how its data become one value a period. */
export interface Statistic extends Pick<Datum, "region" | "namespace" | "name" | "dimensions"> {
  readonly stat: string;
  /** Seconds. */
  readonly period: number;
}

/**
 * Values of a metric by the start of their period, seconds since 1970, in the order of what was published. A period without data has none.
 *
 * @param from seconds since 1970
 * @param to the same, not included
 * @throws Error for a statistic that is not known here
 */
export function series(data: readonly Datum[], wanted: Statistic, from: number, to: number): Map<number, number> {
  const dimensions = keyOf(wanted.dimensions);
  const periods = new Map<number, (readonly [number, number])[]>();
  for (const datum of data) {
    const at = datum.at.getTime() / 1000;
    const isWanted =
      datum.region === wanted.region &&
      datum.namespace === wanted.namespace &&
      datum.name === wanted.name &&
      at >= from &&
      at < to &&
      keyOf(datum.dimensions) === dimensions;
    if (isWanted) {
      const start = Math.floor(at / wanted.period) * wanted.period;
      periods.set(start, [...(periods.get(start) ?? []), ...datum.values]);
    }
  }
  return new Map([...periods].map(([start, values]) => [start, statistic(wanted.stat, values)]));
}

/** Statistics that are known here. */
export const STATISTICS = ["Sum", "Maximum", "Minimum", "Average", "SampleCount", "p99"] as const;

function statistic(name: string, values: readonly (readonly [number, number])[]): number {
  const sorted = [...values].sort(([a], [b]) => a - b);
  const count = sorted.reduce((all, [, n]) => all + n, 0);
  const sum = sorted.reduce((all, [value, n]) => all + value * n, 0);
  switch (name) {
    case "Sum":
      return sum;
    case "Average":
      return sum / count;
    case "SampleCount":
      return count;
    case "Maximum":
      return sorted.at(-1)?.[0] ?? NaN;
    case "Minimum":
      return sorted[0]?.[0] ?? NaN;
    case "p99": {
      let seen = 0;
      return sorted.find(([, n]) => (seen += n) >= 0.99 * count)?.[0] ?? NaN;
    }
    default:
      throw new Error(`${name} is no statistic here`);
  }
}

function keyOf(dimensions: Datum["dimensions"]): string {
  return JSON.stringify(Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)));
}
