import fc from "fast-check";
import { accountQuotas, popQuotas, type Quota, tooSmall, zoneQuotas } from "../../infra/plan/quotas";
import { nodes, pop, site, zone, zones } from "./config";

const basis = { rulesPerSecurityGroup: 6 };
const ON_DEMAND = "Running On-Demand Standard instances (vCPUs)";
const SPOT = "All Standard Spot Instance Requests (vCPUs)";

function needed(quotas: readonly Quota[]): Record<string, number> {
  return Object.fromEntries(quotas.map((quota) => [quota.name, quota.needed]));
}

function sites(count: number): { sites: ReturnType<typeof site>[] } {
  return { sites: Array.from({ length: count }, (_, index) => site(`${String(index)}.example.com`)) };
}

describe("quotas of a PoP's region", () => {
  it("count one PoP of 6 to 24 nodes in three zones", () => {
    expect(needed(popQuotas(pop("us-east-1"), sites(2), basis))).toEqual({
      [ON_DEMAND]: 72,
      [SPOT]: 0,
      "EC2-VPC Elastic IPs": 3,
      "VPCs per Region": 1,
      "Internet gateways per Region": 1,
      "Egress-only internet gateways per Region": 1,
      "Inbound or outbound rules per security group": 6,
      "Network Load Balancers per Region": 1,
      "Certificates per Network Load Balancer": 3,
      "Targets per Availability Zone per Network Load Balancer": 24,
    });
  });

  // The defaults of the pages that each quota names as its source.
  it("have AWS's defaults beside them", () => {
    const defaults = popQuotas(pop("us-east-1"), sites(1), basis).map(({ code, default: of }) => [code, of]);
    expect(Object.fromEntries(defaults)).toEqual({
      "L-1216C47A": 5,
      "L-34B43A08": 5,
      "L-0263D0A3": 5,
      "L-F678F1CE": 5,
      "L-A4707A72": 5,
      "L-45FE3B85": 5,
      "L-0EA8095F": 60,
      "L-69A177A2": 50,
      "L-52964454": 25,
      "L-B211E961": 500,
    });
  });

  // As Service Quotas has them, which is asked by service and code.
  it("are looked up by the service that has them", () => {
    const config = { pops: [pop("us-east-1")], zones: [zone("example.com")] };
    const all = [
      ...popQuotas(pop("us-east-1"), sites(1), basis),
      ...accountQuotas(config),
      ...zoneQuotas(zone("example.com"), { ...config, ...sites(1), primaryZone: "example.com" }),
    ];

    expect(Object.fromEntries(all.map(({ code, service }) => [code, service]))).toEqual({
      "L-1216C47A": "ec2",
      "L-34B43A08": "ec2",
      "L-0263D0A3": "ec2",
      "L-F678F1CE": "vpc",
      "L-A4707A72": "vpc",
      "L-45FE3B85": "vpc",
      "L-0EA8095F": "vpc",
      "L-69A177A2": "elasticloadbalancing",
      "L-52964454": "elasticloadbalancing",
      "L-B211E961": "elasticloadbalancing",
      "L-ACB674F3": "route53",
      "L-4EA4796A": "route53",
      "L-E209CC9F": "route53",
    });
  });

  it.each([
    [5, true],
    [6, false],
  ])("let a NAT gateway have an address in each of %i zones: %s", (count, ok) => {
    const addresses = popQuotas(pop("us-east-1", { zones: zones(count) }), sites(1), basis).find(
      ({ code }) => code === "L-0263D0A3",
    );
    expect(addresses).toMatchObject({ needed: count, ok });
  });

  it("round up the nodes of a refresh, and those of the fullest zone", () => {
    // 7 nodes and half as many again are 10.5: 11, of which one of three zones has 4, each a target of two groups.
    const quotas = popQuotas(pop("us-east-1", { nodes: nodes({ max: 7 }) }), sites(1), basis);
    expect(needed(quotas)).toMatchObject({
      [ON_DEMAND]: 22,
      "Targets per Availability Zone per Network Load Balancer": 8,
    });
  });

  it("say which defaults do not suffice", () => {
    const names = tooSmall(popQuotas(pop("us-east-1"), sites(25), basis)).map(({ name }) => name);
    expect(names).toEqual([ON_DEMAND, "Certificates per Network Load Balancer"]);
  });

  it("have room for 24 sites beside the default certificate", () => {
    const certificates = popQuotas(pop("us-east-1"), sites(24), basis).find(({ code }) => code === "L-52964454");
    expect(certificates).toMatchObject({ needed: 25, default: 25, ok: true });
  });

  it("need no Elastic IP with direct egress", () => {
    expect(needed(popQuotas(pop("us-east-1", { egress: "direct" }), sites(1), basis))["EC2-VPC Elastic IPs"]).toBe(0);
  });

  it("count every node against the one limit of a load balancer that spreads over all zones", () => {
    const quotas = popQuotas(pop("us-east-1", { crossZone: true }), sites(1), basis);
    expect(needed(quotas)["Targets per Availability Zone per Network Load Balancer"]).toBe(72);
  });

  it("split the vCPUs of a refresh at 150 % between on demand and Spot, losing none", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 50 }),
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 100 }),
        (min, above, spotShare) => {
          const size = nodes({ min, max: min + above, spotShare });
          const quotas = needed(popQuotas(pop("us-east-1", { nodes: size }), sites(1), basis));
          const [onDemand = 0, spot = 0] = [quotas[ON_DEMAND], quotas[SPOT]];
          expect(onDemand + spot).toBe(2 * Math.ceil((min + above) * 1.5));
          expect(onDemand).toBeGreaterThanOrEqual(2 * min);
          expect(spot === 0 || spotShare > 0).toBe(true);
        },
      ),
    );
  });

  it("carry a source with every default, and no verdict without one", () => {
    const all = [
      ...popQuotas(pop("us-east-1"), sites(1), basis),
      ...accountQuotas({ pops: [pop("us-east-1")], zones: [zone("example.com")] }),
    ];
    for (const quota of all) {
      expect([quota.source === null, quota.ok === null]).toEqual([quota.default === null, quota.default === null]);
    }
  });

  it("rejects a type that the instance table does not have", () => {
    const subject = pop("us-east-1", { nodes: nodes({ types: ["z9.large"] }) });
    expect(() => popQuotas(subject, sites(1), basis)).toThrow('no instance type "z9.large" in the instance table');
  });
});

describe("quotas of the account", () => {
  it("count a health check per PoP and the zones that the stack makes", () => {
    const zones = [zone("example.com", "Z0123456789ABCDEFGHIJ"), zone("example.net"), zone("example.org")];
    const quotas = accountQuotas({ pops: [pop("us-east-1"), pop("eu-west-1"), pop("eu-west-3")], zones });
    expect(needed(quotas)).toEqual({ "Route 53 health checks": 3, "Route 53 hosted zones": 2 });
  });
});

// Route 53 Developer Guide, "Quotas": 10,000 records in a hosted zone.
describe("quotas of a hosted zone", () => {
  const pops = ["us-east-1", "eu-west-1", "eu-west-3", "ap-south-1"].map((region) => pop(region));

  it.each([
    [999, 10_000, true],
    // 8,000 latency records, a CAA and a validation record for each site, 8 of the PoPs' own names and 2 for all of these.
    [1000, 10_010, false],
  ])("have all records of %i sites at 4 PoPs: %i", (count, records, ok) => {
    const config = { ...sites(count), pops, zones: [zone("example.com")], primaryZone: "example.com" };
    expect(zoneQuotas(zone("example.com"), config)).toEqual([
      expect.objectContaining({ name: "Records per hosted zone", needed: records, default: 10_000, ok }),
    ]);
  });

  it("count a zone's own records, and an apex's CAA record where that is asked for", () => {
    const other = { ...zone("example.net"), caaAtApex: true };
    const apex = { ...site("example.net"), zone: "example.net" };
    const config = { sites: [apex, site("a.example.com")], pops, zones: [zone("example.com"), other] };
    const of = (each: typeof other) => zoneQuotas(each, { ...config, primaryZone: "example.com" })[0]?.needed;
    expect([of(zone("example.com")), of(other), of({ ...other, caaAtApex: false })]).toEqual([20, 10, 9]);
  });
});
