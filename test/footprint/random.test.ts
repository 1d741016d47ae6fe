import fc from "fast-check";
import { loadConfig } from "../../infra/config/load";
import type { PopConfig } from "../../infra/config/model";
import { ConfigError } from "../../infra/config/problems";
import { REGIONS } from "../../infra/config/regions";
import { usableZones } from "../../infra/config/settings";
import program from "../../infra/index";
import { record, type Recording } from "../../infra/plan/harness";
import { computed } from "../support/cloud";
import { crossings, foreign, misplaced, roster, twins, unspoken } from "../support/graph";
import { at, text } from "../support/registrations";
import { IMAGE, ofType, valuesOf, type StackInput } from "../support/stacks";

/** Each costs about half a second: they are small, and few. */
const RUNS = 16;

/** So many of them are previewed too. */
const PREVIEWED = 5;

/** The same footprints in every run of the tests: a failure names its seed, and a new one is a line here. */
const SEED = 20_261_122;

const TYPES = [
  ["m7gd.large", "m6gd.large"],
  ["c7gd.xlarge", "m7gd.xlarge", "m6gd.xlarge"],
];

const nodes = fc.record(
  {
    min: fc.integer({ min: 2, max: 8 }),
    max: fc.integer({ min: 4, max: 40 }),
    spotShare: fc.constantFrom(0, 0, 30, 100),
    targetUtilization: fc.integer({ min: 10, max: 90 }),
  },
  { requiredKeys: [] },
);

const pop = (region: string) =>
  fc.record(
    {
      nodes: nodes.chain((sizes) => fc.constantFrom(...TYPES).map((types) => ({ ...sizes, types }))),
      state: fc.constantFrom("active", "active", "drained"),
      egress: fc.constantFrom("nat", "direct"),
      crossZone: fc.boolean(),
      zones: fc.oneof(
        fc.integer({ min: 2, max: usableZones(region, REGIONS).length }),
        fc.subarray([...usableZones(region, REGIONS)], { minLength: 2 }),
      ),
    },
    { requiredKeys: ["nodes"] },
  );

const pops = fc
  .constantFrom(1, 1, 1, 2, 2, 3, 4)
  .chain((size) => fc.uniqueArray(fc.constantFrom(...REGIONS.keys()), { minLength: size, maxLength: size }))
  .chain((regions) => fc.record(Object.fromEntries(regions.map((region) => [region, pop(region)]))));

const site = fc.record(
  {
    origin: fc.constantFrom("https://origin.example.org", "http://origin.example.org:8080", [
      "https://a.example.org:8443",
      "https://b.example.org",
    ]),
    cacheKey: fc.constantFrom({ query: "none" }, { query: ["page"], headers: ["Accept"] }, { cookies: ["currency"] }),
    maxAge: fc.integer({ min: 1, max: 86_400 }),
    redirectStatus: fc.constantFrom(301, 308),
  },
  { requiredKeys: ["origin"] },
);

const HOSTS = ["example.com", "cdn.example.com", "img.example.net", "a.b.example.com"];

const sites = fc
  .subarray(HOSTS, { minLength: 1, maxLength: 3 })
  .chain((hosts) => fc.record(Object.fromEntries(hosts.map((host) => [host, site]))));

const zone = (id: string) => fc.constantFrom({ create: true }, { id }, { id, caaAtApex: true });

const footprints: fc.Arbitrary<StackInput> = fc
  .record({
    zones: fc.record({
      "example.com": zone("Z0123456789ABCDEFGHIJ").map((each) => ({ ...each, primary: true })),
      "example.net": zone("Z0123456789KLMNOPQRST"),
    }),
    sites,
    pops,
    healthCheck: fc.record({ interval: fc.constantFrom(10, 30), threshold: fc.integer({ min: 1, max: 10 }) }),
    logs: fc.record({ flow: fc.constantFrom("rejected", "all"), retention: fc.integer({ min: 1, max: 400 }) }),
    protection: fc.boolean(),
    tags: fc.constantFrom({}, { environment: "test" }),
    packages: fc.constant({ bucket: "edge-packages" }),
    alarms: fc.constantFrom({}, { emails: ["edge@example.org"] }),
  })
  .map((input) => {
    const regions = Object.keys(input.pops);
    return {
      ...input,
      image: Object.fromEntries(regions.map((region) => [region, IMAGE])),
      acknowledge: { optInRegions: regions.filter((region) => REGIONS.get(region)?.optIn) },
    };
  });

function isAllowed(input: StackInput): boolean {
  try {
    loadConfig("random", valuesOf(input));
    return true;
  } catch (error) {
    if (error instanceof ConfigError) {
      return false;
    }
    throw error;
  }
}

/** Where each host's latency records send users: `host type region`, in code-unit order. */
function routes(recording: Recording): readonly string[] {
  return ofType(recording, "aws:route53/record:Record")
    .filter(({ inputs }) => inputs.latencyRoutingPolicies !== undefined)
    .map(({ inputs }) => {
      const { name, type, setIdentifier, latencyRoutingPolicies, aliases } = inputs;
      const region = text(at(latencyRoutingPolicies, 0, "region"));
      expect(setIdentifier).toBe(region);
      expect(at(aliases, 0, "name")).toBe(`${region}-lb.elb.example.org`);
      expect(at(aliases, 0, "evaluateTargetHealth")).toBe(true);
      return [text(name), text(type), region].join(" ");
    })
    .sort();
}

function faults(recording: Recording): readonly string[] {
  return [twins, misplaced, foreign, crossings, unspoken].flatMap((check) => check(recording));
}

describe("any footprint that the schema takes", () => {
  const recorded = fc.sample(footprints.filter(isAllowed), { numRuns: RUNS, seed: SEED }).map((input, index) => ({
    input,
    previewed: index < PREVIEWED,
    title: `${String(index + 1)}: ${Object.keys(input.pops).join(", ")}`,
  }));

  test.each(recorded)("$title", async ({ input, previewed }) => {
    const config = valuesOf(input);
    const stack = "random";
    const updated = await record(program, { config, computed, stack });
    const loaded = loadConfig(stack, config);

    // P14, P15, P34, P12
    expect(faults(updated)).toEqual([]);
    if (previewed) {
      const preview = await record(program, { config, stack });

      expect(faults(preview)).toEqual([]);
      expect(roster(preview)).toEqual(roster(updated));
    }
    // P21, P24: two records a host and active PoP.
    const active = loaded.pops.filter(({ state }) => state === "active");
    expect(routes(updated)).toEqual(
      loaded.sites
        .flatMap(({ host }) => active.flatMap(({ region }) => ["A", "AAAA"].map((type) => `${host} ${type} ${region}`)))
        .sort(),
    );
  });

  test("the sample is wide: states, egress, zones, numbers of PoPs", () => {
    const all = recorded.flatMap(({ input }) => loadConfig("random", valuesOf(input)).pops);
    const values = (value: (pop: PopConfig) => unknown) => new Set(all.map(value)).size;

    expect(new Set(recorded.map(({ input }) => Object.keys(input.pops).length)).size).toBe(4);
    expect(values(({ region }) => region)).toBeGreaterThan(15);
    expect(values(({ state }) => state)).toBe(2);
    expect(values(({ egress }) => egress)).toBe(2);
    expect(values(({ crossZone }) => crossZone)).toBe(2);
    expect(values(({ zones }) => zones.length)).toBeGreaterThan(1);
  });

  test("rejects one that the schema refuses, as the sample does", () => {
    expect(isAllowed({ pops: {} })).toBe(false);
  });
});
