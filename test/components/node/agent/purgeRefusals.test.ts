import { BEGINNING, sealEntry } from "../../../../components/node/protocol/purgeLog";
import { purgeKey } from "../../../../components/node/protocol/storeKeys";
import { KEY, PurgeRig, purgeOf, REGION, REPEAT_AFTER, url } from "./purgeRig";

const REFUSED = "purge head refused: no known key has signed it for this region";
const GOOD = "hard url www.example.com/good";

let rig: PurgeRig;

beforeEach(async () => {
  rig = new PurgeRig();
  await rig.feed.poll();
  rig.seconds += REPEAT_AFTER;
  await rig.feed.poll();
  rig.taken();
});

afterEach(() => {
  rig.stop();
});

const evil = purgeOf({ kind: "all" });

describe("a head", () => {
  test.each<[string, string | (() => string)]>([
    ["that is forged", sealEntry("forged", REGION, BEGINNING, evil).text],
    ["of another region", sealEntry(KEY, "eu-west-2", BEGINNING, evil).text],
    ["that is not JSON", "everything"],
    ["that is empty", ""],
    ["that is not even text", "\uFFFD\u0000"],
    ["that is huge", () => "x".repeat(20_000_000)],
  ])("rejects one %s, says so once, and does not call itself caught up", async (_, text) => {
    rig.publish([purgeOf(url("/good"))]);
    const good = rig.objects.get("purge-head") ?? "";
    rig.objects.set("purge-head", typeof text === "string" ? text : text());
    rig.seconds += 60;

    await rig.feed.poll();
    await rig.feed.poll();

    expect(rig.taken()).toEqual([]);
    expect(rig.feed).toMatchObject({ position: 0, refused: 1, carriedOut: 0 });
    expect(rig.feed.lagSeconds()).toBe(60);
    expect(rig.logged).toEqual([REFUSED]);

    rig.objects.set("purge-head", good);
    await rig.feed.poll();
    expect(rig.taken()).toEqual([GOOD]);
    expect(rig.feed.lagSeconds()).toBe(0);
  });

  test("a new node waits for one that it can trust", async () => {
    rig.objects.set("purge-head", sealEntry("forged", REGION, BEGINNING, evil).text);
    rig.reboot();

    await rig.feed.poll();

    expect(rig.feed.position).toBe(-1);
    expect(rig.taken()).toEqual([]);
  });

  test("a replayed former one loses no purge: the cache is emptied, and what then follows is carried out", async () => {
    rig.publish([purgeOf(url("/1"))]);
    const restore = rig.backUp();
    rig.publish([purgeOf(url("/2")), purgeOf(url("/3"))]);
    await rig.feed.poll();
    rig.taken();

    restore();
    await rig.feed.poll();
    rig.publish([purgeOf(url("/good"))]);
    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush", GOOD]);
  });
});

describe("a former entry", () => {
  test.each<[string, string]>([
    ["that is forged", sealEntry("forged", REGION, BEGINNING, evil).text],
    ["of another region", sealEntry(KEY, "eu-west-2", BEGINNING, evil).text],
    ["of another log", sealEntry(KEY, REGION, { number: 0, digest: "1".repeat(64) }, evil).text],
    ["of another number", sealEntry(KEY, REGION, { ...BEGINNING, number: 1 }, evil).text],
    ["that is not JSON", "everything"],
  ])("rejects one %s: what it was cannot be known, so that everything goes", async (_, text) => {
    rig.publish([purgeOf(url("/1")), purgeOf(url("/2"))]);
    rig.objects.set(purgeKey(1), text);

    await rig.feed.poll();

    expect(rig.taken()).toEqual(["flush"]);
    expect(rig.feed).toMatchObject({ position: 2, carriedOut: 0 });
  });
});

describe("a key that the node does not know yet", () => {
  test("is read, and the entry carried out", async () => {
    rig.newKeys = ["purge-key-2", KEY];
    rig.publish([purgeOf(url("/good"))], "purge-key-2");

    await rig.feed.poll();

    expect(rig.taken()).toEqual([GOOD]);
    expect(rig.feed.refused).toBe(0);
  });

  test("is waited for while keys cannot be read: the entry is not skipped", async () => {
    rig.newKeys = ["purge-key-2"];
    rig.publish([purgeOf(url("/good"))], "purge-key-2");
    rig.away.add("keys");

    await expect(rig.feed.poll()).rejects.toThrow(new Error("keys is away"));
    expect(rig.feed).toMatchObject({ position: 0, refused: 0 });

    rig.away.clear();
    await rig.feed.poll();
    expect(rig.taken()).toEqual([GOOD]);
  });

  test("is asked for once for all entries that came together", async () => {
    rig.keys = ["purge-key-0"];
    rig.newKeys = ["purge-key-0"];
    rig.publish(Array.from({ length: 16 }, () => evil));

    await rig.feed.poll();

    expect(rig.refreshes).toBe(1);
  });

  test("entries of the former key are carried out while both are known", async () => {
    rig.keys = ["purge-key-2", KEY];
    rig.publish([purgeOf(url("/good"))]);
    rig.publish([purgeOf(url("/new"))], "purge-key-2");

    await rig.feed.poll();

    expect(rig.taken()).toEqual([GOOD, "hard url www.example.com/new"]);
    expect(rig.refreshes).toBe(0);
  });
});
