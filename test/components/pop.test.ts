import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PACKAGE_LOCK } from "../../components/node/packageLock";
import { bundleSchema } from "../../components/node/protocol/bundleFormat";
import type { SiteArgs } from "../../components/site";
import { Pop, type PopArgs } from "../../components/pop";
import { agentFile } from "../../infra/agentFile";
import { alone, aloneInPreview, standIn, type Alone } from "./alone";

const REGION = "ap-southeast-2";
const HOST = "cdn.example.com";
const WILDCARD = "*.pop.example.com";

const SITE: SiteArgs = {
  host: HOST,
  origins: [{ scheme: "https", host: "origin.example.org", port: 8443 }],
  originHost: "origin",
  cacheKey: { query: "all", headers: [], cookies: [] },
  stale: { whileRevalidate: 0, ifError: 0 },
  maxAge: 60,
  methods: ["GET", "HEAD"],
  websocket: false,
  compression: false,
  clientAddress: "truncated",
  redirectStatus: 308,
  tagHeader: "Surrogate-Key",
};

function args(changed: Partial<PopArgs> = {}): PopArgs {
  return {
    region: REGION,
    footprint: "asia",
    state: "active",
    protection: true,
    cidr: "10.64.80.0/20",
    zones: [
      { id: "apse2-az1", number: 0 },
      { id: "apse2-az3", number: 2 },
    ],
    egress: "nat",
    flowLogs: "rejected",
    logRetention: 30,
    crossZone: false,
    tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    image: "ami-0123456789abcdef0",
    nodes: {
      min: 4,
      max: 8,
      types: ["m7gd.large", "m6gd.large"],
      spotShare: 0,
      target: { cpuPercent: 60, networkOutMbps: 450 },
    },
    sites: [SITE],
    hosts: [{ host: HOST, zoneId: "Z1" }],
    popDomain: { host: "pop.example.com", zoneId: "Z1" },
    caaRecords: { [HOST]: standIn("caa-of-host").urn, "pop.example.com": standIn("caa-of-pops").urn },
    secrets: {
      originAuth: { generation: 1, current: pulumi.secret("now"), next: pulumi.secret("then") },
      configuration: { generation: 1, current: pulumi.secret("now"), next: pulumi.secret("then") },
      purge: { generation: 1, current: pulumi.secret("now"), next: pulumi.secret("then") },
    },
    agent: agentFile(),
    packagesBucket: "my-edge-packages",
    purgeMaxStaleness: 3600,
    alarmEmails: ["noc@example.com"],
    ...changed,
  };
}

/** A PoP takes a second to record, so each is recorded once. */
function pop(changed: Partial<PopArgs> = {}): Promise<Alone> {
  const key = JSON.stringify(changed);
  const recording = recorded.get(key) ?? recordPop(changed);
  recorded.set(key, recording);
  return recording;
}

const recorded = new Map<string, Promise<Alone>>();

function recordPop(changed: Partial<PopArgs>): Promise<Alone> {
  return alone(() => {
    const made = new Pop(REGION, args(changed));
    return {
      region: made.region,
      active: made.active,
      loadBalancer: made.loadBalancer,
      egressAddresses: made.egressAddresses,
      storeBucketName: made.storeBucketName,
      nodeGroupName: made.nodeGroupName,
      ready: made.ready,
      certificates: Object.keys(made.certificates),
    };
  });
}

/** What of a PoP is protected or may not be lost with its contents. */
function guards(made: Alone) {
  return {
    protected: made.registrations.filter(({ options }) => options.protect === true).map(({ name }) => name),
    deletionProtection: made.inputs("LoadBalancer", `${REGION}-lb`).enableDeletionProtection,
    forceDestroy: made.inputs("Bucket", `${REGION}-store`).forceDestroy,
  };
}

describe("a PoP", () => {
  let made: Alone;

  beforeAll(async () => {
    made = await pop();
  });

  test("is composed of its parts, each below it", () => {
    const urn = made.component(REGION).urn;

    const parts = made.registrations.filter(({ parent }) => parent === urn).map(({ type, name }) => [type, name]);
    expect(parts.sort()).toEqual([
      ["footprint:alarmTopic:AlarmTopic", `${REGION}-alarms`],
      ["footprint:alarms:Alarms", `${REGION}-alarm`],
      ["footprint:cacheFleet:CacheFleet", `${REGION}-nodes`],
      ["footprint:certificates:Certificates", `${REGION}-certificate`],
      ["footprint:drainGuard:DrainGuard", `${REGION}-drain-before-removing`],
      ["footprint:drainGuard:DrainGuard", `${REGION}-drain-before-removing-10.64.80.0_20`],
      ["footprint:drainGuard:DrainGuard", `${REGION}-drain-before-removing-apse2-az1`],
      ["footprint:drainGuard:DrainGuard", `${REGION}-drain-before-removing-apse2-az3`],
      ["footprint:loadBalancer:LoadBalancer", `${REGION}-lb`],
      ["footprint:network:Network", `${REGION}-network`],
      ["footprint:nodeStore:NodeStore", `${REGION}-store`],
      ["footprint:secretParameters:SecretParameters", `${REGION}-secret`],
      ["footprint:stepGuard:StepGuard", `${REGION}-egress-both-before-removing-nat`],
      ["footprint:stepGuard:StepGuard", `${REGION}-originPorts-before-removing-port-8443`],
    ]);
  });

  test("has every regional resource in its region and tagged as its own (P15)", () => {
    const resources = made.registrations.filter(({ parent }) => parent !== null);
    const elsewhere = resources.filter(({ inputs }) => "region" in inputs && inputs.region !== REGION);
    const tagged = resources.filter(({ inputs }) => "tags" in inputs && !Array.isArray(inputs.tags));

    expect(elsewhere).toEqual([]);
    expect(tagged.length).toBeGreaterThan(30);
    for (const { name, inputs } of tagged) {
      expect(inputs.tags).toEqual({ Name: name.replaceAll("*", "_"), Footprint: "asia", Pop: REGION });
    }
  });

  test("serves the certificate of its own names by default and each host's by SNI", () => {
    const arn = (name: string) => `arn:aws:made:up:111122223333:${REGION}-certificate-${name}`;

    expect(made.inputs("Listener", `${REGION}-lb-https`).certificateArn).toBe(arn(WILDCARD));
    expect(made.all("ListenerCertificate").map(({ inputs }) => inputs.certificateArn)).toEqual([arn(HOST)]);
  });

  test("asks for certificates when the CAA record that allows them stands", () => {
    const waits = (name: string) => made.one("Certificate", `${REGION}-certificate-${name}`).dependencies;

    expect(waits(HOST)).toEqual([made.one("Topic", "caa-of-host").urn]);
    expect(waits(WILDCARD)).toEqual([made.one("Topic", "caa-of-pops").urn]);
  });

  test("puts its load balancer into the public subnets and its nodes into the private ones", () => {
    const subnets = (role: string) =>
      ["apse2-az1", "apse2-az3"].map((zone) => `id-of-${REGION}-network-${role}-${zone}`);

    expect(made.inputs("LoadBalancer", `${REGION}-lb`).subnets).toEqual(subnets("public"));
    expect(made.inputs("Group", `${REGION}-nodes`).vpcZoneIdentifiers).toEqual(subnets("node"));
  });

  test("lets its nodes reach the ports of the sites' origins", () => {
    expect(made.names("SecurityGroupEgressRule")).toContain(`${REGION}-nodes-to-8443-ipv4`);
  });

  test("lets its nodes read its own parameters", () => {
    const { policy } = made.inputs("RolePolicy", `${REGION}-nodes`);

    for (const name of ["origin-auth-current", "origin-auth-next", "purge-current", "purge-next"]) {
      expect(policy).toContain(`"arn:aws:made:up:111122223333:${REGION}-secret-${name}"`);
    }
  });

  test("stops a refresh by its alarms on unhealthy nodes and on too few", () => {
    expect(made.inputs("Group", `${REGION}-nodes`).instanceRefresh).toMatchObject({
      preferences: {
        alarmSpecification: {
          alarms: [`${REGION}-alarm-unhealthy-nodes-0a1b2c3`, `${REGION}-nodes-0a1b2c3-below-minimum`],
        },
      },
    });
  });

  test("has alarms on NAT ports and on every certificate, all to its own topic", () => {
    const names = made.names("MetricAlarm");
    const actions = made.all("MetricAlarm").flatMap(({ inputs }) => inputs.alarmActions ?? []);

    expect(names).toEqual(
      expect.arrayContaining([
        `${REGION}-alarm-nat-ports`,
        `${REGION}-alarm-certificate-${HOST}`,
        `${REGION}-alarm-certificate-${WILDCARD}`,
      ]),
    );
    expect(new Set(actions)).toEqual(new Set([`arn:aws:made:up:111122223333:${REGION}-alarms`]));
  });

  test("gives its nodes the bundle of its own name and sites", () => {
    const bundle = made.inputs("BucketObjectv2", `${REGION}-store-bundle`).content as string;

    expect(bundleSchema.parse(JSON.parse(bundle)).settings).toMatchObject({
      region: REGION,
      popName: `${REGION}.pop.example.com`,
      hosts: [HOST],
      purgeMaxStaleness: 3600,
    });
  });

  test("stores the agent that the bundle names, and the packages that the bootstrap asks for", () => {
    const { agent } = bundleSchema.parse(
      JSON.parse(made.inputs("BucketObjectv2", `${REGION}-store-bundle`).content as string),
    );

    expect(made.inputs("BucketObjectv2", `${REGION}-store-agent`)).toMatchObject({
      key: agent.key,
      source: `<file ${agent.sha256}>`,
    });
    expect(made.inputs("ObjectCopy", `${REGION}-store-packages`).source).toBe(
      `my-edge-packages/packages/${PACKAGE_LOCK.archive.sha256}.tar`,
    );
    expect(made.inputs("BucketObjectv2", `${REGION}-store-bootstrap`).content).toContain(PACKAGE_LOCK.archive.sha256);
  });

  test("starts no node before it can be reached, reads its store and resolves its routes (P33)", () => {
    const group = made.one("Group", `${REGION}-nodes`);

    for (const [kind, name] of [
      ["Route", "network-node-ipv4"],
      ["Route", "network-node-ipv6"],
      ["RouteTableAssociation", "network-node-apse2-az1"],
      ["VpcEndpoint", "network-s3"],
      ["NetworkAcl", "network-subnets"],
      ["Listener", "lb-https"],
      ["CertificateValidation", `certificate-${WILDCARD}`],
      ["BucketObjectv2", "store-pointer"],
      ["BucketObjectv2", "store-bundle"],
      ["BucketObjectv2", "store-agent"],
      ["BucketObjectv2", "store-bootstrap"],
      ["ObjectCopy", "store-packages"],
      ["BucketPolicy", "store-policy"],
      ["Parameter", "secret-purge-next"],
      ["RolePolicy", "nodes"],
    ] as const) {
      expect({ name, waits: made.waits(group, made.one(kind, `${REGION}-${name}`)) }).toEqual({ name, waits: true });
    }
  });

  test("says what routing and origins need of it", () => {
    expect(made.outputs).toEqual({
      region: REGION,
      active: true,
      loadBalancer: { dnsName: `${REGION}-lb.elb.example.org`, zoneId: `zone-of-${REGION}-lb` },
      egressAddresses: ["192.0.2.1", "192.0.2.1"],
      storeBucketName: `bucket-of-${REGION}-store`,
      nodeGroupName: `${REGION}-nodes-0a1b2c3`,
      ready: [made.one("Group", `${REGION}-nodes`).urn],
      certificates: [HOST],
    });
  });

  test("has no secret in plain sight (P36)", () => {
    const plain = made.registrations.filter(({ inputs }) => /"(now|then)"/.test(JSON.stringify(inputs)));

    expect(new Set(plain.map(({ type }) => type))).toEqual(new Set(["aws:ssm/parameter:Parameter"]));
    expect(plain.filter(({ inputs }) => typeof inputs.value === "string")).toEqual([]);
  });
});

describe("protection of a PoP (P31)", () => {
  test("holds while it is active and protection is on", async () => {
    expect(guards(await pop())).toEqual({
      protected: [
        `${REGION}-drain-before-removing`,
        `${REGION}-drain-before-removing-10.64.80.0_20`,
        `${REGION}-drain-before-removing-apse2-az1`,
        `${REGION}-drain-before-removing-apse2-az3`,
        `${REGION}-lb`,
        `${REGION}-egress-both-before-removing-nat`,
        `${REGION}-originPorts-before-removing-port-8443`,
      ],
      deletionProtection: true,
      forceDestroy: false,
    });
  });

  test.each([
    ["it is drained", { state: "drained" }],
    ["protection is off", { protection: false }],
  ] as const)("is lifted when %s, and its store may go with its contents", async (_, changed) => {
    expect(guards(await pop(changed))).toEqual({ protected: [], deletionProtection: false, forceDestroy: true });
  });
});

test("a drained PoP says so, and has all that an active one has", async () => {
  const urns = (one: Alone) => one.registrations.map(({ urn }) => urn);
  const drained = await pop({ state: "drained" });

  expect(drained.outputs).toMatchObject({ active: false });
  expect(urns(drained)).toEqual(urns(await pop()));
});

test("with direct egress nodes stand in public subnets with addresses of their own", async () => {
  const made = await pop({ egress: "direct" });

  expect(made.outputs).toMatchObject({ egressAddresses: [] });
  expect(made.inputs("Group", `${REGION}-nodes`).vpcZoneIdentifiers).toEqual([
    `id-of-${REGION}-network-public-apse2-az1`,
    `id-of-${REGION}-network-public-apse2-az3`,
  ]);
  expect(made.inputs("LaunchTemplate", `${REGION}-nodes`).networkInterfaces).toMatchObject([
    { associatePublicIpAddress: "true" },
  ]);
  expect(made.names("MetricAlarm")).not.toContain(`${REGION}-alarm-nat-ports`);
});

test("a preview, in which nothing is known, has the same resources (P12)", async () => {
  const urns = (one: Alone) => one.registrations.map(({ urn }) => urn);

  expect(urns(await aloneInPreview(() => new Pop(REGION, args())))).toEqual(urns(await pop()));
});

test("rejects whatever is put below it without its region", async () => {
  const program = () => {
    const parent = new Pop(REGION, args());
    new aws.sqs.Queue("forgotten", {}, { parent });
  };

  await expect(alone(program)).rejects.toThrow(
    /^aws:sqs\/queue:Queue "forgotten": region must be "ap-southeast-2", got none$/,
  );
});

test("a caller's own transformations hold below it too", async () => {
  const seen: string[] = [];
  await alone(
    () =>
      new Pop(REGION, args(), {
        transformations: [({ name }) => void seen.push(name)],
      }),
  );

  expect(seen).toContain(`${REGION}-nodes-launching`);
});
