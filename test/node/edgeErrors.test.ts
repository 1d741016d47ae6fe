import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { bytes, Held, inTurn, reply, type Handler } from "./origin/scripted";
import { HOST, Rig } from "./origin/rig";
import { until } from "./origin/until";

const FAILURES: readonly (readonly [string, Handler])[] = [
  ["closes without an answer", bytes("")],
  ["resets the connection", bytes("", "reset")],
  ["answers something else than HTTP", bytes("SSH-2.0-OpenSSH_9.2p1\r\n")],
  ["breaks off within the header", bytes("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n")],
  ["breaks off within the body", bytes("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 9\r\n\r\nabc")],
];

/** A site whose events go past the cache. */
const TALKS = "talks.example.com";

const STALE_IF_ERROR = { "cache-control": "max-age=60, stale-while-revalidate=0, stale-if-error=600" };

describeWith([DEBIAN], "what the edge says of its own errors", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({ more: { [TALKS]: { websocket: true } } });
  });

  afterAll(async () => {
    await rig.stop();
  });

  test.each(FAILURES)("an origin that %s has given nothing that is stored", async (name, failure) => {
    const path = `/cold/${encodeURIComponent(name)}`;
    rig.origin.on(path, failure);

    const { status, headers } = await rig.get(path);

    expect(headers["cache-status"] ?? "").not.toMatch(/stored/);
    if (status !== 200) {
      expect(headers["cache-status"] ?? "").not.toMatch(/fwd-status/);
      expect(headers["proxy-status"]).toMatch(new RegExp(`^${rig.popName}; error=`));
      expect(headers.server).toBeUndefined();
    }
  });

  test.each(["only-if-cached", "max-age=0,\tonly-if-cached", "Only-If-Cached"])(
    "504 with a Proxy-Status for what is not stored: %s",
    async (directive) => {
      const { status, headers } = await rig.get("/not-stored", { "cache-control": directive });

      expect([status, headers["proxy-status"]]).toEqual([504, `${rig.popName}; error=http_request_denied`]);
      // RFC 9110, section 10.2.4: it would name a program that no client speaks to.
      expect(headers.server).toBeUndefined();
      expect(rig.origin.requests("/not-stored")).toEqual([]);
    },
  );

  test.each([HOST, TALKS])("400 with a Proxy-Status for a GET with a body: %s", async (host) => {
    const { status, headers } = await rig.ask("/body", { host, headers: { accept: "text/event-stream" }, body: "x" });

    expect([status, headers["proxy-status"]]).toEqual([400, `${rig.popName}; error=http_request_denied`]);
    expect(headers.server).toBeUndefined();
  });

  test("417 with a Proxy-Status for an expectation that nobody knows", async () => {
    const { status, headers } = await rig.get("/expect", { expect: "a miracle" });

    expect([status, headers["proxy-status"]]).toEqual([417, `${rig.popName}; error=http_request_denied`]);
  });

  test("one client waits for an origin that hangs, the next ones get the stale copy at once", async () => {
    const paths = Array.from({ length: 20 }, (_, i) => `/hangs/${String(i)}`);
    const held = new Held(reply("new"));
    for (const path of paths) {
      rig.origin.on(path, inTurn(reply("old", STALE_IF_ERROR), held.handler));
      await rig.get(path);
      await rig.age(path);
    }

    const bodies = [];
    for (const path of paths) {
      bodies.push((await rig.get(path)).body);
    }
    const asked = held.count;
    held.release();

    expect(bodies).toEqual(paths.map(() => "old"));
    // Now and then one has to try.
    expect(asked).toBeLessThanOrEqual(4);
  });

  test("what its origin was too slow for is asked for once more, with time, while all get the stale copy", async () => {
    const held = new Held(reply("new", { "cache-control": "max-age=600" }));
    rig.origin.on("/slow", inTurn(reply("old", STALE_IF_ERROR), held.handler));
    await rig.get("/slow");
    // What hung before keeps a request from the origin for some seconds.
    await until("a request that waits in vain", async () => {
      await rig.age("/slow");
      await rig.get("/slow");
      return rig.origin.requests("/slow").length > 1;
    });
    await rig.origin.received("/slow", 3);

    expect((await rig.crowd(20, "/slow")).map(({ body }) => body)).toEqual(Array(20).fill("old"));
    expect(rig.origin.requests("/slow")).toHaveLength(3);
    held.release();
    await until("the new response", async () => (await rig.get("/slow")).body === "new");
    expect(rig.origin.requests("/slow")).toHaveLength(3);
  });
});
