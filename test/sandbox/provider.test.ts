import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { runtime } from "@pulumi/pulumi";
import provider from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { secretOnWire } from "../../infra/plan/wire";
import { UNKNOWN } from "../../infra/sandbox/aws/values";
import { call, Client } from "./client";

const VPC = "aws:ec2/vpc:Vpc";
const TOPIC = "aws:sns/topic:Topic";
const PARAMETER = "aws:ssm/parameter:Parameter";
const BUCKET = "aws:s3/bucket:Bucket";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const PASSWORD = "random:index/randomPassword:RandomPassword";
const CANARY = "canary-of-a-secret";

let client: Client;

beforeEach(async () => {
  client = await Client.open();
});

afterEach(() => {
  client.close();
});

const vpc = (name = "net", inputs = {}) =>
  client.create(VPC, name, { region: "eu-west-1", cidrBlock: "10.0.0.0/16", ...inputs });

describe("the package", () => {
  it("shakes hands, and says its version and what it supports", async () => {
    const handshake = await call<provider.ProviderHandshakeResponse>(
      client.of(VPC),
      "handshake",
      new provider.ProviderHandshakeRequest(),
    );
    const configured = await call<provider.ConfigureResponse>(
      client.of(VPC),
      "configure",
      new provider.ConfigureRequest(),
    );

    expect(handshake.toObject()).toEqual({
      acceptOutputs: true,
      acceptResources: true,
      acceptSecrets: true,
      supportsAutonamingConfiguration: true,
    });
    expect(configured.toObject()).toMatchObject({ acceptsecrets: true, supportspreview: true });
  });

  it("rejects a type that footprint does not register, by its name", async () => {
    const words = (type: string) =>
      `the sandbox's AWS does not know the type "${type}": it knows what footprint registers; add a row to a table in infra/sandbox/aws/services`;

    await expect(client.check("aws:ec2/instance:Instance", "vm", {})).rejects.toThrow(
      new Error(words("aws:ec2/instance:Instance")),
    );
    await expect(client.create("random:index/randomId:RandomId", "id", {})).rejects.toThrow(
      new Error(words("random:index/randomId:RandomId")),
    );
  });

  it("rejects look-ups", async () => {
    const request = new provider.InvokeRequest();
    request.setTok("aws:index/getRegion:getRegion");

    await expect(call(client.of(VPC), "invoke", request)).rejects.toThrow(
      new Error("the sandbox's AWS answers no look-up, got aws:index/getRegion:getRegion: footprint makes none"),
    );
  });

  it("takes its configuration as it is, and a change of it replaces nothing", async () => {
    const request = new provider.CheckRequest();
    request.setNews(Struct.fromJavaScript({ region: "eu-west-1" }));
    const checked = await call<provider.CheckResponse>(client.of(VPC), "checkConfig", request);
    const diff = await call<provider.DiffResponse>(client.of(VPC), "diffConfig", new provider.DiffRequest());

    expect(checked.getInputs()?.toJavaScript()).toEqual({ region: "eu-west-1" });
    expect(diff.toObject()).toMatchObject({ changes: provider.DiffResponse.DiffChanges.DIFF_NONE, replacesList: [] });
  });
});

describe("check", () => {
  it("fills in defaults and says which", async () => {
    const { inputs } = await client.check(VPC, "net", { cidrBlock: "10.0.0.0/16", enableDnsSupport: false });

    expect(inputs).toEqual({
      cidrBlock: "10.0.0.0/16",
      enableDnsSupport: false,
      instanceTenancy: "default",
      __defaults: ["instanceTenancy"],
    });
  });

  it("makes a name of the logical one and seven digits, and keeps it", async () => {
    const first = await client.check(TOPIC, "alarms", {});
    const second = await client.check(TOPIC, "alarms", {}, first.inputs, (request) => {
      request.setRandomseed(new Uint8Array(32).fill(8));
    });
    const fresh = await client.check(TOPIC, "alarms", {}, {}, (request) => {
      request.setRandomseed(new Uint8Array(32).fill(8));
    });

    expect(first.inputs.name).toMatch(/^alarms-[0-9a-f]{7}$/);
    expect(second.inputs.name).toBe(first.inputs.name);
    expect(fresh.inputs.name).not.toBe(first.inputs.name);
  });

  it("makes a new name when the former one was the program's", async () => {
    const { inputs } = await client.check(TOPIC, "alarms", {}, { name: "mine", __defaults: [] });

    expect(inputs.name).toMatch(/^alarms-/);
  });

  it("leaves names alone that the program gives", async () => {
    const given = await client.check(TOPIC, "alarms", { name: "mine" });
    const prefixed = await client.check(TOPIC, "alarms", { namePrefix: "mine" });

    expect([given.inputs.name, prefixed.inputs.name]).toEqual(["mine", undefined]);
  });

  it("makes bucket names in lower case", async () => {
    const { inputs } = await client.check(BUCKET, "Logs", {});

    expect(inputs.bucket).toMatch(/^logs-[0-9a-f]{7}$/);
  });

  it("rejects a logical name that gets too long", async () => {
    const { failures } = await client.check("aws:lb/targetGroup:TargetGroup", "t".repeat(25), {});

    expect(failures).toEqual([
      expect.stringMatching(
        /^name: the name "t{25}-[0-9a-f]{7}" made from the logical name has 33 characters, at most 32 are allowed$/,
      ),
    ]);
  });

  it("follows pulumi:autonaming", async () => {
    const { Mode } = provider.CheckRequest.AutonamingOptions;
    const named = (mode: provider.CheckRequest.AutonamingOptions.Mode) =>
      client.check(TOPIC, "alarms", {}, {}, (request) => {
        const options = new provider.CheckRequest.AutonamingOptions();
        options.setMode(mode);
        options.setProposedName("proposed");
        request.setAutonaming(options);
      });

    expect((await named(Mode.ENFORCE)).inputs.name).toBe("proposed");
    expect((await named(Mode.DISABLE)).failures).toEqual(['name: automatic naming is disabled: give "name"']);
  });

  it("passes secrets and unknowns on", async () => {
    const { inputs } = await client.check(PARAMETER, "key", { value: secretOnWire(CANARY), type: UNKNOWN });

    expect(inputs).toMatchObject({ value: secretOnWire(CANARY), type: UNKNOWN });
  });
});

describe("diff", () => {
  const { Kind } = provider.PropertyDiff;

  it("finds nothing in equal inputs, sets in another order, or nothing in place of an empty list", async () => {
    const before = { subnets: ["a", "b"], accessLogs: { bucket: "x", enabled: true }, __defaults: [] };
    const after = { accessLogs: { enabled: true, bucket: "x" }, subnets: ["b", "a"], subnetMappings: [] };

    const diff = await client.diff("aws:lb/loadBalancer:LoadBalancer", before, after);
    const tags = [{ key: "a" }, { key: "b" }];
    const group = await client.diff("aws:autoscaling/group:Group", { tags }, { tags: [...tags].reverse() });

    expect(group.diffsList).toEqual([]);
    expect(diff).toMatchObject({ changes: provider.DiffResponse.DiffChanges.DIFF_NONE, detaileddiffMap: [] });
  });

  it("says what differs, down to the path", async () => {
    const diff = await client.diff(
      VPC,
      { cidrBlock: "10.0.0.0/16", tags: { Name: "a", "a.b": "1", old: "1" } },
      { cidrBlock: "10.0.0.0/16", tags: { Name: "b", "a.b": "2" }, enableDnsHostnames: true },
    );

    expect(diff).toMatchObject({
      changes: provider.DiffResponse.DiffChanges.DIFF_SOME,
      diffsList: ["enableDnsHostnames", "tags"],
      replacesList: [],
      deletebeforereplace: false,
      detaileddiffMap: [
        ["enableDnsHostnames", { kind: Kind.ADD, inputdiff: true }],
        ["tags.Name", { kind: Kind.UPDATE, inputdiff: true }],
        ["tags.old", { kind: Kind.DELETE, inputdiff: true }],
        ['tags["a.b"]', { kind: Kind.UPDATE, inputdiff: true }],
      ],
    });
  });

  it("replaces by the table that the plan uses", async () => {
    const always = await client.diff(VPC, { cidrBlock: "10.0.0.0/16" }, { cidrBlock: "10.1.0.0/16" });
    const unknown = await client.diff(VPC, { cidrBlock: "10.0.0.0/16" }, { cidrBlock: UNKNOWN });
    const lb = "aws:lb/loadBalancer:LoadBalancer";
    const added = await client.diff(lb, { subnets: ["a"] }, { subnets: ["a", "b"] });
    const removed = await client.diff(lb, { subnets: ["a", "b"] }, { subnets: ["a"] });
    const exchanged = await client.diff(lb, { subnets: ["a", "b"] }, { subnets: ["a", "c"] });
    const unseen = await client.diff(lb, { subnets: ["a", "b"] }, { subnets: ["a", UNKNOWN] });
    const grown = await client.diff(lb, { subnets: ["a", "b"] }, { subnets: ["a", "c", "d"] });

    expect(always).toMatchObject({
      replacesList: ["cidrBlock"],
      detaileddiffMap: [["cidrBlock", { kind: Kind.UPDATE_REPLACE }]],
    });
    expect(unknown.replacesList).toEqual(["cidrBlock"]);
    expect(added.replacesList).toEqual([]);
    expect(removed.replacesList).toEqual(["subnets"]);
    expect(exchanged.replacesList).toEqual(["subnets"]);
    // The preview of an exchange shows an update, and the update replaces (load_balancer.go, `IsWhollyKnown`).
    expect(unseen.replacesList).toEqual([]);
    expect(grown.replacesList).toEqual([]);
  });

  it("replaces for another region, and none given is the provider's own", async () => {
    const same = await client.diff(VPC, { region: "us-east-1" }, {});
    const other = await client.diff(VPC, { region: "eu-west-1" }, {});

    expect([same.replacesList, other.replacesList]).toEqual([[], ["region"]]);
  });

  it("looks through secrets", async () => {
    const same = await client.diff(PARAMETER, { value: secretOnWire("a") }, { value: "a" });
    const other = await client.diff(PARAMETER, { value: secretOnWire("a") }, { value: secretOnWire("b") });

    expect([same.diffsList, other.diffsList]).toEqual([[], ["value"]]);
  });
});

describe("preview", () => {
  it("keeps what is known, and makes nothing", async () => {
    const { id, outputs } = await client.create(
      VPC,
      "net",
      { region: "eu-west-1", cidrBlock: "10.0.0.0/16", tags: { Name: "net" }, instanceTenancy: UNKNOWN },
      true,
    );

    expect(id).toBe("");
    expect(outputs).toMatchObject({
      id: UNKNOWN,
      arn: UNKNOWN,
      ownerId: UNKNOWN,
      cidrBlock: "10.0.0.0/16",
      region: "eu-west-1",
      tagsAll: { Name: "net" },
      instanceTenancy: UNKNOWN,
    });
    expect(client.entities()).toEqual([]);
  });

  it("has the outputs that the update has", async () => {
    const inputs = { region: "eu-west-1", cidrBlock: "10.0.0.0/16", assignGeneratedIpv6CidrBlock: true };
    const previewed = await client.create(VPC, "net", inputs, true);
    const made = await client.create(VPC, "net", inputs);

    expect(Object.keys(previewed.outputs).sort()).toEqual(Object.keys(made.outputs).sort());
  });

  it("knows of a change what it leaves alone, and not what it makes anew", async () => {
    const inputs = { region: "eu-west-1", name: "nodes", imageId: "ami-0123456789abcdef0", updateDefaultVersion: true };
    const template = await client.create(TEMPLATE, "nodes", inputs);
    const image = { ...inputs, imageId: "ami-0123456789abcdef1" };

    const previewed = await client.update(template, image, true);
    const tagged = await client.update(template, { ...inputs, tags: { Name: "nodes" } }, true);
    const updated = await client.update(template, image);

    expect(template.outputs).toMatchObject({ latestVersion: 1, defaultVersion: 1 });
    expect(previewed.outputs).toMatchObject({
      arn: template.outputs.arn,
      latestVersion: UNKNOWN,
      defaultVersion: UNKNOWN,
    });
    // terraform-provider-aws, ec2_launch_template.go: the preview of a tag shows a version, the update makes none.
    expect(tagged.outputs).toMatchObject({ latestVersion: UNKNOWN });
    expect(updated.outputs).toMatchObject({ latestVersion: 2, defaultVersion: 2 });
  });
});

describe("what is computed", () => {
  it("is the same for the same seed and URN, and another otherwise", async () => {
    const other = await Client.open("another seed");
    const again = await Client.open();
    const make = (on: Client, name: string) => on.create(VPC, name, { region: "eu-west-1", cidrBlock: "10.0.0.0/16" });

    const first = await make(client, "net");
    const second = await make(client, "net-2");
    const sameSeed = await make(again, "net");
    const otherSeed = await make(other, "net");
    other.close();
    again.close();

    expect(first.id).toMatch(/^vpc-[0-9a-f]{17}$/);
    expect(sameSeed).toEqual(first);
    expect(new Set([first.id, second.id, otherSeed.id]).size).toBe(3);
  });

  it("is another for a replacement, which stands beside the former one", async () => {
    const former = await vpc();
    const replacement = await vpc();

    expect(replacement.id).not.toBe(former.id);
    expect(client.entities()).toHaveLength(2);
  });

  it("stays in an update", async () => {
    const made = await vpc("net", { assignGeneratedIpv6CidrBlock: true });
    const updated = await client.update(made, { ...made.inputs, enableDnsHostnames: true });

    expect(updated.outputs).toEqual({ ...made.outputs, enableDnsHostnames: true });
    expect(made.outputs.ipv6CidrBlock).toMatch(/^2001:db8:[0-9a-f]{4}:[0-9a-f]{2}00::\/56$/);
  });
});

describe("a file", () => {
  const OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2";
  const content = (hash: string, file: string) => ({
    [runtime.specialSigKey]: runtime.specialAssetSig,
    hash: hash.repeat(64),
    path: file,
  });
  const make = async () => {
    await client.create(BUCKET, "store", { region: "eu-west-1", bucket: "store" });
    const inputs = { region: "eu-west-1", bucket: "store", key: "agents/a", source: content("a", "/here/agent.js") };
    return client.create(OBJECT, "agent", inputs);
  };

  it("is known by its hash, and its path is kept nowhere", async () => {
    await make();

    const stored = JSON.stringify(client.entities());
    expect(stored).toContain(`<file ${"a".repeat(64)}>`);
    expect(stored).not.toContain("/here");
  });

  it("is the same elsewhere, and another with another content, which replaces nothing", async () => {
    const { inputs } = await make();

    const moved = await client.diff(OBJECT, inputs, { ...inputs, source: content("a", "/there/agent.js") });
    const changed = await client.diff(OBJECT, inputs, { ...inputs, source: content("b", "/here/agent.js") });

    expect(moved.diffsList).toEqual([]);
    expect([changed.diffsList, changed.replacesList]).toEqual([["source"], []]);
  });

  it("is untouched by a refresh that finds nothing new", async () => {
    const made = await make();

    expect((await client.read(made)).inputs).toEqual(made.inputs);
  });
});

describe("regions and tags", () => {
  it("takes the provider's region when a resource names none", async () => {
    const made = await client.create(VPC, "net", { cidrBlock: "10.0.0.0/16" });

    expect(made.outputs).toMatchObject({
      region: "us-east-1",
      arn: `arn:aws:ec2:us-east-1:123456789012:vpc/${made.id}`,
    });
  });

  it("rejects a resource without a region when the provider has none either", async () => {
    await client.configure({});

    await expect(client.create(VPC, "net", { cidrBlock: "10.0.0.0/16" })).rejects.toThrow(
      new Error("no region: set aws:region in the stack's configuration, or region on the resource"),
    );
  });

  it("gives no region to what is global", async () => {
    const made = await client.create("aws:route53/zone:Zone", "zone", { name: "example.com" });

    expect(made.outputs).not.toHaveProperty("region");
  });

  it("adds default tags to all tags, and a resource's own win", async () => {
    const tags = { tags: { Team: "edge", Name: "default" } };
    await client.configure({ region: "eu-west-1", defaultTags: JSON.stringify(tags) });
    const made = await vpc("net", { tags: { Name: "net" } });
    await client.configure({ region: "eu-west-1", defaultTags: tags });
    const again = await vpc("net-2");

    expect(made.outputs).toMatchObject({ tags: { Name: "net" }, tagsAll: { Team: "edge", Name: "net" } });
    expect(again.outputs.tagsAll).toEqual({ Team: "edge", Name: "default" });
  });
});

describe("read", () => {
  it("finds what was made, with the inputs that it was made of", async () => {
    const made = await vpc("net", { tags: { Name: "net" } });

    expect(await client.read(made)).toEqual(made);
  });

  it("sees that something is gone", async () => {
    const made = await vpc();
    await client.hasOnly([]);

    expect(await client.read(made)).toMatchObject({ id: "", outputs: {} });
  });

  it("sees a tag that was changed by hand, in the inputs too", async () => {
    const made = await vpc("net", { tags: { Name: "net" } });
    const [entity] = client.entities();
    await client.hasOnly([{ ...entity!, properties: { ...entity!.properties, tags: { Name: "theirs" } } }]);

    const found = await client.read(made);

    expect(found.outputs.tags).toEqual({ Name: "theirs" });
    expect(found.inputs).toEqual({ ...made.inputs, tags: { Name: "theirs" } });
    expect((await client.diff(VPC, found.inputs, made.inputs)).diffsList).toEqual(["tags"]);
  });

  it("imports by id and region", async () => {
    const made = await vpc("net", { tags: { Name: "net" } });

    const found = await client.read({ type: VPC, name: "net", id: `${made.id}@eu-west-1`, inputs: {}, outputs: {} });

    expect(found).toEqual(made);
  });

  it("rejects to change what is gone", async () => {
    const made = await vpc();
    await client.hasOnly([]);

    await expect(client.update(made, { ...made.inputs, enableDnsHostnames: true })).rejects.toThrow(
      new Error(`updating ${VPC} (net): api error ResourceNotFound: ${made.id} does not exist`),
    );
  });
});

describe("secrets", () => {
  const parameter = () =>
    client.create(PARAMETER, "key", {
      region: "eu-west-1",
      name: "key",
      type: "SecureString",
      value: secretOnWire(CANARY),
    });
  const files = ["calls.jsonl", "faults.json"];

  it("come back marked, and stand in no file", async () => {
    writeFileSync(path.join(client.folder, "faults.json"), "[]");
    const made = await parameter();
    await client.check(PARAMETER, "key", { value: secretOnWire(CANARY) });
    await client.update(made, { ...made.inputs, tags: { Name: "key" } });
    const found = await client.read(made);

    expect(made.outputs.value).toEqual(secretOnWire(CANARY));
    expect(found.outputs.value).toEqual(secretOnWire(CANARY));
    expect(found.inputs.value).toEqual(secretOnWire(CANARY));
    expect(JSON.stringify(client.entities())).not.toContain(CANARY);
    for (const file of files) {
      expect(readFileSync(path.join(client.folder, file), "utf8")).not.toContain(CANARY);
    }
  });

  it("are marked when the type says so, though the program does not", async () => {
    const made = await client.create(PARAMETER, "key", {
      region: "eu-west-1",
      name: "key",
      type: "String",
      value: CANARY,
    });

    expect(made.outputs.value).toEqual(secretOnWire(CANARY));
    expect(JSON.stringify(client.entities())).not.toContain(CANARY);
  });

  it("are seen to have changed behind the engine's back", async () => {
    const made = await parameter();
    const [entity] = client.entities();
    await client.hasOnly([{ ...entity!, properties: { ...entity!.properties, value: { sha256: "another" } } }]);

    expect((await client.read(made)).inputs.value).toEqual(secretOnWire("changed behind the engine's back"));
  });

  it("raise a parameter's version when they change, and only then", async () => {
    const made = await parameter();
    const tagged = await client.update(made, { ...made.inputs, tags: { Name: "key" } });
    const changed = await client.update(tagged, { ...tagged.inputs, value: secretOnWire("other") });

    expect([made, tagged, changed].map(({ outputs }) => outputs.version)).toEqual([1, 1, 2]);
  });

  it("of random are made once for the same arguments, and live in the engine's state only", async () => {
    const inputs = { length: 48, special: false };
    const one = await client.create(PASSWORD, "one", inputs);
    const again = await client.create(PASSWORD, "one", inputs);
    const longer = await client.create(PASSWORD, "one", { ...inputs, keepers: { generation: "2" } });
    const other = await client.create(PASSWORD, "other", inputs);
    const result = (one.outputs.result as { readonly value: string }).value;

    expect(one.outputs.result).toEqual(secretOnWire(result));
    expect(result).toMatch(/^[A-Za-z0-9]{48}$/);
    expect(again.outputs).toEqual(one.outputs);
    expect([longer.outputs.result, other.outputs.result]).not.toContainEqual(one.outputs.result);
    expect(await client.read(one)).toEqual(one);
    await client.delete(one);
    expect(client.entities()).toEqual([]);
    expect(readFileSync(path.join(client.folder, "calls.jsonl"), "utf8")).not.toContain(result);
  });
});

it("writes down every call, refused ones too", async () => {
  await client.check(VPC, "net", { region: "eu-west-1", cidrBlock: UNKNOWN });
  const made = await vpc();
  await client.diff(VPC, made.inputs, { ...made.inputs, cidrBlock: "10.1.0.0/16" });
  await vpc("bad", { cidrBlock: "10.0.0.0/8" }).catch(() => undefined);
  await client.delete(made);

  const calls = readFileSync(path.join(client.folder, "calls.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const common = { type: VPC, region: "eu-west-1", preview: false };
  expect(calls).toEqual(
    [
      { ...common, method: "check", outcome: "done", inputs: { region: "eu-west-1", cidrBlock: "<computed>" } },
      { ...common, method: "create", outcome: "done", id: made.id, inputs: made.inputs },
      { ...common, method: "diff", outcome: "done", changed: ["cidrBlock"], replaces: ["cidrBlock"] },
      {
        ...common,
        method: "create",
        outcome: "refused",
        error: `creating ${VPC} (bad): api error InvalidVpc.Range: The CIDR '10.0.0.0/8' is invalid.`,
        inputs: { region: "eu-west-1", cidrBlock: "10.0.0.0/8" },
      },
      { ...common, method: "delete", outcome: "done", id: made.id },
    ].map((each) => ({ at: expect.any(String) as string, urn: expect.stringContaining(VPC) as string, ...each })),
  );
});

it("goes on after a restart where it was", async () => {
  const made = await vpc();
  const before = client.entities();

  await client.restart();

  expect(client.entities()).toEqual(before);
  expect(await client.read(made)).toEqual(made);
});
