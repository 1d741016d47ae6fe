// How load follows users. Pure: the page in the browser runs this very file.

import { type Answer, answers, type Latency, type Place, usersLatency } from "./answers";

/** What a PoP has to carry towards its users and what it can, Gbit/s. */
export interface PopLoad {
  readonly region: string;
  /** At its peak. */
  readonly load: number;
  /** With `nodes.min` and with `nodes.max` nodes. */
  readonly atMin: number;
  readonly atMax: number;
}

/** The loss of one PoP or of several at once. */
export interface Loss {
  readonly lost: readonly string[];
  /** What the lost PoPs carried, Gbit/s. */
  readonly load: number;
  /** The part of it whose users have nowhere to go in the table, Gbit/s: no user is known, or no other PoP has a figure. */
  readonly unplaced: number;
  /** Who carries it then, the largest part first. */
  readonly takers: readonly Taker[];
  /** All users' latency then. */
  readonly latency: Latency | null;
  /** That of the users who were answered by what is lost, before and then. */
  readonly moved: { readonly before: Latency | null; readonly after: Latency | null };
}

export interface Taker {
  readonly region: string;
  /** Part of the lost load, 0 to 1. */
  readonly share: number;
  /** What comes to it, and what it carries then, Gbit/s. */
  readonly taken: number;
  readonly total: number;
  /** Does its minimum size carry that (static stability), and its maximum size. */
  readonly withinMin: boolean;
  readonly withinMax: boolean;
}

/** A sum of parts is not the last bit of the whole. */
const ROUNDING = 1e-9;

export function carries(capacity: number, load: number): boolean {
  return load <= capacity + ROUNDING;
}

/**
 * What each place draws at peak, Gbit/s, in the order of places: a PoP's load is that of its users, by their shares. Load
 * of a PoP without users is at no place.
 */
export function demands(
  places: readonly Place[],
  given: readonly Answer[],
  pops: readonly PopLoad[],
): readonly number[] {
  const users = new Map<string, number>();
  given.forEach((each, index) => {
    if (each !== null) {
      users.set(each.pop, (users.get(each.pop) ?? 0) + (places[index]?.share ?? 0));
    }
  });
  const loads = new Map(pops.map(({ region, load }) => [region, load]));
  return given.map((each, index) => {
    const share = places[index]?.share ?? 0;
    return each === null || share === 0 ? 0 : ((loads.get(each.pop) ?? 0) * share) / (users.get(each.pop) ?? share);
  });
}

/** A footprint as it is, from which losses are counted. */
export interface Baseline {
  readonly places: readonly Place[];
  readonly pops: readonly PopLoad[];
  readonly given: readonly Answer[];
  /** Gbit/s by place. */
  readonly demand: readonly number[];
}

export function baseline(places: readonly Place[], pops: readonly PopLoad[]): Baseline {
  const given = answers(
    places,
    pops.map(({ region }) => region),
  );
  return { places, pops, given, demand: demands(places, given, pops) };
}

/** Where the users of what is lost go, and what that means for those who take them. */
export function lose({ places, pops, given, demand }: Baseline, lost: readonly string[]): Loss {
  const left = pops.filter(({ region }) => !lost.includes(region));
  const after = answers(
    places,
    left.map(({ region }) => region),
  );
  const taken = new Map<string, number>();
  const moved = given.flatMap((was, index) => (was !== null && lost.includes(was.pop) ? [index] : []));
  for (const index of moved) {
    const pop = after[index]?.pop;
    if (pop !== undefined) {
      taken.set(pop, (taken.get(pop) ?? 0) + (demand[index] ?? 0));
    }
  }
  const load = pops.filter(({ region }) => lost.includes(region)).reduce((sum, pop) => sum + pop.load, 0);
  const takers = left
    .map((pop) => taker(pop, taken.get(pop.region) ?? 0, load))
    .filter((each) => each.taken > 0)
    .sort((a, b) => b.taken - a.taken || (a.region < b.region ? -1 : 1));
  const unplaced = load - takers.reduce((sum, each) => sum + each.taken, 0);
  const who = moved.flatMap((index) => places[index] ?? []);
  const of = (all: readonly Answer[]) =>
    usersLatency(
      who,
      moved.map((index) => all[index] ?? null),
    );
  return {
    lost,
    load,
    unplaced: carries(0, unplaced) ? 0 : unplaced,
    takers,
    latency: usersLatency(places, after),
    moved: { before: of(given), after: of(after) },
  };
}

function taker({ region, load: own, atMin, atMax }: PopLoad, taken: number, load: number): Taker {
  const total = own + taken;
  return {
    region,
    share: load === 0 ? 0 : taken / load,
    taken,
    total,
    withinMin: carries(atMin, total),
    withinMax: carries(atMax, total),
  };
}
