import fc from "fast-check";
import { contains, isPrivate, overlaps, parseBlock, slotBlock, slotCount } from "../../infra/config/addresses";
import { placeholders } from "../../infra/config/complete";
import { instanceType } from "../../infra/config/instanceTypes";
import { loadConfig } from "../../infra/config/load";
import type { FootprintConfig, PopConfig } from "../../infra/config/model";
import { REGIONS } from "../../infra/config/regions";
import { PLACEHOLDER_BUCKET, PLACEHOLDER_IMAGE } from "../../infra/config/schema";
import { base, engineValues, type Draft } from "./base";
import { some } from "../support/some";

const codes = [...REGIONS.keys()];
/** Regions in which `{}` is a whole PoP. */
const complete = codes.filter((code) => REGIONS.get(code)?.defaultTypes !== null);

/** A footprint with these PoPs, everything acknowledged that needs to be. */
function footprint(pops: Readonly<Record<string, unknown>>): Draft {
  return {
    ...base(),
    image: Object.fromEntries(codes.map((code) => [code, PLACEHOLDER_IMAGE])),
    acknowledge: { optInRegions: codes.filter((code) => REGIONS.get(code)?.optIn === true) },
    pops,
  };
}

function load(draft: Draft): FootprintConfig {
  return loadConfig("test", engineValues(draft));
}

/** Any valid PoP that does not name its addresses. */
const anyPop = fc.record(
  {
    state: fc.constantFrom("active", "drained"),
    zones: fc.constant(2),
    egress: fc.constantFrom("nat", "direct"),
    nodes: fc
      .record({ min: fc.integer({ min: 2, max: 60 }), extra: fc.integer({ min: 1, max: 60 }) })
      .map(({ min, extra }) => ({ min, max: min + extra, spotShare: 20 })),
    peak: fc.integer({ min: 1, max: 100 }),
  },
  { requiredKeys: [] },
);

const anyPops = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...complete), anyPop), {
    selector: ([code]) => code,
    minLength: 2,
    maxLength: 9,
  })
  .map((entries) => Object.fromEntries(entries))
  .filter((pops) => Object.values(pops).some((pop) => pop.state !== "drained"));

describe("the smallest PoP", () => {
  test.each(complete)("%s: {} works", (code) => {
    const [pop] = load(footprint({ [code]: {} })).pops;
    const region = REGIONS.get(code);
    expect(pop?.zones.map((zone) => zone.id)).toEqual([...(region?.defaultZones ?? [])].sort());
    expect(pop?.zones.length).toBeGreaterThanOrEqual(2);
    expect(pop?.nodes.min).toBe(2 * (pop?.zones.length ?? 0));
    expect(pop?.nodes.max).toBe(4 * (pop?.nodes.min ?? 0));
    expect(pop?.crossZone).toBe(false);
    expect(pop?.cluster).toBe(true);
    expect(pop?.nodes.types.map((type) => instanceType(type)?.architecture)).toEqual(
      pop?.nodes.types.map(() => "arm64"),
    );
  });

  test("uses three zones wherever a region has three that can be used", () => {
    const pops = load(footprint(Object.fromEntries(complete.map((code) => [code, {}])))).pops;
    expect(
      pops.filter((pop) => {
        const usable = REGIONS.get(pop.region)?.zones.filter((zone) => zone.usable).length ?? 0;
        return pop.zones.length !== Math.min(3, usable);
      }),
    ).toEqual([]);
    expect(pops.some((pop) => pop.zones.length === 2)).toBe(true);
  });
});

describe("the other PoPs", () => {
  test("never change when one is removed or added (P3, P4 in the configuration)", () => {
    fc.assert(
      fc.property(anyPops, fc.nat(), (pops, pick) => {
        const before = load(footprint(pops)).pops;
        const gone = before[pick % before.length]?.region ?? "";
        const rest = Object.fromEntries(Object.entries(pops).filter(([code]) => code !== gone));
        fc.pre(Object.values(rest).some((pop) => pop.state !== "drained"));
        const after = load(footprint(rest)).pops;
        expect(after).toEqual(before.filter((pop) => pop.region !== gone));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("addresses", () => {
  test("never overlap, lie in the supernet and are stable (P16), whatever the supernet and the PoPs", () => {
    const supernets = fc
      .tuple(fc.integer({ min: 8, max: 14 }), fc.nat({ max: 255 }))
      .map(
        ([prefix, second]) => `10.${String(second - (second % 2 ** (16 - Math.max(8, prefix))))}.0.0/${String(prefix)}`,
      )
      .filter((supernet) => !supernet.endsWith("/8") || supernet === "10.0.0.0/8");
    fc.assert(
      fc.property(anyPops, supernets, (pops, supernet) => {
        const blocks = load({ ...footprint(pops), supernet }).pops.map((pop) => parseBlock(pop.cidr));
        expect(some(blocks).every((block) => contains(parseBlock(supernet), block) && isPrivate(block))).toBe(true);
        expect(blocks.some((block, n) => blocks.slice(n + 1).some((other) => overlaps(block, other)))).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  test("slot n is the n-th /20", () => {
    const supernet = parseBlock("10.64.0.0/14");
    expect(slotCount(supernet)).toBe(64);
    expect(slotBlock(supernet, 0)).toEqual(parseBlock("10.64.0.0/20"));
    expect(slotBlock(supernet, 33)).toEqual(parseBlock("10.66.16.0/20"));
    expect(slotBlock(supernet, 63)).toEqual(parseBlock("10.67.240.0/20"));
    expect(slotBlock(supernet, 64)).toBeUndefined();
  });

  test("slots of the table are all different", () => {
    const slots = [...REGIONS.values()].map((region) => region.slot);
    expect(new Set(slots).size).toBe(slots.length);
  });
});

describe("the completed configuration", () => {
  const pops = {
    "us-east-1": {},
    "eu-west-1": { zones: ["euw1-az3", "euw1-az1"] },
    "ap-southeast-2": { state: "drained" },
  };
  const draft = {
    ...footprint(pops),
    sites: {
      "www.example.com": { origin: ["https://b.example.net", "http://a.example.net:8080"] },
      "api.example.com": { origin: "https://o.example.net", cacheKey: { headers: ["X-Country", "Accept"] } },
    },
    tags: { b: "1", a: "2" },
  };

  test("is the same for any order of keys", () => {
    const reversed = (value: unknown): unknown =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, entry]) => [key, reversed(entry)]),
          )
        : value;
    expect(JSON.stringify(load(reversed(draft) as Draft))).toBe(JSON.stringify(load(draft)));
  });

  test("compares nothing by the locale", () => {
    const spy = jest.spyOn(String.prototype, "localeCompare").mockImplementation(() => {
      throw new Error("compared by locale");
    });
    try {
      expect(() => load(draft)).not.toThrow();
    } finally {
      spy.mockRestore();
    }
  });

  test("sorts hosts, regions, zones of a PoP and unordered lists; origins keep their failover order", () => {
    const config = load(draft);
    expect(config.sites.map((site) => site.host)).toEqual(["api.example.com", "www.example.com"]);
    expect(config.sites[0]?.cacheKey.headers).toEqual(["accept", "x-country"]);
    expect(config.sites[1]?.origins).toEqual([
      { scheme: "https", host: "b.example.net", port: 443 },
      { scheme: "http", host: "a.example.net", port: 8080 },
    ]);
    expect(config.pops.map((pop) => pop.region)).toEqual(["ap-southeast-2", "eu-west-1", "us-east-1"]);
    expect(config.pops[1]?.zones).toEqual([
      { id: "euw1-az1", number: 0 },
      { id: "euw1-az3", number: 2 },
    ]);
    expect(Object.keys(config.tags)).toEqual(["a", "b"]);
  });

  test("is frozen all the way down", () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(load(draft))).toBe(true);
  });

  test("names the bucket of packages when it is a placeholder", () => {
    const image = { "eu-west-1": "ami-0123456789abcdef0", "us-east-1": "ami-0123456789abcdef0" };

    expect(placeholders(load({ ...base(), image, packages: { bucket: PLACEHOLDER_BUCKET } }))).toEqual([
      {
        path: "packages.bucket",
        problem: "no bucket with the nodes' packages is named",
        command: "footprint node publish --bucket NAME",
      },
    ]);
    expect(placeholders(load({ ...base(), image }))).toEqual([]);
  });

  test("names the regions whose image is a placeholder", () => {
    const mixed = {
      ...draft,
      image: { ...(footprint(pops)["image"] as object), "eu-west-1": "ami-0123456789abcdef0" },
    };
    expect(placeholders(load(mixed))).toEqual([
      {
        path: "image",
        problem: "no image is chosen for ap-southeast-2, us-east-1",
        command: "footprint images --stack test --release latest",
      },
    ]);
  });

  test("turns cross-zone on while there are fewer than two nodes per zone", () => {
    const crossZone = (nodes: object): boolean | undefined =>
      first(load(footprint({ "us-east-1": { nodes } }))).crossZone;
    expect(crossZone({ min: 5 })).toBe(true);
    expect(crossZone({ min: 6 })).toBe(false);
  });

  test("takes a PoP's own settings before those of defaults, setting by setting", () => {
    const config = load({
      ...footprint({ "us-east-1": { nodes: { min: 8 } }, "us-west-1": {} }),
      defaults: { zones: 3, egress: "direct", nodes: { min: 6, max: 20 } },
    });
    expect(config.pops.map((pop) => [pop.egress, pop.zones.length, pop.nodes.min, pop.nodes.max])).toEqual([
      ["direct", 3, 8, 20],
      ["direct", 2, 6, 20],
    ]);
  });

  function first(config: FootprintConfig): PopConfig {
    const [pop] = config.pops;
    if (pop === undefined) {
      throw new Error("no PoP");
    }
    return pop;
  }
});

describe("certificates", () => {
  const sites = (count: number): Draft => ({
    ...base(),
    sites: Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`s${String(n)}.example.com`, { origin: "https://origin.example.net" }]),
    ),
  });

  test("24 sites and the default certificate fit AWS's quota; a raised quota takes more", () => {
    expect(load(sites(24)).sites).toHaveLength(24);
    const raised = { ...sites(49), acknowledge: { quotas: { certificatesPerLoadBalancer: 50 } } };
    expect(load(raised).sites).toHaveLength(49);
  });
});

describe("zones", () => {
  test("a host belongs to the longest zone that it ends with, and may be its apex", () => {
    const config = load({
      ...base(),
      zones: {
        "example.com": { create: true, primary: true },
        "eu.example.com": { id: "Z012", caaAtApex: true, delegated: true },
      },
      sites: Object.fromEntries(
        ["example.com", "www.example.com", "eu.example.com", "www.eu.example.com"].map((host) => [
          host,
          { origin: "https://origin.example.net" },
        ]),
      ),
    });
    expect(config.sites.map((site) => `${site.host} ${site.zone}`)).toEqual([
      "eu.example.com eu.example.com",
      "example.com example.com",
      "www.eu.example.com eu.example.com",
      "www.example.com example.com",
    ]);
    expect(config.primaryZone).toBe("example.com");
    expect(config.zones).toEqual([
      { name: "eu.example.com", id: "Z012", caaAtApex: true, handOver: false },
      { name: "example.com", caaAtApex: false, handOver: false },
    ]);
  });
});
