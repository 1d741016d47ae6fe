// What the page shows for a choice of lost PoPs and added regions. Pure: tested without a browser.

import { type Answer, answers, type Latency, popUsers, usersLatency } from "../latency/answers";
import { carries, demands, type PopLoad } from "../latency/loads";
import type { PageData, PageRegion } from "./data";

export interface Choice {
  readonly lost: ReadonlySet<string>;
  readonly added: ReadonlySet<string>;
}

export interface Scenario {
  /** Who answers each place, in the order of the data's places. */
  readonly given: readonly Answer[];
  /** PoPs that answer, and those that are lost, in the order of the data's regions. */
  readonly rows: readonly Row[];
  readonly latency: Latency | null;
}

export interface Row {
  readonly region: PageRegion;
  readonly state: "planned" | "lost" | "added";
  readonly share: number;
  readonly latency: Latency | null;
  /** Gbit/s that its users draw; null for a lost one. */
  readonly load: number | null;
  /** How it carries that; null where it has no capacity to compare with. */
  readonly size: "minimum" | "maximum" | "too much" | null;
}

/** The same users asking the origin itself. */
export function withoutFootprint({ places, origin }: PageData): Latency | null {
  return usersLatency(places, answers(places, [origin]));
}

/** The state of the footprint after the choice. Each place goes on drawing what it draws as planned. */
export function scenario(data: PageData, { lost, added }: Choice): Scenario {
  const { places, regions } = data;
  const planned = regions.filter(({ state }) => state === "active");
  const serving = regions.filter(({ code, state }) => (state === "active" && !lost.has(code)) || added.has(code));
  const codes = serving.map(({ code }) => code);
  const loads = planned.flatMap(({ load }): PopLoad[] => (load === null ? [] : [load]));
  const before = answers(
    places,
    planned.map(({ code }) => code),
  );
  const demand = demands(places, before, loads);
  const given = answers(places, codes);
  const drawn = new Map<string, number>();
  given.forEach((each, index) => {
    if (each !== null) {
      drawn.set(each.pop, (drawn.get(each.pop) ?? 0) + (demand[index] ?? 0));
    }
  });
  // The load of a PoP without users is at no place: it stays with the PoP.
  const placed = new Set(before.flatMap((each) => (each === null ? [] : [each.pop])));
  const users = new Map(popUsers(places, given, codes).map((each) => [each.region, each]));
  const rows = regions.flatMap((region): Row[] => {
    const { code, state, load: capacity } = region;
    const found = users.get(code);
    if (found === undefined) {
      return state === "active" ? [{ region, state: "lost", share: 0, latency: null, load: null, size: null }] : [];
    }
    const load = (drawn.get(code) ?? 0) + (capacity !== null && !placed.has(code) ? capacity.load : 0);
    return [
      {
        region,
        state: state === "active" ? "planned" : "added",
        share: found.share,
        latency: found.latency,
        load,
        size: capacity === null ? null : sizeFor(capacity, load),
      },
    ];
  });
  return { given, rows, latency: usersLatency(places, given) };
}

function sizeFor({ atMin, atMax }: PopLoad, load: number): Row["size"] {
  return carries(atMin, load) ? "minimum" : carries(atMax, load) ? "maximum" : "too much";
}
