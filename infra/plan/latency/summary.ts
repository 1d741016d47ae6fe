import type { FootprintConfig } from "../../config/model";
import { answer, answers, type Latency, popUsers, usersLatency } from "./answers";
import { type Bounds, shareBounds, TOLERANCE } from "./sensitivity";
import type { Users } from "./weights";

/** How near a footprint is to its users. */
export interface UsersSummary {
  /** What the round-trip times are, with their date. */
  readonly figures: string;
  /** Whose users are counted, with their date. */
  readonly weights: string;
  /** Part of the users of whom nothing is said, since their countries have no place in the table; 0 to 1. */
  readonly elsewhere: number;
  /** By how much a figure is taken to be off, at most, where bounds are given. */
  readonly tolerance: number;
  /** Null without an active PoP that has figures. */
  readonly latency: Latency | null;
  /** The same users without the footprint, each asking where the origin is taken to be. */
  readonly origin: { readonly region: string; readonly latency: Latency | null };
  /** Part of the users whom another PoP may answer if figures are off by the tolerance. */
  readonly undecided: number;
  /** Places with users that are farthest from who answers them. */
  readonly worst: readonly WorstPlace[];
  /** PoPs of which the table has no figure: nobody is counted to them. */
  readonly withoutFigures: readonly string[];
}

export interface WorstPlace {
  readonly name: string;
  readonly country: string;
  readonly pop: string;
  readonly ms: number;
}

/** One PoP's users. */
export interface PopUsersSummary {
  /** Of all users, 0 to 1; null where the table has no figure of the PoP. */
  readonly share: number | null;
  readonly bounds: Bounds | null;
  readonly latency: Latency | null;
}

/** How many of the farthest places are named. */
const WORST = 5;

/** @param origin region in which the origin is taken to be */
export function usersSummary(config: Pick<FootprintConfig, "pops">, users: Users, origin: string): UsersSummary {
  const { places } = users;
  const pops = activePops(config);
  const given = answers(places, pops);
  const measured = new Set(places.flatMap(({ ms }) => Object.keys(ms)));
  const sure = pops.reduce((sum, pop) => sum + shareBounds(places, pops, pop).least, 0);
  return {
    figures: users.figures,
    weights: users.weights,
    elsewhere: users.elsewhere,
    tolerance: TOLERANCE,
    latency: usersLatency(places, given),
    origin: { region: origin, latency: usersLatency(places, answers(places, [origin])) },
    undecided: Math.max(0, 1 - sure),
    worst: worstPlaces(users, pops),
    withoutFigures: pops.filter((pop) => !measured.has(pop)),
  };
}

/** Share and latency of each active PoP's users, by region. */
export function popUsersSummaries(
  config: Pick<FootprintConfig, "pops">,
  { places }: Users,
): ReadonlyMap<string, PopUsersSummary> {
  const pops = activePops(config);
  const measured = new Set(places.flatMap(({ ms }) => Object.keys(ms)));
  return new Map(
    popUsers(places, answers(places, pops), pops).map(({ region, share, latency }) => [
      region,
      measured.has(region)
        ? { share, bounds: shareBounds(places, pops, region), latency }
        : { share: null, bounds: null, latency: null },
    ]),
  );
}

function activePops(config: Pick<FootprintConfig, "pops">): readonly string[] {
  return config.pops.filter(({ state }) => state === "active").map(({ region }) => region);
}

/** The places with users that are farthest from who answers them, the farthest first. */
function worstPlaces({ places }: Pick<Users, "places">, pops: readonly string[]): readonly WorstPlace[] {
  return places
    .flatMap((place) => {
      const given = place.share > 0 ? answer(place, pops) : null;
      return given === null ? [] : [{ name: place.name, country: place.country, ...given }];
    })
    .sort((a, b) => b.ms - a.ms || (a.name < b.name ? -1 : 1))
    .slice(0, WORST);
}
