// What changes if figures are off. Pure: the page in the browser runs this very file.

import type { Place } from "./answers";

/**
 * By how much a figure may be off, as a part of it: what half of the table's figures differ from those of RIPE Atlas seven
 * years later is 0.15 (test/plan/latencyTable.test.ts).
 */
export const TOLERANCE = 0.2;

/** The least and the most of a share, when each figure may be off by the tolerance in either direction, each by itself. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** Bounds of a PoP's share of all users. */
export function shareBounds(places: readonly Place[], pops: readonly string[], pop: string): Bounds {
  const others = pops.filter((each) => each !== pop);
  return {
    least: sum(places.filter(({ ms }) => surely(ms, pop, others))),
    most: sum(places.filter(({ ms }) => possibly(ms, pop, others))),
  };
}

/** Bounds of the part of a lost PoP's users that `taker` takes; both 0 when nobody can have been answered by it. */
export function takerBounds(places: readonly Place[], pops: readonly string[], lost: string, taker: string): Bounds {
  const others = pops.filter((each) => each !== lost);
  const rest = others.filter((each) => each !== taker);
  const was = places.filter(({ ms }) => possibly(ms, lost, others));
  const certain = was.filter(({ ms }) => surely(ms, lost, others));
  // The most: every place that can have been there and come here, beside those that were there for sure and cannot come.
  const canCome = sum(was.filter(({ ms }) => possibly(ms, taker, rest)));
  const staysAway = sum(certain.filter(({ ms }) => !possibly(ms, taker, rest)));
  // The least: only those that were there for sure and must come, beside every other that can have been there.
  const mustCome = sum(certain.filter(({ ms }) => surely(ms, taker, rest)));
  const goesElsewhere = sum(was.filter(({ ms }) => !surely(ms, taker, rest)));
  return { least: part(mustCome, goesElsewhere), most: part(canCome, staysAway) };
}

/** Could the PoP be the nearest of all, its own figure being less and the others' being more. */
function possibly(ms: Place["ms"], pop: string, others: readonly string[]): boolean {
  const own = ms[pop];
  return own !== undefined && own * (1 - TOLERANCE) <= nearest(ms, others) * (1 + TOLERANCE);
}

/** Is the PoP the nearest of all even with its own figure being more and the others' being less. */
function surely(ms: Place["ms"], pop: string, others: readonly string[]): boolean {
  const own = ms[pop];
  return own !== undefined && own * (1 + TOLERANCE) < nearest(ms, others) * (1 - TOLERANCE);
}

function nearest(ms: Place["ms"], pops: readonly string[]): number {
  return Math.min(Infinity, ...pops.map((pop) => ms[pop] ?? Infinity));
}

function sum(places: readonly Place[]): number {
  return places.reduce((total, { share }) => total + share, 0);
}

function part(here: number, elsewhere: number): number {
  return here === 0 ? 0 : here / (here + elsewhere);
}
