import { loadConfig } from "../../../infra/config/load";
import { popLoads } from "../../../infra/plan/capacity";
import type { Place } from "../../../infra/plan/latency/answers";
import { usersOf } from "../../../infra/plan/latency/files";
import { baseline, lose } from "../../../infra/plan/latency/loads";
import { usersSummary } from "../../../infra/plan/latency/summary";
import { SHIPPED_LATENCY } from "../../../infra/plan/latency/table";
import type { PageData, PageRegion } from "../../../infra/plan/page/data";
import { pageOfPlan } from "../../../infra/plan/page/ofPlan";
import { scenario, withoutFootprint } from "../../../infra/plan/page/scenario";
import { shipped, valuesOf } from "../../support/stacks";
import { some } from "../../support/some";

const choice = (lost: readonly string[], added: readonly string[] = []) => ({
  lost: new Set(lost),
  added: new Set(added),
});
const PLANNED = choice([]);

const place = (name: string, share: number, ms: Record<string, number>): Place => ({
  name,
  country: "XX",
  lat: 0,
  lon: 0,
  share,
  ms,
});
const region = (
  code: string,
  state: PageRegion["state"],
  load: readonly [number, number, number] | null,
): PageRegion => ({
  code,
  name: code,
  lat: 0,
  lon: 0,
  state,
  load: load === null ? null : { region: code, load: load[0], atMin: load[1], atMax: load[2] },
  loadIsPeak: true,
  monthly: null,
});
/** `a` and `b` answer; `c` has users in no place, `d` takes none for now, `e` may be added. */
const data: PageData = {
  title: "test",
  notes: [],
  origin: "a",
  places: [
    place("one", 0.5, { a: 10, b: 20, c: 90, d: 15, e: 5 }),
    place("two", 0.25, { a: 10, b: 40, c: 90, e: 50 }),
    place("three", 0.25, { a: 60, b: 30, c: 90, d: 35 }),
  ],
  regions: [
    region("a", "active", [6, 8, 10]),
    region("b", "active", [2, 5, 9]),
    region("c", "active", [1, 1, 1]),
    region("d", "drained", [0, 4, 8]),
    region("e", "possible", null),
  ],
};
const short = ({ rows }: ReturnType<typeof scenario>) =>
  rows.map(({ region: { code }, state, share, load, size }) => [code, state, share, load, size]);

describe("a scenario of the page", () => {
  it("is the plan where nothing is chosen; a PoP without users keeps its load", () => {
    const planned = scenario(data, PLANNED);
    expect(short(planned)).toEqual([
      ["a", "planned", 0.75, 6, "minimum"],
      ["b", "planned", 0.25, 2, "minimum"],
      ["c", "planned", 0, 1, "minimum"],
    ]);
    expect(planned.latency).toEqual({ median: 10, p95: 30, mean: 15 });
    expect(planned.given).toEqual([
      { pop: "a", ms: 10 },
      { pop: "a", ms: 10 },
      { pop: "b", ms: 30 },
    ]);
  });

  it("sends each place of a lost PoP to its next one, with what it draws", () => {
    expect(short(scenario(data, choice(["a"])))).toEqual([
      ["a", "lost", 0, null, null],
      ["b", "planned", 1, 8, "maximum"],
      ["c", "planned", 0, 1, "minimum"],
    ]);
    expect(short(scenario(data, choice(["a", "b"])))).toEqual([
      ["a", "lost", 0, null, null],
      ["b", "lost", 0, null, null],
      // All 8 of the places, and 1 that is at no place.
      ["c", "planned", 1, 9, "too much"],
    ]);
  });

  it("adds a drained PoP with its capacity, and a region without one with none", () => {
    expect(short(scenario(data, choice(["a"], ["d", "e"])))).toEqual([
      ["a", "lost", 0, null, null],
      ["b", "planned", 0.5, 4, "minimum"],
      ["c", "planned", 0, 1, "minimum"],
      ["d", "added", 0, 0, "minimum"],
      ["e", "added", 0.5, 4, null],
    ]);
  });

  it("has nobody to answer when all is lost", () => {
    const { latency, given, rows } = scenario(data, choice(["a", "b", "c"]));
    expect([latency, given, rows.map(({ state }) => state)]).toEqual([
      null,
      [null, null, null],
      ["lost", "lost", "lost"],
    ]);
  });

  it("compares with the origin alone", () => {
    expect(withoutFootprint(data)).toEqual({ median: 10, p95: 60, mean: 22.5 });
    expect(withoutFootprint({ ...data, origin: "nowhere" })).toBeNull();
  });
});

describe("the page of global", () => {
  const config = loadConfig("global", valuesOf(shipped("global")));
  const users = usersOf({});
  const summary = usersSummary(config, users, config.homeRegion);
  const page = pageOfPlan(config, { stack: "global", pops: {}, users: summary }, users, SHIPPED_LATENCY);
  const active = page.regions.filter(({ state }) => state === "active").map(({ code }) => code);

  it("has the plan's latency, and gives each taker of each loss what the plan gives it", () => {
    expect(scenario(page, PLANNED).latency).toEqual(summary.latency);
    expect(withoutFootprint(page)).toEqual(summary.origin.latency);
    const base = baseline(
      users.places,
      popLoads(config).filter(({ region: code }) => active.includes(code)),
    );
    for (const lost of some(active)) {
      const loss = lose(base, [lost]);
      const { rows, latency } = scenario(page, choice([lost]));
      expect(latency).toEqual(loss.latency);
      for (const { region: taker, total, withinMin, withinMax } of some(loss.takers)) {
        const row = rows.find(({ region: { code } }) => code === taker);
        expect(row?.load).toBeCloseTo(total, 9);
        expect(row?.size).toBe(withinMin ? "minimum" : withinMax ? "maximum" : "too much");
      }
    }
  });

  it("offers every other region that has figures, and says where those come from", () => {
    const possible = page.regions.filter(({ state }) => state === "possible").map(({ code }) => code);
    const measured = new Set(SHIPPED_LATENCY.places.flatMap(({ ms }) => Object.keys(ms)));
    const pops = config.pops.map(({ region: code }) => code);
    expect([...possible].sort()).toEqual([...measured].filter((code) => !pops.includes(code)).sort());
    expect(page.notes).toEqual([
      `Round trips: ${users.figures}. Cities stand in for AWS's regions; Route 53 goes by its own measurements, by resolver or client subnet.`,
      "Users: Internet users by country, CIA World Factbook 2025; 12 % of them live in countries without a figure and are left out.",
    ]);
  });
});
