import fc from "fast-check";
import { REGIONS } from "../../infra/config/regions";
import { greatCircle, neighbours } from "../../infra/plan/geo";

const place = fc.record({
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
  lon: fc.double({ min: -180, max: 180, noNaN: true }),
});
const codes = [...REGIONS.keys()];

describe("great-circle distance", () => {
  it("is a quarter of the equator from a pole to the equator", () => {
    expect(greatCircle({ lat: 90, lon: 0 }, { lat: 0, lon: 77 })).toBeCloseTo((Math.PI / 2) * 6371, 6);
  });

  it("crosses the date line by the short way", () => {
    expect(greatCircle({ lat: 0, lon: 179 }, { lat: 0, lon: -179 })).toBeCloseTo((2 * Math.PI * 6371) / 180, 6);
  });

  it("puts Dublin and Frankfurt about 1,090 km apart", () => {
    expect(Math.round(greatCircle({ lat: 53.35, lon: -6.26 }, { lat: 50.11, lon: 8.68 }) / 10)).toBe(109);
  });

  it("is symmetric, zero to itself, and never more than half the circumference", () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        const there = greatCircle(a, b);
        return (
          Math.abs(there - greatCircle(b, a)) < 1e-6 && greatCircle(a, a) === 0 && there >= 0 && there <= Math.PI * 6371
        );
      }),
    );
  });
});

describe("neighbours", () => {
  it("name Frankfurt's nearest regions of a footprint in their order", () => {
    const among = ["us-east-1", "eu-north-1", "eu-west-3", "eu-central-1", "ap-northeast-1"];
    expect(neighbours("eu-central-1", among).map(({ region }) => region)).toEqual([
      "eu-west-3",
      "eu-north-1",
      "us-east-1",
      "ap-northeast-1",
    ]);
  });

  it("do not depend on the order in which regions are given", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(codes, { minLength: 1 }), fc.constantFrom(...codes), (among, of) => {
        const found = neighbours(of, among);
        expect(found).toEqual(neighbours(of, [...among].sort()));
        expect(found.map(({ region }) => region)).not.toContain(of);
      }),
    );
  });

  it("are none for the only region", () => {
    expect(neighbours("us-east-1", ["us-east-1"])).toEqual([]);
  });

  it("rejects a region that the table does not have", () => {
    expect(() => neighbours("mars-north-1", ["us-east-1"])).toThrow('no region "mars-north-1" in the region table');
  });
});
