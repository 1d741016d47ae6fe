import pc from "picocolors";
import { buildPlan } from "../../infra/plan/build";
import { consequences, type Consequences } from "../../infra/plan/consequences";
import { diffPlans } from "../../infra/plan/diff";
import { renderConsequences } from "../../infra/plan/renderConsequences";
import { small, valuesOf, type StackInput } from "../support/stacks";

const EDITED = "eu-west-1";
const OTHER = { "us-east-1": { egress: "direct" } };
const IMAGE = "ami-0fedcba9876543210";
const CONFIGURATION =
  "its nodes take up a new configuration within some minutes, each at its own time: caches stay, but what a changed cacheKey tells apart is fetched anew";
const REPLACED =
  "its nodes are replaced, a few at a time, for as long as an instance refresh takes: each new one has an empty cache";
const UNPROTECTED = { protection: false };
const ZONE = { "example.com": { id: "Z0123456789ABCDEFGHIJ", primary: true } };
const FEWER = "nodes beyond nodes.max end, each drained first: their caches are gone";
const ADDRESSES = "origins are asked from other addresses";
const NOTHING: Consequences = { refused: [], pops: {}, global: [] };

function stack(pop: object = {}, more: object = {}): StackInput {
  return { ...small({ [EDITED]: pop, ...OTHER }), ...more };
}

async function between(before: StackInput, after: StackInput): Promise<Consequences> {
  const [was, is] = [await buildPlan("test", valuesOf(before)), await buildPlan("test", valuesOf(after))];
  const { refused, pops, global } = consequences(diffPlans(was, is), was, is);
  return { refused, pops: Object.fromEntries(Object.entries(pops).filter(([, said]) => said.length > 0)), global };
}

const sites = (host: string, origin = "https://origin.example.org") => ({
  sites: { "cdn.example.com": { origin: "https://origin.example.org" }, [host]: { origin } },
});
const everywhere = (said: string) => ({ [EDITED]: [said], "us-east-1": [said] });

describe("what clients notice", () => {
  test.each<[string, StackInput, StackInput, Partial<Consequences>]>([
    [
      "a drain",
      stack(),
      stack({ state: "drained" }),
      {
        pops: {
          [EDITED]: [
            "takes no clients any more: they go to the next PoP within a minute, whose caches are cold for them",
          ],
        },
      },
    ],
    ["its end", stack({ state: "drained" }), stack(), { pops: { [EDITED]: ["takes clients"] } }],
    [
      "another image",
      stack(),
      stack({}, { image: { [EDITED]: IMAGE, "us-east-1": "ami-0123456789abcdef0" } }),
      {
        pops: { [EDITED]: [REPLACED] },
      },
    ],
    ["more nodes", stack(), stack({ nodes: { max: 40 } }), {}],
    [
      "settings of a site",
      stack(),
      stack({}, sites("cdn.example.com", "https://other.example.org")),
      {
        pops: everywhere(CONFIGURATION),
      },
    ],
    [
      "a site more",
      stack(),
      stack({}, sites("www.example.com")),
      {
        pops: everywhere(CONFIGURATION),
        global: ["www.example.com is served, at each PoP once its certificate is valid"],
      },
    ],
    [
      "a site less",
      stack({}, sites("www.example.com")),
      stack(),
      {
        refused: ["www.example.com-dns-later-before-removing-site"],
        pops: everywhere(CONFIGURATION),
        global: ["www.example.com has no answer any more"],
      },
    ],
    ["both ways out", stack(), stack({ egress: "both" }), { pops: { [EDITED]: [REPLACED, ADDRESSES] } }],
    [
      "no NAT gateway at once",
      stack(),
      stack({ egress: "direct" }),
      {
        refused: [`${EDITED}-egress-both-before-removing-nat`],
        pops: { [EDITED]: [REPLACED, ADDRESSES] },
      },
    ],
    ["no NAT gateway any more", stack({ egress: "both" }), stack({ egress: "direct" }), {}],
    [
      "another zone of a drained PoP",
      stack({ state: "drained", zones: 3 }),
      stack({ state: "drained", zones: 2 }),
      {
        pops: {
          [EDITED]: ["its load balancer is made anew, with other addresses: connections to it end", FEWER, ADDRESSES],
        },
      },
    ],
    [
      "a zone of a drained PoP exchanged",
      stack({ state: "drained", egress: "direct", zones: ["euw1-az1", "euw1-az2"] }),
      stack({ state: "drained", egress: "direct", zones: ["euw1-az1", "euw1-az3"] }),
      { pops: { [EDITED]: ["its load balancer is made anew, with other addresses: connections to it end"] } },
    ],
    [
      "a zone more",
      stack({ zones: 2, nodes: { min: 6 } }),
      stack({ zones: 3, nodes: { min: 6 } }),
      {
        pops: {
          [EDITED]: ["it has other zones: clients come to its new addresses as DNS tells them", ADDRESSES],
        },
      },
    ],
    [
      "another zone id",
      stack(),
      stack({}, { zones: { "example.com": { id: "Z0123456789OTHERZONE0" } } }),
      {
        refused: ["example.com-handOver-before-removing-Z0123456789ABCDEFGHIJ"],
        global: ["cdn.example.com", "pop.example.com"].map(
          (host) => `${host} leaves its hosted zone for another one, in one step`,
        ),
      },
    ],
    ["fewer nodes at most", stack({ nodes: { max: 40 } }), stack(), { pops: { [EDITED]: [FEWER] } }],
    [
      "a secret's next generation",
      stack(),
      stack({}, { secrets: { originAuth: 2 } }),
      { global: ["origins are sent the other value of the secret origin-auth: each must know both"] },
    ],
    [
      "a secret's former generation",
      stack({}, { secrets: { originAuth: 3 } }),
      stack({}, { secrets: { originAuth: 2 } }),
      { global: ["origins are sent the former value of the secret origin-auth again: each must know it"] },
    ],
    [
      "the generation after the next",
      stack(),
      stack({}, { secrets: { purge: 3 } }),
      {
        refused: ["footprint-secrets-purge-1"],
        global: ["the secret purge keeps neither of its values: who knows the former ones refuses what has a new one"],
      },
    ],
    [
      "a generation long ago, without protection",
      stack({}, { protection: false, secrets: { originAuth: 5 } }),
      stack({}, { protection: false, secrets: { originAuth: 3 } }),
      {
        global: [
          "the secret origin-auth keeps neither of its values: who knows the former ones refuses what has a new one",
        ],
      },
    ],
    [
      "other names of the PoPs",
      stack(),
      stack({}, { popDomain: "one.pop.example.com" }),
      {
        pops: everywhere(CONFIGURATION),
        global: [
          "the names of the single PoPs are below one.pop.example.com from now on, and no longer below pop.example.com",
        ],
      },
    ],
    [
      "a zone that was made, where nothing is protected",
      stack({}, { ...UNPROTECTED, zones: { ...ZONE, "example.net": { create: true } } }),
      stack({}, { ...UNPROTECTED, zones: { ...ZONE, "example.net": { id: "Z0123456789NETZONE000" } } }),
      { global: ["the hosted zone example.net is deleted, with everybody's records in it"] },
    ],
    [
      "a zone that was made, where nothing is protected, as it is handed over",
      stack({}, { ...UNPROTECTED, zones: { ...ZONE, "example.net": { create: true, handOver: true } } }),
      stack({}, { ...UNPROTECTED, zones: { ...ZONE, "example.net": { id: "Z0123456789NETZONE000" } } }),
      {},
    ],
    [
      "a CAA record at the apex",
      stack(),
      stack({}, { zones: { "example.com": { id: "Z0123456789ABCDEFGHIJ", caaAtApex: true } } }),
      {},
    ],
    [
      "a slower health check",
      stack(),
      stack({}, { healthCheck: { interval: 30 } }),
      {
        pops: everywhere("its new health check counts as healthy until it has data"),
      },
    ],
  ])("%s", async (_, before, after, expected) => {
    expect(await between(before, after)).toEqual({ ...NOTHING, ...expected });
  });

  test("a PoP that comes or goes is told of as a whole", async () => {
    const [with3, without] = [{ ...small({ [EDITED]: {}, ...OTHER, "sa-east-1": { state: "drained" } }) }, stack()];

    expect((await between(without, with3)).pops).toEqual({ "sa-east-1": ["new: it takes no clients yet"] });
    expect(await between(with3, without)).toEqual({
      ...NOTHING,
      pops: { "sa-east-1": ["gone: with its caches, and with the addresses that origins know"] },
    });
  });
});

describe("what clients notice of", () => {
  const ref = (type: string, name = type) => ({
    type: `aws:x/y:${type}`,
    name,
    urn: `urn:pulumi:t::f::aws:x/y:${type}::${name}`,
  });
  const changed = (type: string, path: string, name = type) => ({
    ...ref(type, name),
    changes: [{ path, before: 2, after: 1 }],
  });
  const replaced = (type: string, path: string, name = type) => ({
    ...changed(type, path, name),
    ...{ refused: false, reasons: [], mayFollow: [] },
  });
  type Hosts = Readonly<Record<string, readonly string[]>>;
  type Lists = Partial<Record<"add" | "change" | "replace" | "remove", readonly object[]>>;
  const nothing = { add: [], change: [], replace: [], remove: [] };
  const side = (hosts: Hosts, domain = "pop.example.com") => ({
    pops: { [EDITED]: { egress: "direct" } },
    routing: { hosts, popNames: { [EDITED]: `${EDITED}.${domain}` } },
  });
  const of = (pop: Lists, global: Lists = {}, was = side({}), is = was) => {
    const diff = { pops: { [EDITED]: { ...nothing, ...pop } }, global: { ...nothing, ...global }, summary: {} };
    const said = consequences(diff as never, was as never, is as never);
    return [...(said.pops[EDITED] ?? []), ...said.global];
  };
  const OTHER_TYPES =
    "nodes of other types or prices take the place of those that run, a few at a time, with empty caches";
  const ANEW = "its load balancer is made anew, with other addresses: connections to it end";

  test("a PoP that is new and takes clients", () => {
    expect(of({ add: [ref("Pop")] }, {}, side({ "a.example": [] }), side({ "a.example": [EDITED] }))).toEqual([
      "new: it takes its users when nodes.min nodes are healthy",
      "a.example is served, at each PoP once its certificate is valid",
    ]);
  });

  test.each<[string, Lists, readonly string[]]>([
    ["other types of nodes", { change: [changed("Group", "inputs.mixedInstancesPolicy.x")] }, [OTHER_TYPES]],
    ["another list of a group", { change: [changed("Group", "inputs.tags[0]")] }, []],
    ["the same property of something else", { change: [changed("Fleet", "inputs.mixedInstancesPolicy.x")] }, []],
    [
      "other types with another template",
      { change: [changed("Group", "inputs.mixedInstancesPolicy"), changed("LaunchTemplate", "inputs.userData")] },
      [REPLACED],
    ],
    [
      "another TLS policy",
      { change: [changed("Listener", "inputs.sslPolicy")] },
      ["new connections go by another TLS policy"],
    ],
    ["another listener's tags", { change: [changed("Listener", "inputs.tags")] }, []],
    ["a subnet less", { remove: [ref("Subnet", "r-network-public-a")] }, [ANEW]],
    ["a private subnet less", { remove: [ref("Subnet", "r-network-private-a")] }, []],
    ["a public route less", { remove: [ref("Route", "r-network-public-a")] }, []],
    [
      "a subnet for another",
      { remove: [ref("Subnet", "r-network-public-a")], add: [ref("Subnet", "r-network-public-b")] },
      [ANEW],
    ],
    [
      "two subnets for one",
      {
        remove: [ref("Subnet", "r-network-public-a")],
        add: [ref("Subnet", "r-network-public-b"), ref("Subnet", "r-network-public-c")],
      },
      [],
    ],
    [
      "a load balancer that follows",
      {
        replace: [{ ...replaced("Vpc", "inputs.cidrBlock"), mayFollow: [ref("Subnet").urn, ref("LoadBalancer").urn] }],
      },
      [ANEW],
    ],
    [
      "a subnet that follows",
      { replace: [{ ...replaced("Vpc", "inputs.cidrBlock"), mayFollow: [ref("Subnet").urn] }] },
      [],
    ],
    ["fewer nodes at least", { change: [changed("Group", "inputs.minSize")] }, []],
  ])("%s", (_, lists, said) => {
    expect(of(lists)).toEqual(said);
  });

  test("hosts of which some are answered elsewhere", () => {
    const hosts = (first: readonly string[]): Hosts => ({
      "a.example": first,
      "b.example": ["us-east-1"],
      "c.example": [],
    });

    expect(of({}, {}, side(hosts([EDITED, "us-east-1"])), side(hosts(["us-east-1"])))).toEqual([
      "takes no clients any more: they go to the next PoP within a minute, whose caches are cold for them",
    ]);
    expect(of({}, {}, side(hosts(["us-east-1"])), side(hosts([EDITED])))).toEqual(["takes clients"]);
    expect(of({}, {}, side({ "c.example": [] }), side({}))).toEqual([]);
  });

  test("records that go to another zone, of these hosts alone", () => {
    const hosts = side({ "a.example": [EDITED], "b.example": [EDITED] });
    const leave = (name: string) => `${name} leaves its hosted zone for another one, in one step`;
    const records = (...names: readonly string[]) => ({
      replace: names.map((name) => replaced("Record", "inputs.zoneId", name)),
    });

    expect(of({}, records(`${EDITED}-routing-a.example-a`), hosts)).toEqual([leave("a.example")]);
    expect(of(records(`${EDITED}-routing-own-a`), {}, hosts)).toEqual([leave("pop.example.com")]);
    expect(
      of(
        records(`${EDITED}-routing-own-a`),
        {},
        hosts,
        side({ "a.example": [EDITED], "b.example": [EDITED] }, "other.example"),
      ),
    ).toEqual([
      "the names of the single PoPs are below other.example from now on, and no longer below pop.example.com",
    ]);
    expect(of({}, { replace: [replaced("Other", "inputs.zoneId", "x-a.example-a")] }, hosts)).toEqual([]);
    expect(of({}, { replace: [replaced("Record", "inputs.ttl", "x-a.example-a")] }, hosts)).toEqual([]);
  });

  test("generations of secrets, whatever their number", () => {
    const passwords = (role: string, ...numbers: readonly number[]) =>
      numbers.map((number) => ref("RandomPassword", `footprint-secrets-${role}-${String(number)}`));
    const of2 = (role: string, add: number, remove: number) =>
      of({}, { add: passwords(role, add), remove: passwords(role, remove) });

    expect(of2("origin-auth", 11, 8)).toEqual([
      "origins are sent the other value of the secret origin-auth: each must know both",
    ]);
    expect(of2("origin-auth", 8, 11)).toEqual([
      "origins are sent the former value of the secret origin-auth again: each must know it",
    ]);
    expect(of2("purge", 11, 8)).toEqual([]);
    expect(of({}, { add: passwords("purge", 11, 12), remove: passwords("purge", 8) })).toEqual([
      "the secret purge keeps neither of its values: who knows the former ones refuses what has a new one",
    ]);
    expect(of({}, { add: [ref("Other", "footprint-secrets-origin-auth-2")] })).toEqual([]);
  });
});

describe("what clients notice as text", () => {
  const plain = { ...pc.createColors(false), width: Infinity };

  test("is a line for each sentence, or that it is nothing", () => {
    expect(renderConsequences({ ...NOTHING, pops: { [EDITED]: ["takes clients"] } }, plain)).toBe(
      `What clients notice\n  ${EDITED}: takes clients\n`,
    );
    expect(renderConsequences(NOTHING, plain)).toBe("What clients notice: nothing\n");
  });

  test("is nothing but the guards where the engine refuses", () => {
    expect(renderConsequences({ refused: ["a-guard"], pops: { [EDITED]: ["takes clients"] }, global: [] }, plain)).toBe(
      'What clients notice: nothing, since the deployment is refused (runbook, "An edit that takes two steps")\n  a-guard\n',
    );
  });
});
