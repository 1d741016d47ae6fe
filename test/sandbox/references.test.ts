import { REFERENCES, type Reference } from "../../infra/sandbox/aws/referenceTable";
import { text, valuesAt, type Values } from "../../infra/sandbox/aws/values";
import type { JsonValue } from "../../infra/plan/wire";
import { Client, type Resource } from "./client";
import { makePops } from "./pop";
import { REFERENCE_CASES } from "./referenceCases";

const HERE = "eu-central-1";
const ELSEWHERE = "us-west-2";

let client: Client;
let made: ReadonlyMap<string, Resource>;

beforeAll(async () => {
  client = await Client.open();
  made = await makePops(client, [HERE, ELSEWHERE]);
});

afterAll(() => {
  client.close();
});

it("has a case for every reference, and a reference for every case", () => {
  expect(REFERENCE_CASES.map(({ from, path }) => `${from} ${path}`).sort()).toEqual(
    REFERENCES.map(({ from, path }) => `${from.slice(from.lastIndexOf(":") + 1)} ${path}`).sort(),
  );
});

describe.each(REFERENCE_CASES)("$from $path", ({ from, path, missing, deletion }) => {
  const reference = referenceOf(from, path);

  it("rejects a reference to what is not there", async () => {
    const { inputs } = referrer(reference, HERE);

    await expect(client.create(reference.from, "new", replaced(inputs, path, "nowhere"))).rejects.toThrow(
      new Error(`creating ${reference.from} (new): api error ${missing} nowhere`),
    );
  });

  it(
    deletion === "follows"
      ? "goes with its target"
      : deletion === "dangles"
        ? "holds nothing"
        : "rejects that its target is deleted",
    async () => {
      const before = client.entities();
      const by = referrer(reference, HERE);
      const value = text(valuesAt(by.inputs, path)[0]);
      const target = [...made.values()].find(
        (each) =>
          each.type === reference.to &&
          text(reference.by === undefined ? each.id : each.outputs[reference.by]) === value,
      )!;
      // Alone with its target, nothing else can hold it.
      const pair = [by, target].map(({ type, id, outputs }) =>
        before.find(
          (each) => each.type === type && each.id === id && (each.region === null || each.region === outputs.region),
        )!,
      );
      await client.hasOnly(pair.map((each) => withoutProtection(each)));

      const outcome = await client.delete(target).then(
        () => "deleted",
        (error: unknown) => String(error),
      );
      const left = client.entities().map(({ id }) => id);
      await client.hasOnly(before);

      const held = deletion !== "follows" && deletion !== "dangles";
      expect(outcome).toBe(
        held
          ? `Error: deleting ${reference.to} (${target.name}): api error ${deletion} (${target.id}, held by ${by.id})`
          : "deleted",
      );
      expect(left.sort()).toEqual((held ? [by.id, target.id] : deletion === "dangles" ? [by.id] : []).sort());
    },
  );
});

const REGIONAL = REFERENCE_CASES.filter(({ from, path }) => {
  const { to, anyRegion } = referenceOf(from, path);
  return !/^aws:(route53|iam)/.test(to) && anyRegion !== true;
});

it.each(REGIONAL)("rejects $from $path in another region", async ({ from, path, missing }) => {
  const reference = referenceOf(from, path);
  const { inputs } = referrer(reference, HERE);
  const foreign = text(valuesAt(referrer(reference, ELSEWHERE).inputs, path)[0]);

  await expect(client.create(reference.from, "new", replaced(inputs, path, foreign))).rejects.toThrow(
    new Error(`creating ${reference.from} (new): api error ${missing} ${foreign}`),
  );
});

function referenceOf(from: string, path: string): Reference {
  return REFERENCES.find((each) => each.from.endsWith(`:${from}`) && each.path === path)!;
}

/** A made resource that has something at the path. */
function referrer({ from, path }: Reference, region: string): Resource {
  return [...made].find(
    ([key, { type, inputs }]) => key.startsWith(`${region}/`) && type === from && valuesAt(inputs, path).length > 0,
  )![1];
}

/** Inputs in which every value at the path is another. */
function replaced(inputs: Values, path: string, value: string): Values {
  const set = (inner: JsonValue, [step, ...rest]: readonly string[]): JsonValue => {
    if (step === undefined) {
      return value;
    }
    const key = step.replace("[*]", "");
    const record = inner as Values;
    const child = record[key]!;
    return {
      ...record,
      [key]: step.endsWith("[*]") ? (child as readonly JsonValue[]).map((each) => set(each, rest)) : set(child, rest),
    };
  };
  return set(inputs, path.split(".")) as Values;
}

function withoutProtection<T extends { readonly properties: Values }>(entity: T): T {
  return { ...entity, properties: { ...entity.properties, enableDeletionProtection: false }, objects: [] };
}
