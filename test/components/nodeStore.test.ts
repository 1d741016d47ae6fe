import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { NodeStore, type NodeStoreArgs } from "../../components/nodeStore";
import { alone, type Alone } from "./alone";

const ARGS: NodeStoreArgs = {
  region: "eu-central-1",
  bootstrap: "print('hello')\n",
  bundle: '{"files":{}}',
  parameters: {
    purge: {
      current: { name: pulumi.output("purge-current-0a1b2c3"), version: pulumi.output(3) },
      next: { name: pulumi.output("purge-next-0a1b2c3"), version: pulumi.output(1) },
    },
  },
  forceDestroy: false,
};

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function store(changed: Partial<NodeStoreArgs> = {}): Promise<Alone> {
  return alone(() => {
    const { bucketName, bootstrapSha256, ready } = new NodeStore("store", { ...ARGS, ...changed });
    return { bucketName, bootstrapSha256, ready: ready.map(({ urn }) => urn) };
  });
}

describe("a node store", () => {
  let made: Alone;
  const object = (role: string) => made.one("BucketObjectv2", `store-${role}`);

  beforeAll(async () => {
    made = await store();
  });

  test.each([
    ["bootstrap", ARGS.bootstrap],
    ["bundle", ARGS.bundle],
  ])("keeps the %s under its content's hash", (role, content) => {
    const folder = role === "bundle" ? "bundles" : role;

    expect(object(role).inputs).toMatchObject({
      region: "eu-central-1",
      bucket: "bucket-of-store",
      key: `${folder}/${sha256(content)}`,
      content,
    });
  });

  test("names the bundle and the parameters' versions in the pointer", () => {
    expect(object("pointer").inputs).toMatchObject({ bucket: "bucket-of-store", key: "current.json" });
    expect(JSON.parse(object("pointer").inputs.content as string)).toEqual({
      bundle: { key: `bundles/${sha256(ARGS.bundle)}`, sha256: sha256(ARGS.bundle) },
      parameters: {
        purge: {
          current: { name: "purge-current-0a1b2c3", version: 3 },
          next: { name: "purge-next-0a1b2c3", version: 1 },
        },
      },
    });
  });

  test("changes the pointer when the new bundle is there", () => {
    expect(object("pointer").dependencies).toContain(object("bundle").urn);
  });

  test("keeps a former bootstrap for a group that rolls back, and nothing else", () => {
    const retained = made.registrations.filter(({ options }) => options.retainOnDelete === true);

    expect(retained.map(({ name }) => name)).toEqual(["store-bootstrap"]);
  });

  test("holds nothing but these three objects", () => {
    expect(made.names("BucketObjectv2")).toEqual(["store-bootstrap", "store-bundle", "store-pointer"]);
  });

  test("forgets purges after a week and former versions of all else after a month", () => {
    const former = (id: string, prefix: string) => ({
      id,
      status: "Enabled",
      filter: { prefix },
      noncurrentVersionExpiration: { noncurrentDays: 30 },
    });

    expect(made.inputs("BucketLifecycleConfiguration", "store-lifecycle").rules).toEqual([
      {
        id: "purge-log",
        status: "Enabled",
        filter: { prefix: "purge/" },
        expiration: { days: 7 },
        noncurrentVersionExpiration: { noncurrentDays: 1 },
      },
      former("former-current.json", "current.json"),
      former("former-bundles", "bundles/"),
      former("former-drain", "drain"),
      former("former-bootstrap", "bootstrap/"),
      expect.objectContaining({ id: "unfinished-uploads" }),
    ]);
  });

  test("never lets current bundles, pointers or bootstraps expire", () => {
    const rules = made.inputs("BucketLifecycleConfiguration", "store-lifecycle").rules as { expiration?: object }[];

    expect(rules.filter(({ expiration }) => expiration !== undefined)).toHaveLength(1);
  });

  test("is ready when bootstrap, pointer and the bucket's policy stand", () => {
    const { ready, ...said } = made.outputs as { ready: string[] };

    expect(said).toEqual({ bucketName: "bucket-of-store", bootstrapSha256: sha256(ARGS.bootstrap) });
    expect(ready).toEqual(
      expect.arrayContaining([
        object("bootstrap").urn,
        object("pointer").urn,
        made.one("BucketPolicy", "store-policy").urn,
      ]),
    );
  });
});

test.each([true, false])("with forceDestroy %s its bucket says the same", async (forceDestroy) => {
  expect((await store({ forceDestroy })).inputs("Bucket", "store").forceDestroy).toBe(forceDestroy);
});

test("a new bundle moves bundle and pointer, and nothing else", async () => {
  const [before, after] = [await store(), await store({ bundle: "{}" })];

  const changed = after.registrations.filter(
    (each, i) => JSON.stringify(each) !== JSON.stringify(before.registrations[i]),
  );
  expect(changed.map(({ name }) => name)).toEqual(["store-bundle", "store-pointer"]);
});
