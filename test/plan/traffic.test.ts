import { popCapacity } from "../../infra/plan/capacity";
import { geography, managedCdn } from "../../infra/plan/managedCdn";
import { type Geography, priceOf, PriceBook, SHIPPED_PRICES, SHIPPED_TABLE } from "../../infra/plan/prices";
import { BETWEEN_NODES, paidByNat, trafficCost, trafficGiven, trafficSummary } from "../../infra/plan/traffic";
import { REGIONS } from "../../infra/config/regions";
import { some } from "../support/some";
import { pop, zones } from "./config";

const TB = 1024;
const virginia = pop("us-east-1");
const amounts = (cost: ReturnType<typeof trafficCost>) =>
  Object.fromEntries(cost.lines.map(({ item, quantity, monthly }) => [item, [quantity, monthly]]));

describe("how much a PoP sends", () => {
  const shares = new Map([
    ["us-east-1", 0.3],
    ["eu-west-1", 0.1],
  ]);

  it("is its users' part of what is given", () => {
    const pops = [virginia, pop("eu-west-1"), pop("sa-east-1", { state: "drained" })];

    const given = trafficGiven({ pops }, 1000, shares);

    expect(given?.from).toBe("--traffic");
    expect([...(given?.byRegion ?? [])]).toEqual([
      ["us-east-1", expect.closeTo(750, 6)],
      ["eu-west-1", expect.closeTo(250, 6)],
    ]);
  });

  it("is an equal part where the latency table knows none of the PoPs", () => {
    const pops = [pop("me-south-1"), pop("mx-central-1")];

    expect([...(trafficGiven({ pops }, 1000, new Map())?.byRegion.values() ?? [])]).toEqual([500, 500]);
  });

  it("is 65 % of its peak all month, else; without a peak nothing is said", () => {
    const given = trafficGiven({ pops: [pop("us-east-1", { peak: 1 }), pop("eu-west-1")] }, undefined, shares);

    expect(given?.from).toBe("peak");
    // 0.65 Gbit/s for 2,628,000 s, in units of 2^30 bytes.
    expect([...(given?.byRegion ?? [])]).toEqual([["us-east-1", expect.closeTo(198_860.2, 0)]]);
    expect(trafficGiven({ pops: [virginia] }, undefined, shares)).toBeNull();
  });
});

describe("what the traffic of a PoP costs", () => {
  it("is data by AWS's tiers, and at least a capacity unit for each gigabyte", () => {
    // 10 TB at $0.09 and 40 at $0.085 (price list AWSDataTransfer, us-east-1).
    expect(amounts(trafficCost(virginia, 50 * TB, SHIPPED_PRICES))).toEqual({
      "data to the Internet": [51200, 4403.2],
      "load balancer capacity units": [51200, 307.2],
    });
  });

  it("is with cross-zone also what comes to the load balancer from other zones, paid by both ends", () => {
    const crossing = pop("us-east-1", { crossZone: true, zones: zones(4) });

    expect(amounts(trafficCost(crossing, 1000, SHIPPED_PRICES))["data between zones"]).toEqual([1500, 15]);
  });

  it("is for nodes that are one cache what comes from the zones of others, at most all of two thirds, paid by both ends", () => {
    expect(amounts(trafficCost(pop("us-east-1", { cluster: true }), 900, SHIPPED_PRICES))[BETWEEN_NODES]).toEqual([
      1200, 12,
    ]);
    expect(amounts(trafficCost(virginia, 900, SHIPPED_PRICES))).not.toHaveProperty(BETWEEN_NODES);
  });

  it("is given back for these by the NAT gateway where origins send so much less", () => {
    // 2 x $0.01 for two thirds of a gigabyte, and $0.045 for one through the gateway (Amazon EC2 and VPC pricing).
    expect(paidByNat(pop("us-east-1", { cluster: true }), SHIPPED_PRICES)).toBeCloseTo(0.0133333 / 0.045, 4);
    expect(paidByNat(pop("us-east-1", { cluster: true, egress: "direct" }), SHIPPED_PRICES)).toBeNull();
    expect(paidByNat(virginia, SHIPPED_PRICES)).toBeNull();
    for (const item of ["inter-zone-gb", "nat-gb"]) {
      const without = new PriceBook([{ ...SHIPPED_TABLE, items: { ...SHIPPED_TABLE.items, [item]: {} } }]);
      expect(paidByNat(pop("us-east-1", { cluster: true }), without)).toBeNull();
    }
  });

  it("is also nodes, where the minimum size does not carry it through the loss of a zone", () => {
    // 6 nodes in 3 zones carry 4 x 0.9375 Gbit/s then: 745.7 TB a month at 65 %. Twice that takes 12.
    const { zoneLoss } = popCapacity(virginia);
    const full = (zoneLoss.remaining * 1e9 * 0.65 * 730 * 3600) / 8 / 2 ** 30;

    expect(amounts(trafficCost(virginia, full * 0.999, SHIPPED_PRICES))).not.toHaveProperty(
      "nodes above the minimum size",
    );
    expect(trafficCost(virginia, full * 1.999, SHIPPED_PRICES).lines[0]?.unit).toBe("node-hour");
    expect(amounts(trafficCost(virginia, full * 1.999, SHIPPED_PRICES))["nodes above the minimum size"]).toEqual([
      6 * 730,
      // At the price of the weakest type, by which they are counted: m6gd.large.
      expect.closeTo(6 * 730 * 0.0904, 2),
    ]);
  });

  it("has an average price a gigabyte, and none of nothing", () => {
    const internet = (gb: number) =>
      trafficCost(virginia, gb, SHIPPED_PRICES).lines.find(({ item }) => item === "data to the Internet");

    expect(internet(50 * TB)).toMatchObject({ unit: "GB", unitPrice: (10 * 0.09 + 40 * 0.085) / 50 });
    expect(internet(0)).toMatchObject({ unitPrice: 0, monthly: 0 });
  });

  it("counts what goes between zones in gigabytes", () => {
    const { lines } = trafficCost(pop("us-east-1", { cluster: true, crossZone: true }), 900, SHIPPED_PRICES);

    expect(lines.map(({ item, unit }) => [item, unit])).toEqual([
      ["data to the Internet", "GB"],
      ["load balancer capacity units", "unit-hour"],
      ["data between zones", "GB"],
      [BETWEEN_NODES, "GB"],
    ]);
  });

  it("is of all PoPs together that of those that send something", () => {
    const given = {
      from: "--traffic" as const,
      byRegion: new Map([
        ["us-east-1", 1000.4],
        ["us-west-2", 500.4],
      ]),
    };
    const pops = [virginia, pop("us-west-2"), pop("eu-west-1")];
    const summary = trafficSummary(given, pops, { total: 0, partial: false }, SHIPPED_PRICES);
    const alone = [pops[0]!, pops[1]!].map((each) =>
      trafficCost(each, given.byRegion.get(each.region)!, SHIPPED_PRICES),
    );

    expect(summary).toMatchObject({ gb: 1501, partial: alone.some(({ partial }) => partial) });
    expect(summary.total).toBeCloseTo(alone[0]!.total + alone[1]!.total, 2);
  });

  it("is partial where the table has no price", () => {
    expect(trafficCost(pop("sa-east-1"), 1000, SHIPPED_PRICES)).toMatchObject({
      ...{ total: 0, partial: true },
      missing: ["data to the Internet", "load balancer capacity units"],
    });
  });
});

describe("the same at CloudFront", () => {
  const free = { ...SHIPPED_TABLE.cloudFront.US!, request: 0 };
  const dataAlone = new PriceBook([{ ...SHIPPED_TABLE, cloudFront: { US: free } }]);
  const at = (gb: number, prices = dataAlone) => managedCdn(new Map([["us-east-1", gb]]), prices, null)?.monthly;

  // A witness's table of 2026-06-15 (smallestbusiness.com, "CloudFront egress cost"): tiers, and a terabyte that is free.
  it.each([
    [1, 0],
    [5, 348],
    [10, 783],
    [50, 4060],
    [100, 7132],
    [500, 24_540],
  ])("costs for the data of %i TB %i dollars", (tb, dollars) => {
    expect(at(tb * TB)).toBeCloseTo(dollars, -0.5);
  });

  it("costs for requests beside what is free of them", () => {
    // 1 TB in responses of 37,352 bytes: 29.4 million, 10 of them free, at $1 a million.
    expect(at(TB, SHIPPED_PRICES)).toBeCloseTo((TB * 2 ** 30) / 37_352 / 1e6 - 10, 2);
  });

  it("is of the part of the world that a region answers, by the pricing page's headings", () => {
    const of = (where: Geography) => [...REGIONS.keys()].filter((code) => geography(code) === where).sort();

    expect(of("JP")).toEqual(["ap-northeast-1", "ap-northeast-3"]);
    expect(of("AU")).toEqual(["ap-southeast-2", "ap-southeast-4", "ap-southeast-6"]);
    expect(of("IN")).toEqual(["ap-south-1", "ap-south-2"]);
    expect(of("AP")).toEqual([
      ...["ap-east-1", "ap-east-2", "ap-northeast-2"],
      ...["ap-southeast-1", "ap-southeast-3", "ap-southeast-5", "ap-southeast-7"],
    ]);
    expect(of("ZA")).toEqual(["af-south-1"]);
    expect(of("ME")).toEqual(["me-central-1", "me-south-1"]);
    expect(of("SA")).toEqual(["sa-east-1"]);
    expect(of("US")).toEqual([
      ...["ca-central-1", "ca-west-1", "mx-central-1"],
      ...["us-east-1", "us-east-2", "us-west-1", "us-west-2"],
    ]);
    expect(some(of("EU")).every((code) => /^(eu|il)-/.test(code))).toBe(true);
  });

  it("is cheaper at any traffic of large responses: data costs more from a region than from an edge", () => {
    const given = { from: "--traffic" as const, byRegion: new Map([["us-east-1", 1000]]) };
    const summary = trafficSummary(given, [virginia], { total: 627, partial: false }, dataAlone);

    expect(summary.managed?.cheaper).toEqual([{ from: 0, which: "CloudFront" }]);
  });

  it("is cheaper below and above lines where the footprint's slope is less than its first price, and more than its last", () => {
    // 600 dollars and 5 cents a gigabyte, against 8.5, 8, 6, 4, 3 ... cents of which a terabyte is free.
    const lines = managedCdn(new Map([["us-east-1", 1000]]), dataAlone, (times) => 600 + 50 * times)?.cheaper ?? [];

    expect(lines.map(({ which }) => which)).toEqual(["CloudFront", "footprint", "CloudFront"]);
    // 0.085 x - 87 = 600 + 0.05 x at 10 TB and more: the second price is 0.08. Then 0.04 x + ... above 150 TB.
    const [first = 0, second = 0] = lines.slice(1).map(({ from }) => from);
    const both = (gb: number) => [600 + 0.05 * gb, priceOf(gb, dataAlone.cloudFront("US")!.gb) - 87.04] as const;
    expect(second).toBeGreaterThan(first);
    for (const line of some([first, second])) {
      const [own, cdn] = both(line);
      expect(Math.abs(own - cdn) / own).toBeLessThan(0.03);
    }
  });

  it("is nothing of nothing, and of what has no price", () => {
    expect(managedCdn(new Map([["us-east-1", 0]]), SHIPPED_PRICES, () => 1)).toBeNull();
    expect(managedCdn(new Map([["eu-west-1", 1]]), dataAlone, () => 1)).toBeNull();
  });

  it("has no line where the footprint's cost is not known whole", () => {
    const given = { from: "peak" as const, byRegion: new Map([["us-east-1", 1000]]) };

    expect(trafficSummary(given, [virginia], { total: 627, partial: true }, SHIPPED_PRICES).managed).toMatchObject({
      cheaper: null,
    });
  });
});
