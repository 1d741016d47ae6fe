import { answer } from "../../plan/latency/answers";
import type { Asked } from "../cities/ask";
import type { City } from "../cities/cities";
import { urlOf, type Outcome, type Scenario, type Stage } from "./stage";

/** Timers of this machine may end so much early, ms. */
const EARLY = 2;

/** A city's two requests for a page, over one connection. */
export interface Visit {
  readonly city: City;
  readonly asked: readonly Asked[];
}

export const nearest: Scenario = {
  name: "nearest",
  title: "Every city is answered by the PoP that the data call nearest, at its latency, the second time from the cache",
  play: async (stage) => {
    const url = urlOf(stage, `/scenario/nearest/${Date.now()}`);
    const before = stage.originRequests();
    const visits: Visit[] = [];
    // One after the other: who comes first to a PoP is the one who misses.
    for (const city of stage.cities) {
      visits.push({ city, asked: await stage.visit(city, stage.host, [{ url }, { url }]) });
    }
    return judgeNearest(visits, stage.active, stage.originRequests() - before, stage.fetchers(stage.host));
  },
};

/**
 * @param active regions of PoPs that take clients
 * @param origin requests that the origin had for the page
 * @param fetchers nodes that may ask for it, once each
 */
export function judgeNearest(
  visits: readonly Visit[],
  active: Stage["active"],
  origin: number,
  fetchers: number,
): Outcome {
  const lines = visits.map(({ city, asked: [first, second] }) => {
    const wanted = answer(city, active);
    const measured = second?.times?.answer ?? NaN;
    const broken = [
      ...[first, second].flatMap((asked) => (asked?.failure === null ? [] : [asked?.failure ?? "nobody asked"])),
      ...(first?.region === wanted?.pop
        ? []
        : [`${first?.region ?? "nobody"} answered, not ${wanted?.pop ?? "nobody"}`]),
      ...(second?.cache === "hit" ? [] : [`the second request was no hit: ${second?.cache ?? "no word of a cache"}`]),
      ...(measured >= (wanted?.ms ?? 0) - EARLY ? [] : [`${measured.toFixed(0)} ms is nearer than it is`]),
    ].map((what) => `${city.name}: ${what}`);
    const figures = [wanted?.ms.toFixed(0) ?? "", measured.toFixed(0)];
    const caches = [first?.cache ?? "", second?.cache ?? ""];
    return { row: [city.name, first?.region ?? "nobody", wanted?.pop ?? "nobody", ...figures, ...caches], broken };
  });
  return {
    head: ["city", "answered by", "by the data", "ms by the data", "ms measured", "first", "second"],
    rows: lines.map(({ row }) => row),
    notes: [`the origin had ${origin} requests for the page, which ${fetchers} nodes may ask for once each`],
    broken: [
      ...lines.flatMap(({ broken }) => broken),
      ...(origin <= fetchers
        ? []
        : [`the origin had ${origin} requests for the page, more than the ${fetchers} allowed`]),
    ],
  };
}
