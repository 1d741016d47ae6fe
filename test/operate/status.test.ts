import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { runStatus, type Status, type StatusReport } from "../../infra/operate/status";
import { BUNDLE, Edge, IMAGE, POINTER, REGIONS } from "./edge";

let edge: Edge;
beforeEach(async () => {
  edge = await Edge.start();
});
afterEach(() => edge.stop());

function status(json?: true) {
  return edge.run((terminal, folder) =>
    runStatus({ stack: "edge", outputs: edge.outputs, ...(json === undefined ? {} : { json }) }, terminal, folder),
  );
}

/** What needs attention, by region, as text and JSON agree on it. */
async function attention(): Promise<Readonly<Record<string, readonly string[]>>> {
  const { status: code, out } = await status(true);
  const { pops } = JSON.parse(out) as Status;
  const open = pops.filter((pop) => pop.attention.length > 0);
  expect(code).toBe(open.length === 0 ? 0 : 1);
  return Object.fromEntries(open.map((pop) => [pop.region, pop.attention]));
}

const OLD = "0".repeat(64);
const SHORT = BUNDLE.slice(0, 12);

test("a deployment that is well says so, PoP by PoP", async () => {
  const { status: code, out } = await status();

  expect(code).toBe(0);
  expect(out.split("\n")[0]).toBe("edge: all well");
  for (const region of REGIONS) {
    expect(out).toMatch(
      new RegExp(`^ {2}${region} +active +2 of 2 +2 of 2 +2 of 2 +${SHORT} \\(2\\) +0 s +up to date$`, "m"),
    );
  }
});

test("its JSON has every node", async () => {
  const { out } = await status(true);

  const [first] = (JSON.parse(out) as Status).pops;
  expect(first).toEqual({
    region: "ap-southeast-2",
    state: "active",
    drained: null,
    group: { name: "edge-ap-southeast-2", min: 2, desired: 2, inService: 2, refresh: null },
    configuration: { wanted: BUNDLE, since: first?.configuration?.since },
    nodes: edge.instances("ap-southeast-2").map((instance, index) => ({
      instance,
      lifecycle: "InService",
      zone: ["ap-southeast-2a", "ap-southeast-2b"][index],
      reports: true,
      state: "serving",
      health: { node: "ok", pop: "ok" },
      configuration: { generation: BUNDLE, isWanted: true, rejected: null, failing: null },
      purge: { position: 0, lag: 0, refused: 0 },
      logs: null,
      metrics: null,
      secretsUpToDate: true,
    })),
    unreadable: [],
    attention: [],
  });
  expect(Date.parse(first?.configuration?.since ?? "")).not.toBeNaN();
});

test("a PoP that is switched off is told with who and why", async () => {
  const content = { reason: "packet loss", by: "eve@desk", at: "2026-01-02T03:04:05Z" };
  edge.cloud.put(edge.bucket("us-east-1"), STORE_KEYS.drain, JSON.stringify(content));
  // What its nodes say then is the switch's doing.
  edge.reportAll("us-east-1", { health: { node: "ok", pop: "drained: packet loss" } });

  expect(await attention()).toEqual({
    "us-east-1": ["switched off by eve@desk at 2026-01-02T03:04:05Z: packet loss; `footprint undrain` ends it"],
  });
  expect((await status()).out).toMatch(/^ {2}us-east-1 +switched off /m);
});

test("a PoP that cannot be reached is shown as such, and the others still", async () => {
  edge.cloud.outage("s3", "refuses", "us-east-1");
  edge.cloud.outage("autoscaling", "fails", "us-east-1");

  const { status: code, out } = await status();

  expect(code).toBe(1);
  expect(out).toMatch(/^ {2}us-east-1 +unknown +unknown +unknown +unknown +unknown +unknown/m);
  expect(out).toMatch(/^ {2}eu-central-1 +active +2 of 2/m);
  const { "us-east-1": what, ...others } = await attention();
  expect(others).toEqual({});
  expect(what?.map((line) => /^[^(]+/.exec(line)?.[0].trim())).toEqual([
    "cannot be read: Auto Scaling group",
    "cannot be read: drain switch, node reports, pointer",
  ]);
});

test("a store that is away says nothing of the nodes in service", async () => {
  edge.cloud.outage("s3", "refuses", "us-east-1");

  expect((await status()).out).toMatch(/^ {2}us-east-1 +unknown +2 of 2 +unknown +unknown/m);
  expect((await attention())["us-east-1"]).toHaveLength(1);
});

test("nodes that are sick, silent or behind are named, each with what is wrong", async () => {
  const now = Date.now();
  const before = (seconds: number) => new Date(now - seconds * 1000).toISOString();
  const [sick, silent] = edge.instances("eu-central-1");
  const [late, other] = edge.instances("us-east-1");
  edge.report("eu-central-1", sick, { health: { node: "Varnish does not answer", pop: "purge log unread for 9 s" } });
  edge.report("eu-central-1", silent, { at: before(101) });
  edge.report("us-east-1", late, {
    at: before(0),
    purge: { position: 3, caughtUpAt: before(300), refused: 2 },
    secrets: { "origin-auth": { current: 2, next: 2 }, purge: { current: 1, next: 2 } },
  });
  edge.report("us-east-1", other, { purge: { position: -1, caughtUpAt: null, refused: 0 }, secrets: null });

  expect(await attention()).toEqual({
    "eu-central-1": [
      `${sick} is unhealthy: Varnish does not answer`,
      `${sick} says that its PoP is unhealthy: purge log unread for 9 s`,
      `${silent} has not reported for 100 s: its agent or its way to the store is broken`,
    ],
    "us-east-1": [
      `${late} has not been able to read the purge log for 300 s`,
      `${late} has refused 2 purges that were not signed with the purge key: who can write to the store?`,
      `${late} does not know the secrets yet that the pointer names`,
      `${other} has not read the purge log yet`,
      `${other} does not know the secrets yet that the pointer names`,
    ],
  });
  const { out } = await status();
  expect(out).toMatch(/^ {2}eu-central-1 +active +2 of 2 +0 of 2 +1 of 2 /m);
  expect(out).toMatch(/^ {2}us-east-1 .+ 300 s +2 behind$/m);
});

test("a group below its minimum needs attention, nodes that come or go do not", async () => {
  const group = edge.cloud.groups.get("edge-us-east-1")!;
  const [first] = group.instances;
  const more = [
    first!,
    { ...first!, id: "i-new", state: "Pending:Wait" },
    { ...first!, id: "i-old", state: "Terminating" },
  ];
  edge.cloud.groups.set("edge-us-east-1", { ...group, instances: more, min: 1, desired: 3 });
  expect(await attention()).toEqual({});
  expect((await status()).out).toMatch(/^ {2}us-east-1 +active +1 of 3 +1 of 1 +1 of 1 /m);

  edge.cloud.groups.set("edge-us-east-1", { ...group, instances: more, min: 2, desired: 3 });
  expect(await attention()).toEqual({
    "us-east-1": [
      'only 1 nodes are in service, 2 are the minimum: does the group launch nodes, and do they come up? (runbook, "A bad image or bootstrap")',
    ],
  });
});

describe("a new configuration", () => {
  const at = "2026-01-02T03:04:05Z";
  const rejected = { sha256: BUNDLE, reason: "haproxy: unknown keyword", at, software: "haproxy 3.0" };
  const behind = { generation: OLD, rejected: null, failing: null };

  test("is being adopted, for as long as that takes", async () => {
    edge.report("us-east-1", "i-us-east-1-1", { configuration: behind });
    edge.pointerAged("us-east-1", 60);
    expect(await attention()).toEqual({});
    expect((await status()).out).toMatch(new RegExp(`us-east-1 .+ adopting ${SHORT} \\(1\\), 000000000000 \\(1\\) `));

    edge.pointerAged("us-east-1", 300);
    expect(await attention()).toEqual({
      "us-east-1": [`configuration ${SHORT} should have been adopted by now, but not by i-us-east-1-1`],
    });
  });

  test("that a node has turned back is told with its reason", async () => {
    edge.reportAll("us-east-1", { configuration: behind });
    edge.report("us-east-1", "i-us-east-1-1", { configuration: { ...behind, rejected } });

    expect(await attention()).toEqual({
      "us-east-1": [
        `configuration ${SHORT} was refused, and the other nodes wait: i-us-east-1-1: haproxy: unknown keyword; correct the stack file and \`pulumi up\``,
      ],
    });
  });

  test("that a node could not adopt is told with how often, and with what it is tried again", async () => {
    edge.reportAll("us-east-1", { configuration: behind });
    const failing = { sha256: BUNDLE, reason: "varnishd was ended", at, times: 3, harmful: false };
    edge.report("us-east-1", "i-us-east-1-1", { configuration: { ...behind, failing } });

    expect(await attention()).toEqual({
      "us-east-1": [
        `i-us-east-1-1 could not adopt configuration ${SHORT}, 3 times so far, and tries it again: varnishd was ended`,
      ],
    });
  });

  test("whose pointer nodes do not follow is told, with their reason", async () => {
    const refused = "the pointer was turned back: it is number 1, and 2 is the newest";
    edge.report("us-east-1", "i-us-east-1-1", { configuration: { ...behind, generation: BUNDLE, refused } });

    expect(await attention()).toEqual({ "us-east-1": [`i-us-east-1-1 does not follow the store: ${refused}`] });
  });

  test("is not held against an older one that was turned back", async () => {
    edge.reportAll("us-east-1", {
      configuration: { generation: BUNDLE, rejected: { ...rejected, sha256: OLD }, failing: null },
    });
    expect(await attention()).toEqual({});
  });
});

test("a node that cannot send its access log, and one that has lost some of it, are named", async () => {
  const logs = { shippedAt: null, waiting: 10, lost: 0 };
  edge.report("us-east-1", "i-us-east-1-1", { logs: { ...logs, failing: "Error: AccessDenied\u0007" } });
  edge.report("us-east-1", "i-us-east-1-2", { logs: { ...logs, lost: 4711 } });
  edge.report("eu-central-1", "i-eu-central-1-1", { logs });

  expect(await attention()).toEqual({
    "us-east-1": [
      "i-us-east-1-1 cannot send its access log, and tries it again: Error: AccessDenied ",
      "i-us-east-1-2 has lost 4711 bytes of its access log, which the log bucket has not taken in time",
    ],
  });
});

test("a node that does not publish its metrics, and one that has lost some, are named", async () => {
  const metrics = { publishedAt: null, lost: 0 };
  edge.report("us-east-1", "i-us-east-1-1", { metrics: { ...metrics, failing: "counters of Varnish: no\u0007" } });
  edge.report("us-east-1", "i-us-east-1-2", { metrics: { ...metrics, lost: 12 } });
  edge.report("eu-central-1", "i-eu-central-1-1", { metrics });

  expect(await attention()).toEqual({
    "us-east-1": [
      "i-us-east-1-1 does not publish all of its metrics, and tries it again: counters of Varnish: no ",
      "i-us-east-1-2 has lost 12 minutes of its metrics, which CloudWatch has not taken in time",
    ],
  });
});

test.each([
  ["Successful", "", []],
  ["InProgress", "", []],
  [
    "RollbackSuccessful",
    "alarm",
    [
      "the last instance refresh, r-1, was rolled back (alarm), to what the group had when it began, which after `pulumi up` is the new version: put the former image back in the stack file and `pulumi up`",
    ],
  ],
  [
    "RollbackInProgress",
    "alarm",
    [
      "the instance refresh r-1 is being rolled back (alarm), to what the group had when it began, which after `pulumi up` is the new version: put the former image back in the stack file and `pulumi up`",
    ],
  ],
  [
    "Failed",
    "",
    [
      'the last instance refresh, r-1, ended as Failed: old and new nodes are mixed, and the group launches new ones; put the former image back in the stack file and `pulumi up` (runbook, "A bad image or bootstrap")',
    ],
  ],
])("an instance refresh that is %s", async (refresh, reason, expected) => {
  const group = edge.cloud.groups.get("edge-us-east-1")!;
  edge.cloud.groups.set("edge-us-east-1", { ...group, refreshes: [{ id: "r-1", status: refresh, reason }] });

  expect(await attention()).toEqual(expected.length === 0 ? {} : { "us-east-1": expected });
  expect((await status()).out).toContain(refresh);
});

test("what is deployed and what the stack file has may differ", async () => {
  edge.edit("    us-east-1: {} # last\n", "    eu-west-1: {}\n");
  edge.edit("    us-east-1: ami-0123456789abcdef0\n", "    eu-west-1: ami-0123456789abcdef0\n");

  expect(await attention()).toEqual({
    "us-east-1": ["is deployed, and no longer in the stack file: the next `pulumi up` removes it"],
  });
  expect((await status()).out).toContain(
    "In the stack file, and not deployed as far as the outputs tell: eu-west-1. Nothing is looked at or done there;",
  );
});

test("what was not looked at is not called well", async () => {
  edge.writeOutputs({
    storeBuckets: { "us-east-1": "store-us-east-1" },
    nodeGroups: { "us-east-1": "edge-us-east-1" },
  });
  const { status: code, out } = await status();
  expect(code).toBe(1);
  expect(out.split("\n")[0]).toBe("edge: needs attention");

  edge.writeOutputs({ storeBuckets: {}, nodeGroups: {} });
  await expect(status()).rejects.toThrow("The outputs of stack edge name no PoP");
});

test("a PoP's state is that of its deployment", async () => {
  edge.writeOutputs({ popStates: { "ap-southeast-2": "active", "eu-central-1": "drained", "us-east-1": "active" } });

  expect((await status()).out).toMatch(/^ {2}eu-central-1 +drained +2 of 2/m);
});

test("a pointer that is none is told in words", async () => {
  edge.cloud.put(edge.bucket("us-east-1"), STORE_KEYS.pointer, JSON.stringify(POINTER));

  expect((await attention())["us-east-1"]).toContainEqual(
    "cannot be read: pointer (Error: the pointer is none: it has no body and signature)",
  );
});

describe("who hears alarms", () => {
  const subscribed = (region: string, topic: string, endpoint: string, confirmed: boolean) =>
    edge.cloud.subscriptions.push({ region, topic, endpoint, confirmed });

  test("an address that has not confirmed is told, in each region and for Route 53, and others' are not", async () => {
    subscribed("eu-central-1", "eu-central-1-alarms-1a2b3c4", "heard@example.org", true);
    subscribed("eu-central-1", "other-alarms-1a2b3c4", "other@example.org", false);
    subscribed("eu-central-1", "eu-central-1-alarms-1a2b3c4", "late@example.org", false);
    subscribed("us-east-1", "footprint-alarms-1a2b3c4", "late@example.org", false);

    const { status: code, out } = await status(true);

    const rest = "and hears nothing: follow the link in AWS's mail, or have a new one sent by `aws sns subscribe`";
    expect(code).toBe(1);
    expect((JSON.parse(out) as Status).alarms).toEqual([
      `late@example.org has not confirmed its subscription to eu-central-1-alarms-1a2b3c4 (eu-central-1) ${rest}`,
      `late@example.org has not confirmed its subscription to footprint-alarms-1a2b3c4 (us-east-1) ${rest}`,
    ]);
    expect((await status()).out).toContain("  ! late@example.org has not confirmed");
  });

  test("a region that does not say is not known to be well", async () => {
    edge.cloud.outage("sns", "fails", "ap-southeast-2");

    const { status: code, out } = await status(true);

    expect(code).toBe(1);
    expect((JSON.parse(out) as Status).alarms).toEqual([
      expect.stringMatching(/^who hears the alarms in ap-southeast-2 cannot be read \(.+\)$/),
    ]);
  });
});

// Debian's point releases come about every two months (wiki.debian.org, "DebianReleases/PointReleases").
describe("how old what nodes are made of is", () => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000 - 3_600_000).toISOString();

  async function renewal() {
    const { status: code, out } = await status(true);
    const { renewal: found } = JSON.parse(out) as StatusReport;
    expect(code).toBe(found.attention.length === 0 ? 0 : 1);
    return found;
  }

  test("is told, the same ages together", async () => {
    edge.imageMade("us-east-1", daysAgo(40));
    const locked = daysAgo(7);
    edge.writeOutputs({ packagesLockedAt: locked });

    const { images, packages, attention: open } = await renewal();

    expect(packages).toEqual({ at: locked, days: 7 });
    expect(images.map(({ region, id, made }) => [region, id, made?.days])).toEqual([
      ["ap-southeast-2", IMAGE, 1],
      ["eu-central-1", IMAGE, 1],
      ["us-east-1", IMAGE, 40],
    ]);
    expect(open).toEqual([]);
    expect((await status()).out).toMatch(
      /^Nodes are made of: packages locked on \S+ \(7 days\); image of \S+ \(1 day\): ap-southeast-2, eu-central-1; image of \S+ \(40 days\): us-east-1$/m,
    );
  });

  test("needs attention when it is older than ninety days", async () => {
    edge.imageMade("us-east-1", daysAgo(91));
    edge.imageMade("eu-central-1", daysAgo(90));
    edge.writeOutputs({ packagesLockedAt: daysAgo(91) });

    expect((await renewal()).attention).toEqual([
      `us-east-1: its image ${IMAGE} is 91 days old: \`footprint images --stack edge --release latest\`, and \`pulumi up\``,
      "the nodes' packages were locked 91 days ago: `footprint node lock`, `footprint node publish`, and `pulumi up`",
    ]);
  });

  test("an image that is gone is told with what that means", async () => {
    edge.imageMade("us-east-1", undefined);

    expect((await renewal()).attention).toEqual([
      `us-east-1: its image ${IMAGE} is gone, so its group can launch no node: \`footprint images --stack edge --release latest\`, and \`pulumi up\``,
    ]);
  });

  test("an EC2 that does not answer hides nothing else", async () => {
    edge.cloud.outage("ec2", "refuses", "us-east-1");

    const { images, attention: open } = await renewal();

    expect(images.map(({ made }) => made === null)).toEqual([false, false, true]);
    expect(open).toEqual([expect.stringMatching(/^us-east-1: how old its image ami-\w+ is cannot be read \(.+\)$/)]);
  });

  test("a deployment of a former version does not tell it, and is well without", async () => {
    edge.writeOutputs({ images: undefined, packagesLockedAt: undefined });

    expect(await renewal()).toEqual({ packages: null, images: [], attention: [] });
    expect((await status()).out).not.toContain("Nodes are made of");
  });
});
