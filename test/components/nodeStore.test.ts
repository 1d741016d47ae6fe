import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { digestOf, openPointer } from "../../components/node/protocol/pointer";
import { CONFIGURATION_KEYS, SIGNING } from "./node/signing";
import { NodeStore, type NodeStoreArgs } from "../../components/nodeStore";
import { alone, type Alone } from "./alone";

const AGENT = "console.log('agent')\n";
const PACKAGES = "b".repeat(64);

const folder = mkdtempSync(join(tmpdir(), "footprint-store-"));
const agentPath = join(folder, "agent.js");

beforeAll(() => {
  writeFileSync(agentPath, AGENT);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function pair(role: string) {
  return {
    generation: 3,
    current: { name: pulumi.output(`${role}-current-0a1b2c3`), version: pulumi.output(3) },
    next: { name: pulumi.output(`${role}-next-0a1b2c3`), version: pulumi.output(1) },
  };
}

const ARGS: NodeStoreArgs = {
  region: "eu-central-1",
  bootstrap: "print('hello')\n",
  packages: { bucket: "my-edge-packages", sha256: PACKAGES },
  agent: { path: agentPath, sha256: sha256(AGENT) },
  bundle: '{"files":{}}',
  logBucket: "bucket-of-logs",
  parameters: { originAuth: pair("origin-auth"), purge: pair("purge") },
  signing: { generation: 1, current: pulumi.secret(SIGNING), next: pulumi.secret("the-next-one") },
  forceDestroy: false,
};

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function store(changed: Partial<NodeStoreArgs> = {}): Promise<Alone> {
  return alone(() => {
    const { bucketName, bootstrapSha256, ready } = new NodeStore("store", { ...ARGS, ...changed });
    return { bucketName, bootstrapSha256, ready };
  });
}

describe("a node store", () => {
  let made: Alone;
  const object = (role: string) => made.one("BucketObjectv2", `store-${role}`);
  const packages = () => made.one("ObjectCopy", "store-packages");

  beforeAll(async () => {
    made = await store();
  });

  test.each([
    ["bootstrap", "bootstrap", ARGS.bootstrap],
    ["bundle", "bundles", ARGS.bundle],
  ])("keeps the %s under its content's hash", (role, prefix, content) => {
    expect(object(role).inputs).toMatchObject({
      region: "eu-central-1",
      bucket: "bucket-of-store",
      key: `${prefix}/${sha256(content)}`,
      content,
    });
  });

  test("keeps the agent under its hash, as a file: its text is not in the state", () => {
    expect(object("agent").inputs).toEqual({
      region: "eu-central-1",
      bucket: "bucket-of-store",
      key: `agents/${sha256(AGENT)}`,
      source: `<file ${sha256(AGENT)}>`,
      contentType: "text/javascript",
    });
  });

  test("copies the archive of packages from its bucket, under the same key", () => {
    expect(packages().inputs).toEqual({
      region: "eu-central-1",
      bucket: "bucket-of-store",
      key: `packages/${PACKAGES}.tar`,
      source: `my-edge-packages/packages/${PACKAGES}.tar`,
      taggingDirective: "REPLACE",
    });
  });

  test("names the bundle, the parameters' versions and the log bucket in the pointer, as nodes read it", () => {
    const role = (name: string) => ({
      generation: 3,
      current: { name: `${name}-current-0a1b2c3`, version: 3 },
      next: { name: `${name}-next-0a1b2c3`, version: 1 },
    });

    expect(object("pointer").inputs).toMatchObject({ bucket: "bucket-of-store", key: "current.json" });
    const pointer = openPointer(CONFIGURATION_KEYS, "eu-central-1", object("pointer").inputs.content as string);
    const { serial, ...content } = pointer;
    expect(content).toEqual({
      bundle: { key: `bundles/${sha256(ARGS.bundle)}`, sha256: sha256(ARGS.bundle) },
      parameters: { "origin-auth": role("origin-auth"), purge: role("purge") },
      logs: { bucket: "bucket-of-logs" },
    });
    expect(serial).toEqual({ name: "store-serial-0a1b2c3", version: 3 });
  });

  test("numbers the pointers by the versions of a parameter that says what is in the newest", () => {
    const pointer = openPointer(CONFIGURATION_KEYS, "eu-central-1", object("pointer").inputs.content as string);

    expect(made.one("Parameter", "store-serial").inputs).toEqual({
      region: "eu-central-1",
      type: "String",
      // The provider takes every value of a parameter for a secret.
      value: { $secret: digestOf(pointer) },
    });
  });

  test("shows the signed pointer in the clear, and of the key nothing", () => {
    expect(typeof object("pointer").inputs.content).toBe("string");
    expect(JSON.stringify(made)).not.toContain(SIGNING);
  });

  test.each(["bundle", "agent"])("changes the pointer when the new %s is there", (role) => {
    expect(object("pointer").dependencies).toContain(object(role).urn);
  });

  test("keeps what a group that rolls back asks for, and who turns the pointer back, and nothing else", () => {
    const retained = made.registrations.filter(({ options }) => options.retainOnDelete === true);

    expect(retained.map(({ name }) => name)).toEqual([
      "store-agent",
      "store-bootstrap",
      "store-bundle",
      "store-packages",
    ]);
  });

  test("holds nothing but these five objects", () => {
    expect([...made.names("BucketObjectv2"), ...made.names("ObjectCopy")]).toEqual([
      "store-agent",
      "store-bootstrap",
      "store-bundle",
      "store-pointer",
      "store-packages",
    ]);
  });

  test("forgets purges after a week, reports after a day and former versions of all else after a month", () => {
    const rule = (id: string, prefix: string, noncurrentDays: number, days?: number) => ({
      id,
      status: "Enabled",
      filter: { prefix },
      noncurrentVersionExpiration: { noncurrentDays },
      ...(days === undefined ? {} : { expiration: { days } }),
    });

    expect(made.inputs("BucketLifecycleConfiguration", "store-lifecycle").rules).toEqual([
      rule("purge-log", "purge/", 1, 7),
      rule("purge-head", "purge-head", 1),
      rule("nodes", "nodes/", 1, 1),
      rule("former-current.json", "current.json", 30),
      rule("former-bundles", "bundles/", 30),
      rule("former-agents", "agents/", 30),
      rule("former-drain", "drain", 30),
      rule("former-bootstrap", "bootstrap/", 30),
      rule("former-packages", "packages/", 30),
      expect.objectContaining({ id: "unfinished-uploads" }),
    ]);
  });

  test("lets nothing expire that is current but purges and reports", () => {
    const rules = made.inputs("BucketLifecycleConfiguration", "store-lifecycle").rules as {
      id: string;
      expiration?: object;
    }[];

    expect(rules.filter(({ expiration }) => expiration !== undefined).map(({ id }) => id)).toEqual([
      "purge-log",
      "nodes",
    ]);
  });

  test("is ready when bootstrap, packages, pointer and the bucket's policy stand, and with the pointer the rest", () => {
    const { ready, ...said } = made.outputs as { ready: string[] };

    expect(said).toEqual({ bucketName: "bucket-of-store", bootstrapSha256: sha256(ARGS.bootstrap) });
    expect(ready).toEqual(
      expect.arrayContaining([
        object("bootstrap").urn,
        packages().urn,
        object("pointer").urn,
        made.one("BucketPolicy", "store-policy").urn,
      ]),
    );
  });
});

test.each([true, false])("with forceDestroy %s its bucket says the same", async (forceDestroy) => {
  expect((await store({ forceDestroy })).inputs("Bucket", "store").forceDestroy).toBe(forceDestroy);
});

async function changedBy(changed: Partial<NodeStoreArgs>): Promise<readonly string[]> {
  const [before, after] = [await store(), await store(changed)];
  return after.registrations
    .filter((each, i) => JSON.stringify(each) !== JSON.stringify(before.registrations[i]))
    .map(({ name }) => name);
}

test("a new bundle moves bundle, pointer and its number, and nothing else", async () => {
  expect(await changedBy({ bundle: "{}" })).toEqual(["store-bundle", "store-pointer", "store-serial"]);
});

test("an agent at another path is the same agent", async () => {
  const path = join(folder, "elsewhere.js");
  writeFileSync(path, AGENT);

  expect(await changedBy({ agent: { ...ARGS.agent, path } })).toEqual([]);
});
