import fc from "fast-check";
import { purgeKey } from "../../../../components/node/protocol/storeKeys";
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
  await rig.feed.start();
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
    [purgeOf({ kind: "all" }), ["flush"]],
    [purgeOf({ kind: "all" }, true), ["soft all "]],
  ])("%j", async (purge, expected) => {
    await serving();
    rig.publish(1, [purge]);

    await rig.feed.poll();

    expect(rig.taken()).toEqual(expected);
  });

  test("each is done once more, since a fetch under way may have stored the former response", async () => {
    await serving();
    rig.publish(1, purges(1, 2));
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
    rig.publish(1, purges(1, count));

    await rig.feed.poll();

    expect(rig.taken()).toEqual(hard(1, count));
    expect(rig.feed).toMatchObject({ position: count, carriedOut: count, refused: 0 });
  });

  test("nothing new costs one request", async () => {
    await serving();
    rig.asked.length = 0;

    await rig.feed.poll();

    expect(rig.asked).toEqual([purgeKey(1)]);
  });

  test("an entry behind one that is not there yet waits for it", async () => {
    await serving();
    rig.publish(1, purges(1, 4));
    const third = rig.objects.get(purgeKey(3)) ?? "";
    rig.objects.delete(purgeKey(3));

    await rig.feed.poll();
    expect(rig.taken()).toEqual(hard(1, 2));

    rig.objects.set(purgeKey(3), third);
    await rig.feed.poll();
    expect(rig.taken()).toEqual(hard(3, 4));
  });

  test("calls at the same time do not carry anything out twice", async () => {
    await serving();
    rig.publish(1, purges(1, 20));

    await Promise.all([rig.feed.poll(), rig.feed.lookAtHead(), rig.feed.poll(), rig.feed.start()]);

    expect(rig.taken()).toEqual(hard(1, 20));
  });
});

describe("where a node begins", () => {
  test("a late joiner empties its cache and begins after the head", async () => {
    rig.publish(1, purges(1, 5));

    await rig.feed.start();
    rig.publish(6, purges(6, 6));
    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush", ...hard(6, 6)]);
    expect(rig.feed.position).toBe(6);
  });

  test("what is published while it begins is carried out after its cache was emptied", async () => {
    rig.publish(1, purges(1, 5));
    rig.onGet = (key) => {
      if (key === "purge-head") {
        // After the head was read.
        queueMicrotask(() => {
          queueMicrotask(() => {
            rig.publish(6, purges(6, 6));
            rig.onGet = () => undefined;
          });
        });
      }
    };

    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush", ...hard(6, 6)]);
  });

  test("an empty log begins with 1", async () => {
    await rig.feed.start();
    rig.publish(1, purges(1, 1));
    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush", ...hard(1, 1)]);
  });

  test("a log without a head is carried out from its oldest entry on", async () => {
    rig.publish(7, purges(7, 9));
    rig.objects.delete("purge-head");
    rig.objects.set("purge/readme", "no entry");

    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush", ...hard(7, 9)]);
  });

  test("the next agent goes on where the former was", async () => {
    await serving();
    rig.publish(1, purges(1, 3));
    await rig.feed.poll();
    rig.seconds += REPEAT_AFTER;
    await rig.feed.poll();
    rig.taken();

    rig.restartAgent();
    rig.publish(4, purges(4, 5));
    await rig.feed.start();
    await rig.feed.poll();

    expect(rig.taken()).toEqual(hard(4, 5));
  });

  test("the next agent does once more what the former had done only once", async () => {
    await serving();
    rig.publish(1, purges(1, 2));
    await rig.feed.poll();
    rig.taken();

    rig.restartAgent();
    await rig.feed.start();
    expect(rig.taken()).toEqual(hard(1, 2));

    rig.seconds += REPEAT_AFTER;
    await rig.feed.poll();
    expect(rig.taken()).toEqual(hard(1, 2));
  });

  test("an agent that ended before its cache was emptied twice empties it again", async () => {
    rig.publish(1, purges(1, 5));
    await rig.feed.start();
    rig.taken();

    rig.restartAgent();
    await rig.feed.start();

    expect(rig.taken()).toEqual(["flush"]);
  });

  test("a reboot begins anew", async () => {
    rig.publish(1, purges(1, 2));
    await serving();

    rig.reboot();
    await rig.feed.start();

    expect(rig.taken()).toEqual(["flush"]);
    expect(rig.feed.position).toBe(2);
  });
});

describe("what is missing", () => {
  test("a node whose next entry has expired empties its cache, twice, and goes on at the head", async () => {
    await serving();
    rig.publish(1, purges(1, 9));
    rig.expire(1, 7);

    await rig.feed.poll();
    expect(rig.taken()).toEqual([]);

    await rig.feed.lookAtHead();
    expect(rig.taken()).toEqual(["flush"]);
    expect(rig.feed.position).toBe(9);

    rig.publish(10, purges(10, 10));
    rig.seconds += REPEAT_AFTER;
    await rig.feed.poll();
    expect(rig.taken()).toEqual(["flush", ...hard(10, 10)]);
  });

  test("an agent that starts after a long absence sees it at once", async () => {
    await serving();
    rig.publish(1, purges(1, 9));
    rig.expire(1, 9);

    rig.restartAgent();
    await rig.feed.start();

    expect(rig.taken()).toEqual(["flush"]);
  });

  test("an agent that ended before that was done twice finds it again", async () => {
    await serving();
    rig.publish(1, purges(1, 9));
    rig.expire(1, 9);
    await rig.feed.lookAtHead();
    rig.taken();

    rig.restartAgent();
    await rig.feed.start();

    expect(rig.taken()).toEqual(["flush"]);
  });

  test("a gap in the log counts as missing entries", async () => {
    await serving();
    rig.publish(1, purges(1, 9));
    rig.expire(4, 4);

    await rig.feed.lookAtHead();

    expect(rig.taken()).toEqual([...hard(1, 3), "flush"]);
    expect(rig.feed.position).toBe(9);
  });

  test("what was published a moment before the look at the head is no loss", async () => {
    await serving();
    rig.publish(1, purges(1, 3));

    await rig.feed.lookAtHead();

    expect(rig.taken()).toEqual(hard(1, 3));
  });

  test("a head that lags behind changes nothing while its entry is there", async () => {
    await serving();
    rig.publish(1, purges(1, 3));
    await rig.feed.poll();
    rig.taken();
    rig.head(2);

    await rig.feed.lookAtHead();

    expect(rig.taken()).toEqual([]);
    expect(rig.feed.position).toBe(3);
  });

  test("numbers that are given again, after a publisher was cut off and its entry expired, are not lost", async () => {
    await serving();
    rig.publish(1, purges(1, 3));
    await rig.feed.poll();
    rig.taken();
    rig.head(2);
    rig.expire(1, 3);

    await rig.feed.lookAtHead();
    expect(rig.taken()).toEqual(["flush"]);

    rig.publish(3, [purgeOf(url("/again"))]);
    await rig.feed.poll();
    expect(rig.taken()).toEqual(["hard url www.example.com/again"]);
  });
});

describe("what is away", () => {
  test("the position does not move while the cache is away, and nothing is lost", async () => {
    await serving();
    rig.publish(1, purges(1, 3));
    rig.away.add("cache");

    await expect(rig.feed.poll()).rejects.toThrow(new Error("cache is away"));
    expect(rig.feed).toMatchObject({ position: 0, carriedOut: 0 });

    rig.away.clear();
    await rig.feed.poll();
    expect(rig.taken()).toEqual(hard(1, 3));
  });

  test("what was to be done once more waits for the cache", async () => {
    await serving();
    rig.publish(1, purges(1, 2));
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
    rig.publish(1, purges(1, 3));
    rig.away.add("store");
    await expect(rig.feed.start()).rejects.toThrow(new Error("store is away"));
    rig.away.clear();
    rig.away.add("cache");
    await expect(rig.feed.start()).rejects.toThrow(new Error("cache is away"));
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
    rig.publish(1, purges(1, 40));
    rig.seconds += 600;
    await expect(rig.feed.poll()).rejects.toThrow(new Error("store is away"));
    await expect(rig.feed.lookAtHead()).rejects.toThrow(new Error("store is away"));
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

    await expect(rig.feed.start()).rejects.toThrow(new Error("store is away"));

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
    const step = fc.constantFrom("publish", "poll", "head", "store", "cache", "restart", "wait");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const own = new PurgeRig();
        try {
          let published = 0;
          await own.feed.start();
          const attempt = (run: Promise<void>): Promise<void> => run.catch(() => undefined);
          for (const each of steps) {
            if (each === "publish") {
              published += 1;
              own.publish(published, purges(published, published));
            } else if (each === "poll" || each === "head") {
              await attempt(each === "poll" ? own.feed.poll() : own.feed.lookAtHead());
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
            return done.filter((one) => one === each).length + (flushed > done.indexOf(each) ? 2 : 0);
          });
          expect(Math.min(2, ...times)).toBe(2);
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
