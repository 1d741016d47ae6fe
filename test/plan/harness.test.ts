import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { CANARY, record } from "../../infra/plan/harness";
import { COMPUTED, decode, SECRET, masked } from "../../infra/plan/wire";

class Group extends pulumi.ComponentResource {
  constructor(name: string, children: (parent: Group) => void, opts?: pulumi.ComponentResourceOptions) {
    super("test:group:Group", name, {}, opts);
    children(this);
    this.registerOutputs({});
  }
}

const bucket = (name: string, opts?: pulumi.CustomResourceOptions) =>
  new aws.s3.Bucket(name, { region: "eu-west-1" }, opts);

describe("the harness says what the engine would be told", () => {
  test("a URN holds the types of all parents", async () => {
    const { registrations } = await record(() => {
      new Group("outer", (outer) => new Group("inner", (inner) => bucket("b", { parent: inner }), { parent: outer }));
    });

    expect(registrations.map(({ urn }) => urn)).toEqual([
      "urn:pulumi:test::footprint::test:group:Group::outer",
      "urn:pulumi:test::footprint::test:group:Group$test:group:Group::inner",
      "urn:pulumi:test::footprint::test:group:Group$test:group:Group$aws:s3/bucket:Bucket::b",
    ]);
    expect(registrations.map(({ parent }) => parent)).toEqual([null, registrations[0]?.urn, registrations[1]?.urn]);
  });

  test("options that differ from the engine's defaults are recorded, and no others", async () => {
    const { registrations } = await record(() => {
      bucket("plain");
      bucket("special", {
        protect: true,
        retainOnDelete: true,
        ignoreChanges: ["tags"],
        customTimeouts: { delete: "5m" },
      });
    });

    expect(registrations.map(({ options }) => options)).toEqual([
      {},
      { protect: true, retainOnDelete: true, ignoreChanges: ["tags"], customTimeouts: { delete: "5m" } },
    ]);
  });

  test("an alias is recorded as the URN that it stands for", async () => {
    const aliases = (some: (string | pulumi.Alias)[]) => (parent: Group) => bucket("b", { parent, aliases: some });
    const stack = "urn:pulumi:test::footprint::pulumi:pulumi:Stack::footprint-test";
    const former = "urn:pulumi:test::other::aws:s3/bucket:Bucket::a";
    const { registrations } = await record(() => {
      new Group("group", aliases([former, { name: "a" }, { parent: stack }, { type: "aws:x:Y" }]));
    });

    expect(registrations[1]?.options.aliases).toEqual([
      former,
      "urn:pulumi:test::footprint::test:group:Group$aws:s3/bucket:Bucket::a",
      "urn:pulumi:test::footprint::aws:s3/bucket:Bucket::b",
    ]);
  });

  test("dependencies by option and by value are recorded", async () => {
    const { registrations } = await record(() => {
      const first = bucket("first");
      bucket("second", { dependsOn: first });
      new aws.s3.BucketVersioning("third", { bucket: first.id, versioningConfiguration: { status: "Enabled" } });
    });

    const [first, second, third] = registrations;
    expect(second?.dependencies).toEqual([first?.urn]);
    expect(third?.dependencies).toEqual([first?.urn]);
  });

  test("what a provider computes is a marker in a preview, never an invented value", async () => {
    const { registrations, outputs } = await record(() => {
      const made = bucket("b");
      new aws.s3.BucketVersioning("v", { bucket: made.id, versioningConfiguration: { status: "Enabled" } });
      return { arn: made.arn, region: made.region };
    });

    expect(registrations[1]?.inputs.bucket).toBe(COMPUTED);
    expect(outputs).toEqual({ arn: COMPUTED, region: "eu-west-1" });
  });

  test("a file is known by what is in it, wherever it lies", async () => {
    const { registrations } = await record(() => {
      new aws.s3.BucketObjectv2("o", { bucket: "b", key: "k", source: new pulumi.asset.FileAsset(__filename) });
    });

    const sha256 = createHash("sha256").update(readFileSync(__filename)).digest("hex");
    expect(registrations[0]?.inputs.source).toBe(`<file ${sha256}>`);
  });

  test("a file whose hash the program sends is known by that, and what is no value of the engine's is rejected", () => {
    const asset = (more: object) =>
      decode({ [pulumi.runtime.specialSigKey]: pulumi.runtime.specialAssetSig, path: __filename, ...more });
    const sha256 = createHash("sha256").update(readFileSync(__filename)).digest("hex");

    expect([asset({ hash: "ab" }), asset({ hash: "" }), asset({ hash: 7 })]).toEqual([
      "<file ab>",
      `<file ${sha256}>`,
      `<file ${sha256}>`,
    ]);
    const unknown = { [pulumi.runtime.specialSigKey]: "unknown", a: 1 };
    expect(() => decode(unknown)).toThrow(
      new Error(`the program sends a value that a plan cannot show: ${JSON.stringify(unknown)}`),
    );
  });

  test("rejects an asset that is no file", () => {
    const text = { [pulumi.runtime.specialSigKey]: pulumi.runtime.specialAssetSig, text: "hello" };

    expect(() => decode(text)).toThrow(
      new Error("the program sends an asset that is no file, which a plan cannot show"),
    );
  });

  test("an output that a provider keeps secret is secret, wherever it goes", async () => {
    const { registrations } = await record(
      () => {
        const password = new random.RandomPassword("p", { length: 8 });
        new aws.ssm.Parameter("leak", { type: "String", description: password.result });
      },
      { computed: () => ({}) },
    );

    expect(registrations[1]?.inputs.description).toEqual({ $secret: CANARY });
    expect(masked(registrations[1]?.inputs.description ?? null)).toBe(SECRET);
  });
});

describe("the harness refuses what an engine would", () => {
  test("rejects two resources with one URN", async () => {
    const program = () => {
      bucket("twin");
      bucket("twin");
    };

    await expect(record(program)).rejects.toThrow(
      "two resources have the URN urn:pulumi:test::footprint::aws:s3/bucket:Bucket::twin",
    );
  });

  test("rejects a program that looks something up", async () => {
    const program = () => {
      aws.getRegionOutput().apply(() => undefined);
    };

    await expect(record(program)).rejects.toThrow("the program looks something up: aws:index/getRegion:getRegion");
  });

  test("rejects with what the program throws, and runs the next one", async () => {
    const failing = record(() => {
      throw new Error("a mistake");
    });
    const next = record(() => {
      bucket("b");
    });

    await expect(failing).rejects.toThrow("a mistake");
    expect((await next).registrations).toHaveLength(1);
  });
});

test("programs that are started together run one after the other", async () => {
  const stacks = ["one", "two", "three"];

  const recordings = await Promise.all(stacks.map((stack) => record(() => bucket(pulumi.getStack()), { stack })));

  expect(recordings.map(({ registrations }) => registrations.map(({ name }) => name))).toEqual([
    ["one"],
    ["two"],
    ["three"],
  ]);
});
