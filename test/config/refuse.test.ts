import fc from "fast-check";
import { ConfigError, problemLine } from "../../infra/config/problems";
import { loadConfig } from "../../infra/config/load";
import { base, engineValues, parsePath, problemsOf, withValue, type Draft } from "./base";
import { some } from "../support/some";
import { problemsOfRefusal, REFUSALS } from "./refusals";

describe("a mistake in the configuration", () => {
  test.each(REFUSALS.map((refusal) => [refusal.title, refusal] as const))("rejects %s", (_title, refusal) => {
    expect([...problemsOfRefusal(refusal).map(problemLine)].sort()).toEqual([...refusal.lines].sort());
  });

  test("hides no other one", () => {
    const other = "healthCheck.interval: must be one of 10, 30, got 20";
    const elsewhere = REFUSALS.filter(({ attempt }) => !("healthCheck" in attempt.draft));
    const said = some(elsewhere).map(({ title, attempt }) => [
      title,
      problemsOf({ ...attempt, draft: { ...attempt.draft, healthCheck: { interval: 20 } } })
        .map(problemLine)
        .sort(),
    ]);

    expect(said).toEqual(elsewhere.map(({ title, lines }) => [title, [...lines, other].sort()]));
  });

  test("the base of the table has none", () => {
    expect(problemsOf({ draft: base() })).toEqual([]);
  });
});

// The other side of each limit is a case of the table: the most and the least that is taken.
describe("what is just within a limit", () => {
  const origin = "https://origin.example.net";
  const inZone = (zone: string): Draft => ({ zones: { [zone]: { create: true } }, sites: { [zone]: { origin } } });
  const manySites = (count: number, origins: string | readonly string[] = origin): Draft => ({
    sites: Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`s${String(n)}.example.com`, { origin: origins }]),
    ),
    acknowledge: { quotas: { certificatesPerLoadBalancer: count + 1 } },
  });
  const one = { image: { "us-east-1": "ami-00000000000000000" }, pops: { "us-east-1": {} } };

  test.each<[string, Draft]>([
    ["a supernet of all addresses that begin with 10", { supernet: "10.0.0.0/8" }],
    ["a supernet of one slot", { supernet: "10.64.0.0/20", ...one }],
    ["the largest block of a VPC", { pops: { "eu-west-1": {}, "us-east-1": { cidr: "10.65.0.0/16" } } }],
    ["the smallest that holds a PoP", { pops: { "eu-west-1": {}, "us-east-1": { cidr: "10.64.255.0/24" } } }],
    ["two blocks side by side", { pops: { "eu-west-1": {}, "us-east-1": { cidr: "10.64.80.0/20" } } }],
    ["40 tags", { tags: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`tag${String(n)}`, "x"])) }],
    ["a zone that is spread over by itself", { defaults: { nodes: { min: 2 } } }],
    ["as many nodes at most as at least", { defaults: { nodes: { min: 6, max: 6 } } }],
    ["a host of 64 characters", { sites: { [`${"a".repeat(52)}.example.com`]: { origin } } }],
    ["a popDomain of 62 characters", { popDomain: `${"a".repeat(50)}.example.com` }],
    ["a primary zone of 58 characters", inZone(`${"a".repeat(46)}.example.com`)],
    [
      "a longer one with a popDomain of its own",
      { ...inZone(`${"a".repeat(52)}.example`), popDomain: `b.${"a".repeat(52)}.example` },
    ],
    [
      "a longer zone that is not the primary one",
      {
        zones: {
          "example.com": { create: true, primary: true },
          [`${"a".repeat(63)}.example.org`]: { create: true },
        },
      },
    ],
    [
      "tags whose keys are nearly kept by somebody",
      {
        tags: Object.fromEntries(
          ["a".repeat(128), "aA9_.:=+-@", "...", ".a", "_index2", "a_index", "awsome", "x-aws:a", "Popular"].map(
            (key) => [key, "x"],
          ),
        ),
      },
    ],
    [
      "tags whose values are nearly points in time",
      {
        tags: {
          a: "2026-01-01",
          b: "2026-01-01 00:00:00",
          c: "at 2026-01-01 00:00:00 +0000 UTC",
          d: "2026-01-01 00:00:00 +0000 UTC or so",
          e: "2026-01-01 00:00:00. +0000 UTC",
        },
      },
    ],
    ["one certificate more than AWS's quota has, where it was raised", manySites(25)],
    ["1000 sites with 2000 origins", manySites(1000, ["https://a.example.net", "https://b.example.net"])],
  ])("is taken: %s", (_title, more) => {
    expect(problemsOf({ draft: { ...base(), ...more } })).toEqual([]);
  });

  test("is taken: a stack's name of 24 letters", () => {
    expect(problemsOf({ draft: base(), stack: "a".repeat(24) })).toEqual([]);
    expect(problemsOf({ draft: base(), stack: "a" })).toEqual([]);
  });
});

describe("a refusal", () => {
  const lines = (more: Draft) => problemsOf({ draft: { ...base(), ...more } }).map(problemLine);
  const site = { origin: "https://origin.example.net" };

  test("rejects alike, in whatever order the file has its keys", () => {
    const zones = { "example.org": { create: true, primary: true }, "example.com": { create: true } };
    expect(lines({ zones, sites: { "www.example.net": site } })).toEqual([
      'sites["www.example.net"]: must lie in one of the zones (example.com, example.org), got "www.example.net"',
    ]);
    const tags = { owner: "a", Owner: "b", OWNER: "c" };
    expect(lines({ tags })).toEqual(lines({ tags: Object.fromEntries(Object.entries(tags).reverse()) }));
    expect(lines({ tags })).toHaveLength(3);
  });

  test("rejects a host below a popDomain of one's own, and below what it would be", () => {
    const said = (host: string) =>
      `sites["${host}"]: must not lie at or below popDomain or pop.<zone>: those names belong to the single PoPs, got "${host}"`;
    const refused = (host: string) => lines({ popDomain: "edge.example.com", sites: { [host]: site } });

    for (const host of ["edge.example.com", "www.edge.example.com", "www.pop.example.com"]) {
      expect(refused(host)).toEqual([said(host)]);
    }
    expect(refused("www-edge.example.com")).toEqual([]);
  });

  // RFC 1034, section 4.2.1: what is below a delegation is answered by the zone that it leads to.
  test("rejects a delegated zone below a popDomain of one's own, in which the single PoPs' names are", () => {
    const refused = (zone: string) =>
      lines({
        popDomain: "edge.example.com",
        zones: { "example.com": { id: "Z012", primary: true }, [zone]: { id: "Z013", delegated: true } },
      });

    for (const zone of ["eu-west-1.edge.example.com", "a.b.edge.example.com", "pop.example.com"]) {
      expect(refused(zone)).toEqual([
        `zones["${zone}"]: must not lie at or below popDomain or pop.<zone> of another zone: those names belong to the single PoPs`,
      ]);
    }
    expect(refused("www-edge.example.com")).toEqual([]);
  });
});

describe("any value at any place", () => {
  const places = [...new Set(REFUSALS.flatMap(({ lines }) => lines.map((line) => line.slice(0, line.indexOf(": ")))))];

  test("is taken or refused in lines of path, rule and value; nothing else is thrown", () => {
    let refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 2 }), (place, value) => {
        const draft = withValue(base(), parsePath(place), value) as Draft;
        const problems = problemsOf({ draft });
        refused += Math.min(1, problems.length);
        for (const { path, message } of problems) {
          expect(path).not.toBe("");
          expect(message).toMatch(/^(?:must |unknown )/);
        }
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(1000);
  });
});

describe("several mistakes", () => {
  const draft = {
    ...base(),
    healthCheck: { interval: 20 },
    pops: {
      "us-east-1": { cidr: "10.0.0.0/8", nodes: { min: 8, max: "many" } },
      "eu-west-1": { state: "drained", nodes: { min: 8, max: 4 }, sized: true },
    },
    sites: { "cdn.example.com": {}, "www.example.org": { origin: "https://origin.example.net/app" } },
  };

  test("rejects all of them in one run, of the shape and of the rules, sorted by path", () => {
    expect(problemsOf({ draft }).map(problemLine)).toEqual([
      "healthCheck.interval: must be one of 10, 30, got 20",
      'pops.eu-west-1: unknown key "sized"; allowed: state, cidr, zones, egress, crossZone, cluster, nodes, peak',
      "pops.eu-west-1.nodes: must have min at most max, got min 8 and max 4",
      'pops.us-east-1.cidr: must not overlap 10.64.64.0/20 of eu-west-1, got "10.0.0.0/8"',
      'pops.us-east-1.cidr: must be a /16 to /24, got "10.0.0.0/8"',
      'pops.us-east-1.cidr: must lie within the supernet 10.64.0.0/14, got "10.0.0.0/8"',
      'pops.us-east-1.nodes.max: must be a number, got "many"',
      'sites["cdn.example.com"].origin: must be set',
      'sites["www.example.org"]: must lie in one of the zones (example.com), got "www.example.org"',
      'sites["www.example.org"].origin: must have no path (a request\'s own path is passed on), not even a final /, got "https://origin.example.net/app"',
    ]);
  });

  test("make one error whose message has a line for each", () => {
    let error: unknown;
    try {
      loadConfig("test", engineValues(draft));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message.split("\n")).toEqual(problemsOf({ draft }).map(problemLine));
  });

  test("a rule is silent about what the shape already refused", () => {
    // `max` falls back to 4 x min once its own value is refused; nothing is said about that.
    const [first, ...others] = problemsOf({ draft: { ...base(), defaults: { nodes: { min: 251, spotShare: 20 } } } });
    expect(first).toMatchObject({ path: "defaults.nodes.min", rule: "schema.maximum" });
    expect(others).toEqual([]);
  });

  // What stands at such a place is a default, and nobody is told of what follows from that.
  const origin = "https://origin.example.net";
  const create = { create: true };
  test.each<[string, string, Draft]>([
    [
      "the certificates",
      'acknowledge.quotas.certificatesPerLoadBalancer: must be a number, got "50"',
      {
        acknowledge: { quotas: { certificatesPerLoadBalancer: "50" } },
        sites: Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`s${String(n)}.example.com`, { origin }])),
      },
    ],
    [
      "a site with metrics",
      'sites["www.example.com"]: must be a map, got "x"',
      {
        sites: { "cdn.example.com": { origin }, "www.example.com": "x" },
        metrics: { sites: ["www.example.com"] },
      },
    ],
    ["the only site", 'sites["cdn.example.com"]: must be a map, got "x"', { sites: { "cdn.example.com": "x" } }],
    ["the only PoP", 'pops.us-east-1: must be a map, got "x"', { pops: { "us-east-1": "x" } }],
    [
      "the only active PoP",
      'pops.us-east-1: must be a map, got "x"',
      { pops: { "us-east-1": "x", "eu-west-1": { state: "drained" } } },
    ],
    [
      "a shield",
      'pops.eu-west-1: must be a map, got "x"',
      { pops: { "us-east-1": {}, "eu-west-1": "x" }, sites: { "cdn.example.com": { origin, shield: "eu-west-1" } } },
    ],
    [
      "a PoP in too small a supernet",
      "pops.eu-west-1.cidr: must be a text, got 10",
      { supernet: "10.64.0.0/20", pops: { "us-east-1": {}, "eu-west-1": { cidr: 10 } } },
    ],
    [
      "a supernet that holds a PoP's block",
      'supernet: must be an IPv4 block such as 10.64.0.0/14, got "10.0.0.0"',
      { supernet: "10.0.0.0", pops: { "us-east-1": { cidr: "10.0.0.0/20" } } },
    ],
    [
      "a supernet in which a slot meets a PoP's block",
      'supernet: must be an IPv4 block such as 10.64.0.0/14, got "10.0.0.0"',
      { supernet: "10.0.0.0", pops: { "eu-west-1": {}, "us-east-1": { cidr: "10.64.64.0/20" } } },
    ],
    [
      "a supernet that begins somewhere",
      'supernet: must begin at a multiple of its size, such as "10.64.0.0/14", got "10.65.0.0/14"',
      { supernet: "10.65.0.0/14", pops: { "eu-west-1": {}, "us-east-1": { cidr: "10.200.0.0/20" } } },
    ],
    [
      "a block that begins somewhere, and meets another",
      'pops.us-east-1.cidr: must begin at a multiple of its size, such as "10.64.64.0/20", got "10.64.65.0/20"',
      { pops: { "eu-west-1": {}, "us-east-1": { cidr: "10.64.65.0/20" } } },
    ],
    [
      "a PoP whose slot another one has",
      "pops.eu-west-1.cidr: must be a text, got 10",
      { pops: { "eu-west-1": { cidr: 10 }, "us-east-1": { cidr: "10.64.64.0/20" } } },
    ],
    [
      "the zone of a host",
      'zones["example.com"]: must be a map, got "x"',
      { zones: { "example.com": "x", "example.org": create } },
    ],
    [
      "the primary zone",
      'zones["example.com"].primary: must be true, got "yes"',
      { zones: { "example.com": { ...create, primary: "yes" }, "example.org": create } },
    ],
    [
      "a zone that may be the primary one",
      'zones["example.net"]: must be a map, got "x"',
      { zones: { "example.com": create, "example.net": "x", "example.org": create } },
    ],
    [
      "the zone of popDomain",
      'zones["example.net"]: must be a map, got "x"',
      { zones: { "example.com": { ...create, primary: true }, "example.net": "x" }, popDomain: "pop.example.net" },
    ],
    [
      "whether a zone is delegated",
      'zones["a.example.com"].delegated: must be true, got "yes"',
      {
        zones: { "example.com": { ...create, primary: true }, "a.example.com": { ...create, delegated: "yes" } },
      },
    ],
    [
      "the regions that are enabled",
      'acknowledge.optInRegions: must be a list, got "all"',
      {
        acknowledge: { optInRegions: "all" },
        image: { "af-south-1": "ami-00000000000000000" },
        pops: { "af-south-1": {} },
      },
    ],
    [
      "the zones of nodes that are too many",
      "pops.us-east-1.zones: must be at least 2, got 1",
      { pops: { "us-east-1": { zones: 1, nodes: { max: 5 } } } },
    ],
    [
      "the zones of nodes that are as many as they may be",
      "defaults.zones: must be at least 2, got 1",
      { defaults: { zones: 1, nodes: { max: 6, spotShare: 20 } } },
    ],
    [
      "the zones over which nodes are spread",
      "defaults.zones: must be at least 2, got 1",
      { defaults: { zones: 1, crossZone: false, nodes: { min: 5 } } },
    ],
    [
      "whether connections are spread",
      'pops.us-east-1.crossZone: must be true or false, got "on"',
      { defaults: { crossZone: false }, pops: { "us-east-1": { crossZone: "on", nodes: { min: 5 } } } },
    ],
    [
      "the types of nodes in a region without any",
      'pops.ap-east-2.nodes.types: must be a list, got "m7gd.large"',
      {
        acknowledge: { optInRegions: ["ap-east-2"] },
        image: { "ap-east-2": "ami-00000000000000000" },
        pops: { "ap-east-2": { nodes: { types: "m7gd.large" } } },
      },
    ],
  ])("a rule is silent about %s where what that hangs on was refused", (_title, line, more) => {
    expect(problemsOf({ draft: { ...base(), ...more } }).map(problemLine)).toEqual([line]);
  });

  test("no message speaks the schema library's language", () => {
    const words = REFUSALS.flatMap((refusal) => problemsOfRefusal(refusal).map(({ message }) => message));
    expect(words.filter((text) => /invalid|expected|received|undefined|union|too (?:big|small)/i.test(text))).toEqual(
      [],
    );
  });
});
