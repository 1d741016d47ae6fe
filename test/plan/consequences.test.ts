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
