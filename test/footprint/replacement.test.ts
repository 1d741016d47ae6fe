import { z } from "zod";
import { loadConfig } from "../../infra/config/load";
import { footprintSchema } from "../../infra/config/schema";
import { unwrap } from "../../infra/config/structure";
import type { Recording, Registration } from "../../infra/plan/harness";
import { replacingTypes } from "../../infra/plan/replacing";
import { withValue } from "../config/base";
import { fate, labels } from "../support/fate";
import { doctored } from "../support/registrations";
import { IMAGE, PACKAGES, update, valuesOf, type StackInput } from "../support/stacks";

/** Every key of a stack file, `*` for a name that the operator chooses. A choice between shapes is one key. */
function keysOf(given: z.core.$ZodType, path: readonly string[] = []): readonly string[] {
  const schema = unwrap(given);
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
    return Object.entries(shape).flatMap(([key, entry]) => keysOf(entry, [...path, key]));
  }
  if (schema instanceof z.ZodRecord) {
    return [[...path, "*"].join("."), ...keysOf(schema.valueType, [...path, "*"])];
  }
  return [path.join(".")];
}

const KEYS: ReadonlySet<string> = new Set(keysOf(footprintSchema));

/** What a resource is known by: another value is another thing. Each with its reason. */
const IDENTITIES: Readonly<Record<string, string>> = {
  "zones.*": "the name of a hosted zone",
  "zones.*.id": "which hosted zone it is",
  "zones.*.create": "whether the zone is the stack's own: dropping it gives the zone back",
  "zones.*.primary": "the zone of the PoPs' own names, which are in every default certificate",
  "zones.*.delegated": "which hosts a zone has: their records are where it is",
  popDomain: "the PoPs' own names",
  "sites.*": "the host of a site: its certificates and records are the site",
  "pops.*": "the region of a PoP",
  "pops.*.cidr": "the addresses of a network: every subnet is cut from them",
  supernet: "the addresses of all networks",
};

interface Edit {
  readonly key: string;
  readonly change: string;
  /** Where in the stack file, and what is put there. */
  readonly path: readonly string[];
  readonly value: unknown;
  /** Settings that both sides have, when the base lacks what the edit needs. */
  readonly base?: StackInput;
  /** Resources that are made anew. */
  readonly replaced?: readonly string[];
  /** Resources that go. */
  readonly removed?: readonly string[];
}

const SITE = "cdn.example.com";
const POP = "eu-west-1";

const BASE: StackInput = {
  zones: { "example.com": { create: true } },
  sites: { [SITE]: { origin: ["https://origin.example.org", "https://other.example.org:8443"] } },
  image: { [POP]: IMAGE },
  packages: PACKAGES,
  pops: { [POP]: {} },
  alarms: { emails: ["edge@example.org"] },
};

const TWO: StackInput = {
  ...BASE,
  image: { [POP]: IMAGE, "us-east-1": IMAGE },
  pops: { [POP]: {}, "us-east-1": {} },
};

const BUNDLE = [`BucketObjectv2 ${POP}-store-bundle`];

function top(key: string, value: unknown, rest: Partial<Edit> = {}): Edit {
  return { key, change: JSON.stringify(value), path: key.split("."), value, ...rest };
}

/** A key of the site: nodes learn of it by a new bundle. */
function site(key: string, value: unknown, rest: Partial<Edit> = {}): Edit {
  return {
    key: `sites.*.${key}`,
    change: JSON.stringify(value),
    path: ["sites", SITE, ...key.split(".")],
    value,
    replaced: BUNDLE,
    ...rest,
  };
}

/** A key of the PoP. Most can stand in `defaults` as well. */
function pop(key: string, value: unknown, rest: Partial<Edit> = {}): Edit {
  return {
    key: `pops.*.${key}`,
    change: JSON.stringify(value),
    path: ["pops", POP, ...key.split(".")],
    value,
    ...rest,
  };
}

const latencyRecords = ["a", "aaaa"].map((type) => `Record footprint-routing-${POP}-${SITE}-${type}`);
const zonesOfNat = ["euw1-az1", "euw1-az2", "euw1-az3"];

const EDITS: readonly Edit[] = [
  { key: "zones.*.caaAtApex", change: "true", path: ["zones", "example.com", "caaAtApex"], value: true },
  { key: "zones.*.handOver", change: "true", path: ["zones", "example.com", "handOver"], value: true },

  site("origin", "https://origin.example.org", {
    removed: [`SecurityGroupEgressRule ${POP}-nodes-to-8443-ipv4`, `SecurityGroupEgressRule ${POP}-nodes-to-8443-ipv6`],
  }),
  site("originHost", "site"),
  site("shield", POP),
  site("dns", "later", { replaced: [], removed: [...latencyRecords, `Record footprint-zones-${SITE}-caa`] }),
  site("websocket", true),
  site("cacheKey.query", ["page"]),
  site("cacheKey.headers", ["Accept-Language"]),
  site("cacheKey.cookies", ["currency"]),
  site("stale.whileRevalidate", 5),
  site("stale.ifError", 5),
  site("maxAge", 60),
  site("methods", ["GET", "HEAD", "POST"]),
  site("compression", false),
  site("clientAddress", "truncated"),
  site("redirectStatus", 301),
  site("tagHeader", "Cache-Tag"),

  top("originPorts", [9443]),
  { key: "image.*", change: "another", path: ["image", POP], value: "ami-0fedcba9876543210" },

  // The archive has another home; its content, and so its key, is the lock file's. The provider copies it anew.
  top("packages.bucket", "other-edge-packages", { replaced: [`ObjectCopy ${POP}-store-packages`] }),

  pop("state", "drained", { base: TWO, removed: latencyRecords }),
  // One more. One less replaces the load balancer: `rejects` below, and the guards of zones.
  pop("zones", 3, { base: { ...BASE, pops: { [POP]: { zones: 2, nodes: { min: 6 } } } } }),
  pop("egress", "direct", {
    removed: [
      ...zonesOfNat.map((zone) => `Eip ${POP}-network-nat-${zone}`),
      `MetricAlarm ${POP}-alarm-nat-ports`,
      `NatGateway ${POP}-network-nat`,
      `Route ${POP}-network-node-ipv4`,
    ],
  }),
  pop("egress", "both"),
  pop("crossZone", true),
  pop("cluster", false, {
    removed: [`SecurityGroupEgressRule ${POP}-nodes-to-peers`, `SecurityGroupIngressRule ${POP}-nodes-from-peers`],
    replaced: [`BucketObjectv2 ${POP}-store-bundle`],
  }),
  pop("nodes.min", 9),
  pop("nodes.max", 40),
  pop("nodes.types", ["m7gd.xlarge", "m6gd.xlarge"]),
  pop("nodes.spotShare", 30),
  pop("nodes.targetUtilization", 50),
  pop("peak", 3),

  top("healthCheck.interval", 30, { replaced: [`HealthCheck footprint-routing-${POP}`] }),
  top("healthCheck.threshold", 5),
  top("tlsPolicy", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"),
  top("logs.flow", "all", { replaced: [`FlowLog ${POP}-network-flow-log`] }),
  top("logs.retention", 90),
  top("protection", false),
  top("purge.maxStaleness", 600, { replaced: [`BucketObjectv2 ${POP}-store-bundle`] }),
  top("secrets.originAuth", 2),
  top("secrets.purge", 2),
  top("secrets.configuration", 2),
  top("permissionsBoundary", "arn:aws:iam::111122223333:policy/footprint-boundary-nodes"),
  top("volumeKey", "alias/edge-volumes"),
  { key: "tags.*", change: "one tag more", path: ["tags", "environment"], value: "test" },
  top("metrics.cloudwatch", false, {
    replaced: [`BucketObjectv2 ${POP}-store-bundle`],
    removed: [
      "Dashboard footprint-dashboard",
      ...["errors", "errors-slowly", "slow", "slow-slowly"].map((role) => `CompositeAlarm ${POP}-nodes-${role}`),
      ...["errors", "slow"].flatMap((role) =>
        ["1h", "1h-now", "6h", "6h-now", "slowly-3d", "slowly-3d-now"].map(
          (part) => `MetricAlarm ${POP}-nodes-${role}-${part}`,
        ),
      ),
      ...[
        "configuration",
        "evictions",
        "origins",
        "purge-lag",
        "purges-refused",
        "silent",
        "software-age",
        "unheard",
      ].map((role) => `MetricAlarm ${POP}-nodes-${role}`),
    ].sort(),
  }),
  top("metrics.sites", ["cdn.example.com"], { replaced: [`BucketObjectv2 ${POP}-store-bundle`] }),
  top("metrics.otlp", "http://otel.example.com:4318", { replaced: [`BucketObjectv2 ${POP}-store-bundle`] }),
  top("alarms.objectives.availability", 99.5),
  top("alarms.objectives.firstByte", 800),
  top("alarms.emails", ["other@example.org"], {
    removed: [
      `TopicSubscription ${POP}-alarms-edge@example.org`,
      "TopicSubscription footprint-alarms-edge@example.org",
    ],
  }),
  top("acknowledge.optInRegions", ["af-south-1"]),
  top("acknowledge.quotas.certificatesPerLoadBalancer", 50),
];

/** Settings that may stand in `defaults` too, with a value. */
const SHARED = [
  { key: "zones", value: 2 },
  { key: "egress", value: "direct" },
  { key: "crossZone", value: true },
  { key: "cluster", value: false },
  { key: "nodes.min", value: 9 },
  { key: "nodes.max", value: 40 },
  { key: "nodes.types", value: ["m7gd.xlarge", "m6gd.xlarge"] },
  { key: "nodes.spotShare", value: 30 },
  { key: "nodes.targetUtilization", value: 50 },
];

/** What holds something that a new one would not, or what users are served by. */
const STATEFUL: readonly string[] = [
  "aws:acm/certificate:Certificate",
  "aws:acm/certificateValidation:CertificateValidation",
  "aws:autoscaling/group:Group",
  "aws:ec2/launchTemplate:LaunchTemplate",
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:ec2/subnet:Subnet",
  "aws:ec2/vpc:Vpc",
  "aws:iam/role:Role",
  "aws:lb/listener:Listener",
  "aws:lb/loadBalancer:LoadBalancer",
  "aws:lb/targetGroup:TargetGroup",
  "aws:route53/zone:Zone",
  "aws:s3/bucket:Bucket",
  "aws:ssm/parameter:Parameter",
  "random:index/randomPassword:RandomPassword",
];

/** Stateful resources that a change would take away. */
function lost(before: Recording, after: Recording): readonly Registration[] {
  const { replaced, removed } = fate(before, after);
  return [...replaced, ...removed].filter(({ type }) => STATEFUL.includes(type));
}

async function bothSides({ path, value, base = BASE }: Edit): Promise<[Recording, Recording]> {
  return [await update(base), await update(withValue(base, path, value) as StackInput)];
}

describe("no single edit replaces what holds state (P8)", () => {
  test("every key of the schema has an edit, or is an identity", () => {
    const edited = new Set([...EDITS.map(({ key }) => key), ...SHARED.map(({ key }) => `defaults.${key}`)]);

    expect([...KEYS].filter((key) => !edited.has(key) && !Object.hasOwn(IDENTITIES, key))).toEqual([]);
    expect([...edited].filter((key) => !KEYS.has(key) || Object.hasOwn(IDENTITIES, key))).toEqual([]);
    expect(Object.keys(IDENTITIES).filter((key) => !KEYS.has(key))).toEqual([]);
  });

  test.each(EDITS)("$key: $change", async (edit) => {
    const [before, after] = await bothSides(edit);

    expect(lost(before, after)).toEqual([]);
    const { replaced, removed } = fate(before, after);
    expect({ replaced: labels(replaced), removed: labels(removed) }).toEqual({
      replaced: edit.replaced ?? [],
      removed: edit.removed ?? [],
    });
  });
});

describe("an edit of `defaults` is that of the PoPs that do not say otherwise", () => {
  test.each(SHARED)("$key", ({ key, value }) => {
    const set = (...above: string[]) => valuesOf(withValue(BASE, [...above, ...key.split(".")], value) as StackInput);

    expect(EDITS.map((edit) => edit.key)).toContain(`pops.*.${key}`);
    expect(loadConfig("test", set("defaults"))).toEqual(loadConfig("test", set("pops", POP)));
    expect(loadConfig("test", set("defaults"))).not.toEqual(loadConfig("test", valuesOf(BASE)));
  });
});

/** Keys that change what is planned, or what is allowed, and no resource. */
const WITHOUT_RESOURCE = ["pops.*.peak", "acknowledge.optInRegions", "acknowledge.quotas.certificatesPerLoadBalancer"];

describe("an edit that is to change something does", () => {
  test.each(EDITS)("$key: $change", async (edit) => {
    const [before, after] = (await bothSides(edit)).map(({ registrations }) => JSON.stringify(registrations));

    expect(before === after).toBe(WITHOUT_RESOURCE.includes(edit.key));
  });
});

describe("the proof can fail", () => {
  test("every stateful type stands in the table of replacing properties", () => {
    expect(STATEFUL.filter((type) => !replacingTypes().includes(type))).toEqual([]);
  });

  test("every type of the footprint stands in the table of replacing properties", async () => {
    const types = new Set((await update(TWO)).registrations.filter(({ custom }) => custom).map(({ type }) => type));

    expect([...types].filter((type) => !replacingTypes().includes(type))).toEqual([]);
  });

  test.each<[string, readonly string[], unknown, string]>([
    ["another network's addresses", ["pops", POP, "cidr"], "10.65.0.0/20", `Vpc ${POP}-network`],
    [
      "another zone's name",
      ["zones"],
      { "example.com": { id: "Z0123456789ABCDEFGHIJ" } },
      "Zone footprint-zones-example.com",
    ],
    [
      "another host",
      ["sites"],
      { "x.example.com": { origin: "https://origin.example.org" } },
      `Certificate ${POP}-certificate-${SITE}`,
    ],
    ["a zone less", ["pops", POP, "zones"], 2, `LoadBalancer ${POP}-lb`],
    ["a PoP less", ["pops"], { [POP]: {} }, "AutoScaling"],
  ])("rejects %s", async (_, path, value, victim) => {
    const base = victim === "AutoScaling" ? TWO : BASE;
    const found = labels(lost(await update(base), await update(withValue(base, path, value) as StackInput)));

    expect(found).toContain(victim === "AutoScaling" ? "Group us-east-1-nodes" : victim);
  });

  test("rejects what only follows: a network made anew takes its load balancer along", async () => {
    const before = await update(BASE);
    const after = doctored(before, "aws:ec2/vpc:Vpc", (inputs) => ({ ...inputs, cidrBlock: "10.99.0.0/16" }));

    const found = labels(lost(before, after));

    expect(found).toContain(`Subnet ${POP}-network-public-euw1-az1`);
    expect(found).toContain(`LoadBalancer ${POP}-lb`);
    expect(found).toContain(`Listener ${POP}-lb-https`);
  });

  test("what only one load balancer can have is made anew with it, and the nodes stay", async () => {
    const two = { ...BASE, pops: { [POP]: { zones: 2, nodes: { min: 6 } } } };
    const found = labels(fate(await update(BASE), await update(two)).replaced);

    expect(found).toEqual(
      ["https", "http"]
        .flatMap((role) => [`Listener ${POP}-lb-${role}`, `TargetGroup ${POP}-lb-${role}`])
        .concat([`ListenerCertificate ${POP}-lb-${SITE}`, `LoadBalancer ${POP}-lb`])
        .sort(),
    );
  });

  test("in another network all is made anew but the addresses that origins know", async () => {
    const moved = { ...BASE, pops: { [POP]: { cidr: "10.66.0.0/20" } } };
    const found = labels(fate(await update(BASE), await update(moved)).replaced);

    for (const each of [
      "InternetGateway",
      "NatGateway",
      "LoadBalancer",
      "TargetGroup",
      "Group",
      "Subnet",
      "SecurityGroup",
    ]) {
      expect(found.some((label) => label.startsWith(`${each} `))).toBe(true);
    }
    expect(found.filter((label) => label.startsWith("Eip "))).toEqual([]);
  });

  test("a property whose changes are ignored replaces nothing", async () => {
    const before = await update(BASE);
    const hooks = (inputs: Registration["inputs"]) => ({ ...inputs, initialLifecycleHooks: [] });
    const after = doctored(before, "aws:autoscaling/group:Group", hooks);

    expect(fate(before, after).replaced).toEqual([]);
  });
});
