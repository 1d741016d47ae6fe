import fc from "fast-check";
import { globalCost, leftOut, popCost, sum } from "../../infra/plan/cost";
import { nodes, pop, POP_REGIONS, zone } from "./config";
import { some } from "../support/some";

const check = { interval: 10, threshold: 3 } as const;
const basis = {
  rootVolume: 8,
  metrics: { cloudwatch: true, sites: [] },
  alarms: { metrics: 40, composites: 4 },
};

const CLOUDWATCH = [
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
      "CloudWatch metrics": [26, 7.8],
      "CloudWatch calls": [262_800, 2.63],
      "metrics in CloudWatch alarms": [40, 4],
      "composite CloudWatch alarms": [4, 2],
    });
    expect(virginia).toMatchObject({ total: 627.43, partial: false, missing: [] });
  });

  it("has, for each site with metrics of its own, those that are published by site", () => {
    const metrics = { cloudwatch: true, sites: ["a.example.com", "b.example.com"] };

    expect(amounts(popCost(pop("us-east-1"), check, { ...basis, metrics }))["CloudWatch metrics"]).toEqual([42, 12.6]);
    expect(
      amounts(popCost(pop("us-east-1"), check, { ...basis, metrics: { cloudwatch: false, sites: [] } })),
    ).not.toHaveProperty("CloudWatch metrics");
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
      ...CLOUDWATCH,
    ]);
  });

  it("has with direct egress no NAT gateway, and an address for every node instead of every zone", () => {
    const direct = amounts(popCost(pop("us-east-1", { egress: "direct", nodes: nodes({ min: 9 }) }), check, basis));
    expect(direct).not.toHaveProperty("NAT gateway");
    expect(direct["public IPv4 addresses"]).toEqual([(3 + 9) * 730, 43.8]);
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
    expect(globalCost({ zones, metrics: { cloudwatch: false, sites: [] } })).toMatchObject({
      ...{ total: 1, partial: false },
      lines: [{ quantity: 2, unitPrice: 0.5 }],
    });
  });

  it("is that of the dashboard, while nodes publish to CloudWatch", () => {
    const zones = [zone("example.com", "Z0123456789ABCDEFGHIJ")];
    expect(globalCost({ zones, metrics: { cloudwatch: true, sites: [] } })).toMatchObject({
      ...{ total: 3, partial: false },
      lines: [{ item: "CloudWatch dashboard", quantity: 1, unitPrice: 3 }],
    });
    expect(globalCost({ zones, metrics: { cloudwatch: false, sites: [] } })).toMatchObject({ lines: [], total: 0 });
  });
});

describe("the sum of estimates", () => {
  it("is partial as soon as one of them is, and names each missing item once", () => {
    const whole = popCost(pop("us-east-1"), check, basis);
    const part = popCost(pop("eu-central-1"), check, basis);
    const both = sum([whole, part, part]);
    expect(both.partial).toBe(true);
    expect(both.missing).toEqual(["Network Load Balancer", "NAT gateway", ...CLOUDWATCH]);
    expect(both.total).toBeCloseTo(whole.total + 2 * part.total, 6);
    expect(sum([whole, whole])).toEqual({ total: 1254.86, partial: false, missing: [] });
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
  it("names traffic, capacity units, queries, storage and logs", () => {
    const text = leftOut("us-east-1")
      .map(({ what }) => what)
      .join("; ");
    for (const word of ["internet", "between zones", "NAT gateway", "LCU", "queries", "S3", "logs"]) {
      expect(text).toContain(word);
    }
  });

  it("gives the price per GB where one is known", () => {
    const nat = (code: string): number | undefined =>
      leftOut(code).find(({ what }) => what.includes("NAT"))?.price?.usd;
    expect([nat("eu-west-1"), nat("sa-east-1")]).toEqual([0.048, undefined]);
  });
});
