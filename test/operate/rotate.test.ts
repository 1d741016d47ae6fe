import { readFileSync } from "node:fs";
import { sealEntry, type Purge } from "../../components/node/protocol/purgeLog";
import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { loadConfig } from "../../infra/config/load";
import { parseStackFile, stackConfigFromFile } from "../../infra/config/stackFile";
import { withGeneration } from "../../infra/operate/generations";
import { runRotate, type RotateOptions, type Rotation } from "../../infra/operate/rotate";
import { Edge, KEYS, POINTER, REGIONS, type Ran, type Region } from "./edge";

let edge: Edge;
beforeEach(async () => {
  edge = await Edge.start();
});
afterEach(() => edge.stop());

function rotate(secret: "origin-auth" | "purge", options: Partial<RotateOptions> = {}): Promise<Ran> {
  return edge.run((terminal, folder) =>
    runRotate(secret, { stack: "edge", outputs: edge.outputs, ...options }, terminal, folder),
  );
}

const generations = () => loadConfig("edge", stackConfigFromFile(edge.stackFile)).secrets;

test("a rotation goes step by step, and each says what comes next", async () => {
  edge.answer = "y";
  const first = await rotate("origin-auth");
  expect(first.status).toBe(0);
  expect(first.err).toBe(
    [
      "origin-auth: generation 1 is deployed, and every node knows its values.",
      "Origins may forget the value before it. They must accept the value `next` before a rotation begins; it is",
      "the same in every region, in the parameter:",
      ...REGIONS.map((region) => `  ${region}  /edge/origin-auth-next  version 2`),
      "Do all origins accept both values, current and next? Raise secrets.originAuth to 2 in stacks/Pulumi.edge.yaml? [y/N] ",
    ].join("\n"),
  );
  const next =
    "origin-auth: the stack file says generation 2, deployed is 1.\nNext: pulumi up --stack edge, and then footprint rotate origin-auth --stack edge --check\n";
  expect(first.out).toBe(next);
  expect(generations()).toEqual({ originAuth: 2, purge: 1, configuration: 1 });

  // Asked again before `pulumi up`: nothing happens, whatever is agreed to.
  expect(await rotate("origin-auth", { yes: true })).toEqual({ status: 1, out: next, err: "" });
  expect(generations()).toEqual({ originAuth: 2, purge: 1, configuration: 1 });

  // After it the pointer names new versions; one node has read them.
  edge.writeOutputs({ secretGenerations: { originAuth: 2, purge: 1 } });
  const raised = { current: { name: "/edge/origin-auth-current", version: 3 }, next: { name: "/edge/n", version: 3 } };
  for (const region of REGIONS) {
    const parameters = { ...POINTER.parameters, "origin-auth": raised };
    edge.writePointer(region, { ...POINTER, parameters });
  }
  const known = { secrets: { "origin-auth": { current: 3, next: 3 }, purge: { current: 2, next: 2 } } };
  edge.report("us-east-1", "i-us-east-1-1", known);
  const third = await rotate("origin-auth", { check: true });
  expect(third.status).toBe(1);
  expect(third.out).toContain("generation 2 is deployed, and these do not know its values yet:\n");
  expect(third.out.match(/^ {2}\S+ i-\S+$/gm)).toHaveLength(5);

  for (const region of REGIONS) {
    edge.reportAll(region, known);
  }
  const last = await rotate("origin-auth", { check: true });
  expect(last.status).toBe(0);
  expect(last.out).toContain("generation 2 is deployed, and every node knows its values.\nOrigins may forget");
});

describe("a rotation is not complete", () => {
  const check = async (): Promise<Rotation> => {
    const { status, out } = await rotate("origin-auth", { check: true, json: true });
    const rotation = JSON.parse(out) as Rotation;
    expect(status).toBe(rotation.step === "complete" ? 0 : 1);
    return rotation;
  };

  test("while a region's pointer names the former generation, though its nodes know what it names", async () => {
    const write = (region: Region, generation: number): void => {
      const parameters = { ...POINTER.parameters, "origin-auth": { ...POINTER.parameters["origin-auth"], generation } };
      edge.writePointer(region, { ...POINTER, parameters });
    };
    edge.writeOutputs({ secretGenerations: { originAuth: 2, purge: 1 } });
    edge.edit("config:\n", "config:\n  footprint:secrets: { originAuth: 2 }\n");
    for (const region of REGIONS) {
      write(region, 2);
    }
    expect((await check()).step).toBe("complete");

    write("us-east-1", 1);

    expect(await check()).toMatchObject({
      step: "spreading",
      behind: ["us-east-1 (its pointer names generation 1: `pulumi refresh` and `pulumi up` put it right)"],
    });
  });

  test("while a node that leaves takes requests with the former value", async () => {
    const group = edge.cloud.groups.get("edge-us-east-1")!;
    const [first, second] = group.instances;
    const instances = [first!, { ...second!, state: "Terminating:Wait" }];
    edge.cloud.groups.set("edge-us-east-1", { ...group, instances });
    edge.report("us-east-1", second!.id, {
      secrets: { "origin-auth": { current: 1, next: 2 }, purge: { current: 2, next: 2 } },
    });

    expect(await check()).toMatchObject({ step: "spreading", behind: [`us-east-1 ${second!.id}`] });
  });
});

test("its JSON has where it stands, and names parameters, never values", async () => {
  const { status, out } = await rotate("purge", { check: true, json: true });

  expect(status).toBe(0);
  expect(JSON.parse(out)).toEqual({
    stack: "edge",
    secret: "purge",
    step: "complete",
    generation: { file: 1, deployed: 1 },
    parameters: Object.fromEntries(REGIONS.map((region) => [region, POINTER.parameters.purge])),
    behind: [],
  });
});

const AT_6 = { number: 6, digest: "0".repeat(64) };
const PURGE: Purge = { at: "2026-01-02T03:04:05Z", soft: false, targets: [{ kind: "all" }] };

test("before the purge key changes the log's head is signed with the value that outlives the change", async () => {
  for (const region of REGIONS) {
    edge.cloud.put(edge.bucket(region), STORE_KEYS.purgeHead, sealEntry(KEYS[1], region, AT_6, PURGE).text);
  }

  const { status } = await rotate("purge", { yes: true });

  expect(status).toBe(0);
  expect(REGIONS.map((region) => edge.head(region, [KEYS[0]]))).toEqual([7, 7, 7]);
  expect(generations()).toEqual({ originAuth: 1, purge: 2, configuration: 1 });
});

describe("rejects", () => {
  afterEach(() => {
    expect(generations().purge).toBe(1);
  });

  test("rejects to begin while a log cannot be signed anew", async () => {
    edge.cloud.parameters.delete("us-east-1 /edge/purge-next");
    await expect(rotate("purge", { yes: true })).rejects.toMatchObject({
      message:
        "The purge log could not be signed anew, and nothing was changed:\nus-east-1: Error: the purge key cannot be read: there is no parameter /edge/purge-next:2",
      exitCode: 1,
    });
  });

  test("rejects to begin unasked", async () => {
    await expect(rotate("purge")).rejects.toMatchObject({
      message:
        "Raise secrets.purge to 2 in stacks/Pulumi.edge.yaml? Nobody can be asked here: add --yes to agree. Nothing was done.",
      exitCode: 2,
    });
  });

  test("rejects to begin while a node does not report, or a PoP cannot be read", async () => {
    edge.report("eu-central-1", "i-eu-central-1-1", { at: "2026-01-02T03:04:05Z" });
    edge.cloud.outage("s3", "fails", "us-east-1");

    const { status, out } = await rotate("purge", { yes: true, json: true });

    expect(status).toBe(1);
    const { step, behind } = JSON.parse(out) as Rotation;
    expect(step).toBe("spreading");
    expect(behind).toEqual([
      "eu-central-1 i-eu-central-1-1 (does not report)",
      expect.stringMatching(/^us-east-1 \(cannot be looked at: /),
    ]);
  });

  test.each([
    [2, 1],
    [1, 3],
  ])("rejects a step of another size: deployed %i, in the file %i", async (deployed, file) => {
    edge.writeOutputs({ secretGenerations: { originAuth: deployed, purge: 1 } });
    edge.edit("config:\n", `config:\n  footprint:secrets: { originAuth: ${String(file)} }\n`);

    await expect(rotate("origin-auth", { yes: true })).rejects.toMatchObject({
      message: `secrets.originAuth: must be ${String(deployed)} as deployed, or one more, got ${String(file)}: a step of another size takes away the value that is in use; correct the stack file`,
      exitCode: 2,
    });
  });
});

describe("the generation in a stack file", () => {
  test("is added where there was none, and nothing else changes", () => {
    const before = readFileSync(edge.stackFile, "utf8");
    expect(withGeneration(before, "f", "purge", 2)).toBe(
      before.replace("config:\n", "config:\n  footprint:secrets: { purge: 2 }\n"),
    );
  });

  test.each([
    ["config:\n  footprint:secrets: { purge: 1, originAuth: 4 } # x\n", "purge: 1", "purge: 9"],
    ["config: # c\n    secrets:\n        # why\n        purge: 12 # since\n    aws:region: a\n", "12", "9"],
  ])("is changed in place in %j", (before, from, to) => {
    expect(withGeneration(before, "f", "purge", 9)).toBe(before.replace(from, to));
  });

  test.each([
    ["config:\n  footprint:secrets: { originAuth: 4 } # x\n", { "footprint:secrets": { originAuth: 4, purge: 9 } }],
    ["config: { aws:region: a }\n", { "aws:region": "a", "footprint:secrets": { purge: 9 } }],
  ])("is added to %j", (before, config) => {
    const after = withGeneration(before, "f", "purge", 9);
    expect(jsonOf(after)).toEqual({ config });
  });
});

function jsonOf(text: string): unknown {
  return parseStackFile(text, "f").toJS();
}
