import { shields } from "../../../infra/plan/latency/shield";
import { between, type LatencyTable, SHIPPED_LATENCY } from "../../../infra/plan/latency/table";

/** Cities that stand in for these regions in the shipped table, with round trips that one can count with. */
const table: LatencyTable = {
  source: "test",
  places: [
    ["Frankfurt", "eu-central-1", { "eu-central-1": 1, "eu-west-1": 25, "us-east-1": 90 }],
    ["Dublin", "eu-west-1", { "eu-central-1": 25, "eu-west-1": 1, "us-east-1": 70 }],
    ["Washington", "us-east-1", { "eu-central-1": 90, "eu-west-1": 70, "us-east-1": 1 }],
  ].map(([name, , ms]) => ({ name: name as string, country: "XX", lat: 0, lon: 0, ms: ms as Record<string, number> })),
};
const pops = new Map([
  ["eu-central-1", 0.3],
  ["eu-west-1", 0.1],
]);

describe("a shield", () => {
  it("is counted by the way of the PoPs' users to it and from it to the origin", () => {
    const all = shields(table, pops, "us-east-1", ["eu-central-1", "eu-west-1", "us-east-1"]);
    const direct = (0.3 * 90 + 0.1 * 70) / 0.4;
    expect(all.map(({ region }) => region)).toEqual(["us-east-1", "eu-west-1", "eu-central-1"]);
    // At the origin itself nothing is added, and nothing is nearer.
    expect(all[0]?.found).toBeCloseTo(direct, 9);
    expect(all[0]?.added).toBeCloseTo(0, 9);
    expect(all[1]?.found).toBeCloseTo((0.3 * 25) / 0.4, 9);
    expect(all[1]?.fetched).toBeCloseTo((0.3 * (25 + 70) + 0.1 * 70) / 0.4, 9);
    expect(all[1]?.added).toBeCloseTo((0.3 * (25 + 70 - 90)) / 0.4, 9);
    expect(all[2]?.fetched).toBeCloseTo((0.3 * 90 + 0.1 * (25 + 90)) / 0.4, 9);
  });

  it("is never where a figure to it or onward is missing", () => {
    const without: LatencyTable = {
      ...table,
      places: table.places.map((place) => ({
        ...place,
        ms: Object.fromEntries(Object.entries(place.ms).filter(([region]) => region !== "eu-west-1")),
      })),
    };
    const dublin = { ...without, places: without.places.filter(({ name }) => name !== "Dublin") };
    const regions = ["eu-west-1", "eu-central-1", "mx-central-1"];
    expect(shields(dublin, new Map([["eu-central-1", 1]]), "us-east-1", regions).map(({ region }) => region)).toEqual([
      "eu-central-1",
    ]);
  });

  it("takes the figure of either direction", () => {
    const oneWay = { ...table, places: table.places.filter(({ name }) => name !== "Washington") };
    expect(shields(oneWay, new Map([["us-east-1", 1]]), "us-east-1", ["eu-west-1"])).toEqual([
      { region: "eu-west-1", found: 70, fetched: 140, added: 140 },
    ]);
  });

  it("is nowhere without users", () => {
    expect(shields(table, new Map(), "us-east-1", ["eu-west-1"])).toEqual([]);
  });

  it("goes by the shipped table's cities that stand in for regions", () => {
    const way = between(SHIPPED_LATENCY, "eu-west-1", "us-east-1")!;
    expect(shields(SHIPPED_LATENCY, new Map([["eu-west-1", 1]]), "us-east-1", ["us-east-1"])).toEqual([
      { region: "us-east-1", found: way, fetched: way, added: 0 },
    ]);
  });
});
