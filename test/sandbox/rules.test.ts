import { DELETION_RULES } from "../../infra/sandbox/aws/deletion";
import { RULES } from "../../infra/sandbox/aws/rules";
import type { Entity } from "../../infra/sandbox/aws/world";
import { Client, type Resource } from "./client";
import { makePops } from "./pop";
import { EMPTY_VPC, HERE, RULE_CASES, type Find } from "./ruleCases";

let client: Client;
let made: Map<string, Resource>;
let world: readonly Entity[];

const find: Find = (name) => made.get(`${HERE}/${name}`) ?? made.get(name)!;

beforeAll(async () => {
  client = await Client.open();
  made = new Map(await makePops(client, [HERE, "us-west-2"]));
  made.set("empty-vpc", await client.create("aws:ec2/vpc:Vpc", "empty-vpc", EMPTY_VPC));
  world = client.entities();
});

afterEach(() => client.hasOnly(world));

afterAll(() => {
  client.close();
});

it("has a case for every rule, and a rule for every case", () => {
  expect(RULE_CASES.map(({ rule }) => rule).sort()).toEqual(RULES.map(({ id }) => id).sort());
});

it.each(RULE_CASES)("rejects $rule", async ({ like, inputs, message, make, before, update }) => {
  if (make !== undefined) {
    const [name, type, theirs] = make;
    made.set(name, await client.create(type, name, theirs(find)));
  }
  await before?.(client, find);
  const former = find(like);
  const { type, name } = former;
  const wanted = { ...former.inputs, ...inputs(find) };

  const [call, words] =
    update === true
      ? [client.update(former, wanted), `updating ${type} (${name})`]
      : [client.create(type, "new", wanted), `creating ${type} (new)`];
  await expect(call).rejects.toThrow(
    new Error(`${words}: api error ${typeof message === "string" ? message : message(find)}`),
  );
});

it("applies rules and references to an update too, but not against what is being updated", async () => {
  const lb = find("lb");

  await expect(client.update(lb, { ...lb.inputs, enableCrossZoneLoadBalancing: true })).resolves.toMatchObject({
    outputs: { enableCrossZoneLoadBalancing: true },
  });
  await expect(client.update(lb, { ...lb.inputs, accessLogs: { bucket: find("store").id } })).rejects.toThrow(
    new Error(
      `updating ${lb.type} (${lb.name}): api error AccessDenied: Access Denied for bucket: store-eu-central-1. Please check S3bucket permission`,
    ),
  );
  await expect(client.update(lb, { ...lb.inputs, subnets: ["subnet-0"] })).rejects.toThrow(
    new Error(`updating ${lb.type} (${lb.name}): api error SubnetNotFound: The subnet ID does not exist: subnet-0`),
  );
});

describe("what is not deleted", () => {
  const alone = async (...names: readonly string[]) => {
    const kept = names.map(find);
    await client.hasOnly(world.filter((each) => kept.some(({ type, id }) => each.type === type && each.id === id)));
  };
  const CASES = [
    {
      rule: "OperationNotPermitted: deletion protection",
      name: "lb",
      beside: [],
      message: () =>
        `OperationNotPermitted: Load balancer '${find("lb").id}' cannot be deleted because deletion protection is enabled`,
    },
    {
      rule: "BucketNotEmpty: what others have put there",
      name: "logs",
      beside: [],
      message: () => "BucketNotEmpty: The bucket you tried to delete is not empty",
    },
    {
      rule: "DependencyViolation: security group of running nodes",
      name: "node-group",
      beside: ["template", "group"],
      message: () =>
        `DependencyViolation: resource ${find("node-group").id} has a dependent object: network interfaces of nodes`,
    },
    ...[["nat"], ["lb", "subnet-0"]].map((beside) => ({
      rule: "DependencyViolation: gateway of public addresses",
      name: "internet",
      beside,
      message: () =>
        `DependencyViolation: Network ${find("vpc").id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
    })),
  ];

  it("has a case for every rule", () => {
    expect([...new Set(CASES.map(({ rule }) => rule))].sort()).toEqual(DELETION_RULES.map(({ id }) => id).sort());
  });

  it.each(CASES)("rejects to delete $name beside $beside: $rule", async ({ name, beside, message }) => {
    const resource = find(name);
    await alone(name, ...beside);

    await expect(client.delete(resource)).rejects.toThrow(
      new Error(`deleting ${resource.type} (${resource.name}): api error ${message()}`),
    );
  });

  it("is deleted when nothing speaks against it", async () => {
    for (const name of ["internet", "node-group", "store"]) {
      await alone(name);
      await client.delete(find(name));
      expect(client.entities()).toEqual([]);
    }
  });

  it("lets forceDestroy empty a bucket, and takes its settings along", async () => {
    await client.hasOnly(world.map((each) => (each.id === find("logs").id ? withForce(each) : each)));

    await client.delete(find("logs"));

    expect(client.entities().filter(({ id }) => id === find("logs").id)).toEqual([]);
  });

  it("lets forceDestroy empty a zone", async () => {
    const zone = find("zone");
    await client.hasOnly(world.map((each) => (each.id === zone.id ? withForce(each) : each)));

    await client.delete(zone);

    expect(client.entities().filter(({ type }) => type.startsWith("aws:route53/"))).toEqual(
      world.filter(({ type }) => type === "aws:route53/healthCheck:HealthCheck"),
    );
  });

  it("may be gone already", async () => {
    await client.hasOnly([]);

    await expect(client.delete(find("vpc"))).resolves.toBeUndefined();
  });
});

function withForce(entity: Entity): Entity {
  return { ...entity, properties: { ...entity.properties, forceDestroy: true } };
}
