import dns from "node:dns";
import net from "node:net";
import * as aws from "@pulumi/aws";
import program from "../../infra/index";
import { record, type Recording, type Registration } from "../../infra/plan/harness";
import type { JsonValue } from "../../infra/plan/wire";
import { computed } from "../support/cloud";
import { crossings, foreign, GLOBAL_REGION, misplaced, roster, unspoken } from "../support/graph";
import { NAMED } from "../support/physicalNames";
import { doctored, places } from "../support/registrations";
import { ofType, preview, shipped, SHIPPED, small, update, valuesOf } from "../support/stacks";

const VPC = "aws:ec2/vpc:Vpc";
const ROLE = "aws:iam/role:Role";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint";

const sandbox = () => update(shipped("sandbox"), "sandbox");

/** A recording in which the resource depends on one thing more. */
function entangled(recording: Recording, from: Registration | undefined, to: Registration | undefined): Recording {
  return {
    ...recording,
    registrations: recording.registrations.map((each) =>
      each === from ? { ...each, dependencies: [...each.dependencies, to?.urn ?? ""] } : each,
    ),
  };
}

describe("everything of a PoP is in its region, and what is global is in none (P15)", () => {
  test.each(SHIPPED)("%s", async (stack) => {
    const recording = await update(shipped(stack), stack);

    expect(misplaced(recording)).toEqual([]);
    expect(ofType(recording, VPC).map(({ inputs }) => inputs.region)).toEqual(Object.keys(shipped(stack).pops).sort());
  });

  test.each(SHIPPED)("%s: no text of a PoP names another region, user data and policies included", async (stack) => {
    expect(foreign(await update(shipped(stack), stack))).toEqual([]);
  });

  test.each(SHIPPED)("%s: alarms on Route 53 are where its metrics are", async (stack) => {
    const recording = await update(shipped(stack), stack);
    const place = places(recording);
    const alarms = ofType(recording, ALARM).filter(({ inputs }) => inputs.namespace === "AWS/Route53");

    expect(alarms).toHaveLength(Object.keys(shipped(stack).pops).length);
    for (const { inputs, urn } of alarms) {
      expect(inputs.region).toBe(GLOBAL_REGION);
      expect(place.get(urn)).toMatchObject({ kind: "routing" });
    }
  });

  test.each<[string, string, Record<string, JsonValue>]>([
    ["a VPC in another region", VPC, { region: "eu-west-3" }],
    ["a role with a region", ROLE, { region: "us-east-1" }],
  ])("rejects %s", async (_, type, change) => {
    const recording = doctored(await sandbox(), type, (inputs) => ({ ...inputs, ...change }));

    expect(misplaced(recording)).toHaveLength(1);
  });

  test("rejects a VPC without a region", async () => {
    const recording = doctored(await sandbox(), VPC, ({ region: _, ...inputs }) => inputs);

    expect(misplaced(recording)).toHaveLength(1);
  });

  test("rejects an endpoint of another region's service", async () => {
    const recording = doctored(await sandbox(), ENDPOINT, (inputs) => ({
      ...inputs,
      serviceName: "com.amazonaws.eu-west-3.s3",
    }));

    expect(foreign(recording)).toHaveLength(1);
  });

  test("rejects user data that names another region", async () => {
    const recording = doctored(await sandbox(), "aws:ec2/launchTemplate:LaunchTemplate", (inputs) => ({
      ...inputs,
      userData: Buffer.from("bucket.s3.eu-west-3.amazonaws.com").toString("base64"),
    }));

    expect(foreign(recording)).toHaveLength(1);
  });
});

describe("a PoP is a bulkhead (P34)", () => {
  test.each(SHIPPED)("%s: no resource depends on another PoP's", async (stack) => {
    expect(crossings(await update(shipped(stack), stack))).toEqual([]);
  });

  test("the global things are shared: zone, CAA records, secrets", async () => {
    const recording = await sandbox();
    const place = places(recording);
    const byUrn = new Map(recording.registrations.map((each) => [each.urn, each]));
    const shared = recording.registrations
      .filter(({ urn }) => place.get(urn) !== "global")
      .flatMap(({ dependencies }) => dependencies)
      .filter((urn) => place.get(urn) === "global")
      .map((urn) => byUrn.get(urn)?.type);

    expect([...new Set(shared)].sort()).toEqual([
      "aws:route53/record:Record",
      "aws:route53/zone:Zone",
      "aws:sns/topic:Topic",
      "random:index/randomPassword:RandomPassword",
    ]);
  });

  test.each<[string, string, string]>([
    ["from one PoP to another", "eu-central-1-network", "us-east-1-network"],
    ["from a PoP to the alarms of Route 53", "eu-central-1-network", "footprint-alarms"],
    ["from a PoP to its own records", "eu-central-1-network", "footprint-routing-eu-central-1"],
    ["from a PoP's records to another PoP", "footprint-routing-eu-central-1", "us-east-1-network"],
    ["from what is global to a PoP", "footprint-alarms", "us-east-1-network"],
    ["from a PoP to the dashboard of all", "eu-central-1-network", "footprint-dashboard"],
  ])("rejects a dependency %s", async (_, from, to) => {
    const recording = await sandbox();
    const find = (name: string) => recording.registrations.find((each) => each.custom && each.name === name);

    expect(crossings(entangled(recording, find(from), find(to)))).toHaveLength(1);
  });
});

/** Names that are fixed although Pulumi could make them, with their reason. */
const FIXED: Readonly<Record<string, string>> = {
  "aws:autoscaling/lifecycleHook:LifecycleHook":
    "a hook is a part of its group, which has the same ones from the start: by the name they are one",
};

/** In a name that is made of another's, which Pulumi has made: there is one as long as there is the other. */
const MADE = /-0a1b2c3-/;

function fixedNames({ registrations }: Recording): readonly string[] {
  return registrations
    .filter(({ type }) => !Object.hasOwn(FIXED, type))
    .filter(({ type, inputs }) =>
      [NAMED[type]?.property, "namePrefix", "bucketPrefix"].some(
        (each) => each !== undefined && each in inputs && !MADE.test(JSON.stringify(inputs[each])),
      ),
    )
    .map(({ type, name }) => `${type} ${name}`);
}

describe("what is replaced is made first and deleted then (P32)", () => {
  test.each(SHIPPED)("%s deletes nothing before its replacement stands", async (stack) => {
    const { registrations } = await update(shipped(stack), stack);

    // But the gateway of a PoP that moves to other addresses, which must be drained: the addresses that origins know are
    // with one gateway at a time.
    const first = registrations.filter(({ options }) => "deleteBeforeReplace" in options);
    expect(first.filter(({ type }) => type !== "aws:ec2/natGateway:NatGateway")).toEqual([]);
  });

  test.each(SHIPPED)("%s fixes no physical name that Pulumi can make", async (stack) => {
    const recording = await update(shipped(stack), stack);

    expect(fixedNames(recording)).toEqual([]);
    expect(Object.keys(FIXED).filter((type) => ofType(recording, type).length === 0)).toEqual([]);
  });

  test("rejects a fixed name", async () => {
    const recording = doctored(await sandbox(), ROLE, (inputs) => ({ ...inputs, name: "nodes" }));

    expect(fixedNames(recording)).toEqual([`${ROLE} ap-southeast-2-nodes`]);
  });

  test("a hook has the name and settings of the group's own", async () => {
    const recording = await sandbox();
    const hooks = ofType(recording, "aws:autoscaling/lifecycleHook:LifecycleHook").filter(
      ({ inputs }) => inputs.region === "eu-central-1",
    );
    const group = ofType(recording, "aws:autoscaling/group:Group").find(
      ({ inputs }) => inputs.region === "eu-central-1",
    );

    expect(hooks.map(({ inputs: { region: _, autoscalingGroupName: __, ...settings } }) => settings)).toEqual(
      group?.inputs.initialLifecycleHooks,
    );
  });
});

describe("a preview knows what an update will do (P12)", () => {
  test.each(SHIPPED)("%s registers the same resources in both", async (stack) => {
    const [previewed, updated] = [await preview(shipped(stack), stack), await update(shipped(stack), stack)];

    expect(roster(previewed)).toEqual(roster(updated));
  });

  test.each(SHIPPED)("%s says nothing that was not there when it was said", async (stack) => {
    expect(unspoken(await preview(shipped(stack), stack))).toEqual([]);
    expect(unspoken(await update(shipped(stack), stack))).toEqual([]);
  });

  test.each<[string, JsonValue]>([
    ["undefined", "arn:aws:s3:::undefined/x"],
    ["an object as text", "a [object Object] b"],
    ["not a number", "NaN"],
    ["undefined in user data", Buffer.from("bucket = undefined\n").toString("base64")],
  ])("rejects %s", async (_, text) => {
    const recording = doctored(await sandbox(), VPC, (inputs) => ({ ...inputs, list: [{ text }] }));

    expect(unspoken(recording)).toHaveLength(1);
  });

  test("rejects a resource that only an update makes, whether anybody awaits it or not", async () => {
    const late = (awaited: boolean) => () => {
      const topic = new aws.sns.Topic("first", { region: "eu-west-1" });
      const second = topic.arn.apply(() => new aws.sns.Topic("second", { region: "eu-west-1" }).arn);
      return awaited ? { second } : {};
    };
    const both = ["aws:sns/topic:Topic first", "aws:sns/topic:Topic second"];

    for (const awaited of [true, false]) {
      expect(roster(await record(late(awaited)))).toEqual(both.slice(0, 1));
      expect(roster(await record(late(awaited), { computed }))).toEqual(both);
    }
  });
});

describe("the program needs no cloud, network, credential or clock (P13)", () => {
  const input = small({ "eu-west-1": {} });
  const plan = () => record(program, { config: valuesOf(input) });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  test("it opens no connection and asks for no name", async () => {
    const connect = jest.spyOn(net.Socket.prototype, "connect");
    const lookup = jest.spyOn(dns, "lookup");

    await plan();

    expect(connect).not.toHaveBeenCalled();
    expect(lookup).not.toHaveBeenCalled();
  });

  test("rejects a program that opens a connection", async () => {
    const connect = jest.spyOn(net.Socket.prototype, "connect").mockReturnThis();

    await record(() => {
      net.connect(9, "192.0.2.1");
    });

    expect(connect).toHaveBeenCalled();
  });

  test("rejects a look-up", async () => {
    const looks = () => {
      void aws.route53.getZone({ name: "example.com" });
    };

    await expect(record(looks)).rejects.toThrow(/^the program looks something up: aws:route53\/getZone:getZone$/);
  });

  test("it reads no credential, profile or region of the environment", async () => {
    const { env } = process;
    const without = await plan();
    const settings = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"];
    process.env = { ...env, ...Object.fromEntries(settings.map((name) => [name, "ap-south-2"])), HOME: "/nowhere" };
    const given = await plan();
    process.env = env;

    expect(settings.filter((name) => name in env)).toEqual([]);
    expect(JSON.stringify(given)).toBe(JSON.stringify(without));
  });

  test("another time gives the same plan", async () => {
    const clock = jest.spyOn(Date, "now").mockReturnValue(0);
    const early = await plan();
    clock.mockReturnValue(Date.UTC(2099, 11, 31));
    const late = await plan();

    expect(JSON.stringify(late)).toBe(JSON.stringify(early));
  });

  test("other dice give the same plan", async () => {
    const dice = jest.spyOn(Math, "random").mockReturnValue(0.1);
    const low = await plan();
    dice.mockReturnValue(0.9);
    const high = await plan();

    expect(JSON.stringify(high)).toBe(JSON.stringify(low));
  });
});
