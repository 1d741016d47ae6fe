import fc from "fast-check";
import { nodesOfFullestZone, popCapacity, popLosses, showGbps } from "../../infra/plan/capacity";
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
        const subject = pop("us-east-1", { zones: zones(count), nodes: nodes({ min: perZone * count }) });
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
    const subject = pop("us-east-1", { nodes: nodes({ types: ["m7gd.large", "z9.large"] }) });
    expect(() => popCapacity(subject)).toThrow('no instance type "z9.large" in the instance table');
  });
});

describe("the loss of a PoP", () => {
  const europe = ["eu-central-1", "eu-west-1", "eu-west-3"];

  it("moves all of its load to the nearest active PoP and names the next", () => {
    const [frankfurt] = popLosses({ pops: europe.map((code) => pop(code, { peak: 2 })) });
    expect(frankfurt).toMatchObject({
      region: "eu-central-1",
      takenBy: { region: "eu-west-3" },
      second: { region: "eu-west-1" },
      load: 2,
      total: 4,
      basis: "peak",
      withinMax: true,
      withinMin: true,
    });
  });

  it("is judged against the neighbour's maximum and, for static stability, its minimum", () => {
    const verdicts = [2.25, 2.26, 9, 9.01].map((peak) => {
      const [loss] = popLosses({ pops: ["eu-central-1", "eu-west-3"].map((code) => pop(code, { peak })) });
      return [loss?.withinMin, loss?.withinMax];
    });
    // 6 nodes carry 4.5 and 24 carry 18 Gbit/s.
    expect(verdicts).toEqual([
      [true, true],
      [false, true],
      [false, true],
      [false, false],
    ]);
  });

  it("counts the capacity at minimum size where no peak is configured, and says so", () => {
    const [loss] = popLosses({ pops: [pop("eu-central-1"), pop("eu-west-3", { peak: 1 })] });
    expect(loss).toMatchObject({ load: 4.5, total: 5.5, basis: "minimum size", withinMin: false, withinMax: true });
  });

  it("leaves drained PoPs out, as lost ones and as takers", () => {
    const pops = [pop("eu-central-1"), pop("eu-west-1"), pop("eu-west-3", { state: "drained" })];
    expect(popLosses({ pops }).map(({ region, takenBy, second }) => [region, takenBy?.region, second])).toEqual([
      ["eu-central-1", "eu-west-1", null],
      ["eu-west-1", "eu-central-1", null],
    ]);
  });

  it("has no verdict when no other PoP is left", () => {
    expect(popLosses({ pops: [pop("eu-central-1")] })).toEqual([
      {
        region: "eu-central-1",
        takenBy: null,
        second: null,
        load: 4.5,
        total: null,
        basis: "minimum size",
        withinMax: null,
        withinMin: null,
      },
    ]);
  });

  it("never lets a PoP take its own load, and carries at maximum whatever it carries at minimum", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...POP_REGIONS), { minLength: 2, maxLength: 8 }),
        fc.array(fc.option(fc.double({ min: 0.1, max: 40, noNaN: true }), { nil: undefined }), { minLength: 8 }),
        (codes, peaks) => {
          const losses = popLosses({ pops: codes.map((code, index) => pop(code, { peak: peaks[index] })) });
          expect(losses).toHaveLength(codes.length);
          for (const loss of losses) {
            expect(loss.takenBy?.region).not.toBe(loss.region);
            expect(loss.withinMin === true && loss.withinMax === false).toBe(false);
          }
        },
      ),
    );
  });
});

describe("Gbit/s for a reader", () => {
  it.each([
    [0.937, "0.9"],
    [18, "18.0"],
    [99.94, "99.9"],
    [1234.5, "1235"],
  ])("shows %f as %s", (gbps, shown) => {
    expect(showGbps(gbps)).toBe(shown);
  });
});
