import { isDeepStrictEqual } from "node:util";
import program from "../../infra/index";
import { CANARY, record, type Recording, type Registration } from "../../infra/plan/harness";
import type { JsonValue } from "../../infra/plan/wire";
import { computed } from "../support/cloud";
import { at, doctored, isRecord, list, places, readings, text, texts } from "../support/registrations";
import { statements } from "../support/securityRules";
import { ofType, shipped, SHIPPED, valuesOf } from "../support/stacks";
import { some } from "../support/some";

const PARAMETER = "aws:ssm/parameter:Parameter";
const ROLE = "aws:iam/role:Role";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";

/** The made-up cloud, with ARNs that tell the region, as AWS's do. */
function regional(registration: Registration): Record<string, JsonValue> {
  const { inputs, name, type } = registration;
  const region = typeof inputs.region === "string" ? inputs.region : "";
  const arn = type === "aws:s3/bucket:Bucket" ? `arn:aws:s3:::${region}/${name}` : `arn:aws:x:${region}:1:${name}`;
  return { ...computed(registration), arn };
}

const done = new Map<string, Promise<Recording>>();

function recorded(stack: string): Promise<Recording> {
  const recording = done.get(stack) ?? record(program, { stack, config: valuesOf(shipped(stack)), computed: regional });
  done.set(stack, recording);
  return recording;
}

/** Where a secret may be: `type property`. */
const KEPT_IN = [`${PARAMETER} value`];

/** A value with the canary taken out of what is marked as secret. */
function plain(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).map(plain);
  }
  if (!isRecord(value)) {
    return value;
  }
  return "$secret" in value
    ? "<secret>"
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function shows(value: JsonValue): readonly string[] {
  return texts(value)
    .filter(({ text }) => readings(text).some((reading) => reading.includes(CANARY)))
    .map(({ path }) => path);
}

/** Everything but its inputs that is said of a resource. */
function rest({ inputs: _, ...others }: Registration): JsonValue {
  return { ...others };
}

/** Where the canary is in plain sight. */
function leaks({ registrations, outputs }: Recording): readonly string[] {
  return [
    ...registrations.flatMap((each) => [
      ...shows(plain(each.inputs)).map((path) => `${each.type} ${each.name} ${path}`),
      ...shows(rest(each)).map((path) => `${each.type} ${each.name} (${path})`),
    ]),
    ...shows(plain(outputs)).map((path) => `export ${path}`),
  ];
}

/** Where the canary is, marked or not: `type property`. */
function keepers({ registrations }: Recording): readonly string[] {
  const found = registrations.flatMap(({ type, inputs }) =>
    Object.entries(inputs)
      .filter(([, value]) => shows(value).length > 0)
      .map(([property]) => `${type} ${property}`),
  );
  return [...new Set(found)];
}

describe("a secret reaches secret-marked inputs only (P36)", () => {
  test.each(SHIPPED)("%s shows none in inputs, user data, tags, names, options or exports", async (stack) => {
    expect(leaks(await recorded(stack))).toEqual([]);
  });

  test.each(SHIPPED)("%s keeps them in parameters alone", async (stack) => {
    expect(keepers(await recorded(stack))).toEqual(KEPT_IN);
  });

  const base64 = Buffer.from(`header: ${CANARY}!`).toString("base64");

  test.each<[string, string, (inputs: Registration["inputs"]) => Registration["inputs"], string]>([
    ["a plain input", PARAMETER, (inputs) => ({ ...inputs, value: CANARY }), "value"],
    ["a tag", TEMPLATE, (inputs) => ({ ...inputs, tags: { Key: CANARY } }), "tags.Key"],
    ["the key of a tag", TEMPLATE, (inputs) => ({ ...inputs, tags: { [CANARY]: "" } }), `tags{${CANARY}}`],
    ["user data", TEMPLATE, (inputs) => ({ ...inputs, userData: base64 }), "userData"],
    ["a list", TEMPLATE, (inputs) => ({ ...inputs, x: [{ y: `a ${CANARY}` }] }), "x[0].y"],
  ])("rejects %s with a secret in it", async (_, type, inputs, path) => {
    const found = leaks(doctored(await recorded("sandbox"), type, inputs));

    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(` ${path.replace(/[[\]{}.]/g, "\\$&")}$`));
  });

  test("rejects an export with a secret in it", async () => {
    const recording = await recorded("sandbox");

    expect(leaks({ ...recording, outputs: { purgeKey: CANARY } })).toEqual(["export purgeKey"]);
  });

  test("rejects a secret-marked input that is no place for a secret", async () => {
    const recording = doctored(await recorded("sandbox"), TEMPLATE, (inputs) => ({
      ...inputs,
      userData: { $secret: base64 },
    }));

    expect(keepers(recording)).toContain(`${TEMPLATE} userData`);
  });
});

/** Statements that need `*` as their resource, by Sid, with the actions that know no other. */
interface Free {
  readonly actions: RegExp;
  /** What binds it instead. */
  readonly condition?: JsonValue;
  readonly reason: string;
}

const WITHOUT_RESOURCE: Readonly<Record<string, Free>> = {
  SessionManagerAndRunCommand: {
    actions: /^(?:ssmmessages:|ec2messages:)/,
    reason: "the agent's channels have no ARN; they reach nothing but the instance's own messages",
  },
  SeeOwnLifecycle: {
    actions: /^autoscaling:DescribeAutoScalingInstances$/,
    reason: "the action knows no resource; it shows which instances are in which group",
  },
  PublishMetrics: {
    actions: /^cloudwatch:PutMetricData$/,
    condition: { StringEquals: { "cloudwatch:namespace": "Footprint" } },
    reason: "the action knows no resource; AWS has the namespace as its condition key",
  },
};

interface Grant {
  readonly pop: string;
  readonly sid: string;
  readonly statement: JsonValue;
}

/** What the instance roles may do. */
function grants(recording: Recording): readonly Grant[] {
  const place = places(recording);
  return ofType(recording, ROLE_POLICY).flatMap(({ urn, inputs }) => {
    const where = place.get(urn);
    const pop = where === undefined || where === "global" ? "" : where.region;
    return statements(inputs.policy).map((statement) => ({ pop, sid: text(at(statement, "Sid")), statement }));
  });
}

/** Why a statement gives too much; none when it does not. */
function excess({ pop, sid, statement }: Grant): readonly string[] {
  const actions = list(at(statement, "Action")).map(String);
  const resources = list(at(statement, "Resource")).map(String);
  const free = Object.hasOwn(WITHOUT_RESOURCE, sid) ? WITHOUT_RESOURCE[sid] : undefined;
  const own = [
    `arn:aws:s3:::${pop}/${pop}-store`,
    `arn:aws:s3:::${pop}/${pop}-network-logs/`,
    `arn:aws:x:${pop}:1:${pop}-secret-`,
    `arn:aws:x:${pop}:1:${pop}-store-serial`,
    `arn:aws:autoscaling:${pop}:*:autoScalingGroup:*:autoScalingGroupName/${pop}-nodes-`,
    `arn:aws:ec2:${pop}:*:instance/`,
  ];
  return [
    ...(at(statement, "Effect") === "Allow" ? [] : [`${sid}: is no grant`]),
    ...(isRecord(statement) && ("NotAction" in statement || "NotResource" in statement) ? [`${sid}: all but`] : []),
    ...(actions.length === 0 ? [`${sid}: no action`] : []),
    ...actions.filter((action) => action.includes("*") || action.includes("?")).map((action) => `${sid}: ${action}`),
    ...(free === undefined
      ? []
      : actions.filter((action) => !free.actions.test(action)).map((action) => `${sid}: ${action} on *`)),
    ...(free?.condition === undefined || isDeepStrictEqual(at(statement, "Condition"), free.condition)
      ? []
      : [`${sid}: is not bound to ${text(free.condition)}`]),
    ...(resources.length === 0 ? [`${sid}: no resource`] : []),
    ...resources
      .filter((resource) => !(resource === "*" && free !== undefined))
      .filter((resource) => !own.some((start) => resource.startsWith(start)))
      .map((resource) => `${sid}: ${resource}`),
  ];
}

describe("the instance role may do little, and in its own PoP only (P37)", () => {
  test.each(SHIPPED)("%s has no policy with * beyond the list, and no ARN of anything else", async (stack) => {
    const all = grants(await recorded(stack));

    expect(all.flatMap(excess)).toEqual([]);
    expect(new Set(all.map(({ sid }) => sid))).toEqual(
      new Set([
        "ReadStore",
        "ReportOfItself",
        "OwnLogs",
        "TellMissingFromForbidden",
        "ReadOwnParameters",
        "OwnLifecycle",
        "SayThatItIsThere",
        ...Object.keys(WITHOUT_RESOURCE),
      ]),
    );
  });

  test.each(SHIPPED)("%s reads of its store what nodes need, and writes reports alone", async (stack) => {
    const all = grants(await recorded(stack));

    expect(all.map(({ sid }) => sid)).toEqual(
      expect.arrayContaining(["ReadStore", "ReportOfItself", "TellMissingFromForbidden"]),
    );
    for (const { pop, sid, statement } of all) {
      const store = `arn:aws:s3:::${pop}/${pop}-store`;
      if (sid === "ReadStore") {
        expect(at(statement, "Action")).toBe("s3:GetObject");
        expect(at(statement, "Resource")).toEqual(
          [
            "current.json",
            "bootstrap/*",
            "packages/*",
            "bundles/*",
            "agents/*",
            "purge/*",
            "purge-head",
            "drain",
            "nodes/*",
          ].map((key) => `${store}/${key}`),
        );
      }
      if (sid === "ReportOfItself") {
        expect(statement).toMatchObject({ Action: "s3:PutObject", Resource: `${store}/nodes/\${aws:userid}.json` });
      }
      if (sid === "TellMissingFromForbidden") {
        expect(statement).toMatchObject({ Action: "s3:ListBucket", Resource: store });
      }
    }
  });

  test.each(SHIPPED)("%s lets EC2 alone take on the role, and gives it no other policy", async (stack) => {
    const recording = await recorded(stack);
    const roles = ofType(recording, ROLE);

    expect(roles).toHaveLength(Object.keys(shipped(stack).pops).length);
    for (const { inputs } of some(roles)) {
      expect(statements(inputs.assumeRolePolicy)).toEqual([
        { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" },
      ]);
      expect(inputs).not.toHaveProperty("managedPolicyArns");
      expect(inputs).not.toHaveProperty("inlinePolicies");
    }
    expect(
      new Set(recording.registrations.map(({ type }) => type).filter((type) => type.startsWith("aws:iam/"))),
    ).toEqual(new Set([ROLE, ROLE_POLICY, "aws:iam/instanceProfile:InstanceProfile"]));
  });

  test.each<[string, Record<string, JsonValue>, string]>([
    ["an action with *", { Action: "s3:Get*" }, "s3:Get*"],
    [
      "another bucket",
      { Resource: "arn:aws:s3:::eu-west-1/eu-west-1-store/*" },
      "arn:aws:s3:::eu-west-1/eu-west-1-store/*",
    ],
    ["every resource", { Resource: "*" }, "*"],
    ["all resources but one", { NotResource: "x" }, "all but"],
    [
      "another PoP's parameters",
      { Resource: "arn:aws:x:eu-west-1:1:us-east-1-secret-a" },
      "arn:aws:x:eu-west-1:1:us-east-1-secret-a",
    ],
  ])("rejects a statement with %s", (_, change, told) => {
    const statement = {
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::us-east-1/us-east-1-store",
      ...change,
    };

    expect(excess({ pop: "us-east-1", sid: "ReadStore", statement })).toEqual([`ReadStore: ${told}`]);
  });

  test("rejects an action on * that knows resources, in a statement that may have *", () => {
    const sid = "SessionManagerAndRunCommand";
    const statement = { Effect: "Allow", Action: ["ec2messages:SendReply", "ssm:GetParameter"], Resource: "*" };

    expect(excess({ pop: "us-east-1", sid, statement })).toEqual([`${sid}: ssm:GetParameter on *`]);
  });
});
