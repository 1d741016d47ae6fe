import fc from "fast-check";
import { answer, answers, latency, type Place, popUsers, usersLatency } from "../../../infra/plan/latency/answers";
import { baseline, lose } from "../../../infra/plan/latency/loads";

const PoPs = ["a", "b", "c", "d", "e"];
const figures = fc.dictionary(fc.constantFrom(...PoPs), fc.integer({ min: 1, max: 300 }));
/** Places with any figures, some of them missing; each with some share of the users. */
const somewhere = fc
  .array(fc.record({ ms: figures, weight: fc.integer({ min: 0, max: 9 }) }), {
    minLength: 1,
    maxLength: 12,
  })
  .filter((all) => all.some(({ weight }) => weight > 0))
  .map((all): Place[] => {
    const total = all.reduce((sum, { weight }) => sum + weight, 0);
    return all.map(({ ms, weight }, index) => ({
      name: String(index),
      country: "XX",
      lat: 0,
      lon: 0,
      share: weight / total,
      ms: { ...ms },
    }));
  });
const some = fc.shuffledSubarray(PoPs, { minLength: 1 });

describe("who answers a place", () => {
  it("is the PoP with the shortest round trip, whatever the order", () => {
    expect(answer({ ms: { a: 20, b: 10, c: 30 } }, ["a", "c", "b"])).toEqual({
      pop: "b",
      ms: 10,
    });
  });

  it("is the first by name of those equally near", () => {
    expect([answer({ ms: { a: 10, b: 10 } }, ["b", "a"]), answer({ ms: { a: 10, b: 10 } }, ["a", "b"])]).toEqual([
      { pop: "a", ms: 10 },
      { pop: "a", ms: 10 },
    ]);
  });

  it("is nobody where no PoP has a figure: none is made up", () => {
    expect(answer({ ms: { c: 10 } }, ["a", "b"])).toBeNull();
  });
});

describe("latency of users", () => {
  it("counts each sample by its share", () => {
    const samples = [
      { ms: 10, share: 0.5 },
      { ms: 20, share: 0.44 },
      { ms: 300, share: 0.06 },
    ];
    expect(latency(samples)).toEqual({
      median: 10,
      p95: 300,
      mean: 10 * 0.5 + 20 * 0.44 + 300 * 0.06,
    });
  });

  // The nearest-rank definition, by counting persons one by one.
  it("is the nearest rank of as many persons", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            ms: fc.integer({ min: 1, max: 400 }),
            share: fc.integer({ min: 0, max: 9 }),
          }),
          { minLength: 1 },
        ),
        (samples) => {
          const persons = samples.flatMap(({ ms, share }) => Array<number>(share).fill(ms)).sort((a, b) => a - b);
          const rank = (part: number) => persons[Math.ceil((persons.length * part * 100) / 100) - 1];
          const found = latency(samples);
          expect([found?.median, found?.p95]).toEqual([rank(0.5), rank(0.95)]);
        },
      ),
    );
  });

  it("is none without users", () => {
    expect([latency([]), latency([{ ms: 10, share: 0 }])]).toEqual([null, null]);
  });
});

describe("a footprint that changes", () => {
  it("makes nobody's latency worse by a PoP more", () => {
    fc.assert(
      fc.property(somewhere, some, fc.constantFrom(...PoPs), (places, pops, more) => {
        const before = answers(places, pops);
        const after = answers(places, [...pops, more]);
        before.forEach((was, index) => {
          expect(after[index]?.ms ?? Infinity).toBeLessThanOrEqual(was?.ms ?? Infinity);
        });
      }),
    );
  });

  it("is the same again after adding and removing, and after removing and adding", () => {
    fc.assert(
      fc.property(somewhere, some, fc.constantFrom(...PoPs), (places, pops, one) => {
        const without = pops.filter((pop) => pop !== one);
        expect(
          answers(
            places,
            [...without, one].filter((pop) => pop !== one),
          ),
        ).toEqual(answers(places, without));
        if (pops.includes(one)) {
          expect(answers(places, [...without, one])).toEqual(answers(places, pops));
        }
      }),
    );
  });

  it("moves only the users of what is lost", () => {
    fc.assert(
      fc.property(somewhere, some, (places, pops) => {
        const [lost = ""] = pops;
        const before = answers(places, pops);
        const after = answers(places, pops.slice(1));
        const others = before.filter((was) => was?.pop !== lost);
        expect(after.filter((_, index) => before[index]?.pop !== lost)).toEqual(others);
      }),
    );
  });

  it("has shares that add up to the users who are answered", () => {
    fc.assert(
      fc.property(somewhere, some, (places, pops) => {
        const given = answers(places, pops);
        const answered = places.reduce((sum, { share }, index) => sum + (given[index] === null ? 0 : share), 0);
        const shares = popUsers(places, given, pops);
        expect(shares.map(({ region }) => region)).toEqual(pops);
        expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(answered, 9);
        expect(shares.filter(({ share, latency: of }) => (of === null) !== (share === 0))).toEqual([]);
      }),
    );
  });

  it("keeps all load when a PoP is lost: what nobody is known to take is said", () => {
    fc.assert(
      fc.property(somewhere, some, fc.integer({ min: 1, max: 50 }), (places, pops, load) => {
        const base = baseline(
          places,
          pops.map((region, index) => ({
            region,
            load: load + index,
            atMin: 40,
            atMax: 60,
          })),
        );
        const lost = pops.slice(0, 2);
        const { takers, unplaced, load: all } = lose(base, lost);
        expect(takers.reduce((sum, { taken }) => sum + taken, unplaced)).toBeCloseTo(all, 9);
        expect(takers.filter(({ region }) => lost.includes(region))).toEqual([]);
      }),
    );
  });

  it("has no latency when nobody is answered", () => {
    const place: Place = {
      name: "p",
      country: "XX",
      lat: 0,
      lon: 0,
      share: 1,
      ms: { a: 1 },
    };
    expect(usersLatency([place], answers([place], ["b"]))).toBeNull();
  });
});
