import { AFTER_UPDATE } from "../../infra/sandbox/aws/afterUpdate";
import type { Values } from "../../infra/sandbox/aws/values";
import type { Entity } from "../../infra/sandbox/aws/world";
import { Client, type Resource } from "./client";
import { makePops } from "./pop";
import { HERE } from "./ruleCases";

// Witness: terraform-provider-aws, internal/service/autoscaling/group.go, resourceGroupUpdate and its waits.

let client: Client;
let group: Resource;
let world: readonly Entity[];

beforeAll(async () => {
  client = await Client.open();
  group = (await makePops(client, [HERE])).get(`${HERE}/group`)!;
  world = client.entities();
});

afterEach(() => client.hasOnly(world));

afterAll(() => {
  client.close();
});

/** The group has grown since the engine looked at it last. */
const scaledTo = (desiredCapacity: number) =>
  client.hasOnly(
    world.map((each) =>
      each.id === group.id ? { ...each, properties: { ...each.properties, desiredCapacity } } : each,
    ),
  );

const refused = (words: string) => new Error(`api error ${words}`);
const withTypes = (inputs: Values): Values => ({
  ...inputs,
  mixedInstancesPolicy: {
    ...(inputs.mixedInstancesPolicy as Values),
    instancesDistribution: { onDemandBaseCapacity: 3 },
  },
});

const CASES = [
  {
    rule: "StartInstanceRefresh: alarms",
    before: () => client.hasOnly(world.filter(({ type }) => !type.endsWith(":MetricAlarm"))),
    change: withTypes,
    message: `ValidationError: starting Auto Scaling Group instance refresh: no alarm unhealthy-${HERE}`,
  },
  {
    rule: "waiting for capacity: exactly",
    before: () => scaledTo(4),
    change: (inputs: Values): Values => ({ ...inputs, minSize: 3 }),
    message: `timeout: waiting for Auto Scaling Group (nodes-${HERE}) capacity satisfied: want exactly 3 healthy instance(s) in Auto Scaling Group, have 4`,
  },
];

it("has a case for everything that may go wrong", () => {
  expect(CASES.map(({ rule }) => rule)).toEqual(AFTER_UPDATE.map(({ id }) => id));
});

it.each(CASES)("rejects after it was done: $rule", async ({ before, change, message }) => {
  await before();
  const inputs = change(group.inputs);

  await expect(client.update(group, inputs)).rejects.toThrow(refused(message));
  // The engine tries again with what it has tried: nothing differs any more, and the provider does nothing.
  await expect(client.update({ ...group, inputs }, inputs)).resolves.toMatchObject({ inputs });
});

it("resizes a group that the engine has looked at since it grew", async () => {
  await scaledTo(4);
  const looked = await client.read(group);

  await expect(client.update(looked, { ...looked.inputs, minSize: 3 })).resolves.toMatchObject({
    outputs: { minSize: 3, desiredCapacity: 4 },
  });
});

it("makes a group before the alarms that will stop its refreshes", async () => {
  await client.hasOnly(world.filter(({ type }) => !type.endsWith(":MetricAlarm")));
  const instanceRefresh = { preferences: { alarmSpecification: { alarms: ["not-yet"] } } };

  await expect(
    client.create(group.type, "early", { ...group.inputs, name: "early", instanceRefresh }),
  ).resolves.toMatchObject({ id: "early" });
});
