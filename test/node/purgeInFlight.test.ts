import { REMEMBERED } from "../../components/node/varnish/inFlight";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Held, reply, type Handler } from "./origin/scripted";
import { HOST, Rig, type PurgeKey } from "./origin/rig";

const STORED = { "cache-control": "max-age=3600, stale-while-revalidate=60", "surrogate-key": "mine other" };

/**
 * What is wanted is in issue threads of Varnish, whose bans and xkey see what is stored alone: a response that was read
 * by its origin before a purge must not be found after it.
 */
describeWith([DEBIAN], "a fetch that a purge overtakes", () => {
  let rig: Rig;
  let count = 0;

  beforeAll(async () => {
    rig = await Rig.start();
  });

  afterAll(async () => {
    await rig.stop();
  });

  const newPath = (): string => {
    count += 1;
    return `/in-flight/${String(count)}/page`;
  };

  /** An origin that has read its database for the first so many requests, and does not answer yet; then it has news. */
  function slow(path: string, held = 1, fields: Readonly<Record<string, string | readonly string[]>> = STORED) {
    const waits = Array.from({ length: held }, () => new Held(reply("former", fields)));
    let asked = 0;
    rig.origin.on(path, (response, request) => (waits[asked++]?.handler ?? reply("new", fields))(response, request));
    return waits;
  }

  async function isStored(path: string): Promise<boolean> {
    return /; ?hit/.test((await rig.get(path)).headers["cache-status"] ?? "");
  }

  const KEYS: readonly [string, (path: string) => [PurgeKey, "PURGE" | "SOFTPURGE" | "BAN"]][] = [
    ["its URL", (path) => [{ url: path }, "PURGE"]],
    ["its URL, softly", (path) => [{ url: path }, "SOFTPURGE"]],
    ["a tag of it", () => [{ tag: "other" }, "PURGE"]],
    ["a tag of it, by a ban", () => [{ tag: "mine" }, "BAN"]],
    ["its site", () => ["host", "PURGE"]],
    ["a prefix of its path", (path) => [{ prefix: path.slice(0, -2) }, "BAN"]],
    ["everything", () => ["all", "BAN"]],
    ["everything, softly", () => ["all", "SOFTPURGE"]],
  ];

  test.each(KEYS)("by %s: neither who waited nor who comes later gets the former body", async (_, purgeOf) => {
    const path = newPath();
    const [held] = slow(path);
    const first = rig.get(path);
    await held?.holds(1);

    const [key, method] = purgeOf(path);
    expect((await rig.purge(method, key)).status).toBe(200);
    const later = rig.crowd(20, path);
    held?.release();

    expect((await first).body).toBe("new");
    expect((await later).map(({ body }) => body)).toEqual(Array.from({ length: 20 }, () => "new"));
    expect(await isStored(path)).toBe(true);
    // The one that was overtaken, and one for all.
    expect(rig.origin.requests(path)).toHaveLength(2);
  });

  test.each<[string, PurgeKey, string]>([
    ["another URL", { url: "/elsewhere" }, HOST],
    ["another tag, of which its own is a part", { tag: "mine2" }, HOST],
    ["a tag that is part of its own", { tag: "min" }, HOST],
    ["its tag at another site", { tag: "mine" }, "other.example.com"],
    ["another path that begins alike", { prefix: "/in-flight/x" }, HOST],
    ["its path at another site", { prefix: "/in-flight" }, "other.example.com"],
  ])("is not disturbed by a purge of %s", async (_, key, host) => {
    const path = newPath();
    const [held] = slow(path);
    const first = rig.get(path);
    await held?.holds(1);

    await rig.purge(typeof key === "object" && "prefix" in key ? "BAN" : "PURGE", key, host);
    held?.release();

    expect((await first).body).toBe("former");
    expect(await isStored(path)).toBe(true);
    expect(rig.origin.requests(path)).toHaveLength(1);
  });

  test(`is still told of the first of ${String(REMEMBERED)} purges, and not disturbed by as many others`, async () => {
    const [mine, another] = [newPath(), newPath()];
    const [held, other] = [slow(mine)[0], slow(another)[0]];
    const answers = [rig.get(mine), rig.get(another)];
    await Promise.all([held?.holds(1), other?.holds(1)]);

    await rig.purge("PURGE", { url: mine });
    for (let i = 1; i < REMEMBERED; i += 1) {
      await rig.purge("PURGE", { url: `/elsewhere/${String(i)}` });
    }
    held?.release();
    other?.release();

    expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(["new", "former"]);
  });

  test("that more purges overtook than are remembered begins anew, whatever they were for", async () => {
    const path = newPath();
    const [held] = slow(path);
    const first = rig.get(path);
    await held?.holds(1);

    for (let i = 0; i <= REMEMBERED; i += 1) {
      await rig.purge("PURGE", { url: `/elsewhere/${String(i)}` });
    }
    held?.release();

    expect((await first).body).toBe("new");
    expect(rig.origin.requests(path)).toHaveLength(2);
  });

  test("that is overtaken again and again is answered in the end, and not stored", async () => {
    const path = newPath();
    const waits = slow(path, 3);
    const first = rig.get(path);
    for (const held of waits) {
      await held.holds(1);
      await rig.purge("PURGE", { url: path });
      held.release();
    }

    const answer = await first;
    expect(answer).toMatchObject({ status: 200, body: "former" });
    expect(answer.headers["cache-status"]).toContain("detail=purged");
    expect((await rig.get(path)).body).toBe("new");
    expect(await isStored(path)).toBe(true);
  });

  test("behind a client's back does not bring the former body back", async () => {
    const path = newPath();
    const held = new Held(reply("former", STORED));
    const turns: Handler[] = [reply("former", STORED), held.handler];
    rig.origin.on(path, (response, request) => (turns.shift() ?? reply("new", STORED))(response, request));
    await rig.get(path);
    await rig.age(path);
    expect((await rig.get(path)).body).toBe("former");
    await held.holds(1);

    await rig.purge("PURGE", { url: path });
    held.release();

    expect((await rig.get(path)).body).toBe("new");
    expect(await isStored(path)).toBe(true);
  });

  test("and whose stored response is only confirmed, without its tags, does not make that fresh again", async () => {
    const path = newPath();
    const fields = { ...STORED, "cache-control": "max-age=3600, stale-while-revalidate=0", etag: '"1"' };
    const held = new Held((response) => {
      response.writeHead(304, { etag: '"1"' }).end();
    });
    const turns: Handler[] = [reply("former", fields), held.handler];
    rig.origin.on(path, (response, request) => (turns.shift() ?? reply("new", fields))(response, request));
    await rig.get(path);
    await rig.age(path);
    const first = rig.get(path);
    await held.holds(1);

    await rig.purge("PURGE", { tag: "mine" });
    held.release();

    expect((await first).body).toBe("new");
  });

  test("survives a reload of the configuration in between", async () => {
    const path = newPath();
    const [held] = slow(path);
    const first = rig.get(path);
    await held?.holds(1);

    await rig.reload({ site: { maxAge: 7200 } });
    await rig.purge("PURGE", { url: path });
    held?.release();

    expect((await first).body).toBe("new");
  });

  test.each([
    ["two lines", ["a1", "b1 c1"]],
    ["many lines", Array.from({ length: 40 }, (_, i) => `line${String(i)} end${String(i)}`)],
  ])("tags in %s are all found", async (_, lines) => {
    const tags = lines.flatMap((line) => line.split(" "));
    for (const tag of [tags[0], tags.at(-1), tags[Math.floor(tags.length / 2)]]) {
      const path = newPath();
      rig.origin.on(path, reply("x", { "cache-control": "max-age=60", "surrogate-key": lines }));
      await rig.get(path);
      expect(await isStored(path)).toBe(true);
      await rig.purge("PURGE", { tag: tag ?? "" });
      expect(await isStored(path)).toBe(false);
    }
  });
});
