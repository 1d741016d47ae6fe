import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { bytes, Held, inTurn, reply, type Handler } from "./origin/scripted";
import { Rig } from "./origin/rig";
import { until } from "./origin/until";

/** At most this many requests reach an origin that fails, however many clients ask for one stale object. */
const FAILING_ORIGIN_REQUESTS = 5;

const STALE_IF_ERROR = "max-age=60, stale-while-revalidate=0, stale-if-error=600";

const FAILURES: readonly (readonly [string, Handler])[] = [
  ["answers 500", reply("broken", {}, 500)],
  ["answers 502", reply("broken", {}, 502)],
  ["answers 503", reply("broken", {}, 503)],
  ["answers 504", reply("broken", {}, 504)],
  ["closes without an answer", bytes("")],
  ["resets the connection", bytes("", "reset")],
  ["answers something else than HTTP", bytes("SSH-2.0-OpenSSH_9.2p1\r\n")],
];

describeWith([DEBIAN], "one object and many clients", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
  });

  afterAll(async () => {
    await rig.stop();
  });

  /** Puts an object into the cache that has gone stale, and lets the origin do something else from then on. */
  async function stale(path: string, cacheControl: string, then: Handler): Promise<void> {
    rig.origin.on(path, inTurn(reply("old", { "cache-control": cacheControl }), then));
    await rig.get(path);
    await rig.age(path);
  }

  test("200 clients on a cold object are one request at the origin", async () => {
    const held = new Held(reply("cold", { "cache-control": "max-age=60" }));
    rig.origin.on("/cold", held.handler);

    const answers = rig.crowd(200, "/cold");
    await until("200 requests in the cache", async () => (await rig.inCache()) === 200);
    held.release();

    expect((await answers).map(({ status, body }) => `${status} ${body}`)).toEqual(Array(200).fill("200 cold"));
    expect(rig.origin.requests("/cold")).toHaveLength(1);
  });

  test("one client says that the origin was asked, and those who waited that it was not", async () => {
    const held = new Held(reply("one for all", { "cache-control": "max-age=60" }));
    rig.origin.on("/collapsed", held.handler);

    const answers = rig.crowd(10, "/collapsed");
    await until("10 requests in the cache", async () => (await rig.inCache()) === 10);
    held.release();

    const said = (await answers).map(({ headers }) => headers["cache-status"] ?? "");
    expect(said.filter((each) => /; ?fwd=/.test(each))).toHaveLength(1);
    expect(said.filter((each) => /; ?hit/.test(each))).toHaveLength(9);
  });

  test("50 clients on a URL that is not stored are at the origin at the same time", async () => {
    const held = new Held(reply("own", { "cache-control": "no-store" }));
    rig.origin.on("/own", held.handler);

    const answers = rig.crowd(50, "/own");
    await held.holds(1);
    held.releaseFirst();
    await held.holds(49);
    held.release();

    expect((await answers).filter(({ status }) => status === 200)).toHaveLength(50);
    expect(rig.origin.requests("/own")).toHaveLength(50);
  });

  test.each(FAILURES)(
    "an origin that %s has 200 clients served stale, and is asked a few times",
    async (name, failure) => {
      const path = `/failing/${name.replaceAll(" ", "-")}`;
      await stale(path, "max-age=60, stale-while-revalidate=0, stale-if-error=600", failure);

      const answers = await rig.crowd(200, path);

      expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(Array(200).fill("200 old"));
      expect(rig.origin.requests(path).length - 1).toBeLessThanOrEqual(FAILING_ORIGIN_REQUESTS);
    },
  );

  test("what could not be refreshed and is purged then is fetched at once", async () => {
    await stale("/purged", STALE_IF_ERROR, inTurn(reply("broken", {}, 503), reply("new")));
    await rig.get("/purged");
    await rig.purge("PURGE", { url: "/purged" });

    expect(await rig.get("/purged")).toMatchObject({ status: 200, body: "new" });
  });

  test("within stale-while-revalidate the answer comes while the origin is still asked", async () => {
    const held = new Held(reply("new", { "cache-control": "max-age=60" }));
    await stale("/swr", "max-age=60, stale-while-revalidate=600", held.handler);

    const first = await rig.get("/swr");
    await rig.origin.received("/swr", 2);
    const meanwhile = await rig.crowd(20, "/swr");
    held.release();

    expect(first.body).toBe("old");
    expect(first.headers["cache-status"]).toMatch(/; ?hit; ?ttl=(0|-\d+)$/);
    expect(meanwhile.map(({ body }) => body)).toEqual(Array(20).fill("old"));
    await until("the new response", async () => (await rig.get("/swr")).body === "new");
    expect(rig.origin.requests("/swr")).toHaveLength(2);
  });

  test.each(FAILURES)(
    "a background fetch from an origin that %s does not hide the stale object",
    async (name, failure) => {
      const path = `/background/${name.replaceAll(" ", "-")}`;
      await stale(path, "max-age=60, stale-while-revalidate=600, stale-if-error=600", failure);

      await rig.get(path);
      await rig.origin.received(path, 2);
      const after = await rig.crowd(20, path);

      expect(after.map(({ status, body }) => `${status} ${body}`)).toEqual(Array(20).fill("200 old"));
    },
  );

  test("beyond stale-while-revalidate one waits for the fresh response", async () => {
    await stale("/waits", "max-age=60, stale-while-revalidate=0", reply("new", { "cache-control": "max-age=60" }));

    expect((await rig.get("/waits")).body).toBe("new");
  });

  test("beyond stale-if-error a failure is passed on", async () => {
    await stale("/beyond", "max-age=60, stale-while-revalidate=0, stale-if-error=0", reply("broken", {}, 503));

    expect(await rig.get("/beyond")).toMatchObject({ status: 503 });
  });

  test("what must be revalidated is not used stale (RFC 9111, section 5.2.2.2)", async () => {
    await stale("/must", "max-age=60, must-revalidate", reply("broken", {}, 503));

    expect(await rig.get("/must")).toMatchObject({ status: 503 });
  });

  test.each([404, 410, 403])("a %i is news and not a failure", async (status) => {
    const path = `/news/${String(status)}`;
    await stale(path, "max-age=60, stale-while-revalidate=0, stale-if-error=600", reply("gone", {}, status));

    expect(await rig.get(path)).toMatchObject({ status, body: "gone" });
  });

  test("once an object could not be refreshed, the origin is left alone for some seconds", async () => {
    await stale("/marked", "max-age=60, stale-while-revalidate=0, stale-if-error=600", reply("broken", {}, 503));

    for (let i = 0; i < 10; i++) {
      expect(await rig.get("/marked")).toMatchObject({ status: 200, body: "old" });
    }
    expect(rig.origin.requests("/marked")).toHaveLength(2);
  });

  test("an object that fails does not take others with it", async () => {
    await stale("/sick", "max-age=60, stale-while-revalidate=0, stale-if-error=600", reply("broken", {}, 503));
    rig.origin.on("/well", reply("well", { "cache-control": "max-age=60" }));

    await rig.get("/sick");

    expect(await rig.get("/well")).toMatchObject({ status: 200, body: "well" });
  });

  test("a 5xx with no-store does not put hit-for-miss in the place of a good object", async () => {
    const failure = reply("broken", { "cache-control": "no-store" }, 503);
    await stale("/over", "max-age=60, stale-while-revalidate=600, stale-if-error=600", failure);

    await rig.get("/over");
    await rig.origin.received("/over", 2);

    expect(await rig.get("/over")).toMatchObject({ status: 200, body: "old" });
  });

  test("a 5xx on a cold object is not what the next client gets", async () => {
    rig.origin.on("/recovers", inTurn(reply("broken", {}, 503), reply("well", { "cache-control": "max-age=60" })));

    expect((await rig.get("/recovers")).status).toBe(503);
    expect(await rig.get("/recovers")).toMatchObject({ status: 200, body: "well" });
    expect((await rig.get("/recovers")).headers["cache-status"]).toMatch(/; ?hit/);
    expect(rig.origin.requests("/recovers")).toHaveLength(2);
  });
});
