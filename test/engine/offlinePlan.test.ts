import { buildPlan } from "../../infra/plan/build";
import type { Plan, PlannedResource } from "../../infra/plan/model";
import { COMPUTED, SECRET, type JsonValue } from "../../infra/plan/wire";
import type { LogEntry } from "../../infra/sandbox/aws/log";
import { describeWith } from "../support/requirements";
import { shipped, SHIPPED, valuesOf } from "../support/stacks";
import { Engine, PULUMI_CLI, STORY, type Resource, type Run } from "./engine";

type Stack = (typeof SHIPPED)[number];

/** What is deployed too: an update knows every value. The third takes minutes. */
const DEPLOYED: readonly Stack[] = ["sandbox", "europe"];

/** What the offline plan and the engine both say of one resource, by URN. */
interface Told {
  readonly parent: string | null;
  readonly dependencies: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: JsonValue;
}

describeWith([PULUMI_CLI], "the offline plan and the engine", () => {
  let engine: Engine;
  const plans = new Map<Stack, Plan>();
  const previews = new Map<Stack, Run>();
  const updates = new Map<Stack, { readonly run: Run; readonly state: readonly Resource[] }>();

  beforeAll(async () => {
    engine = await Engine.open(Object.fromEntries(SHIPPED.map((stack) => [stack, shipped(stack)])));
    for (const stack of SHIPPED) {
      plans.set(stack, await buildPlan(stack, valuesOf(shipped(stack))));
      previews.set(stack, await engine.done("preview", stack, "--json"));
    }
    for (const stack of DEPLOYED) {
      const run = await engine.done("up", stack);
      updates.set(stack, { run, state: await engine.resources(stack) });
    }
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  function planned(stack: Stack): ReadonlyMap<string, Told> {
    return new Map(plans.get(stack)?.resources.map((each) => [each.urn, toldByPlan(each)]));
  }

  test.each(SHIPPED)(
    "agree on every resource of %s, to the letter: URN, parent, options, dependencies, inputs",
    (stack) => {
      const preview = previews.get(stack);
      const told = byUrn(statesOf(preview?.stdout ?? "{}"), inputsOf(preview?.calls ?? []));

      expect(told.size).toBeGreaterThan(300);
      expect(Object.fromEntries(told)).toEqual(Object.fromEntries(planned(stack)));
    },
  );

  test.each(DEPLOYED)("agree on %s when it is deployed, where the plan knows a value", (stack) => {
    const { run, state } = updates.get(stack) ?? {};
    const told = byUrn(state ?? [], inputsOf(run?.calls ?? []));
    const wanted = planned(stack);

    expect([...told.keys()].sort()).toEqual([...wanted.keys()].sort());
    const differing = [...told].filter(([urn, { inputs, ...rest }]) => {
      const { inputs: known = null, ...others } = wanted.get(urn) ?? {};
      return !fits(known, inputs) || JSON.stringify(rest) !== JSON.stringify(others);
    });
    expect(differing).toEqual([]);
  });

  test("stand-in and engine know every value when a stack is deployed", () => {
    expect(JSON.stringify([...inputsOf(updates.get("sandbox")?.run.calls ?? []).values()])).not.toContain(COMPUTED);
  });
});

function toldByPlan({ parent, dependencies, options, inputs }: PlannedResource): Told {
  const { customTimeouts, ...others } = options;
  return {
    parent,
    dependencies,
    options: customTimeouts === undefined ? others : { ...others, customTimeouts: seconds(customTimeouts) },
    inputs,
  };
}

/** "20m" as the engine keeps it. */
function seconds(timeouts: JsonValue): Record<string, number> {
  const unit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
  return Object.fromEntries(
    Object.entries(timeouts as Readonly<Record<string, string>>).map(([key, text]) => [
      key,
      Number(text.slice(0, -1)) * (unit[text.slice(-1)] ?? Number.NaN),
    ]),
  );
}

function statesOf(digest: string): readonly Resource[] {
  const { steps } = JSON.parse(digest) as { steps?: readonly { readonly newState?: Resource }[] };
  return (steps ?? []).flatMap(({ newState }) => newState ?? []);
}

/** As the program gave them: what Check is asked, before the provider adds its own. */
function inputsOf(calls: readonly LogEntry[]): ReadonlyMap<string, JsonValue> {
  return new Map(
    calls.filter(({ method }) => method === "check").map(({ urn, inputs }) => [urn, inputs ?? null] as const),
  );
}

function byUrn(state: readonly Resource[], inputs: ReadonlyMap<string, JsonValue>): ReadonlyMap<string, Told> {
  const ours = state.filter(({ type }) => !type.startsWith("pulumi:"));
  const stack = state.find(({ type }) => type === "pulumi:pulumi:Stack")?.urn;
  return new Map(
    ours.map((each) => [
      each.urn,
      {
        parent: each.parent === undefined || each.parent === stack ? null : each.parent,
        dependencies: [...(each.dependencies ?? [])].sort(),
        options: optionsOf(each),
        inputs: each.custom === true ? (inputs.get(each.urn) ?? null) : ((each.inputs ?? {}) as JsonValue),
      },
    ]),
  );
}

const OPTIONS = [
  "protect",
  "retainOnDelete",
  "ignoreChanges",
  "replaceOnChanges",
  "additionalSecretOutputs",
  "customTimeouts",
  "deleteBeforeReplace",
  "deletedWith",
  "aliases",
] as const;

function optionsOf(resource: Resource): Record<string, unknown> {
  const all: Readonly<Record<string, unknown>> = { ...resource };
  return Object.fromEntries(OPTIONS.flatMap((option) => (isSet(all[option]) ? [[option, all[option]]] : [])));
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && value !== "" && JSON.stringify(value) !== "{}";
}

/** Is the value what the plan knows of it? */
function fits(known: JsonValue, value: JsonValue | undefined): boolean {
  if (known === COMPUTED || known === SECRET) {
    return value !== undefined;
  }
  if (typeof known !== "object" || known === null || typeof value !== "object" || value === null) {
    return known === value;
  }
  const keys = new Set([...Object.keys(known), ...Object.keys(value)]);
  return (
    Array.isArray(known) === Array.isArray(value) &&
    [...keys].every((key) => {
      const inner: unknown = Reflect.get(known, key);
      return inner !== undefined && fits(inner as JsonValue, Reflect.get(value, key) as JsonValue | undefined);
    })
  );
}
