import { between, type LatencyTable } from "./table";

/** A region as the one between the other PoPs and the origin. */
export interface Shield {
  readonly region: string;
  /** Round trips from the PoPs, on average over their users, ms: to the shield, for what it holds. */
  readonly found: number;
  /** Through the shield to the origin, for what neither holds. */
  readonly fetched: number;
  /** What the way over the shield adds to a fetch from the origin. */
  readonly added: number;
}

/**
 * Each region as a shield, the one that adds least first, of equal ones the one nearest to the PoPs. Regions without a
 * figure to the origin or from a PoP are left out.
 *
 * @param pops share of users by PoP
 * @param origin region in which the origin is taken to be
 */
export function shields(
  table: LatencyTable,
  pops: ReadonlyMap<string, number>,
  origin: string,
  regions: readonly string[],
): readonly Shield[] {
  const users = [...pops.values()].reduce((sum, share) => sum + share, 0);
  return regions
    .flatMap((region): Shield[] => {
      const onward = way(table, region, origin);
      let [found, fetched, direct] = [0, 0, 0];
      for (const [pop, share] of pops) {
        // What the shield's own users miss goes to the origin at once.
        const there = way(table, pop, region);
        found += there * share;
        fetched += (there + onward) * share;
        direct += way(table, pop, origin) * share;
      }
      const all = { region, found: found / users, fetched: fetched / users, added: (fetched - direct) / users };
      return Number.isFinite(all.added) ? [all] : [];
    })
    .sort((a, b) => a.added - b.added || a.found - b.found || (a.region < b.region ? -1 : 1));
}

/** Round trip between two regions, ms; nothing within one, NaN without a figure. */
function way(table: LatencyTable, from: string, to: string): number {
  return from === to ? 0 : (between(table, from, to) ?? between(table, to, from) ?? NaN);
}
