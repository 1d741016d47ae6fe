import fc from "fast-check";
import { diffPlans } from "../../infra/plan/diff";
import type { PlannedResource } from "../../infra/plan/model";
import { COMPUTED, SECRET } from "../../infra/plan/wire";

const VPC = "aws:ec2/vpc:Vpc";
const SUBNET = "aws:ec2/subnet:Subnet";
const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const nothing = { add: [], change: [], replace: [], remove: [] };

function resource(type: string, name: string, overrides: Partial<PlannedResource> = {}): PlannedResource {
  return {
    type,
    name,
    urn: `urn:pulumi:test::footprint::${type}::${name}`,
    parent: null,
    pop: "eu-west-1",
    component: false,
    inputs: {},
    options: {},
    dependencies: [],
    ...overrides,
  };
}

function plan(...resources: PlannedResource[]): { resources: PlannedResource[] } {
  return { resources };
}

function ref({ type, name, urn }: PlannedResource): { type: string; name: string; urn: string } {
  return { type, name, urn };
}

const vpc = resource(VPC, "edge", { inputs: { cidrBlock: "10.0.64.0/20", tags: { Name: "edge" } } });
const subnet = resource(SUBNET, "edge-a", {
  inputs: { vpcId: COMPUTED, cidrBlock: "10.0.64.0/24" },
  dependencies: [vpc.urn],
});
const zone = resource("aws:route53/zone:Zone", "example.com", { pop: null, inputs: { name: "example.com" } });

describe("the diff of two plans", () => {
  it("of a plan with itself is empty", () => {
    expect(diffPlans(plan(vpc, subnet, zone), plan(vpc, subnet, zone))).toEqual({
      pops: {},
      global: nothing,
      summary: { add: 0, change: 0, replace: 0, remove: 0 },
    });
  });

  it("does not depend on the order of resources, keys or dependencies", () => {
    const before = plan(
      vpc,
      zone,
      resource(SUBNET, "b", { inputs: { x: 1, y: { p: 1, q: 2 } }, dependencies: [zone.urn, vpc.urn, subnet.urn] }),
    );
    const after = plan(
      resource(SUBNET, "b", { inputs: { y: { q: 2, p: 1 }, x: 1 }, dependencies: [vpc.urn, zone.urn, subnet.urn] }),
      zone,
      vpc,
    );
    expect(diffPlans(before, after).summary).toEqual({ add: 0, change: 0, replace: 0, remove: 0 });
  });

  it("lists what is added and removed, PoP by PoP and apart from what is global", () => {
    const tokyo = resource(VPC, "tokyo", { pop: "ap-northeast-1" });
    expect(diffPlans(plan(vpc, zone), plan(tokyo))).toEqual({
      pops: {
        "ap-northeast-1": { ...nothing, add: [ref(tokyo)] },
        "eu-west-1": { ...nothing, remove: [{ ...ref(vpc), refused: false, retained: false }] },
      },
      global: { ...nothing, remove: [{ ...ref(zone), refused: false, retained: false }] },
      summary: { add: 1, change: 0, replace: 0, remove: 2 },
    });
  });

  it("lists the changed paths of a resource with both values", () => {
    const after = {
      ...vpc,
      inputs: { cidrBlock: "10.0.64.0/20", tags: { Name: "edge", "cost:centre": "7" }, list: [1] },
    };
    const before = { ...vpc, inputs: { ...vpc.inputs, list: [1, { a: SECRET }] } };
    expect(diffPlans(plan(before), plan(after)).pops["eu-west-1"]?.change).toEqual([
      {
        ...ref(vpc),
        changes: [
          { path: "inputs.list[1]", before: { a: SECRET } },
          { path: 'inputs.tags["cost:centre"]', after: "7" },
        ],
      },
    ]);
  });

  it.each([
    ["an option", { options: { protect: true } }, [{ path: "options.protect", after: true }]],
    ["dependencies", { dependencies: [zone.urn] }, [{ path: "dependencies", before: [], after: [zone.urn] }]],
    ["the parent", { parent: zone.urn }, [{ path: "parent", before: null, after: zone.urn }]],
  ])("shows a change of nothing but %s", (_, overrides, changes) => {
    const diff = diffPlans(plan(vpc), plan({ ...vpc, ...overrides }));
    expect(diff.pops["eu-west-1"]).toEqual({ ...nothing, change: [{ ...ref(vpc), changes }] });
  });

  it("calls a change of a replacing property a replacement, with its reason and what may follow", () => {
    const policy = resource("aws:ec2/networkAcl:NetworkAcl", "edge", {
      inputs: { vpcId: COMPUTED },
      dependencies: [subnet.urn],
    });
    const tagged = resource("aws:ec2/internetGateway:InternetGateway", "edge", {
      inputs: { vpcId: COMPUTED },
      dependencies: [vpc.urn],
    });
    const after = { ...vpc, inputs: { ...vpc.inputs, cidrBlock: "10.0.80.0/20" } };
    const diff = diffPlans(plan(policy, vpc, subnet, tagged), plan(policy, after, subnet, tagged));
    expect(diff.pops["eu-west-1"]).toEqual({
      ...nothing,
      replace: [
        {
          ...ref(vpc),
          refused: false,
          changes: [{ path: "inputs.cidrBlock", before: "10.0.64.0/20", after: "10.0.80.0/20" }],
          reasons: ["cidrBlock cannot be changed in place"],
          // The internet gateway moves to the new VPC without being replaced.
          mayFollow: [policy.urn, subnet.urn],
        },
      ],
    });
  });

  it("replaces a load balancer that loses a subnet, and not one that gains one", () => {
    const balancer = (...subnets: string[]): PlannedResource =>
      resource(LOAD_BALANCER, "edge", { inputs: { loadBalancerType: "network", subnets } });
    const summary = (before: string[], after: string[]): unknown =>
      diffPlans(plan(balancer(...before)), plan(balancer(...after))).summary;
    expect(summary(["a", "b"], ["a"])).toMatchObject({ change: 0, replace: 1 });
    expect(summary(["a"], ["a", "b"])).toMatchObject({ change: 1, replace: 0 });
  });

  it("expects a load balancer to follow its subnets", () => {
    const balancer = resource(LOAD_BALANCER, "edge", { inputs: { subnets: [COMPUTED] }, dependencies: [subnet.urn] });
    const moved = { ...subnet, inputs: { ...subnet.inputs, cidrBlock: "10.0.65.0/24" } };
    const diff = diffPlans(plan(subnet, balancer), plan(moved, balancer));
    expect(diff.pops["eu-west-1"]?.replace).toMatchObject([{ ...ref(subnet), mayFollow: [balancer.urn] }]);
  });

  it("says of what the program replaces by itself that it has asked for it, and replaces nothing for more of it", () => {
    const guard = (of: string, other = 1) =>
      resource("footprint:x:Guard", "g", { inputs: { of, other }, options: { replaceOnChanges: ["of"] } });

    expect(diffPlans(plan(guard("a")), plan(guard("b", 2))).pops["eu-west-1"]?.replace).toMatchObject([
      { reasons: ["the program asks for it when of changes"] },
    ]);
    expect(diffPlans(plan(guard("a")), plan(guard("a", 2))).summary).toMatchObject({ change: 1, replace: 0 });
  });

  it("expects what depends on several to follow any of them, and by no property that only grows", () => {
    const other = resource(VPC, "other");
    const both = { ...subnet, dependencies: [other.urn, vpc.urn] };
    const balancer = resource(LOAD_BALANCER, "lb", { inputs: { securityGroups: [COMPUTED] }, dependencies: [vpc.urn] });
    const moved = { ...vpc, inputs: { ...vpc.inputs, cidrBlock: "10.0.80.0/20" } };
    const { replace } = diffPlans(plan(vpc, other, both, balancer), plan(moved, other, both, balancer)).pops[
      "eu-west-1"
    ]!;

    expect(replace).toMatchObject([{ name: "edge", mayFollow: [both.urn] }]);
  });

  it("gives the one value of what comes or goes", () => {
    const tagged = (tags: Record<string, string>) => resource(VPC, "edge", { inputs: { tags } });

    expect(
      diffPlans(plan(tagged({ a: "1" })), plan(tagged({ b: "2" }))).pops["eu-west-1"]?.change[0]?.changes,
    ).toStrictEqual([
      { path: "inputs.tags.a", before: "1" },
      { path: "inputs.tags.b", after: "2" },
    ]);
  });

  it("says that the engine refuses to remove or replace what is protected", () => {
    const guarded = { ...vpc, options: { protect: true } };
    const moved = { ...guarded, inputs: { cidrBlock: "10.0.80.0/20" } };
    expect(diffPlans(plan(guarded), plan()).pops["eu-west-1"]?.remove).toEqual([
      { ...ref(vpc), refused: true, retained: false },
    ]);
    expect(diffPlans(plan(guarded), plan(moved)).pops["eu-west-1"]?.replace[0]?.refused).toBe(true);
  });

  it("says what stays behind when it is removed", () => {
    const record = resource("aws:route53/record:Record", "proof", { options: { retainOnDelete: true } });
    expect(diffPlans(plan(record), plan()).pops["eu-west-1"]?.remove[0]).toMatchObject({
      retained: true,
      refused: false,
    });
  });

  it("reads backwards as the reverse: added becomes removed, and the rest stays", () => {
    const some = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 0 });
    const resources = fc.tuple(some, fc.integer({ min: 0, max: 1 })).map(([names, value]) =>
      plan(
        ...names.map((name, index) =>
          resource(index % 2 === 0 ? VPC : SUBNET, name, {
            inputs: { cidrBlock: value, mapPublicIpOnLaunch: value },
          }),
        ),
      ),
    );
    fc.assert(
      fc.property(resources, resources, (one, other) => {
        const there = diffPlans(one, other).summary;
        const back = diffPlans(other, one).summary;
        expect(back).toEqual({ add: there.remove, remove: there.add, change: there.change, replace: there.replace });
      }),
    );
  });
});
