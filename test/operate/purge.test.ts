import { rmSync } from "node:fs";
import { sealPointer } from "../../components/node/protocol/pointer";
import { sealEntry } from "../../components/node/protocol/purgeLog";
import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { runPurge, type PurgeOptions, type PurgeResult } from "../../infra/operate/purge";
import { sealed } from "../components/node/signing";
import { CANARY, Edge, KEYS, POINTER, REGIONS, type Ran } from "./edge";

let edge: Edge;
beforeEach(async () => {
  edge = await Edge.start();
});
afterEach(() => edge.stop());

const URL = ["https://www.example.com/news?page=2"];

function purge(options: Partial<PurgeOptions>): Promise<Ran> {
  return edge.run((terminal, folder) =>
    runPurge({ stack: "edge", outputs: edge.outputs, timeout: "1", ...options }, terminal, folder),
  );
}

async function asJson(options: Partial<PurgeOptions>): Promise<{ status: number; result: PurgeResult }> {
  const { status, out } = await purge({ ...options, json: true });
  return { status, result: JSON.parse(out) as PurgeResult };
}

test("a purge reaches every region's log, signed with a key that its nodes know", async () => {
  const { status, result } = await asJson({ url: URL });

  expect(status).toBe(0);
  const target = { kind: "url", host: "www.example.com", path: "/news?page=2" };
  expect(result).toEqual({
    stack: "edge",
    soft: false,
    targets: [target],
    pops: REGIONS.map((region) => ({ region, taken: true, entries: [1], error: null, objects: null, counting: 0 })),
    notDeployed: [],
  });
  for (const region of REGIONS) {
    expect(edge.purge(region, 1)).toMatchObject({ soft: false, targets: [target] });
    expect(edge.head(region)).toBe(1);
  }
});

// What was published just before a rotation must still be good just after it, when `next` has become `current`.
test("it is signed with the value that outlives the next rotation", async () => {
  await purge({ url: URL });

  expect(edge.head("us-east-1", [KEYS[0]])).toBe(1);
  expect(edge.head("us-east-1", [KEYS[1]])).toBeUndefined();
});

test("each region goes on from its own number, and another publisher's entry is not overwritten", async () => {
  const after = { number: 40, digest: "0".repeat(64) };
  const other = sealEntry(KEYS[1], "us-east-1", after, {
    at: "2026-01-02T03:04:05Z",
    soft: false,
    targets: [{ kind: "all" }],
  });
  edge.cloud.put(edge.bucket("us-east-1"), STORE_KEYS.purgeHead, other.text);

  const { result } = await asJson({ url: URL, soft: true });

  expect(result.pops.map(({ entries }) => entries)).toEqual([[1], [1], [42]]);
  expect(edge.purge("us-east-1", 41)).toMatchObject({ soft: false });
  expect(edge.purge("us-east-1", 42)).toMatchObject({ soft: true });
  expect(edge.head("us-east-1")).toBe(42);
});

test("a region that is away does not hold up the others, and is named with what to do", async () => {
  edge.cloud.outage("s3", "refuses", "eu-central-1");

  const { status, out } = await purge({ url: URL });

  expect(status).toBe(1);
  expect(out).toMatch(/^ {2}eu-central-1 +not taken: .+$/m);
  expect(out).toMatch(/^ {2}us-east-1 +1 +taken +not said yet$/m);
  expect(out).toContain("Run it again with --pop eu-central-1: a purge that comes twice does no harm.\n");
  expect(edge.purge("ap-southeast-2", 1)).toBeDefined();
});

test("a region whose key cannot be read says so without its value", async () => {
  edge.cloud.parameters.delete("us-east-1 /edge/purge-next");

  const { status, result } = await asJson({ url: URL });

  expect(status).toBe(1);
  expect(result.pops[2]).toEqual({
    region: "us-east-1",
    taken: false,
    entries: [],
    error: "Error: the purge key cannot be read: there is no parameter /edge/purge-next:2",
    objects: null,
    counting: 0,
  });
});

test("a purge that no region has taken is not called one", async () => {
  edge.cloud.outage("s3", "refuses");

  expect((await purge({ url: URL })).out).toMatch(/^not purged:\n/);
  expect((await purge({ url: URL, soft: true })).out).toMatch(/^not made stale:\n/);
});

test("a region whose pointer is none says what is wrong with it", async () => {
  edge.cloud.put(edge.bucket("us-east-1"), STORE_KEYS.pointer, JSON.stringify({ bundle: {} }));

  const { result } = await asJson({ url: URL });

  expect(result.pops[2]?.error).toBe("Error: the pointer is none: it has no body and signature");
});

test("a key that a pointer names which the program has not signed is not used", async () => {
  edge.cloud.put(edge.bucket("us-east-1"), STORE_KEYS.pointer, sealPointer("another's secret", "us-east-1", POINTER));

  const { result } = await asJson({ url: URL });

  expect(result.pops[2]?.error).toBe(
    "Error: the pointer is not signed by this footprint's program for us-east-1: who can write to the store?",
  );
  expect(edge.head("us-east-1")).toBeUndefined();
});

test("it can be held to some PoPs", async () => {
  const { result } = await asJson({ url: URL, pop: ["us-east-1", "us-east-1"] });

  expect(result.pops.map(({ region }) => region)).toEqual(["us-east-1"]);
  expect(edge.cloud.object(edge.bucket("eu-central-1"), STORE_KEYS.purgeHead)).toBeUndefined();
});

test("more targets than an entry takes become several entries", async () => {
  const url = Array.from({ length: 101 }, (_, n) => `https://www.example.com/${String(n)}`);

  const { result } = await asJson({ url });

  expect(result.pops.map(({ entries }) => entries)).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(edge.purge("us-east-1", 2)?.targets).toEqual([{ kind: "url", host: "www.example.com", path: "/100" }]);
});

describe("--wait", () => {
  test("ends when every node that takes requests has carried it out", async () => {
    for (const region of REGIONS) {
      edge.whenPurged(region, { position: 1, caughtUpAt: null, refused: 0 });
    }
    // One that starts is not waited for: it begins with an empty cache.
    const group = edge.cloud.groups.get("edge-us-east-1")!;
    const starting = { id: "i-new", state: "Pending:Wait", healthy: true };
    edge.cloud.groups.set("edge-us-east-1", { ...group, instances: [...group.instances, starting] });

    const { status, out, err } = await purge({ url: URL, wait: true });

    expect(status).toBe(0);
    expect(out).toMatch(/^ {2}us-east-1 +1 +taken +not said yet +2 of 2$/m);
    expect(err.match(/^us-east-1: .+$/gm)).toEqual([
      "us-east-1: taken, entry 1",
      "us-east-1: 2 of 2 nodes have read it",
    ]);
  });

  test("says meanwhile which regions have taken it, and how far their nodes are", async () => {
    edge.cloud.outage("s3", "refuses", "eu-central-1");
    edge.whenPurged("us-east-1", { position: 1, caughtUpAt: null, refused: 0 }, ["i-us-east-1-1"]);
    edge.whenSaid = (line) => {
      if (line.includes("1 of 2")) {
        edge.reportAll("us-east-1", { purge: { position: 1, caughtUpAt: null, refused: 0 } });
      }
    };

    const { err } = await purge({ url: URL, wait: true, timeout: "60", pop: ["us-east-1", "eu-central-1"] });

    expect(err).toMatch(/^eu-central-1: not taken: .+$/m);
    expect(err.match(/^us-east-1: .+$/gm)).toEqual([
      "us-east-1: taken, entry 1",
      "us-east-1: 1 of 2 nodes have read it",
      "us-east-1: 2 of 2 nodes have read it",
    ]);
  });

  test("fails when nodes refuse what somebody has put over it, and says what to do", async () => {
    for (const region of REGIONS) {
      edge.reportAll(region, { purge: { position: 0, caughtUpAt: null, refused: 3 } });
      edge.whenPurged(region, { position: 1, caughtUpAt: null, refused: 3 });
    }
    edge.whenPurged("eu-central-1", { position: 0, caughtUpAt: null, refused: 4 }, ["i-eu-central-1-2"]);

    const { status, out } = await purge({ url: URL, wait: true });

    expect(status).toBe(1);
    expect(out).toMatch(/^ {2}us-east-1 +1 +taken +not said yet +2 of 2$/m);
    expect(out).toMatch(
      /^ {2}eu-central-1 +1 +taken +not said yet +1 of 2; not yet i-eu-central-1-2 \(has refused 1\)$/m,
    );
    expect(out).toContain(
      "Nodes in eu-central-1 have refused a head of the purge log that the purge key had not signed. Run the same purge again, and find out who else can write to the store.\n",
    );
  });

  // As after a loss of the log and its head: its numbers begin anew, and the nodes have not noticed.
  test("does not take a node that stands where it stood for one that has carried it out", async () => {
    edge.reportAll("us-east-1", { purge: { position: 41, caughtUpAt: null, refused: 0 } });
    // This one has noticed.
    edge.whenPurged("us-east-1", { position: 1, caughtUpAt: null, refused: 0 }, ["i-us-east-1-2"]);

    const { status, out } = await purge({ url: URL, wait: true, pop: ["us-east-1"] });

    expect(status).toBe(1);
    expect(out).toMatch(/1 of 2; not yet i-us-east-1-1 \(at 41\)$/m);
  });

  test("names the nodes that have not in time", async () => {
    edge.whenPurged("us-east-1", { position: 1, caughtUpAt: null, refused: 0 });
    edge.whenPurged("ap-southeast-2", { position: 1, caughtUpAt: null, refused: 0 }, ["i-ap-southeast-2-1"]);
    const long = new Date(Date.now() - 200_000).toISOString();
    edge.report("eu-central-1", "i-eu-central-1-2", {
      at: long,
      purge: { position: 1, caughtUpAt: long, refused: 0 },
    });

    const { status, out } = await purge({ url: URL, wait: true });

    expect(status).toBe(1);
    expect(out).toMatch(/1 of 2; not yet i-ap-southeast-2-2 \(at 0\)$/m);
    expect(out).toMatch(/0 of 2; not yet i-eu-central-1-1 \(at 0\), i-eu-central-1-2 \(does not report\)/);
  });

  test("waits for a node that leaves as long as it takes requests, and says when nodes cannot be looked at", async () => {
    const group = edge.cloud.groups.get("edge-us-east-1")!;
    const leaving = { id: "i-leaving", state: "Terminating:Wait", healthy: true };
    edge.cloud.groups.set("edge-us-east-1", { ...group, instances: [leaving] });
    edge.cloud.groups.delete("edge-eu-central-1");

    const { status, result } = await asJson({ url: URL, wait: true, pop: ["us-east-1", "eu-central-1"] });

    expect(status).toBe(1);
    expect(result.pops).toEqual([
      {
        region: "us-east-1",
        taken: true,
        entries: [1],
        error: null,
        objects: null,
        counting: 0,
        carriedOut: false,
        nodes: [{ instance: "i-leaving", position: null, refused: 0, carriedOut: false }],
      },
      {
        region: "eu-central-1",
        taken: true,
        entries: [1],
        error: null,
        objects: null,
        counting: 0,
        carriedOut: false,
        waitError: expect.stringContaining("there is no Auto Scaling group edge-eu-central-1") as string,
      },
    ]);
  });
});

describe("all of a host, or everything,", () => {
  test.each([{ all: true } as const, { host: ["www.example.com"] }])("%j is asked about", async (options) => {
    edge.answer = "y";
    const { status, err } = await purge(options);

    expect(status).toBe(0);
    expect(err).toMatch(/^Take out of the cache .+ in ap-southeast-2, eu-central-1, us-east-1\?.+\[y\/N\] /);
    expect(edge.purge("us-east-1", 1)).toBeDefined();
  });

  test("rejects a no, and sends nothing", async () => {
    edge.answer = "";
    await expect(purge({ all: true })).rejects.toMatchObject({ message: "nothing was done", exitCode: 1 });
    expect(edge.cloud.calls).toEqual([]);
  });

  test("rejects it where nobody can be asked, with exit code 2, unless --yes was given", async () => {
    await expect(purge({ all: true, soft: true })).rejects.toMatchObject({
      message:
        "Make stale everything of every site in ap-southeast-2, eu-central-1, us-east-1? Origins will see the requests. Nobody can be asked here: add --yes to agree. Nothing was done.",
      exitCode: 2,
    });
    expect(edge.cloud.calls).toEqual([]);
    expect((await purge({ all: true, yes: true })).status).toBe(0);
  });

  test("a tag of a host is not all of it", async () => {
    expect((await purge({ tag: ["t"], host: ["www.example.com"] })).status).toBe(0);
  });
});

describe("rejects, before anything is sent,", () => {
  afterEach(() => {
    expect(edge.cloud.calls).toEqual([]);
  });

  test("rejects a PoP that is not deployed", async () => {
    await expect(purge({ url: URL, pop: ["us-est-1"] })).rejects.toMatchObject({
      message:
        '--pop: must be the region of a deployed PoP, got "us-est-1", did you mean "us-east-1"?; there are: ap-southeast-2, eu-central-1, us-east-1',
      exitCode: 2,
    });
  });

  test.each(["0", "x", "-1", "1.5", ""])("rejects a timeout of %j", async (timeout) => {
    await expect(purge({ url: URL, timeout })).rejects.toMatchObject({
      message: `--timeout: must be a whole number of seconds from 1 to 99999, got "${timeout}"`,
      exitCode: 2,
    });
  });

  test.each([
    ["configurationKeys", {}],
    ["nodeGroups", { wait: true }],
  ] as const)("rejects outputs without %s where they are needed", async (missing, options) => {
    edge.writeOutputs({ [missing]: undefined });
    await expect(purge({ url: URL, ...options })).rejects.toMatchObject({
      message: `--outputs: "${edge.outputs}": lacks ${missing}; must be a file that \`pulumi stack output --json\` printed after an \`up\` with this version`,
      exitCode: 2,
    });
    expect(edge.head("us-east-1")).toBeUndefined();
  });
});

test("a PoP that the stack file has no more is purged as long as it is deployed", async () => {
  edge.writeOutputs({
    storeBuckets: { "eu-west-1": "store-us-east-1" },
    nodeGroups: { "eu-west-1": "edge-us-east-1" },
  });
  edge.cloud.put("store-us-east-1", STORE_KEYS.pointer, sealed("eu-west-1", POINTER));
  for (const role of ["current", "next"]) {
    edge.cloud.parameters.set(`eu-west-1 /edge/purge-${role}`, ["former", CANARY]);
  }

  const { result } = await asJson({ url: URL });

  expect(result.pops).toEqual([
    { region: "eu-west-1", taken: true, entries: [1], error: null, objects: null, counting: 0 },
  ]);
});

describe("how many objects a purge took out", () => {
  const said = (number: number, objects: number | null) => ({
    purge: { position: number, caughtUpAt: null, refused: 0, taken: [{ number, objects }] },
  });

  test("is said by region, all nodes together", async () => {
    edge.whenPurged("us-east-1", said(1, 4).purge, ["i-us-east-1-1"]);
    edge.whenPurged("us-east-1", said(1, 3).purge, ["i-us-east-1-2"]);
    edge.whenPurged("eu-central-1", said(1, null).purge);
    edge.whenPurged("ap-southeast-2", said(1, 5).purge, ["i-ap-southeast-2-1"]);

    const { out } = await purge({ url: URL });

    expect(out).toMatch(/^ {2}us-east-1 +1 +taken +7 on 2 nodes$/m);
    expect(out).toMatch(/^ {2}eu-central-1 +1 +taken +not counted on 2 nodes$/m);
    expect(out).toMatch(/^ {2}ap-southeast-2 +1 +taken +5 on 1 node$/m);
    expect(out).not.toContain("spelled");
  });

  test("is said with --wait, too, and adds up what several entries took", async () => {
    const taken = [1, 2].map((number) => ({ number, objects: number * 10 }));
    edge.whenPurged("us-east-1", { position: 2, caughtUpAt: null, refused: 0, taken });
    const url = Array.from({ length: 101 }, (_, n) => `https://www.example.com/${String(n)}`);

    const { status, result } = await asJson({ url, wait: true, pop: ["us-east-1"] });

    expect(status).toBe(0);
    expect(result.pops[0]).toMatchObject({ objects: 60, counting: 2, carriedOut: true });
  });

  test("shows a typing error: nothing anywhere", async () => {
    REGIONS.forEach((region) => {
      edge.whenPurged(region, said(1, 0).purge);
    });

    const { status, out } = await purge({ tag: ["prodcut-17"] });

    expect(status).toBe(0);
    expect(out).toContain(
      "Nothing was there to be taken out. Is it spelled as clients ask for it, and as the origin tags it?\n",
    );
  });
});

test("a purge that is interrupted says which regions have taken it", async () => {
  edge.cloud.outage("s3", "hangs", "eu-central-1");
  let left: string | undefined;
  edge.whenSaid = (line) => {
    if (line.startsWith("us-east-1: taken")) {
      left = edge.left?.();
    }
  };

  await purge({ url: URL, pop: ["us-east-1", "eu-central-1"] });

  expect(left).toBe(
    "Interrupted. What was taken is carried out. us-east-1: taken, entry 1, eu-central-1: not known. Run it again where it is not: twice does no harm.",
  );
  expect(edge.left).toBeUndefined();
});

describe("PoPs of the stack file that the outputs do not name", () => {
  test("end it with 1 unless PoPs were named, since old outputs leave them unpurged", async () => {
    edge.writeOutputs({
      storeBuckets: { "us-east-1": "store-us-east-1" },
      nodeGroups: { "us-east-1": "edge-us-east-1" },
    });

    const { status, out, err } = await purge({ url: URL, json: true });

    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ notDeployed: ["ap-southeast-2", "eu-central-1"] });
    expect(err).toBe(
      "In the stack file, and not deployed as far as the outputs tell: ap-southeast-2, eu-central-1. Nothing is looked at or done there; if they are deployed, the outputs are old.\nus-east-1: taken, entry 1\n",
    );
    expect((await purge({ url: URL, pop: ["us-east-1"] })).status).toBe(0);
  });

  test("rejects to purge nothing at all", async () => {
    edge.writeOutputs({ storeBuckets: {}, nodeGroups: {} });

    await expect(purge({ url: URL })).rejects.toMatchObject({
      message: "The outputs of stack edge name no PoP: nothing is deployed, as far as they tell.",
      exitCode: 1,
    });
    expect(edge.cloud.calls).toEqual([]);
  });
});

describe("a stack file that somebody is editing", () => {
  test.each<[string, () => void]>([
    [
      "with a mistake in another PoP",
      () => {
        edge.edit("ap-southeast-2: {}", "ap-southeast-2: { nodes: { min: 0 } }");
      },
    ],
    [
      "that is no sound YAML",
      () => {
        edge.edit("footprint:pops:", "footprint:pops: {");
      },
    ],
    [
      "that is gone",
      () => {
        rmSync(edge.stackFile);
      },
    ],
  ])("%s does not keep a purge from what is deployed", async (_, spoil) => {
    spoil();

    const { status, err } = await purge({ url: URL, pop: ["us-east-1"] });

    expect(status).toBe(0);
    expect(err).toMatch(/^The stack file cannot be read as it stands \(.+\): what was deployed counts\.$/m);
    expect(edge.purge("us-east-1", 1)).toBeDefined();
  });

  test("that has a site no more still has it purged while it is deployed", async () => {
    edge.edit("    shop.example.com: { origin: https://origin.example.org }\n", "");

    expect((await purge({ url: ["https://shop.example.com/a"] })).status).toBe(0);
    expect((await purge({ host: ["shop.example.com"], yes: true })).status).toBe(0);
  });

  test("tells the sites where the outputs of a former version do not", async () => {
    edge.writeOutputs({ hosts: undefined, healthCheck: undefined, popStates: undefined });

    expect((await purge({ url: URL })).status).toBe(0);
  });
});

describe("where sites have shields, from whose PoPs the others fetch", () => {
  const afterIn = (region: (typeof REGIONS)[number], number: number) => edge.purge(region, number)?.after;

  test("the shield's log has a purge before the others' have it, and theirs say how far it is", async () => {
    edge.writeOutputs({ shields: { "www.example.com": "eu-central-1" } });
    await purge({ url: URL, pop: ["eu-central-1"] });

    const { status, result } = await asJson({ url: URL });

    expect(status).toBe(0);
    expect(result.pops.map(({ region, entries }) => [region, entries])).toEqual([
      ["ap-southeast-2", [1]],
      ["eu-central-1", [2]],
      ["us-east-1", [1]],
    ]);
    expect([afterIn("ap-southeast-2", 1), afterIn("us-east-1", 1)]).toEqual([
      { "eu-central-1": 2 },
      { "eu-central-1": 2 },
    ]);
    expect(afterIn("eu-central-1", 2)).toBeUndefined();
  });

  test("a purge of another site waits for no shield", async () => {
    edge.writeOutputs({ shields: { "www.example.com": "eu-central-1" } });

    await purge({ url: ["https://shop.example.com/"] });

    expect(afterIn("us-east-1", 1)).toBeUndefined();
  });

  test("one PoP alone would be filled again from the shield: that one is purged as well, and it is said", async () => {
    edge.writeOutputs({ shields: { "www.example.com": "eu-central-1" } });

    const { status, err } = await purge({ url: URL, pop: ["us-east-1"] });

    expect(status).toBe(0);
    expect(err).toContain("eu-central-1: purged as well, since others fetch from there.");
    expect([edge.head("eu-central-1"), edge.head("us-east-1"), edge.head("ap-southeast-2")]).toEqual([1, 1, undefined]);
  });

  test("of several shields each is purged a second time, when it needs the others to have the purge", async () => {
    edge.writeOutputs({ shields: { "www.example.com": "eu-central-1", "shop.example.com": "us-east-1" } });

    const { result } = await asJson({ all: true, yes: true });

    expect(result.pops.map(({ region, entries }) => [region, entries])).toEqual([
      ["ap-southeast-2", [1]],
      ["eu-central-1", [1, 2]],
      ["us-east-1", [1, 2]],
    ]);
    // The other one may have been purged the second time already.
    expect(afterIn("eu-central-1", 2)?.["us-east-1"]).toBeGreaterThanOrEqual(1);
    expect(afterIn("us-east-1", 2)?.["eu-central-1"]).toBeGreaterThanOrEqual(1);
    expect(Object.keys(afterIn("ap-southeast-2", 1) ?? {}).sort()).toEqual(["eu-central-1", "us-east-1"]);
  });

  test("a shield that cannot be purged keeps nobody else from it, and counts as old from then on", async () => {
    edge.writeOutputs({ shields: { "www.example.com": "eu-central-1" } });
    edge.cloud.buckets.delete(edge.bucket("eu-central-1"));

    const { status } = await purge({ url: URL });

    expect(status).toBe(1);
    expect(afterIn("us-east-1", 1)).toEqual({ "eu-central-1": null });
  });
});
