import fc from "fast-check";
import { ConfigError, problemLine } from "../../infra/config/problems";
import { loadConfig } from "../../infra/config/load";
import { base, engineValues, parsePath, problemsOf, withValue, type Draft } from "./base";
import { problemsOfRefusal, REFUSALS } from "./refusals";

describe("a mistake in the configuration", () => {
  test.each(REFUSALS.map((refusal) => [refusal.title, refusal] as const))("rejects %s", (_title, refusal) => {
    expect([...problemsOfRefusal(refusal).map(problemLine)].sort()).toEqual([...refusal.lines].sort());
  });

  test("the base of the table has none", () => {
    expect(problemsOf({ draft: base() })).toEqual([]);
  });
});

// The other side of each limit is a case of the table: the most and the least that is taken.
describe("what is just within a limit", () => {
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
    expect(lines({ tags: { owner: "a", Owner: "b" } })).toEqual(lines({ tags: { Owner: "b", owner: "a" } }));
    expect(lines({ tags: { owner: "a", Owner: "b" } })).toHaveLength(2);
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

  test("no message speaks the schema library's language", () => {
    const words = REFUSALS.flatMap((refusal) => problemsOfRefusal(refusal).map(({ message }) => message));
    expect(words.filter((text) => /invalid|expected|received|undefined|union|too (?:big|small)/i.test(text))).toEqual(
      [],
    );
  });
});
