import { sealHead, sealPurge } from "../../../../components/node/protocol/purgeLog";
import { purgeKey } from "../../../../components/node/protocol/storeKeys";
import { KEY, PurgeRig, purgeOf, REGION, REPEAT_AFTER, url } from "./purgeRig";

const REFUSED = "purge refused: no known key has signed it for its place";
const REFUSED_HEAD = "purge head refused: no known key has signed it for this region";
const GOOD = "hard url www.example.com/good";

let rig: PurgeRig;

beforeEach(async () => {
  rig = new PurgeRig();
  await rig.feed.start();
  rig.seconds += REPEAT_AFTER;
  await rig.feed.poll();
  rig.taken();
});

afterEach(() => {
  rig.stop();
});

const evil = purgeOf({ kind: "all" });

describe("an entry", () => {
  test.each<[string, string | (() => string)]>([
    ["that is forged", sealPurge("forged", REGION, 1, evil)],
    ["that was published under another number", sealPurge(KEY, REGION, 2, evil)],
    ["that was published in another region", sealPurge(KEY, "eu-west-2", 1, evil)],
    ["that is a head", sealHead(KEY, REGION, 1)],
    ["that is not JSON", "everything"],
    ["that is empty", ""],
    ["that is not even text", "\uFFFD\u0000"],
    ["that is huge", () => "x".repeat(20_000_000)],
    ["that names what no site has", sealPurge(KEY, REGION, 1, purgeOf({ kind: "host", host: "a b" }))],
  ])("rejects one %s, counts it, and goes on with the next", async (_, text) => {
    rig.publish(2, [purgeOf(url("/good"))]);
    rig.objects.set(purgeKey(1), typeof text === "string" ? text : text());

    await rig.feed.poll();

    expect(rig.taken()).toEqual([GOOD]);
    expect(rig.feed).toMatchObject({ position: 2, refused: 1, carriedOut: 1 });
    expect(rig.logged).toEqual([REFUSED]);
  });

  test("rejects one for good: the next agent does not count it again", async () => {
    rig.objects.set(purgeKey(1), "everything");
    await rig.feed.poll();

    rig.restartAgent();
    await rig.feed.start();
    await rig.feed.poll();

    expect(rig.feed).toMatchObject({ position: 1, refused: 0 });
    expect(rig.taken()).toEqual([]);
  });

  test("rejects a replay of the whole log behind its end", async () => {
    rig.publish(1, [purgeOf(url("/1")), purgeOf(url("/2")), purgeOf(url("/3"))]);
    await rig.feed.poll();
    rig.taken();

    for (let number = 1; number <= 3; number += 1) {
      rig.objects.set(purgeKey(3 + number), rig.objects.get(purgeKey(number)) ?? "");
    }
    await rig.feed.poll();

    expect(rig.taken()).toEqual([]);
    expect(rig.feed).toMatchObject({ position: 6, refused: 3 });
  });
});

describe("a key that the node does not know yet", () => {
  test("is read, and the entry carried out", async () => {
    rig.newKeys = ["purge-key-2", KEY];
    rig.publish(1, [purgeOf(url("/good"))], "purge-key-2");

    await rig.feed.poll();

    expect(rig.taken()).toEqual([GOOD]);
    expect(rig.feed.refused).toBe(0);
  });

  test("is read for a head, too", async () => {
    rig.newKeys = ["purge-key-2"];
    rig.head(7, "purge-key-2");

    await rig.feed.lookAtHead();

    expect(rig.taken()).toEqual(["flush"]);
    expect(rig.feed.position).toBe(7);
  });

  test("is waited for while keys cannot be read: the entry is not skipped", async () => {
    rig.newKeys = ["purge-key-2"];
    rig.publish(1, [purgeOf(url("/good"))], "purge-key-2");
    rig.away.add("keys");

    await expect(rig.feed.poll()).rejects.toThrow(new Error("keys is away"));
    expect(rig.feed).toMatchObject({ position: 0, refused: 0 });

    rig.away.clear();
    await rig.feed.poll();
    expect(rig.taken()).toEqual([GOOD]);
  });

  test("is asked for once for all entries that came together", async () => {
    rig.publish(
      1,
      Array.from({ length: 16 }, () => evil),
      "forged",
    );

    await rig.feed.poll();

    expect(rig.feed.refused).toBe(16);
    // In turns of 1, 2, 4, 8 and the last one with what follows.
    expect(rig.refreshes).toBe(5);
  });

  test("entries of the former key are carried out while both are known", async () => {
    rig.keys = ["purge-key-2", KEY];
    rig.publish(1, [purgeOf(url("/good"))]);
    rig.publish(2, [purgeOf(url("/new"))], "purge-key-2");

    await rig.feed.poll();

    expect(rig.taken()).toEqual([GOOD, "hard url www.example.com/new"]);
    expect(rig.refreshes).toBe(0);
  });
});

describe("a head", () => {
  test.each<[string, string]>([
    ["that is forged", sealHead("forged", REGION, 1_000_000)],
    ["of another region", sealHead(KEY, "eu-west-2", 1_000_000)],
    ["that is an entry", sealPurge(KEY, REGION, 1_000_000, evil)],
    ["that is not JSON", "1000000"],
  ])("rejects one %s, and says so once", async (_, text) => {
    rig.objects.set("purge-head", text);

    await rig.feed.lookAtHead();
    await rig.feed.lookAtHead();

    expect(rig.taken()).toEqual([]);
    expect(rig.feed.position).toBe(0);
    expect(rig.logged).toEqual([REFUSED_HEAD]);
  });

  test("a replayed former one changes nothing", async () => {
    rig.publish(1, [purgeOf(url("/1"))]);
    const former = rig.objects.get("purge-head") ?? "";
    rig.publish(2, [purgeOf(url("/2")), purgeOf(url("/3"))]);
    await rig.feed.poll();
    rig.taken();

    rig.objects.set("purge-head", former);
    await rig.feed.lookAtHead();

    expect(rig.taken()).toEqual([]);
    expect(rig.feed.position).toBe(3);
  });

  test("a late joiner that finds a forged one begins with the oldest entry", async () => {
    rig.publish(5, [purgeOf(url("/5")), purgeOf(url("/6"))]);
    rig.objects.set("purge-head", sealHead("forged", REGION, 1_000_000));

    rig.reboot();
    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush", "hard url www.example.com/5", "hard url www.example.com/6"]);
  });
});
