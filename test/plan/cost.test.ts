import fc from "fast-check";
import { alarmsIn, globalCost, leftOut, popCost, sum } from "../../infra/plan/cost";
import { SHIPPED_PRICES } from "../../infra/plan/prices";
import { nodes, pop, POP_REGIONS, zone } from "./config";
import { some } from "../support/some";

const check = { interval: 10, threshold: 3 } as const;
const basis = {
  rootVolume: 8,
  metrics: { cloudwatch: true, sites: [] },
  alarms: { metrics: 40, composites: 4 },
  ownKey: false,
  prices: SHIPPED_PRICES,
};

const REQUESTS_AND_METRICS = [
  "EC2 detailed monitoring",
  "S3 requests: GET",
  "S3 requests: PUT",
  "CloudWatch metrics",
  "CloudWatch calls",
  "metrics in CloudWatch alarms",
  "composite CloudWatch alarms",
];

/** Quantity and monthly amount by item. */
function amounts(estimate: ReturnType<typeof popCost>): Record<string, readonly [number, number | null]> {
  return Object.fromEntries(estimate.lines.map(({ item, quantity, monthly }) => [item, [quantity, monthly] as const]));
}

describe("the minimum monthly cost of a PoP", () => {
  const virginia = popCost(pop("us-east-1"), check, basis);

  it("lists what runs without traffic: 6 nodes over 3 zones in us-east-1", () => {
    expect(amounts(virginia)).toEqual({
      "m7gd.large on demand": [4380, 467.78],
      "Network Load Balancer": [730, 16.43],
      "NAT gateway": [2190, 98.55],
      "public IPv4 addresses": [4380, 21.9],
      "root volumes (gp3)": [48, 3.84],
      "Route 53 health check": [1, 0.5],
      "Route 53 health check options": [2, 2],
      // Seven metrics a node at $0.30 (Amazon CloudWatch pricing).
      "EC2 detailed monitoring": [42, 12.6],
      // Pointer and drain switch each 5 s, purges each second; a report each 30 s.
      "S3 requests: GET": [6 * 730 * 3600 * 1.4, 8.83],
      "S3 requests: PUT": [6 * 730 * 120, 2.63],
      "CloudWatch metrics": [26, 7.8],
      "CloudWatch calls": [262_800, 2.63],
      "metrics in CloudWatch alarms": [40, 4],
      "composite CloudWatch alarms": [4, 2],
    });
    expect(virginia).toMatchObject({ total: 651.49, partial: false, missing: [] });
  });

  it("has, for nodes that are one cache, what they read of each other: each lists six each 10 s, and gets five", () => {
    const cluster = amounts(popCost(pop("us-east-1", { cluster: true }), check, basis));

    expect(cluster["S3 requests: LIST, of nodes that are one cache"]).toEqual([6 * 262_800, 7.88]);
    expect(cluster["S3 requests: GET, of nodes that are one cache"]).toEqual([6 * 5 * 262_800, 3.15]);
  });

  it("has, for each site with metrics of its own, those that are published by site", () => {
    const metrics = { cloudwatch: true, sites: ["a.example.com", "b.example.com"] };

    expect(amounts(popCost(pop("us-east-1"), check, { ...basis, metrics }))["CloudWatch metrics"]).toEqual([42, 12.6]);
    expect(
      Object.keys(amounts(popCost(pop("us-east-1"), check, { ...basis, metrics: { cloudwatch: false, sites: [] } }))),
    ).toEqual(Object.keys(amounts(virginia)).filter((item) => !/^CloudWatch (metrics|calls)$/.test(item)));
  });

  it("says of what each line has so many", () => {
    const { lines } = popCost(pop("us-east-1", { cluster: true }), check, { ...basis, ownKey: true });

    expect(new Set(lines.map(({ item, unit }) => `${unit}: ${item.split(" ")[0] ?? ""}`))).toEqual(
      new Set([
        "node-hour: m7gd.large",
        "hour: Network",
        "zone-hour: NAT",
        "address-hour: public",
        "GB-month: root",
        "month: Route",
        "metric-month: EC2",
        "call: S3",
        "month: key",
        "month: CloudWatch",
        "call: CloudWatch",
        "month: metrics",
        "month: composite",
      ]),
    );
  });

  it("has as many alarms as are billed, and can be asked how many these were", () => {
    const billed = (alarms: typeof basis.alarms) => popCost(pop("us-east-1"), check, { ...basis, alarms });
    const without = billed({ metrics: 0, composites: 0 });

    expect(alarmsIn(billed({ metrics: 7, composites: 2 }))).toEqual({ metrics: 7, composites: 2 });
    expect(alarmsIn(without)).toEqual({ metrics: 0, composites: 0 });
    expect(alarmsIn({ ...without, lines: [] })).toEqual({ metrics: 0, composites: 0 });
    expect(amounts(without)).not.toHaveProperty("composite CloudWatch alarms");
    expect(without.lines).toHaveLength(13);
  });

  it("prints no price without its source and date", () => {
    fc.assert(
      fc.property(fc.constantFrom(...POP_REGIONS), (code) => {
        for (const line of some(popCost(pop(code), check, basis).lines)) {
          const known = [line.unitPrice, line.source, line.date, line.monthly].filter((part) => part !== null).length;
          expect(known === 4 || known === 0).toBe(true);
        }
      }),
    );
  });

  it("is partial if and only if a line has no price, and then names it", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...POP_REGIONS),
        fc.constantFrom("m7gd.large", "m6gd.large", "c6gd.large", "r6gd.large"),
        fc.constantFrom("nat" as const, "direct" as const),
        (code, type, egress) => {
          const estimate = popCost(pop(code, { egress, nodes: nodes({ types: [type] }) }), check, basis);
          const unpriced = estimate.lines.filter(({ monthly }) => monthly === null).map(({ item }) => item);
          expect(estimate.missing).toEqual(unpriced);
          expect(estimate.partial).toBe(unpriced.length > 0);
          const cents = estimate.lines.reduce((total, { monthly }) => total + Math.round((monthly ?? 0) * 100), 0);
          expect(Math.round(estimate.total * 100)).toBe(cents);
        },
      ),
    );
  });

  it("says that São Paulo's is partial and why", () => {
    const { partial, missing } = popCost(pop("sa-east-1"), check, basis);
    expect(partial).toBe(true);
    expect(missing).toEqual([
      "m7gd.large on demand",
      "Network Load Balancer",
      "NAT gateway",
      "root volumes (gp3)",
      ...REQUESTS_AND_METRICS,
    ]);
  });

  it("has with direct egress no NAT gateway, and an address for every node instead of every zone", () => {
    const direct = amounts(popCost(pop("us-east-1", { egress: "direct", nodes: nodes({ min: 9 }) }), check, basis));
    expect(Object.keys(direct)).toEqual(Object.keys(amounts(virginia)).filter((item) => item !== "NAT gateway"));
    expect(direct["public IPv4 addresses"]).toEqual([(3 + 9) * 730, 43.8]);
  });

  it("has a key of one's own where root volumes have one", () => {
    expect(amounts(virginia)).not.toHaveProperty("key of root volumes");
    expect(amounts(popCost(pop("sa-east-1"), check, { ...basis, ownKey: true }))["key of root volumes"]).toEqual([
      1, 1,
    ]);
  });

  it("counts the fast interval of the health check as an option of its own", () => {
    const slow = amounts(popCost(pop("us-east-1"), { interval: 30, threshold: 3 }, basis));
    expect(slow["Route 53 health check options"]).toEqual([1, 1]);
  });

  it("never falls when a node is added", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 100 }), (min) => {
        const of = (count: number): number =>
          popCost(pop("us-east-1", { nodes: nodes({ min: count }) }), check, basis).total;
        expect(of(min + 1)).toBeGreaterThan(of(min));
      }),
    );
  });
});

describe("the cost of what is global", () => {
  it("is that of the hosted zones that the stack makes", () => {
    const zones = [zone("example.com", "Z0123456789ABCDEFGHIJ"), zone("example.net"), zone("example.org")];
    expect(globalCost({ zones, metrics: { cloudwatch: false, sites: [] } }, SHIPPED_PRICES)).toMatchObject({
      ...{ total: 1, partial: false },
      lines: [{ item: "hosted zones", unit: "month", quantity: 2, unitPrice: 0.5 }],
    });
  });

  it("is that of the dashboard, while nodes publish to CloudWatch", () => {
    const zones = [zone("example.com", "Z0123456789ABCDEFGHIJ")];
    expect(globalCost({ zones, metrics: { cloudwatch: true, sites: [] } }, SHIPPED_PRICES)).toMatchObject({
      ...{ total: 3, partial: false },
      lines: [{ item: "CloudWatch dashboard", unit: "month", quantity: 1, unitPrice: 3 }],
    });
    expect(globalCost({ zones, metrics: { cloudwatch: false, sites: [] } }, SHIPPED_PRICES)).toMatchObject({
      lines: [],
      total: 0,
    });
  });
});

describe("the sum of estimates", () => {
  it("is partial as soon as one of them is, and names each missing item once", () => {
    const whole = popCost(pop("us-east-1"), check, basis);
    const part = popCost(pop("eu-central-1"), check, basis);
    const both = sum([whole, part, part]);
    expect(both.partial).toBe(true);
    expect(both.missing).toEqual(["Network Load Balancer", "NAT gateway", ...REQUESTS_AND_METRICS]);
    expect(both.total).toBeCloseTo(whole.total + 2 * part.total, 6);
    expect(sum([whole, whole])).toEqual({ total: 1302.98, partial: false, missing: [] });
  });
});

describe("the sum of estimates with a single gap", () => {
  const one = { lines: [], total: 0.1, partial: true, missing: ["NAT gateway"] };

  it("is partial, and is a sum of whole cents", () => {
    const other = { lines: [], total: 0.2, partial: false, missing: [] };
    expect(sum([one, other])).toEqual({ total: 0.3, partial: true, missing: ["NAT gateway"] });
  });
});

describe("what the estimate leaves out", () => {
  it.each([
    [true, /^data between regions$/],
    [false, /^data to the Internet, .*between zones, load balancer capacity units/],
  ])(
    "names traffic where it is not counted, queries, storage, logs and what watches the stores (%s)",
    (has, traffic) => {
      const words = [
        ...[traffic, /NAT gateway/, /CloudTrail/, /Route 53 queries/, /S3 storage/],
        ...[/flow logs and access logs/, /above the minimum size/, /free tiers/],
      ];

      expect(leftOut(has)).toEqual(words.map((word) => expect.stringMatching(word) as string));
    },
  );
});
