/** Neighbouring values are this far apart: a percentile is right to 4.5 %, and 0 to 100 s fit into 135 values. */
const RATIO = 2 ** (1 / 8);

/** Values that CloudWatch takes of one metric in one call. */
export const MOST_VALUES = 150;

/** How often values came, each rounded to the nearest step: what many nodes saw can be added. */
export class Distribution {
  private readonly counts = new Map<number, number>();

  /** @param value not negative; above 0 and below 1 counts as 1 */
  add(value: number): void {
    const step =
      value <= 0 ? -1 : Math.min(MOST_VALUES - 2, Math.max(0, Math.round(Math.log(value) / Math.log(RATIO))));
    this.counts.set(step, (this.counts.get(step) ?? 0) + 1);
  }

  /** Each value that came, rounded, with how often. */
  entries(): readonly (readonly [value: number, count: number])[] {
    return [...this.counts].map(([step, count]) => [step < 0 ? 0 : RATIO ** step, count] as const);
  }
}
