import { z } from "zod";

/** What others count, as it was last published: by what it is, and by who counts. */
export const totalsSchema = z.record(z.string(), z.record(z.string(), z.number()));
export type Totals = z.output<typeof totalsSchema>;

/**
 * How much totals have grown, each of which begins anew with what counts it: a worker of HAProxy's after a reload, a
 * cache that was started again. What one counts after the last look, and before it ends, is not seen.
 */
export class Growth {
  /** @param former as an earlier agent has published them; undefined: nobody knows what of them it has */
  constructor(private former: Readonly<Record<string, number>> | undefined) {}

  /** At the last look. */
  get totals(): Readonly<Record<string, number>> {
    return this.former ?? {};
  }

  /**
   * @param totals by who counts; one that was not there at the last look counts from 0
   * @returns by how much all of them have grown together
   */
  of(totals: ReadonlyMap<string, number>): number {
    const { former } = this;
    this.former = Object.fromEntries(totals);
    let grown = 0;
    for (const [who, total] of former === undefined ? [] : totals) {
      const before = former?.[who] ?? 0;
      grown += total >= before ? total - before : total;
    }
    return grown;
  }
}
