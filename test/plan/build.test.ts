import * as path from "node:path";
import { loadConfig } from "../../infra/config/load";
import { ConfigError } from "../../infra/config/problems";
import { stackConfigFromFile } from "../../infra/config/stackFile";
import { buildPlan } from "../../infra/plan/build";
import type { Plan } from "../../infra/plan/model";
import { COMPUTED, SECRET } from "../../infra/plan/wire";
import { SHIPPED, small, valuesOf } from "../support/stacks";
import { repository } from "../support/tree";
import { some } from "../support/some";

const valuesOfStack = (stack: string) => stackConfigFromFile(path.join(repository, "stacks", `Pulumi.${stack}.yaml`));

describe.each(SHIPPED)("the plan of %s", (stack) => {
  const config = loadConfig(stack, valuesOfStack(stack));
  let plan: Plan;
  beforeAll(async () => {
    plan = await buildPlan(stack, valuesOfStack(stack));
  });

  test("has its resources in the order of their URNs, each once", () => {
    const urns = plan.resources.map(({ urn }) => urn);

    expect(urns).toEqual([...new Set(urns)].sort());
  });

  test("says of every PoP where it is, what it has and how large it is", () => {
    expect(Object.keys(plan.pops)).toEqual(config.pops.map(({ region }) => region));
    for (const pop of config.pops) {
      expect(plan.pops[pop.region]).toMatchObject({
        state: pop.state,
        cidr: pop.cidr,
        zones: pop.zones.map(({ id }) => id),
        egress: pop.egress,
        nodes: { min: pop.nodes.min, max: pop.nodes.max, types: pop.nodes.types },
      });
    }
  });

  test("counts every resource of a provider for one PoP or for none", () => {
    const counted = Object.values(plan.pops).reduce((sum, { resources }) => sum + resources, 0);
    const global = plan.resources.filter(({ component, pop }) => !component && pop === null);

    expect(counted + global.length).toBe(plan.resources.filter(({ component }) => !component).length);
    // The dashboard, zones and CAA records, the topic of the PoPs' health, the secrets' values.
    expect([...new Set(global.map(({ type }) => type.split(":")[1]?.split("/")[0]))].sort()).toEqual([
      "cloudwatch",
      "index",
      "route53",
      "sns",
    ]);
  });

  // What AWS counts is what the program registers; a proof that several PoPs write is one record.
  test("counts every record of its zones, each once", () => {
    const counted = Object.values(plan.zoneQuotas).flatMap((quotas) => quotas.map(({ needed }) => needed));
    const inputs = (type: string) => plan.resources.filter((each) => each.type === type).map((each) => each.inputs);
    const records = inputs("aws:route53/record:Record").filter(({ name }) => name !== COMPUTED);
    const proofs = new Set(inputs("aws:acm/certificate:Certificate").map(({ domainName }) => domainName));

    // A PoP that is drained has none now, and there is room for those that it will have again.
    const { length: drained } = config.pops.filter(({ state }) => state === "drained");
    const ofOne = records.filter((each) => each.setIdentifier === config.homeRegion);

    expect(proofs.size).toBeGreaterThan(1);
    expect(counted.reduce((sum, each) => sum + each, 0)).toBe(records.length + drained * ofOne.length + proofs.size);
  });

  test("says that a deployment is refused while images and the packages' bucket are placeholders", () => {
    expect(plan.notes.slice(0, 2)).toEqual([
      `no image is chosen for ${config.pops.map(({ region }) => region).join(", ")}, so a deployment to AWS is refused: ` +
        `footprint images --stack ${stack} --release latest`,
      "no bucket with the nodes' packages is named, so a deployment to AWS is refused: footprint node publish --bucket NAME",
    ]);
  });

  test("estimates a cost for every PoP, and says when a price is missing", () => {
    for (const { cost } of some(Object.values(plan.pops))) {
      expect(cost.total).toBeGreaterThan(0);
      expect(cost.partial).toBe(cost.missing.length > 0);
    }
    expect(plan.cost.partial).toBe(Object.values(plan.pops).some(({ cost }) => cost.partial));
  });

  test("carries every peak that is given through the loss of a zone (P18)", () => {
    const carried = config.pops.map(({ region }) => [region, plan.pops[region]?.capacity.carriesPeak]);

    expect(carried).toEqual(config.pops.map(({ region, peak }) => [region, peak === undefined ? null : true]));
  });

  test("carries every PoP's loss within its neighbour's maximum (P19)", () => {
    const carried = config.pops.map(({ region }) => [region, plan.pops[region]?.loss?.withinMax]);

    expect(carried).toEqual(config.pops.map(({ region, state }) => [region, state === "active" ? true : undefined]));
  });

  test("moves clients of a lost PoP within 120 s (P20)", () => {
    expect(plan.routing.timing.failover.total).toBeLessThanOrEqual(120);
    expect(plan.routing.timing.broken).toEqual([]);
  });

  test("invents no value that only AWS can know", () => {
    const text = JSON.stringify(plan);

    expect(text).not.toMatch(/\b(?:vpc|subnet|sg|eni|igw|nat)-[0-9a-f]{8}/);
    expect(text).not.toMatch(/\d{12}:(?:role|loadbalancer|certificate)/);
  });
});

test.each([
  ["the load balancer's, towards clients", ["https://origin.example.org"], 6],
  [
    "the nodes', towards origins on many ports",
    [80, 8080, 8443].map((port) => `http://origin.example.org:${String(port)}`),
    9,
  ],
])("counts the rules of the larger security group: %s", async (_, origin, rules) => {
  const stack = { ...small({ "us-east-1": {} }), sites: { "cdn.example.com": { origin } } };

  const { pops } = await buildPlan("test", valuesOf(stack));

  expect(pops["us-east-1"]?.quotas.find(({ code }) => code === "L-0EA8095F")?.needed).toBe(rules);
});

test("a plan is the same byte for byte when it is made again (P1)", async () => {
  const [first, second] = [
    await buildPlan("europe", valuesOfStack("europe")),
    await buildPlan("europe", valuesOfStack("europe")),
  ];

  expect(JSON.stringify(second, null, 2)).toBe(JSON.stringify(first, null, 2));
});

test("secrets are masked, and what they are is nowhere in the plan", async () => {
  const plan = await buildPlan("sandbox", valuesOfStack("sandbox"));
  const parameters = plan.resources.filter(({ type }) => type === "aws:ssm/parameter:Parameter");

  expect(parameters.length).toBeGreaterThan(0);
  for (const { inputs } of parameters) {
    expect([SECRET, COMPUTED]).toContain(inputs.value);
  }
  expect(JSON.stringify(plan)).not.toContain("$secret");
});

test("traffic that is given is shared by users, and a key of one's own is billed", async () => {
  const input = small({ "us-east-1": {}, "eu-west-1": {} });
  const { pops, traffic } = await buildPlan("test", valuesOf(input), { traffic: 1000 });
  const own = await buildPlan("test", valuesOf({ ...input, volumeKey: "alias/own" }));

  expect(traffic).toMatchObject({ gb: 1000, from: "--traffic" });
  for (const pop of some(Object.values(pops))) {
    expect(pop.traffic?.gb).toBe(Math.round(1000 * (pop.users?.share ?? 0)));
    expect(pop.cost.lines.map(({ item }) => item)).not.toContain("key of root volumes");
  }
  for (const pop of some(Object.values(own.pops))) {
    expect(pop.cost.lines.map(({ item }) => item)).toContain("key of root volumes");
  }
});

test("rejects a configuration with mistakes before the program runs, with all of them", async () => {
  const broken = { ...small({ "us-est-1": {} }), supernet: "ten" };

  const failure: unknown = await buildPlan("test", valuesOf(broken)).catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(ConfigError);
  expect((failure as ConfigError).problems.map(({ path: where }) => where)).toEqual(["image", "pops", "supernet"]);
});
