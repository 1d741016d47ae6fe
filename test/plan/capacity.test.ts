import fc from "fast-check";
import { nodesOfFullestZone, pairLosses, popCapacity, popLosses } from "../../infra/plan/capacity";
import type { Place } from "../../infra/plan/latency/answers";
import { usersOf } from "../../infra/plan/latency/files";
import { nodes, pop, POP_REGIONS, zones } from "./config";

const zoneCount = fc.constantFrom(2, 3);

describe("capacity of a PoP", () => {
  it("is counted with the baseline bandwidth of the weakest type", () => {
    const { weakestType, perNode, atMin, atMax } = popCapacity(pop("us-east-1", { nodes: nodes({ min: 4, max: 8 }) }));
    expect({ weakestType, perNode, atMin, atMax }).toEqual({
      weakestType: "m6gd.large",
      perNode: 0.75,
      atMin: 3,
      atMax: 6,
    });
  });

  it("is what the processors send where that is less: a type with more bandwidth than they fill", () => {
    const of = (type: string) => popCapacity(pop("us-east-1", { nodes: nodes({ types: [type], min: 2, max: 4 }) }));

    // 6.25 Gbit/s sustained for two vCPUs, and 0.75 for as many (EC2's table of types).
    expect(of("c7gn.large")).toMatchObject({ bound: "processor" });
    expect(of("c7gn.large").perNode).toBeLessThan(6.25);
    expect(of("c7gn.xlarge").perNode).toBeCloseTo(2 * of("c7gn.large").perNode, 9);
    expect(of("m6gd.large")).toMatchObject({ bound: "bandwidth", perNode: 0.75 });
    // The weakest is the one that sends least, whatever it is that limits it.
    const both = popCapacity(pop("us-east-1", { nodes: nodes({ types: ["c7gn.large", "m7gd.16xlarge"] }) }));
    expect(both.weakestType).toBe("c7gn.large");
  });

  it("is less by what nodes send each other where they are one cache", () => {
    const of = (cluster: boolean) =>
      popCapacity(pop("us-east-1", { cluster, zones: zones(2), nodes: nodes({ min: 2, max: 6 }) }));

    expect(of(false)).toMatchObject({ toClients: 1, atMin: 1.5, zoneLoss: { remaining: 0.75 }, atMax: 4.5 });
    // Of two nodes' bytes half have gone from one to the other before, of six nodes' five sixths; one alone sends nobody.
    expect(of(true).atMin).toBeCloseTo(1.5 / (1 + 1 / 2), 9);
    expect(of(true).atMax).toBeCloseTo(4.5 / (1 + 5 / 6), 9);
    expect(of(true).zoneLoss.remaining).toBe(0.75);
    expect(of(true).toClients).toBeCloseTo(2 / 3, 9);
  });

  it("is that of the first of two types that send the same, and of no other type that sends more", () => {
    const weakest = (...types: string[]) => popCapacity(pop("us-east-1", { nodes: nodes({ types }) })).weakestType;
    expect(weakest("r6gd.large", "m6gd.large", "m7gd.large")).toBe("r6gd.large");
    expect(weakest("m7gd.large", "m6gd.large", "r6gd.large")).toBe("m6gd.large");
  });

  it("is nothing at all, and not a negative nothing, where the lost zone is the only one with nodes", () => {
    const only = popCapacity(pop("us-east-1", { cluster: true, zones: zones(1), nodes: nodes({ min: 2 }) }));
    expect(only.zoneLoss.remaining).toBe(0);
  });

  it("does not depend on the order of the types", () => {
    const types = ["m6gd.large", "m7gd.large"];
    expect(popCapacity(pop("us-east-1", { nodes: nodes({ types }) })).perNode).toBe(0.75);
  });

  it.each([
    [6, 3, 2, 3],
    [7, 3, 3, 3],
    [4, 2, 2, 1.5],
    [5, 2, 3, 1.5],
    [2, 2, 1, 0.75],
  ])("loses with %i nodes in %i zones %i nodes, and %f Gbit/s remain", (min, count, nodesLost, remaining) => {
    const { zoneLoss } = popCapacity(pop("us-east-1", { zones: zones(count), nodes: nodes({ min }) }));
    expect(zoneLoss).toMatchObject({ nodesLost, remaining });
  });

  it("needs Z / (Z - 1) times the peak, exactly so when every zone has the same number of nodes", () => {
    fc.assert(
      fc.property(zoneCount, fc.integer({ min: 1, max: 80 }), (count, perZone) => {
        const subject = pop("us-east-1", {
          zones: zones(count),
          nodes: nodes({ min: perZone * count }),
        });
        const { atMin, zoneLoss } = popCapacity(subject);
        expect(zoneLoss.factor).toBe(count / (count - 1));
        expect(zoneLoss.remaining * zoneLoss.factor).toBeCloseTo(atMin, 9);
      }),
    );
  });

  it("never counts on a node of the lost zone, however the nodes divide", () => {
    fc.assert(
      fc.property(zoneCount, fc.integer({ min: 2, max: 250 }), (count, min) => {
        const fullest = nodesOfFullestZone(min, count);
        const others = Math.floor(min / count);
        expect(fullest === others || fullest === others + 1).toBe(true);
        const { zoneLoss, perNode } = popCapacity(pop("us-east-1", { zones: zones(count), nodes: nodes({ min }) }));
        expect(zoneLoss.remaining).toBeCloseTo((min - fullest) * perNode, 9);
      }),
    );
  });

  it("carries a peak up to what remains after the loss of a zone, and no more", () => {
    const verdict = (peak?: number): boolean | null => popCapacity(pop("us-east-1", { peak })).carriesPeak;
    expect([verdict(3), verdict(3.01), verdict()]).toEqual([true, false, null]);
  });

  it("rejects a type that the instance table does not have", () => {
    const subject = pop("us-east-1", {
      nodes: nodes({ types: ["m7gd.large", "z9.large"] }),
    });
    expect(() => popCapacity(subject)).toThrow('no instance type "z9.large" in the instance table');
  });
});

describe("the loss of a PoP", () => {
  const at = (name: string, share: number, ms: Record<string, number>): Place => ({
    name,
    country: "XX",
    lat: 0,
    lon: 0,
    share,
    ms,
  });
  // Frankfurt's users: three parts go to Paris, one to Dublin.
  const places = [
    at("near Paris", 0.3, {
      "eu-central-1": 10,
      "eu-west-3": 20,
      "eu-west-1": 90,
    }),
    at("near Dublin", 0.1, {
      "eu-central-1": 10,
      "eu-west-3": 90,
      "eu-west-1": 20,
    }),
    at("Paris", 0.3, { "eu-central-1": 90, "eu-west-3": 1, "eu-west-1": 80 }),
    at("Dublin", 0.3, { "eu-central-1": 90, "eu-west-3": 80, "eu-west-1": 1 }),
  ];
  const europe = ["eu-central-1", "eu-west-1", "eu-west-3"];

  it("moves its load with its users, each place to who is nearest then", () => {
    const [frankfurt] = popLosses({ pops: europe.map((code) => pop(code, { peak: 2 })) }, places);
    expect(frankfurt).toMatchObject({
      region: "eu-central-1",
      load: 2,
      unplaced: 0,
      basis: "peak",
      withinMax: true,
      withinMin: true,
      moved: {
        before: { median: 10, p95: 10 },
        after: { median: 20, p95: 20 },
      },
      latency: { median: 1, p95: 20 },
    });
    expect(frankfurt?.takers.map(({ region, total }) => [region, total.toFixed(9)])).toEqual([
      ["eu-west-3", "3.500000000"],
      ["eu-west-1", "2.500000000"],
    ]);
  });

  it("is judged against each taker's maximum and, for static stability, its minimum", () => {
    const verdicts = [2.25, 2.26, 9, 9.01].map((peak) => {
      const [loss] = popLosses(
        {
          pops: ["eu-central-1", "eu-west-3"].map((code) => pop(code, { peak })),
        },
        places,
      );
      return [loss?.withinMin, loss?.withinMax, loss?.takers.map(({ withinMax }) => withinMax)];
    });
    // 6 nodes carry 4.5 and 24 carry 18 Gbit/s.
    expect(verdicts).toEqual([
      [true, true, [true]],
      [false, true, [true]],
      [false, true, [true]],
      [false, false, [false]],
    ]);
  });

  it("counts the capacity at minimum size where no peak is configured, and says so", () => {
    const [loss] = popLosses({ pops: [pop("eu-central-1"), pop("eu-west-3", { peak: 1 })] }, places);
    expect(loss).toMatchObject({
      load: 4.5,
      takers: [{ total: 5.5 }],
      basis: "minimum size",
      withinMin: false,
      withinMax: true,
    });
  });

  it("names the PoPs whose verdict hangs on figures that are off by a fifth", () => {
    const nearly = [
      at("between", 1, {
        "eu-central-1": 10,
        "eu-west-3": 20,
        "eu-west-1": 21,
      }),
      ...places.slice(2),
    ];
    const [loss] = popLosses({ pops: europe.map((code) => pop(code, { peak: 2.5 })) }, nearly);
    expect([loss?.takers.map(({ region, least, most }) => [region, least, most]), loss?.hangsOn]).toEqual([
      [["eu-west-3", 0, 1]],
      ["eu-west-1", "eu-west-3"],
    ]);
  });

  it("names none whose verdict is the same either way, though it is not sure whom it gets", () => {
    const partly = [
      at("sure", 0.3, { "eu-central-1": 10, "eu-west-3": 20, "eu-west-1": 90 }),
      at("between", 0.1, { "eu-central-1": 10, "eu-west-3": 20, "eu-west-1": 21 }),
      ...places.slice(2),
    ];
    const [loss] = popLosses({ pops: europe.map((code, i) => pop(code, { peak: i === 0 ? 4 : 2 })) }, partly);

    // Of 4 Gbit/s Paris gets 3 or all: 5 or 6, of which its minimum carries 4.5 and its maximum 18. Dublin gets 0 or 1.
    expect([loss?.takers.map(({ region, least, most }) => [region, least, most]), loss?.hangsOn]).toEqual([
      [["eu-west-3", expect.closeTo(0.75, 9), expect.closeTo(1, 9)]],
      [],
    ]);
  });

  it("does not hang on the lost PoP, though it is not sure who was there", () => {
    const unsure = [
      at("sure", 0.5, { "eu-central-1": 10, "eu-west-3": 90 }),
      at("between", 0.5, { "eu-central-1": 10, "eu-west-3": 12 }),
    ];
    const [loss] = popLosses({ pops: ["eu-central-1", "eu-west-3"].map((code) => pop(code, { peak: 3 })) }, unsure);

    expect([loss?.region, loss?.hangsOn]).toEqual(["eu-central-1", []]);
  });

  it("leaves drained PoPs out, as lost ones and as takers", () => {
    const pops = [pop("eu-central-1"), pop("eu-west-1"), pop("eu-west-3", { state: "drained" })];
    expect(
      popLosses({ pops }, places).map(({ region, takers }) => [region, takers.map((taker) => taker.region)]),
    ).toEqual([
      ["eu-central-1", ["eu-west-1"]],
      ["eu-west-1", ["eu-central-1"]],
    ]);
  });

  it("has no verdict when no other PoP is left", () => {
    const [loss] = popLosses({ pops: [pop("eu-central-1")] }, places);
    expect(loss).toMatchObject({
      takers: [],
      load: 4.5,
      unplaced: 4.5,
      latency: null,
      withinMax: null,
      withinMin: null,
    });
  });

  it("has no verdict on the load of a PoP of which the table has no figure", () => {
    const losses = popLosses(
      {
        pops: ["eu-west-1", "eu-west-3", "me-south-1"].map((code) => pop(code, { peak: 1 })),
      },
      places,
    );
    expect(losses.map(({ region, unplaced, withinMax }) => [region, unplaced, withinMax])).toEqual([
      ["eu-west-1", 0, true],
      ["eu-west-3", 0, true],
      ["me-south-1", 1, null],
    ]);
  });

  it("of two at once counts both on those who are left", () => {
    const pairs = pairLosses({ pops: europe.map((code) => pop(code, { peak: 6.1 })) }, places);
    expect(pairs.map(({ lost, overMax }) => [lost.join(), overMax])).toEqual([
      ["eu-central-1,eu-west-1", ["eu-west-3"]],
      ["eu-central-1,eu-west-3", ["eu-west-1"]],
      ["eu-west-1,eu-west-3", ["eu-central-1"]],
    ]);
    expect(
      pairLosses({ pops: europe.map((code) => pop(code, { peak: 6 })) }, places).flatMap(({ overMax }) => overMax),
    ).toEqual([]);
  });

  it("never lets a PoP take its own load, loses none of it, and carries at maximum whatever it carries at minimum", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...POP_REGIONS), {
          minLength: 2,
          maxLength: 8,
        }),
        fc.array(
          fc.option(fc.double({ min: 0.1, max: 40, noNaN: true }), {
            nil: undefined,
          }),
          { minLength: 8 },
        ),
        (codes, peaks) => {
          const losses = popLosses(
            {
              pops: codes.map((code, index) => pop(code, { peak: peaks[index] })),
            },
            usersOf({}).places,
          );
          expect(losses).toHaveLength(codes.length);
          for (const { region, takers, load, unplaced } of losses) {
            expect(takers.map((taker) => taker.region)).not.toContain(region);
            expect(takers.reduce((sum, { taken }) => sum + taken, unplaced)).toBeCloseTo(load, 9);
            expect(takers.filter(({ withinMin, withinMax }) => withinMin && !withinMax)).toEqual([]);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
