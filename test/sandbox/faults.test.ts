import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import provider from "@pulumi/pulumi/proto/provider_pb";
import status from "@pulumi/pulumi/proto/status_pb";
import type { Metadata } from "@grpc/grpc-js";
import type { Fault } from "../../infra/sandbox/aws/faults";
import { Client } from "./client";

const VPC = "aws:ec2/vpc:Vpc";
const FAILURE = "api error InternalError: a fault that faults.json asks for";

let client: Client;

beforeEach(async () => {
  client = await Client.open();
});

afterEach(() => {
  client.close();
});

function plan(...faults: readonly Fault[]): void {
  writeFileSync(path.join(client.folder, "faults.json"), JSON.stringify(faults));
}

const make = (name: string) => client.create(VPC, name, { cidrBlock: "10.0.0.0/16" });

/** `done` or the error, of one after the other. */
async function outcomes(...names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    found.push(
      await make(name).then(
        () => "done",
        (error: unknown) => (error as Error).message,
      ),
    );
  }
  return found;
}

it("fails the nth call of a type and nothing of it is done, and counts on after a restart", async () => {
  plan({ method: "create", type: VPC, effect: "fail", nth: 2 });

  const first = await outcomes("a");
  await client.restart();
  const rest = await outcomes("b", "c");

  expect([...first, ...rest]).toEqual(["done", `creating ${VPC} (b): ${FAILURE}`, "done"]);
  expect(client.entities()).toHaveLength(2);
});

it("fails as often as asked, by name, with AWS's code", async () => {
  plan({ method: "create", type: "*", name: "b", effect: "fail", times: 2, code: "ServiceUnavailable" });

  const text = `creating ${VPC} (b): api error ServiceUnavailable: a fault that faults.json asks for`;
  expect(await outcomes("a", "b", "b", "b")).toEqual(["done", text, text, "done"]);
});

it("fails deletions, updates and reads too", async () => {
  const made = await make("a");
  plan(
    { method: "delete", type: VPC, effect: "fail" },
    { method: "update", type: VPC, effect: "fail" },
    { method: "read", type: VPC, effect: "fail" },
  );

  await expect(client.delete(made)).rejects.toThrow(new Error(`deleting ${VPC} (a): ${FAILURE}`));
  await expect(client.update(made, made.inputs)).rejects.toThrow(new Error(`updating ${VPC} (a): ${FAILURE}`));
  await expect(client.read(made)).rejects.toThrow(new Error(`reading ${VPC} (a): ${FAILURE}`));
  expect(client.entities()).toHaveLength(1);
});

it("fails late: the thing is there, and the engine is told its id and properties", async () => {
  plan({ method: "create", type: VPC, effect: "fail-late" });

  const error = (await make("a").catch((thrown: unknown) => thrown)) as Error & { readonly metadata: Metadata };
  const [packed] = error.metadata.get("grpc-status-details-bin");
  const [detail] = status.Status.deserializeBinary(packed as Buffer).getDetailsList();
  const told = provider.ErrorResourceInitFailed.deserializeBinary(detail!.getValue_asU8());
  const [entity] = client.entities();

  expect(error.message).toBe(FAILURE);
  expect(told.getReasonsList()).toEqual([FAILURE]);
  expect(told.getId()).toBe(entity!.id);
  expect(told.getProperties()?.toJavaScript()).toEqual(entity!.properties);
});

it("throttles: the call passes after its retries, each of which is written down", async () => {
  plan({ method: "create", type: VPC, effect: "throttle", retries: 2, ms: 1 });

  expect(await outcomes("a")).toEqual(["done"]);
  const calls = readFileSync(path.join(client.folder, "calls.jsonl"), "utf8").trim().split("\n");
  expect(calls.map((line) => (JSON.parse(line) as { readonly outcome: string }).outcome)).toEqual([
    "throttled",
    "throttled",
    "done",
  ]);
});

it("slows down: another call overtakes the slow one", async () => {
  plan({ method: "create", type: VPC, name: "slow", effect: "slow", ms: 500 });
  const finished: string[] = [];

  await Promise.all(["slow", "quick"].map((name) => make(name).then(() => finished.push(name))));

  expect(finished).toEqual(["quick", "slow"]);
});

it("holds a call until the fault is taken out of the file", async () => {
  plan({ method: "create", type: VPC, name: "held", effect: "held" });
  const finished: string[] = [];

  const held = make("held").then(() => finished.push("held"));
  await make("other").then(() => finished.push("other"));
  plan();
  await held;

  expect(finished).toEqual(["other", "held"]);
});

it("strikes no preview", async () => {
  plan({ method: "create", type: VPC, effect: "fail" });

  await expect(client.create(VPC, "a", { cidrBlock: "10.0.0.0/16" }, true)).resolves.toMatchObject({ id: "" });
});

it("rejects a file of faults that it cannot read", async () => {
  writeFileSync(
    path.join(client.folder, "faults.json"),
    JSON.stringify([{ method: "create", type: VPC, effect: "explode" }]),
  );

  await expect(make("a")).rejects.toThrow(/effect/);
});
