import fc from "fast-check";
import { additions, reachGoal, removals, smallestCover } from "../../../infra/plan/latency/advice";
import { answers, type Place, usersLatency } from "../../../infra/plan/latency/answers";
import { some } from "../../support/some";

const REGIONS = ["a", "b", "c", "d", "e"];
const place = (name: string, share: number, ms: Record<string, number>, country = "XX"): Place => ({
  name,
  country,
  lat: 0,
  lon: 0,
  share,
  ms,
});
/** Places with any figures, some of them missing; each with some share of the users. */
const somewhere = fc
  .array(
    fc.record({
      ms: fc.dictionary(fc.constantFrom(...REGIONS), fc.integer({ min: 1, max: 300 })),
      weight: fc.integer({ min: 1, max: 9 }),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((all) => {
    const total = all.reduce((sum, { weight }) => sum + weight, 0);
    return all.map(({ ms, weight }, index) => place(String(index), weight / total, { ...ms }));
  });
const chosen = fc.shuffledSubarray(REGIONS, { minLength: 1, maxLength: 4 });
const covers = (options: readonly (readonly string[])[], set: readonly string[]) =>
  options.every((names) => names.some((name) => set.includes(name)));
/** Every set of the names, the smaller ones first: the oracle of a search. */
const subsets = (names: readonly string[]): string[][] =>
  Array.from({ length: 2 ** names.length }, (_, bits) => names.filter((__, index) => (bits >> index) % 2 === 1)).sort(
    (one, other) => one.length - other.length,
  );

describe("a PoP more", () => {
  const places = [
    place("Lagos", 0.25, { a: 100, b: 40, c: 90 }, "NG"),
    place("Oslo", 0.75, { a: 20, b: 60, c: 10 }, "NO"),
  ];

  it("says what each further region gains, the most on average first, and for whom", () => {
    const [first, second, ...others] = additions(places, ["a"], REGIONS);
    expect(first).toEqual({
      region: "b",
      latency: { median: 20, p95: 40, mean: 0.25 * 40 + 0.75 * 20 },
      gain: { median: 0, p95: 60, mean: 15 },
      // Lagos alone goes there: 100 - 40 x 1.2 and 100 - 40 x 0.8. Oslo's 60 x 0.8 is more than its 20.
      gainBounds: { least: 0.25 * 52, most: 0.25 * 68 },
      share: 0.25,
      places: [{ name: "Lagos", country: "NG", before: 100, after: 40 }],
    });
    expect([second?.region, second?.gain.mean, second?.share]).toEqual(["c", 0.25 * 10 + 0.75 * 10, 1]);
    // A region without figures gains nobody anything.
    expect(others.map(({ region, gain, share }) => [region, gain.mean, share])).toEqual([
      ["d", 0, 0],
      ["e", 0, 0],
    ]);
  });

  it("names three places at most, those that gain most, and none without users", () => {
    const many = [1, 2, 3, 4, 5].map((index) => place(`p${index}`, index === 5 ? 0 : 0.25, { a: 100, b: 100 - index }));
    expect(additions(many, ["a"], ["b"])[0]?.places.map(({ name }) => name)).toEqual(["p4", "p3", "p2"]);
  });

  it("gives the users latency who had none before", () => {
    expect(additions([place("p", 1, { b: 30 })], ["a"], ["a", "b"])[0]).toMatchObject({
      latency: { median: 30, p95: 30, mean: 30 },
      share: 1,
      places: [],
    });
  });

  it("makes nobody's latency worse, and leaving it out again is the same backwards", () => {
    fc.assert(
      fc.property(somewhere, chosen, (places, pops) => {
        // Who is answered by nobody before has no latency to compare with.
        const known = places.filter(({ ms }) => pops.some((pop) => ms[pop] !== undefined));
        fc.pre(known.length > 0);
        for (const added of some(additions(known, pops, REGIONS))) {
          const back = removals(known, [...pops, added.region]).find(({ region }) => region === added.region);
          expect(added.gain.mean).toBeGreaterThanOrEqual(-1e-9);
          expect(added.places.filter(({ before, after }) => after >= before)).toEqual([]);
          expect(back?.gain.mean).toBeCloseTo(-added.gain.mean, 9);
          expect(back?.share).toBeCloseTo(added.share, 9);
          expect(added.gainBounds.least).toBeLessThanOrEqual(added.gain.mean + 1e-9);
          expect(added.gainBounds.most).toBeGreaterThanOrEqual(added.gain.mean - 1e-9);
        }
      }),
    );
  });
});

describe("a PoP less", () => {
  it("says what each loses, the least on average first", () => {
    const places = [place("p", 0.5, { a: 10, b: 30 }), place("q", 0.5, { a: 50, b: 40 })];
    expect(removals(places, ["a", "b"]).map(({ region, gain, share }) => [region, gain.mean, share])).toEqual([
      ["b", -5, 0.5],
      ["a", -10, 0.5],
    ]);
  });
});

describe("a goal", () => {
  const north = place("north", 0.5, { a: 80, b: 20, c: 25 });
  const south = place("south", 0.5, { a: 90, c: 25, d: 20 });
  const far = place("far", 0, { a: 200, b: 150 });

  it("needs nothing where the PoPs that there are suffice", () => {
    expect(reachGoal([north, south], [north, south], ["a"], REGIONS, 90)).toEqual({
      goal: 90,
      asked: 2,
      add: [],
      exact: true,
      unreachable: [],
      latency: { median: 80, p95: 90, mean: 85 },
    });
  });

  it("is reached by the fewest regions, not by the nearest ones", () => {
    expect(reachGoal([north, south], [north, south], ["a"], REGIONS, 25)).toMatchObject({
      add: ["c"],
      exact: true,
      latency: { median: 25, p95: 25, mean: 25 },
    });
  });

  it("names what no region reaches, with the nearest, and goes on for the others", () => {
    expect(reachGoal([north, south, far], [north, far], ["a"], REGIONS, 20)).toEqual({
      goal: 20,
      asked: 2,
      add: ["b"],
      exact: true,
      unreachable: [{ name: "far", country: "XX", region: "b", ms: 150 }],
      latency: { median: 20, p95: 20, mean: 20 },
    });
  });

  it("counts places alike where none of those asked for has users", () => {
    const [one, other] = [place("one", 0, { a: 10 }), place("other", 0, { a: 30 })];
    expect(reachGoal([one, other], [one, other], ["a"], REGIONS, 50).latency).toEqual({
      median: 10,
      p95: 30,
      mean: 20,
    });
  });

  it("takes of equally small sets the one with the least latency on average", () => {
    fc.assert(
      fc.property(somewhere, chosen, fc.integer({ min: 1, max: 300 }), (places, pops, goal) => {
        const { add, exact, unreachable } = reachGoal(places, places, pops, REGIONS, goal);
        const reached = (set: readonly string[]) =>
          places.filter(({ ms }) => set.some((region) => (ms[region] ?? Infinity) <= goal)).length;
        const possible = reached(REGIONS);
        const mean = (set: readonly string[]) => usersLatency(places, answers(places, [...pops, ...set]))?.mean ?? 0;
        const candidates = subsets(REGIONS.filter((region) => !pops.includes(region))).filter(
          (set) => reached([...pops, ...set]) === possible,
        );
        const smallest = candidates.filter(({ length }) => length === candidates[0]!.length);
        expect(exact).toBe(true);
        expect([add.length, mean(add)]).toEqual([candidates[0]!.length, Math.min(...smallest.map(mean))]);
        // Places without any figure are not even named.
        const withFigure = places.filter(({ ms }) => Object.keys(ms).length > 0).length;
        expect(unreachable).toHaveLength(withFigure - possible);
      }),
    );
  });
});

describe("the smallest cover", () => {
  it("is as small as trying every set finds", () => {
    const options = fc.array(fc.subarray(REGIONS, { minLength: 1 }), { maxLength: 8 });
    fc.assert(
      fc.property(options, (all) => {
        const { add, exact } = smallestCover(all, () => 0);
        expect([covers(all, add), exact]).toEqual([true, true]);
        expect(add).toHaveLength(subsets(REGIONS).find((set) => covers(all, set))!.length);
      }),
    );
  });

  // Greedy takes "x", which is in most lists, and needs two more; two suffice.
  it("beats going step by step", () => {
    const options = [["x", "l"], ["x", "l"], ["x", "r"], ["x", "r"], ["l"], ["r"]];
    expect(smallestCover(options, () => 0)).toEqual({ add: ["l", "r"], exact: true });
  });

  it("says so where the search is given up, and covers all the same", () => {
    // The edges of a graph of forty nodes, each ring node with its next ones: too many branches for the search.
    const options = Array.from({ length: 40 }, (_, node) => [1, 2, 3].map((step) => [node, (node + step * 7) % 40]))
      .flat()
      .map((edge) => edge.map((node) => `n${node}`));
    const { add, exact } = smallestCover(options, () => 0);
    expect([covers(options, add), exact]).toEqual([true, false]);
  });
});
