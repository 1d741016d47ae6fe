import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { KeptSession } from "./keptConnection";
import { bytes, inTurn, reply, ScriptedOrigin, type Handler } from "./origin/scripted";
import { HOST, Rig } from "./origin/rig";
import { until } from "./origin/until";

const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const STORED = { "cache-control": "max-age=60" };

describeWith([DEBIAN], "HTTP through a node", () => {
  let rig: Rig;

  beforeAll(async () => {
    // What the smallest machine lets in; here it would go by the open files of whoever runs the test.
    rig = await Rig.start({ site: { methods: METHODS }, bounds: { CLIENT_IN_FLIGHT: 390 } });
  });

  afterAll(async () => {
    await rig.stop();
  });

  /** What Cache-Status says of the second of two requests: the first may store. */
  async function second(path: string, handler: Handler, headers: Readonly<Record<string, string>> = {}) {
    rig.origin.on(path, handler);
    await rig.get(path, headers);
    return rig.get(path, headers);
  }

  describe("which field governs the cache (RFC 9213)", () => {
    test.each([
      ["CDN-Cache-Control stores what Cache-Control forbids", "max-age=60", "no-store", true],
      ["CDN-Cache-Control forbids what Cache-Control would store", "no-store", "max-age=60", false],
      ["CDN-Cache-Control: private keeps it out", "private", "max-age=60", false],
      ["a CDN-Cache-Control that is no dictionary is passed over", "max-age=60, %%%", "no-store", false],
      ["an empty one as well", "", "max-age=60", true],
    ])("%s", async (title, targeted, general, isStored) => {
      const path = `/governs/${title.replaceAll(/\W+/g, "-")}`;
      const headers = { "cdn-cache-control": targeted, "cache-control": general };

      const { headers: fields } = await second(path, reply("x", headers));

      expect(rig.origin.requests(path)).toHaveLength(isStored ? 1 : 2);
      // What is for browsers reaches them as it was.
      expect(fields["cache-control"]).toBe(general);
    });

    test("its lifetime is the one that counts", async () => {
      const headers = { "cdn-cache-control": "max-age=50", "cache-control": "max-age=7" };
      const answer = await second("/governs/lifetime", reply("x", headers));

      expect(answer.headers["cache-status"]).toMatch(/; ?hit; ?ttl=(4\d|50)$/);
    });
  });

  describe("Cache-Status (RFC 9211)", () => {
    test("names the PoP, and says of a miss that it was one, and that it is stored", async () => {
      rig.origin.on("/status/miss", reply("x", STORED));

      const said = (await rig.get("/status/miss")).headers["cache-status"];

      expect(said).toMatch(new RegExp(`^${rig.popName.replaceAll(".", "\\.")}; ?fwd=(uri-)?miss\\b`));
      expect(said).toMatch(/; ?detail=storing$/);
      expect(said).toMatch(/; ?fwd-status=200\b/);
    });

    test("says of a hit how long it stays fresh", async () => {
      const { headers } = await second("/status/hit", reply("x", STORED));

      expect(headers["cache-status"]).toMatch(/; ?hit; ?ttl=(5\d|60)$/);
    });

    test("says of what may not be stored no such thing", async () => {
      const { headers } = await second("/status/own", reply("x", { "cache-control": "no-store" }));

      expect(headers["cache-status"]).toMatch(/; ?fwd=/);
      expect(headers["cache-status"]).not.toMatch(/stor|hit/);
    });

    test("says of a method that changes something why it went on", async () => {
      rig.origin.on("/status/post", reply("x"));

      expect((await rig.ask("/status/post", { method: "POST" })).headers["cache-status"]).toMatch(/; ?fwd=method\b/);
    });

    test("says of a stale object that was refreshed that it was stale", async () => {
      rig.origin.on("/status/stale", reply("x", { "cache-control": "max-age=60, stale-while-revalidate=0" }));
      await rig.get("/status/stale");
      await rig.age("/status/stale");

      expect((await rig.get("/status/stale")).headers["cache-status"]).toMatch(/; ?fwd=stale\b/);
    });

    test("comes after what a cache before it said", async () => {
      rig.origin.on("/status/chain", reply("x", { ...STORED, "cache-status": "shield.example.net; hit" }));

      expect((await rig.get("/status/chain")).headers["cache-status"]).toMatch(/^shield\.example\.net; hit, .+; ?fwd=/);
    });
  });

  describe("Proxy-Status (RFC 9209)", () => {
    test("is on an answer that we make ourselves, with the PoP's name and the error", async () => {
      const unknown = await rig.ask("/", { host: "unknown.example.com" });
      const method = await rig.ask("/", { method: "TRACE" });

      expect(unknown.status).toBe(421);
      expect(unknown.headers["proxy-status"]).toBe(`${rig.popName}; error=destination_not_found`);
      expect(method.status).toBe(405);
      expect(method.headers["proxy-status"]).toBe(`${rig.popName}; error=http_request_denied`);
      expect(method.headers.allow?.split(", ").sort()).toEqual(METHODS);
    });

    test("is not on an error of the origin's own", async () => {
      rig.origin.on("/status/own-error", reply("the origin's own words", {}, 503));

      const answer = await rig.get("/status/own-error");

      expect(answer).toMatchObject({ status: 503, body: "the origin's own words" });
      expect(answer.headers["proxy-status"]).toBeUndefined();
    });
  });

  describe("the way of a message", () => {
    // RFC 9110, section 7.6.2.
    test.each([
      ["5", "4"],
      ["1", "0"],
      ["0000000000007", "6"],
      ["99999999999999999999", "999999998"],
      ["many", undefined],
    ])("Max-Forwards: %s of OPTIONS is %s for the origin", async (sent, expected) => {
      const path = `/hops/${sent}`;

      await rig.ask(path, { method: "OPTIONS", headers: { "max-forwards": sent } });

      expect(rig.origin.requests(path).map(({ headers }) => headers["max-forwards"])).toEqual([expected]);
    });

    test.each(["0", "000"])("Max-Forwards: %s of OPTIONS ends here, with what may be asked", async (sent) => {
      const path = `/hops/${sent}`;

      const answer = await rig.ask(path, { method: "OPTIONS", headers: { "max-forwards": sent } });

      expect(answer).toMatchObject({ status: 200, body: "", isWhole: true });
      expect(answer.headers.allow?.split(", ").sort()).toEqual(METHODS);
      expect(rig.origin.requests(path)).toEqual([]);
    });

    test.each(["GET", "POST"])("Max-Forwards of %s means nothing", async (method) => {
      const path = `/hops/${method}`;

      await rig.ask(path, { method, headers: { "max-forwards": "0" } });

      expect(rig.origin.requests(path).map(({ headers }) => headers["max-forwards"])).toEqual([undefined]);
    });

    test("a request says to the origin by whom it came (Via, CDN-Loop of RFC 8586)", async () => {
      rig.origin.on("/way", reply("x"));
      await rig.get("/way", { via: "1.1 before", "cdn-loop": "other.example.net" });

      const { headers } = await rig.origin.received("/way", 1);
      expect(headers.via).toBe(`1.1 before, 1.1 ${rig.popName}`);
      expect(String(headers["cdn-loop"]).split(/, ?/)).toEqual(["other.example.net", rig.popName]);
    });

    test("an answer says by whom it came, and not by which program", async () => {
      const { headers } = await second("/way/back", reply("x", { ...STORED, via: "1.1 inner" }));

      expect(headers.via).toBe(`1.1 inner, 1.1 ${rig.popName}`);
      expect(JSON.stringify(headers)).not.toMatch(/varnish|haproxy|x-footprint/i);
    });

    test.each(["{}", "{}; token=1", "other.example.net, {}", "{} , other", "{.upper}"])(
      "rejects a request that has been here before: CDN-Loop: %s",
      async (value) => {
        const name = value.includes(".upper") ? rig.popName.toUpperCase() : rig.popName;
        const field = value.replace(/\{.*\}/, name);

        const answer = await rig.get("/loop", { "cdn-loop": field });

        expect(answer.status).toBe(508);
        expect(answer.headers["proxy-status"]).toBe(`${rig.popName}; error=proxy_loop_detected`);
        expect(rig.origin.requests("/loop")).toEqual([]);
      },
    );

    test("a name that only resembles ours is no loop", async () => {
      rig.origin.on("/no-loop", reply("x"));

      expect((await rig.get("/no-loop", { "cdn-loop": `not-${rig.popName}, ${rig.popName}.example.com` })).status).toBe(
        200,
      );
    });

    test("the client's address is the one that the load balancer saw, whatever the client says", async () => {
      rig.origin.on("/address", reply("x"));
      const forged = { "x-forwarded-for": "10.0.0.1", "x-footprint-client": "10.0.0.1", "x-real-ip": "10.0.0.1" };

      await rig.ask("/address", { client: "203.0.113.9", headers: { ...forged, forwarded: "for=10.0.0.1" } });

      const { headers } = await rig.origin.received("/address", 1);
      expect(headers["x-forwarded-for"]).toBe("203.0.113.9");
      expect(JSON.stringify(headers)).not.toContain("10.0.0.1");
    });
  });

  describe("parts and conditions", () => {
    const tagged: Handler = reply(LETTERS, {
      ...STORED,
      etag: '"1"',
      "last-modified": "Mon, 02 Nov 2026 10:00:00 GMT",
    });

    test("a range is cut from the stored object", async () => {
      rig.origin.on("/range", tagged);
      await rig.get("/range");

      expect(await rig.get("/range", { range: "bytes=2-4" })).toMatchObject({
        status: 206,
        body: "cde",
        headers: { "content-range": "bytes 2-4/26" },
      });
      expect(await rig.get("/range", { range: "bytes=-3" })).toMatchObject({ status: 206, body: "xyz" });
      expect(await rig.get("/range", { range: "bytes=26-" })).toMatchObject({
        status: 416,
        headers: { "content-range": "bytes */26" },
      });
      expect(rig.origin.requests("/range")).toHaveLength(1);
    });

    test("a range on a cold object stores the whole one", async () => {
      rig.origin.on("/range/cold", tagged);

      const part = await rig.get("/range/cold", { range: "bytes=0-1" });
      const whole = await rig.get("/range/cold");

      expect([part.status, part.body]).toEqual([206, "ab"]);
      expect([whole.status, whole.body]).toEqual([200, LETTERS]);
      expect(rig.origin.requests("/range/cold")).toHaveLength(1);
      expect(rig.origin.requests("/range/cold")[0]?.headers.range).toBeUndefined();
    });

    test.each([
      ['"1"', 206],
      ['"2"', 200],
      ['W/"1"', 200],
      ["Mon, 02 Nov 2026 10:00:00 GMT", 206],
      ["Mon, 02 Nov 2026 10:00:01 GMT", 200],
    ])("If-Range: %s gives %i", async (condition, status) => {
      rig.origin.on("/if-range", tagged);
      await rig.get("/if-range");

      const answer = await rig.get("/if-range", { range: "bytes=0-0", "if-range": condition });

      expect([answer.status, answer.body]).toEqual([status, status === 206 ? "a" : LETTERS]);
    });

    test.each([
      [{ "if-none-match": '"1"' }, 304],
      [{ "if-none-match": 'W/"1"' }, 304],
      [{ "if-none-match": '"0", "1"' }, 304],
      [{ "if-none-match": "*" }, 304],
      [{ "if-none-match": '"2"' }, 200],
      [{ "if-modified-since": "Mon, 02 Nov 2026 10:00:00 GMT" }, 304],
      [{ "if-modified-since": "Mon, 02 Nov 2026 09:59:59 GMT" }, 200],
      // The tag is the better of the two (RFC 9110, section 13.2.2).
      [{ "if-none-match": '"2"', "if-modified-since": "Mon, 02 Nov 2026 10:00:00 GMT" }, 200],
    ])("%j on a stored object gives %i", async (headers, status) => {
      rig.origin.on("/if", tagged);
      await rig.get("/if");

      const answer = await rig.get("/if", headers);

      expect([answer.status, answer.body]).toEqual([status, status === 304 ? "" : LETTERS]);
      expect(rig.origin.requests("/if")).toHaveLength(1);
    });

    test("a stale object is refreshed by a 304 of the origin, with its new fields and its old body", async () => {
      const windows = "max-age=60, stale-while-revalidate=0";
      const first = reply("old", { "cache-control": windows, etag: '"1"', "x-version": "1" });
      rig.origin.on(
        "/refresh",
        inTurn(first, reply("", { "cache-control": windows, etag: '"1"', "x-version": "2" }, 304)),
      );
      await rig.get("/refresh");
      await rig.age("/refresh");

      const refreshed = await rig.get("/refresh");

      expect(refreshed).toMatchObject({ status: 200, body: "old", headers: { "x-version": "2" } });
      expect((await rig.origin.received("/refresh", 2)).headers["if-none-match"]).toBe('"1"');
      expect((await rig.get("/refresh")).headers["cache-status"]).toMatch(/; ?hit/);
    });

    test("HEAD is answered from what GET has stored, and without a body", async () => {
      rig.origin.on("/head", tagged);
      await rig.get("/head");

      const answer = await rig.ask("/head", { method: "HEAD" });

      expect(answer).toMatchObject({ status: 200, body: "", headers: { "content-length": "26", etag: '"1"' } });
      expect(rig.origin.requests("/head").map(({ method }) => method)).toEqual(["GET"]);
    });
  });

  describe("age and variants", () => {
    test("Age is what the origin's was, and more", async () => {
      const { headers } = await second("/age", reply("x", { "cache-control": "max-age=600", age: "100" }));

      expect(Number(headers.age)).toBeGreaterThanOrEqual(100);
      expect(Number(headers.age)).toBeLessThan(130);
      expect(headers["cache-status"]).toMatch(/; ?ttl=4[6-9]\d|500/);
    });

    test("Vary keeps variants apart", async () => {
      rig.origin.on("/vary", (response, request) => {
        const language = String(request.headers["accept-language"]);
        return reply(language, { ...STORED, vary: "Accept-Language" })(response, request);
      });

      for (const language of ["de", "en", "de", "en"]) {
        expect((await rig.get("/vary", { "accept-language": language })).body).toBe(language);
      }
      expect(rig.origin.requests("/vary")).toHaveLength(2);
    });

    test.each([
      ["Vary: *", { ...STORED, vary: "*" }],
      ["private", { "cache-control": "private, max-age=60" }],
      ["no-store", { "cache-control": "no-store" }],
      ["a cookie that is set", { ...STORED, "set-cookie": "session=1" }],
    ])("%s: each request goes to the origin", async (title, headers) => {
      const path = `/own/${title.replaceAll(/\W+/g, "-")}`;
      await second(path, reply("x", headers));

      expect(rig.origin.requests(path)).toHaveLength(2);
    });

    test("what was not to be stored is stored once it may be", async () => {
      rig.origin.on("/later", inTurn(reply("x", { "cache-control": "no-store" }), reply("x", STORED)));
      for (let i = 0; i < 4; i++) {
        await rig.get("/later");
      }

      expect(rig.origin.requests("/later")).toHaveLength(2);
    });

    test("an answer to a request with credentials is for that client alone", async () => {
      const { headers } = await second("/credentials", reply("x", STORED), { authorization: "Basic dXNlcjpwYXNz" });

      expect(headers["cache-status"]).not.toMatch(/hit/);
      expect(rig.origin.requests("/credentials")).toHaveLength(2);
    });
  });

  describe("a request that changes something (RFC 9111, section 4.4)", () => {
    test.each(["POST", "PUT", "PATCH", "DELETE"])("%s makes the object invalid that it names", async (method) => {
      const path = `/change/${method}`;
      rig.origin.on(path, reply("x", STORED));
      await rig.get(path);

      await rig.ask(path, { method, body: "new" });
      await rig.get(path);

      expect(rig.origin.requests(path).map((each) => each.method)).toEqual(["GET", method, "GET"]);
      expect(rig.origin.requests(path)[1]?.body).toBe("new");
    });

    test("and those of Location and Content-Location, of the same site", async () => {
      rig.origin.on("/change/location", reply("x", STORED));
      rig.origin.on("/change/content-location", reply("x", STORED));
      const places = { location: "/change/location", "content-location": `https://${HOST}/change/content-location` };
      rig.origin.on("/change", reply("", places, 201));
      await rig.get("/change/location");
      await rig.get("/change/content-location");

      await rig.ask("/change", { method: "POST" });
      await rig.get("/change/location");
      await rig.get("/change/content-location");

      expect(rig.origin.requests("/change/location")).toHaveLength(2);
      expect(rig.origin.requests("/change/content-location")).toHaveLength(2);
    });

    test.each([
      ["fails", "POST", 500],
      ["is refused", "POST", 403],
      ["only asks", "OPTIONS", 200],
    ])("one that %s leaves it", async (title, method, status) => {
      const path = `/change/not/${title.replaceAll(" ", "-")}`;
      rig.origin.on(path, (response, request) =>
        (request.method === "GET" ? reply("x", STORED) : reply("", {}, status))(response, request),
      );
      await rig.get(path);

      await rig.ask(path, { method });

      expect((await rig.get(path)).headers["cache-status"]).toMatch(/; ?hit/);
    });

    test("is not sent again when the origin fails to answer it", async () => {
      rig.origin.on("/change/once", bytes("", "reset"));

      const answer = await rig.ask("/change/once", { method: "POST", body: "an order" });

      expect(answer.status).toBeGreaterThanOrEqual(502);
      expect(answer.headers["proxy-status"]).toContain(`${rig.popName}; error=`);
      expect(rig.origin.requests("/change/once")).toHaveLength(1);
    });
  });

  describe("limits of a message", () => {
    test.each(["mailto:x", "host:443", "x"])("rejects the request target %s", async (target) => {
      expect((await rig.get(target)).status).toBe(400);
    });

    test("rejects the one target without / that HTTP has", async () => {
      const answer = await rig.ask("*", { method: "OPTIONS" });

      expect(answer).toMatchObject({ status: 400, body: "the request target must begin with /\n" });
      expect(answer.headers["proxy-status"]).toBe(`${rig.popName}; error=http_request_error`);
    });

    test("rejects a target that is too long", async () => {
      expect((await rig.get(`/${"x".repeat(9000)}`)).status).toBe(414);
    });
  });

  // Java's client fails with "too many concurrent streams" where others wait.
  test("a client may have 200 requests at once on one connection of HTTP/2", async () => {
    rig.origin.on("/streams", reply("x", STORED));
    await rig.get("/streams");
    const session = new KeptSession(rig.node.ports.traffic);

    const streams = await session.streams();
    const answers = await Promise.all(Array.from({ length: 200 }, () => session.get("/streams")));
    // Those above the announced number wait for a place.
    const more = await Promise.all(Array.from({ length: 600 }, () => session.get("/streams")));
    session.destroy();

    expect(streams).toBeGreaterThanOrEqual(200);
    expect(streams).toBeLessThan(600);
    expect([new Set([...answers, ...more]), session.opened]).toEqual([new Set(["200 x"]), 1]);
  });

  test("what stands in the cache outlives an origin that is gone", async () => {
    const gone = await ScriptedOrigin.start();
    gone.on("/", reply("kept", { "cache-control": "max-age=60, stale-while-revalidate=0, stale-if-error=600" }));
    const host = "gone.example.com";
    await rig.reload({ more: { [host]: { origins: [gone.at()] } } });
    await rig.ask("/", { host });
    await gone.stop();
    await rig.age("/", host);

    expect(await rig.ask("/", { host })).toMatchObject({ status: 200, body: "kept" });
    await until("the origin to be down", async () => {
      const { headers, status } = await rig.ask("/not-there", { host });
      return status === 503 && headers["proxy-status"] === `${rig.popName}; error=destination_unavailable`;
    });
  });
});
