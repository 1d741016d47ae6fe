import program from "../../infra/index";
import { record, type Recording } from "../../infra/plan/harness";
import { changes, small, update, valuesOf } from "../support/stacks";

// What seeded faults (test/faults) showed that no other test saw.

const NOTHING = { added: [], removed: [], changed: [] };
const input = small({ "eu-west-1": {}, "us-east-1": {} });

/** All that moves with the clock but the date: the harness waits by these. */
const TIMERS = [
  "hrtime",
  "nextTick",
  "performance",
  "queueMicrotask",
  "setImmediate",
  "clearImmediate",
  "setInterval",
  "clearInterval",
  "setTimeout",
  "clearTimeout",
] as const;

async function plannedOn(day: string): Promise<Recording> {
  jest.useFakeTimers({ now: new Date(day), doNotFake: [...TIMERS] });
  try {
    return await record(program, { config: valuesOf(input) });
  } finally {
    jest.useRealTimers();
  }
}

test("the plan is the same on another day (P13)", async () => {
  const [today, later] = [await plannedOn("2026-11-22T00:00:00Z"), await plannedOn("2031-02-03T04:05:06Z")];

  expect(changes(today, later)).toEqual(NOTHING);
  expect(later.outputs).toEqual(today.outputs);
});

test("an edit of a tag changes tags alone, and so replaces no node (P8)", async () => {
  const withoutTags = ({ registrations, outputs }: Recording): Recording => ({
    outputs,
    registrations: registrations.map((each) => {
      const { tags: _, ...inputs } = each.inputs;
      return { ...each, inputs };
    }),
  });
  const [before, after] = [await update(input), await update({ ...input, tags: { team: "edge" } })];

  expect(changes(before, after).changed).toContain("LaunchTemplate eu-west-1-nodes");
  expect(changes(withoutTags(before), withoutTags(after))).toEqual(NOTHING);
});
