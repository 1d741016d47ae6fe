import * as aws from "@pulumi/aws";
import { REGIONS } from "../../infra/config/regions";
import { STACK_NAME_LIMIT } from "../../infra/config/rulesFootprint";
import { record, type Recording, type Registration } from "../../infra/plan/harness";
import { COMPUTED, type JsonValue } from "../../infra/plan/wire";
import {
  IDENTIFIED,
  NAMED,
  NAMELESS,
  SUFFIX,
  TAG_KEY,
  TAG_LIMIT,
  TAG_LIMITS,
  TAG_VALUE,
  TEXTS,
} from "../support/physicalNames";
import { at, doctored, isRecord, list, text } from "../support/registrations";
import { IMAGE, ofType, preview, type StackInput } from "../support/stacks";

/** As long as a stack's name gets. */
const STACK = "s".repeat(STACK_NAME_LIMIT);
/** As long as a host gets: the limit of a certificate's name. */
const HOST = `${"h".repeat(64 - ".example.com".length)}.example.com`;
/** As long as the zone of the PoPs' own names gets. */
const ZONE = `${"z".repeat(58 - ".example.net".length)}.example.net`;

/** PoPs in these regions, with every name as long as the schema lets it be. */
function longest(regions: readonly string[], extra: Record<string, unknown> = {}): StackInput {
  return {
    zones: { "example.com": { create: true, caaAtApex: true }, [ZONE]: { create: true, primary: true } },
    sites: { [HOST]: { origin: ["https://origin.example.org:65535", "http://origin.example.org:8080"] } },
    image: Object.fromEntries(regions.map((region) => [region, IMAGE])),
    packages: { bucket: "p".repeat(63) },
    pops: Object.fromEntries(
      regions.map((region) => {
        const usable = (REGIONS.get(region)?.zones ?? []).filter((zone) => zone.usable);
        return [region, { zones: usable.length, nodes: { types: ["m7gd.large", "m6gd.large"] } }];
      }),
    ),
    acknowledge: { optInRegions: regions.filter((region) => REGIONS.get(region)?.optIn) },
    alarms: { emails: [`${"e".repeat(64)}@${"d".repeat(60)}.example.org`] },
    volumeKey: `alias/${"k".repeat(250)}`,
    metrics: { sites: [HOST] },
    ...extra,
  };
}

const everywhere = () => preview(longest([...REGIONS.keys()]), STACK);

const LONGEST_REGION = [...REGIONS.keys()].reduce((a, b) => (b.length > a.length ? b : a));

/** The physical name that a resource would get. */
function physicalName({ type, name, inputs }: Registration): string {
  const property = (NAMED[type] ?? IDENTIFIED[type])?.property ?? "";
  const own = inputs[property];
  return typeof own === "string" ? own : `${name}-${"0".repeat(SUFFIX - 1)}`;
}

function misnamed({ registrations }: Recording): readonly string[] {
  return registrations
    .filter(({ custom }) => custom)
    .flatMap((each) => {
      const limit = NAMED[each.type] ?? IDENTIFIED[each.type];
      if (limit === undefined) {
        return NAMELESS.includes(each.type) ? [] : [`${each.type}: stands in no table`];
      }
      const name = physicalName(each);
      // What ACM asks for to prove a name is ACM's to know.
      return name === COMPUTED || (name.length <= limit.longest && limit.pattern.test(name))
        ? []
        : [`${each.type}: ${name} (${limit.source})`];
    });
}

function misworded({ registrations }: Recording): readonly string[] {
  return registrations.flatMap(({ type, inputs }) =>
    Object.entries(TEXTS[type] ?? {}).flatMap(([property, { longest, pattern, source }]) => {
      const text = inputs[property];
      return text === undefined || (typeof text === "string" && text.length <= longest && pattern.test(text))
        ? []
        : [`${type}.${property}: ${JSON.stringify(text)} (${source})`];
    }),
  );
}

/** Every set of tags in a resource's inputs: its own, and those that it gives to what it makes. */
function tagSets({ inputs }: Registration): readonly (readonly (readonly [string, JsonValue])[])[] {
  const pairs = (tags: JsonValue | undefined) =>
    isRecord(tags)
      ? Object.entries(tags)
      : list(tags).map((tag) => [text(at(tag, "key")), at(tag, "value") ?? null] as const);
  return [pairs(inputs.tags), ...list(inputs.tagSpecifications).map((each) => pairs(at(each, "tags")))];
}

function mistagged({ registrations }: Recording): readonly string[] {
  return registrations.flatMap((each) =>
    tagSets(each).flatMap((tags) => [
      ...(tags.length <= (TAG_LIMITS[each.type] ?? TAG_LIMIT)
        ? []
        : [`${each.type} ${each.name}: ${String(tags.length)} tags`]),
      ...(new Set(tags.map(([key]) => key)).size === tags.length ? [] : [`${each.type} ${each.name}: a key twice`]),
      ...tags
        .filter(([key, value]) => !TAG_KEY.test(key) || typeof value !== "string" || !TAG_VALUE.test(value))
        .map(([key, value]) => `${each.type} ${each.name}: ${key}=${JSON.stringify(value)}`),
    ]),
  );
}

describe("URNs (P14)", () => {
  test("are unique with a PoP in every region", async () => {
    const urns = (await everywhere()).registrations.map(({ urn }) => urn);

    expect(new Set(urns).size).toBe(urns.length);
    expect(urns.length).toBeGreaterThan(100 * REGIONS.size);
  });

  test("rejects two resources of one URN", async () => {
    const program = () => {
      new aws.sns.Topic("twin", { region: "eu-west-1" });
      new aws.sns.Topic("twin", { region: "us-east-1" });
    };

    await expect(record(program)).rejects.toThrow(
      /^two resources have the URN urn:pulumi:test::footprint::aws:sns\/topic:Topic::twin$/,
    );
  });
});

describe("every physical name fits its service, in all regions, for the longest stack and host (P14)", () => {
  test("the footprint is as long as it gets", async () => {
    const recording = await everywhere();

    expect(HOST).toHaveLength(64);
    expect(ofType(recording, "footprint:pop:Pop")).toHaveLength(REGIONS.size);
    expect(
      ofType(recording, "aws:acm/certificate:Certificate").map(({ inputs }) => text(inputs.domainName).length),
    ).toEqual(Array.from({ length: 2 * REGIONS.size }, () => 64));
  });

  test("names have a length and characters that AWS takes", async () => {
    expect(misnamed(await everywhere())).toEqual([]);
  });

  test("every type stands in one table of names", () => {
    const all = [...Object.keys(NAMED), ...Object.keys(IDENTIFIED), ...NAMELESS];

    expect(new Set(all).size).toBe(all.length);
  });

  test("descriptions have a length and characters that AWS takes", async () => {
    expect([...new Set(misworded(await everywhere()))]).toEqual([]);
  });

  // KMS API Reference, CreateAlias: up to 256 characters. A plan does not know keys, and shows another one by its description.
  test("each alias of a key gives a launch template another description, be it ever so long", async () => {
    const described = async (volumeKey: string) =>
      ofType(
        await preview(longest([LONGEST_REGION], { volumeKey }), STACK),
        "aws:ec2/launchTemplate:LaunchTemplate",
      ).map(({ inputs }) => inputs.description);

    const [long = "", other, short] = [
      ...(await described(`alias/${"k".repeat(250)}`)),
      ...(await described(`alias/${"k".repeat(249)}l`)),
      ...(await described(`alias/${"k".repeat(233)}`)),
    ];
    expect(text(long).length).toBeLessThanOrEqual(255);
    expect(other).not.toBe(long);
    expect(short).toBe(`root volumes by alias/${"k".repeat(233)}`);
  });

  test("logical names of buckets are lower case: auto-naming keeps their case", async () => {
    const names = ofType(await everywhere(), "aws:s3/bucket:Bucket").map(({ name }) => name);

    expect(names.filter((name) => name !== name.toLowerCase())).toEqual([]);
    expect(names.length).toBe(2 * REGIONS.size);
  });

  test.each<[string, string, string]>([
    ["load balancer", "aws:lb/loadBalancer:LoadBalancer", "ap-southeast-2-load-balanc"],
    ["load balancer's character", "aws:lb/loadBalancer:LoadBalancer", "edge.example"],
    ["target group", "aws:lb/targetGroup:TargetGroup", "x".repeat(33 - SUFFIX)],
    ["bucket", "aws:s3/bucket:Bucket", "x".repeat(64 - SUFFIX)],
    ["bucket's capital", "aws:s3/bucket:Bucket", "Edge"],
    ["role", "aws:iam/role:Role", "x".repeat(65 - SUFFIX)],
    ["launch template", "aws:ec2/launchTemplate:LaunchTemplate", "x".repeat(129 - SUFFIX)],
    ["topic's dot", "aws:sns/topic:Topic", "edge.alarms"],
    ["security group that begins with sg-", "aws:ec2/securityGroup:SecurityGroup", "sg-nodes"],
  ])("rejects a name that no %s can have", (_, type, name) => {
    const registration = { type, name, urn: "", parent: null, custom: true, inputs: {}, options: {}, dependencies: [] };

    expect(misnamed({ registrations: [registration], outputs: null })).toHaveLength(1);
  });

  test("rejects a description with an apostrophe in a security group's rule", () => {
    const type = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
    const inputs = { description: "Somebody's" };
    const registration = { type, name: "", urn: "", parent: null, custom: true, inputs, options: {}, dependencies: [] };

    expect(misworded({ registrations: [registration], outputs: null })).toHaveLength(1);
  });
});

describe("tags (P14)", () => {
  test("have keys and values that every service takes", async () => {
    expect([...new Set(mistagged(await everywhere()))]).toEqual([]);
  });

  test("fit with as many and as long ones as a stack file may have", async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`${String(index)}-`.padEnd(128, "k"), "v".repeat(256)]),
    );
    const recording = await preview(longest([LONGEST_REGION], { tags }), STACK);

    expect(mistagged(recording).filter((found) => !found.includes("Name="))).toEqual([]);
    expect(Math.max(...recording.registrations.flatMap(tagSets).map((set) => set.length))).toBeGreaterThan(40);
  });

  test.each<[string, JsonValue]>([
    ["a value with a star", { Name: "*.pop.example.com" }],
    ["a long value", { Name: "v".repeat(257) }],
    ["a key of AWS's own", { "aws:x": "" }],
    ["too many", Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${String(index)}`, ""]))],
    ["a key twice", ["v", "w"].map((value) => ({ key: "k", value }))],
  ])("rejects %s", async (_, tags) => {
    const recording = await preview(longest([LONGEST_REGION]), STACK);
    const before = mistagged(recording);
    const after = mistagged(doctored(recording, "aws:ec2/vpc:Vpc", (inputs) => ({ ...inputs, tags })));

    expect(after.filter((found) => !before.includes(found))).toHaveLength(1);
  });
});
