import fc from "fast-check";
import { purgeKey } from "../../../../components/node/protocol/storeKeys";
import type { After, Purge, Target } from "../../../../components/node/protocol/purgeLog";
import { PurgeRig, purgeOf, REPEAT_AFTER, url } from "./purgeRig";

let rig: PurgeRig;

beforeEach(() => {
  rig = new PurgeRig();
});

afterEach(() => {
  rig.stop();
});

/** A node that serves already: its feed has started on an empty log, and what that repeats is over. */
async function serving(): Promise<void> {
  await rig.feed.poll();
  rig.seconds += REPEAT_AFTER;
  await rig.feed.poll();
  rig.taken();
}

const paths = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `/${String(from + i)}`);
const purges = (from: number, to: number) => paths(from, to).map((path) => purgeOf(url(path)));
const hard = (from: number, to: number) => paths(from, to).map((path) => `hard url www.example.com${path}`);

describe("what a purge takes out", () => {
  test.each([
    [purgeOf(url("/a")), ["hard url www.example.com/a"]],
    [purgeOf({ kind: "tag", host: "www.example.com", tag: "t" }, true), ["soft tag www.example.comt"]],
    [purgeOf({ kind: "host", host: "www.example.com" }), ["hard host www.example.com"]],
    [purgeOf({ kind: "prefix", host: "www.example.com", path: "/a/" }), ["hard prefix www.example.com/a/"]],
    [purgeOf({ kind: "all" }), ["flush"]],
    [purgeOf({ kind: "all" }, true), ["soft all "]],
  ])("%j", async (purge, expected) => {
    await serving();
    rig.publish([purge]);

    await rig.feed.poll();

    expect(rig.taken()).toEqual(expected);
  });

  test("each is done once more, since a fetch under way may have stored the former response", async () => {
    await serving();
    rig.publish(purges(1, 2));
    await rig.feed.poll();
    rig.taken();

    rig.seconds += REPEAT_AFTER - 1;
    await rig.feed.poll();
    expect(rig.taken()).toEqual([]);

    rig.seconds += 1;
    await rig.feed.poll();
    expect(rig.taken()).toEqual(hard(1, 2));

    rig.seconds += 10 * REPEAT_AFTER;
    await rig.feed.poll();
    expect(rig.taken()).toEqual([]);
  });
});

describe("order", () => {
  test.each([1, 2, 16, 17, 100])("%i purges at once are carried out in their order, each once", async (count) => {
    await serving();
    rig.publish(purges(1, count));

    await rig.feed.poll();

    expect(rig.taken()).toEqual(hard(1, count));
    expect(rig.feed).toMatchObject({ position: count, carriedOut: count, refused: 0 });
  });

  test("nothing new costs one request", async () => {
    await serving();
    rig.asked.length = 0;

    await rig.feed.poll();

    expect(rig.asked).toEqual(["purge-head"]);
  });

  test("calls at the same time do not carry anything out twice", async () => {
    await serving();
    rig.publish(purges(1, 20));

    await Promise.all([rig.feed.poll(), rig.feed.poll(), rig.feed.poll()]);

    expect(rig.taken()).toEqual(hard(1, 20));
  });
});

describe("where a node begins", () => {
  test("a late joiner empties its cache and begins after the head", async () => {
    rig.publish(purges(1, 5));

    await rig.feed.poll();
    rig.publish(purges(6, 6));
    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush", ...hard(6, 6)]);
    expect(rig.feed.position).toBe(6);
  });

  test("what is published while it begins is carried out after its cache was emptied", async () => {
    rig.publish(purges(1, 5));
    rig.onGet = () => {
      // After the head was read.
      queueMicrotask(() => {
        queueMicrotask(() => {
          rig.publish(purges(6, 6));
        });
      });
      rig.onGet = () => undefined;
    };

    await rig.feed.poll();
    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush", ...hard(6, 6)]);
  });

  test("an empty log begins with 1", async () => {
    await rig.feed.poll();
    rig.publish(purges(1, 1));
    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush", ...hard(1, 1)]);
  });

  test("the next agent goes on where the former was", async () => {
    await serving();
    rig.publish(purges(1, 3));
    await rig.feed.poll();
    rig.seconds += REPEAT_AFTER;
    await rig.feed.poll();
    rig.taken();

    rig.restartAgent();
    rig.publish(purges(4, 5));
    await rig.feed.poll();
    await rig.feed.poll();

    expect(rig.taken()).toEqual(hard(4, 5));
  });

  test("the next agent does not do anything again", async () => {
    await serving();
    rig.publish(purges(1, 2));
    await rig.feed.poll();
    rig.taken();

    for (let i = 0; i < 3; i += 1) {
      rig.restartAgent();
      await rig.feed.poll();
    }

    expect(rig.taken()).toEqual([]);
    expect(rig.feed.position).toBe(2);
  });

  test("a reboot begins anew", async () => {
    rig.publish(purges(1, 2));
    await serving();

    rig.reboot();
    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush"]);
    expect(rig.feed.position).toBe(2);
  });
});

describe("what is missing", () => {
  const FLUSHED = "purges are missing: everything is taken out";

  test("a node whose next entry has expired empties its cache, twice, and goes on at the head", async () => {
    await serving();
    rig.publish(purges(1, 9));
    rig.expire(1, 7);

    await rig.feed.poll();
    expect(rig.taken()).toEqual(["flush"]);
    expect(rig.feed.position).toBe(9);

    rig.publish(purges(10, 10));
    rig.seconds += REPEAT_AFTER;
    await rig.feed.poll();
    expect(rig.taken()).toEqual(["flush", ...hard(10, 10)]);
    expect(rig.logged).toEqual([FLUSHED]);
  });

  test("that all before the head has expired is no loss for who is there", async () => {
    await serving();
    rig.publish(purges(1, 9));
    await rig.feed.poll();
    rig.expire(1, 9);
    rig.taken();

    rig.restartAgent();
    await rig.feed.poll();
    rig.publish(purges(10, 10));
    await rig.feed.poll();

    expect(rig.taken()).toEqual(hard(10, 10));
  });

  test("a gap in the log counts as missing entries", async () => {
    await serving();
    rig.publish(purges(1, 9));
    rig.expire(4, 4);

    await rig.feed.poll();

    expect(rig.taken()).toEqual([...hard(1, 3), "flush"]);
    expect(rig.feed.position).toBe(9);
  });

  test("an entry that somebody has changed counts as missing", async () => {
    await serving();
    rig.publish(purges(1, 4));
    rig.objects.set(purgeKey(2), rig.objects.get(purgeKey(3)) ?? "");

    await rig.feed.poll();

    expect(rig.taken()).toEqual([...hard(1, 1), "flush"]);
    expect(rig.feed.position).toBe(4);
  });

  test.each([
    ["below its place", 1],
    ["at its place", 2],
    ["beyond its place", 5],
  ])("a log that was restored from a backup and went on to %s empties the cache once", async (_, more) => {
    await serving();
    rig.publish(purges(1, 2));
    const restore = rig.backUp();
    rig.publish(purges(3, 4));
    await rig.feed.poll();
    rig.taken();

    restore();
    rig.publish(purges(11, 10 + more));
    await rig.feed.poll();
    rig.publish(purges(20, 20));
    await rig.feed.poll();
    rig.restartAgent();
    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush", ...hard(20, 20)]);
  });

  test("a head that is gone takes nothing out, and is told", async () => {
    await serving();
    rig.publish(purges(1, 3));
    await rig.feed.poll();
    rig.taken();
    rig.objects.delete("purge-head");

    await rig.feed.poll();
    await rig.feed.poll();

    expect(rig.taken()).toEqual([]);
    expect(rig.feed).toMatchObject({ position: 3 });
    expect(rig.logged).toEqual(["the purge head is gone"]);
  });

  test("a purge of a later version, which it does not understand, takes out everything", async () => {
    await serving();
    rig.publish([{ ...purgeOf(url("/a")), targets: [JSON.parse('{ "kind": "weather" }') as Target] }]);
    rig.publish(purges(2, 2));

    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush", ...hard(2, 2)]);
  });
});

describe("how many objects a purge took out", () => {
  test("is kept by number for the newest; nobody counts a prefix or everything", async () => {
    await serving();
    rig.publish([
      { ...purgeOf(url("/a")), targets: [url("/a"), url("/b")] },
      purgeOf({ kind: "prefix", host: "www.example.com", path: "/a/" }),
      purgeOf({ kind: "all" }),
      ...purges(4, 99),
    ]);

    await rig.feed.poll();

    expect(rig.feed.taken).toHaveLength(64);
    expect(rig.feed.taken.at(-1)).toEqual({ number: 99, objects: 3 });
    rig.reboot();
    rig.publish([{ ...purgeOf(url("/a")), targets: [url("/a"), url("/b")] }, purgeOf({ kind: "all" })]);
    await rig.feed.poll();
    expect(rig.feed.taken).toEqual([{ number: 101, objects: null }]);
  });
});

describe("what is away", () => {
  test("the position does not move while the cache is away, and nothing is lost", async () => {
    await serving();
    rig.publish(purges(1, 3));
    rig.away.add("cache");

    await expect(rig.feed.poll()).rejects.toThrow(new Error("cache is away"));
    expect(rig.feed).toMatchObject({ position: 0, carriedOut: 0 });

    rig.away.clear();
    await rig.feed.poll();
    expect(rig.taken()).toEqual(hard(1, 3));
  });

  test("what was to be done once more waits for the cache", async () => {
    await serving();
    rig.publish(purges(1, 2));
    await rig.feed.poll();
    rig.taken();
    rig.seconds += REPEAT_AFTER;
    rig.away.add("cache");
    await expect(rig.feed.poll()).rejects.toThrow(new Error("cache is away"));

    rig.away.clear();
    await rig.feed.poll();

    expect(rig.taken()).toEqual(hard(1, 2));
  });

  test("a start without a cache or a store begins later", async () => {
    rig.publish(purges(1, 3));
    rig.away.add("store");
    await expect(rig.feed.poll()).rejects.toThrow(new Error("store is away"));
    rig.away.clear();
    rig.away.add("cache");
    await expect(rig.feed.poll()).rejects.toThrow(new Error("cache is away"));
    expect(rig.feed.position).toBe(-1);

    rig.away.clear();
    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush"]);
    expect(rig.feed.position).toBe(3);
  });

  test("lag grows while the store is away, and no purge of that time is lost", async () => {
    await serving();
    expect(rig.feed.lagSeconds()).toBe(0);
    rig.away.add("store");
    rig.publish(purges(1, 40));
    rig.seconds += 600;
    await expect(rig.feed.poll()).rejects.toThrow(new Error("store is away"));
    expect(rig.feed.lagSeconds()).toBe(600);
    expect(rig.taken()).toEqual([]);

    rig.away.clear();
    await rig.feed.poll();

    expect(rig.taken()).toEqual(hard(1, 40));
    expect(rig.feed.lagSeconds()).toBe(0);
  });

  test("lag goes on where a former agent was, and ends with a look of this one", async () => {
    await serving();
    rig.seconds += REPEAT_AFTER;
    await rig.feed.poll();
    rig.away.add("store");
    rig.seconds += 600;

    rig.restartAgent();
    await expect(rig.feed.poll()).rejects.toThrow(new Error("store is away"));
    expect([rig.feed.lagSeconds(), rig.feed.caughtUpAt]).toEqual([600, null]);

    rig.away.clear();
    await rig.feed.poll();
    expect(rig.feed.lagSeconds()).toBe(0);
    expect(rig.feed.caughtUpAt).not.toBeNull();
  });

  test("lag counts from the start while the log was never read", async () => {
    rig.away.add("store");
    rig.seconds += 7;

    await expect(rig.feed.poll()).rejects.toThrow(new Error("store is away"));

    expect(rig.feed.caughtUpAt).toBeNull();
    expect(rig.feed.lagSeconds()).toBe(7);
  });

  test("caught up is when the log was asked, not when it had answered", async () => {
    await serving();
    rig.onGet = () => {
      rig.seconds += 3;
    };

    await rig.feed.poll();

    expect(rig.feed.lagSeconds()).toBe(3);
  });

  test("no failure of store, cache or agent loses a purge, or changes the order of the first times", async () => {
    const step = fc.constantFrom("publish", "poll", "store", "cache", "restart", "wait");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const own = new PurgeRig();
        try {
          let published = 0;
          await own.feed.poll();
          const attempt = (run: Promise<void>): Promise<void> => run.catch(() => undefined);
          for (const each of steps) {
            if (each === "publish") {
              published += 1;
              own.publish(purges(published, published));
            } else if (each === "poll") {
              await attempt(own.feed.poll());
            } else if (each === "restart") {
              own.restartAgent();
            } else if (each === "wait") {
              own.seconds += 2;
            } else if (!own.away.delete(each)) {
              own.away.add(each);
            }
          }
          own.away.clear();
          await own.feed.poll();
          own.seconds += REPEAT_AFTER;
          await own.feed.poll();
          const done = own.taken();
          const wanted = hard(1, published);
          // A later flush covers an entry as well as the entry itself does.
          const times = wanted.map((each) => {
            const flushed = done.lastIndexOf("flush");
            return done.filter((one) => one === each).length + (flushed > done.indexOf(each) ? 1 : 0);
          });
          expect(Math.min(1, ...times)).toBe(1);
          expect(done.filter((one) => one === "flush").length).toBeLessThanOrEqual(2);
          expect([...new Set(done.filter((one) => one !== "flush"))].sort(byNumber)).toEqual([
            ...new Set(done.filter((one) => one !== "flush")),
          ]);
          expect(own.feed.position).toBe(published);
        } finally {
          own.stop();
        }
      }),
      { numRuns: 100 },
    );
  });
});

const byNumber = (a: string, b: string): number => Number(a.split("/")[1]) - Number(b.split("/")[1]);

describe("what a node says of itself, and needs of others", () => {
  const after = (purge: Purge, numbers: After): Purge => ({ ...purge, after: numbers });

  test("it needs more before it takes anything out, and has done more after that; so again at the repeat", async () => {
    await serving();
    rig.marks.splice(0, rig.marks.length - 1);
    rig.publish([after(purgeOf(url("/a")), { "us-east-1": 7, "ap-southeast-2": null })]);

    await rig.feed.poll();
    rig.seconds += REPEAT_AFTER;
    await rig.feed.poll();

    const unknown = "999999999999";
    expect(rig.taken()).toEqual(["hard url www.example.com/a", "hard url www.example.com/a"]);
    expect(rig.marks.slice(1)).toEqual([
      { done: "0.0", needs: `ap-southeast-2=${unknown}.0,eu-west-1=1.0,us-east-1=7.0`, taken: 0 },
      { done: "1.0", needs: `ap-southeast-2=${unknown}.0,eu-west-1=1.0,us-east-1=7.0`, taken: 1 },
      { done: "1.0", needs: `ap-southeast-2=${unknown}.${unknown},eu-west-1=1.1,us-east-1=7.7`, taken: 1 },
      { done: "1.1", needs: `ap-southeast-2=${unknown}.${unknown},eu-west-1=1.1,us-east-1=7.7`, taken: 2 },
    ]);
  });

  test("an entry that has no numbers of others ends what was needed of them", async () => {
    await serving();
    rig.publish([after(purgeOf(url("/a")), { "us-east-1": 7 }), purgeOf(url("/b"))]);

    await rig.feed.poll();

    expect(rig.marks.at(-1)).toMatchObject({ done: "2.0", needs: "eu-west-1=2.0" });
  });

  test("a node that begins needs what the head says, and its repeat as well", async () => {
    rig.publish([after(purgeOf(url("/a")), { "us-east-1": 7 })]);

    await rig.feed.poll();
    expect(rig.marks.at(-1)).toMatchObject({ done: "1.0", needs: "eu-west-1=1.0,us-east-1=7.0" });

    rig.seconds += REPEAT_AFTER;
    await rig.feed.poll();
    expect(rig.marks.at(-1)).toMatchObject({ done: "1.1", needs: "eu-west-1=1.1,us-east-1=7.7" });
  });

  test("the next agent needs no less than the former", async () => {
    await serving();
    rig.publish([after(purgeOf(url("/a")), { "us-east-1": 7 })]);
    await rig.feed.poll();

    rig.restartAgent();
    await rig.feed.poll();

    expect(rig.marks.at(-1)).toMatchObject({ done: "1.1", needs: "eu-west-1=1.1,us-east-1=7.7" });
  });

  test("nothing is taken out that others could give back, when the cache does not hear what is needed", async () => {
    await serving();
    rig.publish(purges(1, 1));
    rig.refuseMarks = true;

    await expect(rig.feed.poll()).rejects.toThrow("marks are refused");
    expect(rig.taken()).toEqual([]);

    rig.refuseMarks = false;
    await rig.feed.poll();
    expect(rig.taken()).toEqual(hard(1, 1));
  });
});
