import fc from "fast-check";
import { FATES, PurgeWorld, REPEAT_AFTER } from "./purgeWorld";

/** Runs of the model; a longer search is one variable away. */
const RUNS = Number(process.env.FOOTPRINT_MODEL_RUNS ?? 60);

const node = fc.nat({ max: 1 });
const resource = fc.nat({ max: 2 });
const fates = fc.array(fc.constantFrom(...FATES, "answered" as const, "answered" as const), { maxLength: 8 });
const actor = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("publish" as const),
      resource,
      fates,
      // Of the publisher's clock, seconds.
      skew: fc.integer({ min: -90_000, max: 90_000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("poll" as const), node }) },
);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant("together" as const),
      actors: fc.array(actor, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("visit" as const), node, resource }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("change" as const), resource }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constantFrom("restart" as const, "reboot" as const, "away" as const), node }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constantFrom(
        "wait" as const,
        "expire" as const,
        "backUp" as const,
        "restore" as const,
        "loseHead" as const,
        "forge" as const,
      ),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function carryOut(world: PurgeWorld, scheduler: fc.Scheduler, each: Step): Promise<void> {
  switch (each.does) {
    case "together": {
      const before = [...world.promised];
      const polled = new Set<number>();
      await scheduler.waitFor(
        Promise.all(
          each.actors.map(async (one) => {
            if (one.does === "publish") {
              await world.publish(one.resource, one.fates, one.skew);
            } else if (await world.nodes[one.node]?.poll()) {
              polled.add(one.node);
            }
          }),
        ),
      );
      // Whoever knows that there is nothing newer has forgotten what was promised before it asked.
      polled.forEach((one) => {
        if (!world.damaged) {
          expectForgotten(world, one, before);
        }
      });
      return;
    }
    case "visit":
      world.visit(each.node, each.resource);
      return;
    case "change":
      world.change(each.resource);
      return;
    case "away": {
      const found = world.nodes[each.node];
      if (found !== undefined) {
        found.isAway = !found.isAway;
      }
      return;
    }
    case "restart":
    case "reboot":
      world.nodes[each.node]?.[each.does]();
      return;
    case "wait":
      world.seconds += REPEAT_AFTER;
      return;
    default:
      world[each.does]();
  }
}

function expectForgotten(world: PurgeWorld, which: number, promised: PurgeWorld["promised"]): void {
  const stale = promised.filter(
    ({ resource: of, version }) => (world.nodes[which]?.stored.get(of) ?? Infinity) < version,
  );
  expect(stale).toEqual([]);
}

/** Has everything come to rest: whoever was away is back, and something is published, as it will be some time. */
async function settle(world: PurgeWorld, scheduler: fc.Scheduler): Promise<void> {
  world.nodes.forEach((each) => {
    each.isAway = false;
  });
  await scheduler.waitFor(world.publish(0, [], 0));
  for (let i = 0; i < 2; i += 1) {
    await scheduler.waitFor(Promise.all(world.nodes.map((each) => each.poll())));
    world.seconds += REPEAT_AFTER;
  }
  await scheduler.waitFor(Promise.all(world.nodes.map((each) => each.poll())));
}

test("no purge is lost, none is repeated for ever, and nothing is flushed without a reason", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { maxLength: 25 }), async (scheduler, steps) => {
      const world = new PurgeWorld(scheduler);
      try {
        await scheduler.waitFor(Promise.all(world.nodes.map((each) => each.poll())));
        for (const each of steps) {
          await carryOut(world, scheduler, each);
        }
        await settle(world, scheduler);

        world.nodes.forEach((each, which) => {
          expectForgotten(world, which, world.promised);
          expect(each.flushes).toBeLessThanOrEqual(2 * each.reasons);
          // Once, once more, and again by an agent that was started anew.
          expect(Math.max(0, ...each.times.values())).toBeLessThanOrEqual(2 + each.restarts);
        });
        const done = world.nodes.map(({ flushes, times }) => ({ flushes, times: [...times] }));
        for (let i = 0; i < 3; i += 1) {
          world.seconds += 10 * REPEAT_AFTER;
          await scheduler.waitFor(Promise.all(world.nodes.map((each) => each.poll())));
        }
        expect(world.nodes.map(({ flushes, times }) => ({ flushes, times: [...times] }))).toEqual(done);
      } finally {
        world.stop();
      }
    }),
    { numRuns: RUNS },
  );
});
