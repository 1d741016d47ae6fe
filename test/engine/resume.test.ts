import type { Fault } from "../../infra/sandbox/aws/faults";
import type { LogEntry } from "../../infra/sandbox/aws/log";
import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY, tiny, type Run } from "./engine";
import { stateAsText, withoutRandomParts, worldAsText } from "./state";

const STACK = "one";
const FOOTPRINT = tiny({ "eu-west-1": {} });
/** Updates until all is there; each goes as far as it can. */
const MOST_UPDATES = 25;

describeWith([PULUMI_CLI], "creates that fail, of every type, and updates that resume (P45)", () => {
  const engines: Engine[] = [];
  let undisturbed: Engine;
  let disturbed: Engine;
  let first: Run;
  let types: readonly string[];
  const attempts: Run[] = [];
  let again: Run;
  const states = new Map<Engine, Awaited<ReturnType<Engine["deployment"]>>>();

  beforeAll(async () => {
    undisturbed = await open();
    first = await undisturbed.up(STACK, FOOTPRINT);
    types = [...new Set(creates(first.calls).map(({ type }) => type))].sort();

    disturbed = await open();
    disturbed.write(STACK, FOOTPRINT);
    disturbed.plan(types.flatMap(failures));
    do {
      attempts.push(await disturbed.run("up", STACK, "--continue-on-error"));
    } while (attempts.at(-1)?.status !== 0 && attempts.length < MOST_UPDATES);
    again = await disturbed.done("up", STACK);
    for (const engine of engines) {
      states.set(engine, await engine.deployment(STACK));
    }
  }, STORY);

  afterAll(() => {
    for (const engine of engines) {
      engine.close();
    }
  });

  async function open(): Promise<Engine> {
    const engine = await Engine.open();
    engines.push(engine);
    return engine;
  }

  function failed(words: string): string[] {
    return attempts
      .flatMap(({ calls }) => creates(calls))
      .filter(({ outcome, error }) => outcome === "refused" && error?.includes(words) === true)
      .map(({ type }) => type)
      .sort();
  }

  test("the updates go through in the end", () => {
    expect(attempts.at(-1)).toEqual(expect.objectContaining({ status: 0 }));
    expect(attempts.length).toBeGreaterThan(2);
  });

  test("one create of every type has failed, and another one after it was done", () => {
    expect(types.length).toBeGreaterThan(35);
    expect(failed("FailedBefore")).toEqual(types);
    expect(failed("FailedAfter")).toEqual(types.filter((type) => type.startsWith("aws:")));
  });

  test("the end state is that of an undisturbed run, with nothing twice, left over or pending", () => {
    const [wanted, got] = [undisturbed, disturbed].map((engine) => states.get(engine));

    expect(withoutRandomParts(stateAsText(got?.resources ?? []))).toBe(
      withoutRandomParts(stateAsText(wanted?.resources ?? [])),
    );
    expect(got?.pending_operations ?? []).toEqual([]);
  });

  test("the world is that of an undisturbed run", () => {
    expect(withoutRandomParts(worldAsText(disturbed.world()))).toBe(
      withoutRandomParts(worldAsText(undisturbed.world())),
    );
  });

  test("one more update changes nothing", () => {
    expect(again.steps).toEqual([]);
  });
});

/** The first create of a type is refused; where there is a second one, it is done and fails then. */
function failures(type: string): Fault[] {
  return [
    { method: "create", type, effect: "fail", code: "FailedBefore" },
    ...(type.startsWith("aws:")
      ? [{ method: "create" as const, type, effect: "fail-late" as const, code: "FailedAfter", nth: 2 }]
      : // What is in the state only is never half done.
        []),
  ];
}

function creates(calls: readonly LogEntry[]): readonly LogEntry[] {
  return calls.filter(({ method, preview }) => method === "create" && !preview);
}
