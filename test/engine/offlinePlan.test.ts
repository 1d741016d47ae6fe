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

  test.each(SHIPPED)("agree on every resource of %s: URN, parent, options, dependencies, inputs", (stack) => {
    const preview = previews.get(stack);
    const told = byUrn(statesOf(preview?.stdout ?? "{}"), inputsOf(preview?.calls ?? []));

    expect(told.size).toBeGreaterThan(300);
    expect(differences(planned(stack), told)).toEqual([]);
  });

  test.each(DEPLOYED)("agree on every resource of %s when it is deployed", (stack) => {
    const { run, state } = updates.get(stack) ?? {};

    expect(differences(planned(stack), byUrn(state ?? [], inputsOf(run?.calls ?? [])))).toEqual([]);
  });

  test("stand-in and engine know every value when a stack is deployed", () => {
    expect(JSON.stringify([...inputsOf(updates.get("sandbox")?.run.calls ?? []).values()])).not.toContain(COMPUTED);
  });
});

function toldByPlan({ parent, dependencies, options, inputs }: PlannedResource): Told {
  // Of what is deleted before it is replaced the engine keeps nothing in its state.
  const { customTimeouts, deleteBeforeReplace: _, ...others } = options;
  return {
    parent,
    dependencies,
    options: customTimeouts === undefined ? others : { ...others, customTimeouts: seconds(customTimeouts) },
    inputs,
  };
}

/** What only one of them has, or what they say otherwise; the plan may lack a value that a provider decides. */
function differences(wanted: ReadonlyMap<string, Told>, told: ReadonlyMap<string, Told>): object[] {
  return [...new Set([...wanted.keys(), ...told.keys()])].flatMap((urn) => {
    const [plan, engine] = [wanted.get(urn), told.get(urn)];
    return plan !== undefined && engine !== undefined && isTrue(plan, engine) ? [] : [{ urn, plan, engine }];
  });
}

function isTrue(plan: Told, engine: Told): boolean {
  const rest = ({ parent, dependencies, options }: Told) => [parent, dependencies, sorted(options)];
  return fits(plan.inputs, engine.inputs) && JSON.stringify(rest(plan)) === JSON.stringify(rest(engine));
}

function sorted(options: Readonly<Record<string, unknown>>): object {
  return Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
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
  "replacementTrigger",
  "additionalSecretOutputs",
  "customTimeouts",
  "deletedWith",
  "aliases",
] as const;

function optionsOf(resource: Resource): Record<string, unknown> {
  const all: Readonly<Record<string, unknown>> = { ...resource };
  return Object.fromEntries(
    OPTIONS.flatMap((option) => (isSet(all[option]) ? [[option, shownOf(option, all[option])]] : [])),
  );
}

/** What triggers a replacement is computed: the plan says that there is something, and not what. */
function shownOf(option: string, value: unknown): unknown {
  return option === "replacementTrigger" ? COMPUTED : value;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && value !== "" && JSON.stringify(value) !== "{}";
}

/** Is the value what the plan knows of it? The engine has names in a preview that the plan leaves to the provider. */
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
