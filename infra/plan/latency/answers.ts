// Who is answered by whom. Pure and without imports: the page in the browser runs this very file.

/** Where users are, and how long a round trip from there takes. */
export interface Place {
  /** City. */
  readonly name: string;
  /** ISO 3166 code. */
  readonly country: string;
  readonly lat: number;
  readonly lon: number;
  /** Share of all users, 0 to 1; the shares of all places add up to 1. */
  readonly share: number;
  /** Round-trip time by region, ms; a region without a figure is absent. */
  readonly ms: Readonly<Record<string, number>>;
}

/** By which PoP a place is answered; null when none of them has a figure. */
export type Answer = { readonly pop: string; readonly ms: number } | null;

/** Round-trip times of users, ms: half and 95 % of them have at most this. */
export interface Latency {
  readonly median: number;
  readonly p95: number;
  readonly mean: number;
}

/** A PoP's users in one state of the footprint. */
export interface PopUsers {
  readonly region: string;
  /** Of all users, 0 to 1. */
  readonly share: number;
  /** Null without users. */
  readonly latency: Latency | null;
}

/**
 * The PoP that answers a place: the one with the shortest round trip, as Route 53's latency routing chooses (it goes by
 * its own measurements, which nobody else has). Of equal ones the first in code-unit order, so that any order of `pops`
 * gives the same.
 */
export function answer({ ms }: Pick<Place, "ms">, pops: readonly string[]): Answer {
  return pops.reduce<Answer>((best, pop) => {
    const own = ms[pop];
    if (own === undefined) {
      return best;
    }
    const better = best === null || own < best.ms || (own === best.ms && pop < best.pop);
    return better ? { pop, ms: own } : best;
  }, null);
}

/** The answers of all places, in their order. */
export function answers(places: readonly Place[], pops: readonly string[]): readonly Answer[] {
  return places.map((place) => answer(place, pops));
}

/** Share and latency of each PoP's users, in the order of `pops`. */
export function popUsers(places: readonly Place[], given: readonly Answer[], pops: readonly string[]): PopUsers[] {
  const byPop = new Map<string, Sample[]>(pops.map((region) => [region, []]));
  given.forEach((each, index) => {
    if (each !== null) {
      byPop.get(each.pop)?.push({ ms: each.ms, share: places[index]?.share ?? 0 });
    }
  });
  return [...byPop].map(([region, samples]) => ({ region, share: total(samples), latency: latency(samples) }));
}

/** The latency of all users that are answered. */
export function usersLatency(places: readonly Place[], given: readonly Answer[]): Latency | null {
  return latency(
    given.flatMap((each, index) => (each === null ? [] : [{ ms: each.ms, share: places[index]?.share ?? 0 }])),
  );
}

export interface Sample {
  readonly ms: number;
  readonly share: number;
}

/** Sums of shares differ in their last bits with the order of addition. */
const ROUNDING = 1e-12;

/** Median, 95th percentile and mean, each sample counting by its share; null when they hold no users. */
export function latency(samples: readonly Sample[]): Latency | null {
  const all = total(samples);
  if (all <= 0) {
    return null;
  }
  const sorted = samples.filter(({ share }) => share > 0).sort((a, b) => a.ms - b.ms);
  const quantile = (part: number): number => {
    let seen = 0;
    return sorted.find(({ share }) => (seen += share) >= all * part - ROUNDING)?.ms ?? sorted.at(-1)?.ms ?? 0;
  };
  const mean = sorted.reduce((sum, { ms, share }) => sum + ms * share, 0) / all;
  return { median: quantile(0.5), p95: quantile(0.95), mean };
}

function total(samples: readonly Sample[]): number {
  return samples.reduce((sum, { share }) => sum + share, 0);
}
