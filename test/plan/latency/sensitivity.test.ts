import fc from "fast-check";
import { answers, type Place } from "../../../infra/plan/latency/answers";
import { shareBounds, takerBounds, TOLERANCE } from "../../../infra/plan/latency/sensitivity";

const PoPs = ["a", "b", "c"];
const factor = fc.double({
  min: 1 - TOLERANCE,
  max: 1 + TOLERANCE,
  noNaN: true,
});
/** Places, and the same places with each figure off by at most the tolerance. */
const perturbed = fc
  .array(
    fc.record({
      ms: fc.tuple(...PoPs.map(() => fc.integer({ min: 10, max: 60 }))),
      off: fc.tuple(...PoPs.map(() => factor)),
      weight: fc.integer({ min: 1, max: 9 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((all) => {
    const total = all.reduce((sum, { weight }) => sum + weight, 0);
    const place = (ms: readonly number[], weight: number, index: number): Place => ({
      name: String(index),
      country: "XX",
      lat: 0,
      lon: 0,
      share: weight / total,
      ms: Object.fromEntries(PoPs.map((pop, at) => [pop, ms[at] ?? 0])),
    });
    return {
      places: all.map(({ ms, weight }, index) => place(ms, weight, index)),
      off: all.map(({ ms, off, weight }, index) =>
        place(
          ms.map((each, at) => each * (off[at] ?? 1)),
          weight,
          index,
        ),
      ),
    };
  });

/** A share with room for the order of its additions. */
const within = (value: number, { least, most }: { least: number; most: number }) => {
  expect(value).toBeGreaterThanOrEqual(least - 1e-9);
  expect(value).toBeLessThanOrEqual(most + 1e-9);
};

const shareOf = (places: readonly Place[], of: (place: Place, index: number) => boolean) =>
  places.filter(of).reduce((sum, { share }) => sum + share, 0);

describe("figures that are off by the tolerance, each by itself", () => {
  it("keep a PoP's share within its bounds", () => {
    fc.assert(
      fc.property(perturbed, ({ places, off }) => {
        const given = answers(off, PoPs);
        for (const pop of PoPs) {
          within(
            shareOf(off, (_, index) => given[index]?.pop === pop),
            shareBounds(places, PoPs, pop),
          );
        }
      }),
    );
  });

  it("keep the part that a PoP takes of a lost one within its bounds", () => {
    fc.assert(
      fc.property(perturbed, ({ places, off }) => {
        const was = answers(off, PoPs);
        const is = answers(off, ["b", "c"]);
        const lost = shareOf(off, (_, index) => was[index]?.pop === "a");
        fc.pre(lost > 0);
        for (const taker of ["b", "c"]) {
          const taken = shareOf(off, (_, index) => was[index]?.pop === "a" && is[index]?.pop === taker);
          within(taken / lost, takerBounds(places, PoPs, "a", taker));
        }
      }),
    );
  });
});

describe("bounds", () => {
  const place = (share: number, ms: Record<string, number>): Place => ({
    name: "",
    country: "XX",
    lat: 0,
    lon: 0,
    share,
    ms,
  });

  // 10 x 1.2 = 12 and 15 x 0.8 = 12: from there on another PoP can be as near.
  it.each([
    [14, { least: 0, most: 1 }],
    [15, { least: 0, most: 1 }],
    [16, { least: 1, most: 1 }],
  ])("of a share with the next PoP at %i ms against 10 are attained", (next, expected) => {
    expect(shareBounds([place(1, { a: 10, b: next })], ["a", "b"], "a")).toEqual(expected);
  });

  it("of a part that is taken are attained", () => {
    const places = [
      place(0.5, { a: 10, b: 50, c: 200 }), // a's for sure, b's then
      place(0.3, { a: 10, b: 50, c: 50 }), // a's for sure, anybody's then
      place(0.2, { a: 49, b: 50, c: 200 }), // perhaps a's, b's then
    ];
    expect(takerBounds(places, PoPs, "a", "b")).toEqual({
      least: 0.5 / 0.8,
      most: 1,
    });
    expect(takerBounds(places, PoPs, "a", "c")).toEqual({
      least: 0,
      most: 0.3 / 0.8,
    });
  });

  it("are nothing for a PoP without figures", () => {
    expect(shareBounds([place(1, { a: 10 })], ["a", "b"], "b")).toEqual({
      least: 0,
      most: 0,
    });
    expect(takerBounds([place(1, { a: 10 })], ["a", "b"], "a", "b")).toEqual({
      least: 0,
      most: 0,
    });
  });
});
