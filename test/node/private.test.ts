import { once } from "node:events";
import type { IncomingHttpHeaders, Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import session from "express-session";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Held, inTurn, reply, type Handler } from "./origin/scripted";
import { Rig } from "./origin/rig";
import { until } from "./origin/until";

/** What asks the same URL: with a cookie, with a token, with neither. */
const IDENTITIES = {
  cookie: (who: number) => ({ cookie: `session=${String(who)}` }),
  authorization: (who: number) => ({ authorization: `Bearer ${String(who)}` }),
  nobody: () => ({}),
} as const;

/** Responses that their origin did not declare fresh. */
const NOT_FRESH: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["no-cache and an ETag", { "cache-control": "no-cache", etag: '"v"' }],
  ["max-age=0, must-revalidate and an ETag", { "cache-control": "max-age=0, must-revalidate", etag: '"v"' }],
  ["an ETag alone", { etag: '"v"' }],
  ["a weak ETag alone", { etag: 'W/"v"' }],
  ["no-cache and a date", { "cache-control": "no-cache", "last-modified": "Tue, 01 Sep 2020 00:00:00 GMT" }],
  ["Expires: 0 and an ETag", { expires: "0", etag: '"v"' }],
  ["s-maxage=0 and an ETag", { "cache-control": "s-maxage=0, max-age=60", etag: '"v"' }],
  ["CDN-Cache-Control: no-cache and an ETag", { "cdn-cache-control": "no-cache", etag: '"v"' }],
  ["Surrogate-Control: max-age=0 and an ETag", { "surrogate-control": "max-age=0", etag: '"v"' }],
  [
    "no-cache, an ETag and windows",
    { "cache-control": "no-cache, stale-if-error=600, stale-while-revalidate=600", etag: '"v"' },
  ],
];

describeWith([DEBIAN], "what an origin did not declare fresh", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
  });

  afterAll(async () => {
    await rig.stop();
  });

  /** Answers with the mark of the request. */
  const marked =
    (fields: Readonly<Record<string, string>>): Handler =>
    (response, received) =>
      reply(String(received.headers["x-mark"]), fields)(response, received);

  describe.each(NOT_FRESH)("%s", (name, fields) => {
    test.each(Object.entries(IDENTITIES))(
      "is given to none who waits for the same fetch: %s",
      async (kind, identity) => {
        const path = `/waiting/${encodeURIComponent(name)}/${kind}`;
        const held = new Held(marked(fields));
        rig.origin.on(path, held.handler);

        const answers = Array.from({ length: 20 }, (_, i) => rig.get(path, { ...identity(i), "x-mark": String(i) }));
        await until("20 requests in the cache", async () => (await rig.inCache()) === 20);
        held.release();

        expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(Array.from(answers.keys(), String));
      },
    );

    test("is no answer to anybody when the origin fails", async () => {
      const path = `/failing/${encodeURIComponent(name)}`;
      rig.origin.on(path, inTurn(reply("first", fields), reply("broken", {}, 500)));

      await rig.get(path);

      expect(await rig.get(path)).toMatchObject({ status: 500, body: "broken" });
      expect(await rig.get(path, { cookie: "a=b" })).toMatchObject({ status: 500, body: "broken" });
    });
  });

  test("is given after validation for that very request, which has its own cookies", async () => {
    rig.origin.on("/validated", (response, received) => {
      const fields = { "cache-control": "no-cache", etag: '"v"' };
      const isKnown = received.headers["if-none-match"] === '"v"';
      return isKnown && received.headers.cookie !== "user=2"
        ? reply("", fields, 304)(response, received)
        : reply(`page of ${received.headers.cookie ?? "nobody"}`, { ...fields, ...(isKnown ? { etag: '"2"' } : {}) })(
            response,
            received,
          );
    });

    await rig.get("/validated");
    const anonymous = await rig.get("/validated");
    const second = await rig.get("/validated", { cookie: "user=2" });

    expect(anonymous).toMatchObject({ status: 200, body: "page of nobody" });
    expect(second).toMatchObject({ status: 200, body: "page of user=2" });
    expect(rig.origin.requests("/validated").map(({ headers }) => headers["if-none-match"])).toEqual([
      undefined,
      '"v"',
      '"v"',
    ]);
  });

  test("is asked for side by side, not one after the other", async () => {
    const fields = { "cache-control": "no-cache", etag: '"v"' };
    const held = new Held(reply("", fields, 304));
    rig.origin.on("/side", inTurn(reply("stored", fields), held.handler));
    await rig.get("/side");

    const answers = rig.crowd(50, "/side");
    await held.holds(50);
    held.release();

    expect((await answers).map(({ body }) => body)).toEqual(Array(50).fill("stored"));
  });

  test.each([
    ["a heuristic lifetime", { "last-modified": "Tue, 01 Sep 2020 00:00:00 GMT" }],
    ["s-maxage", { "cache-control": "s-maxage=60" }],
    ["must-revalidate and a window", { "cache-control": "max-age=60, must-revalidate, stale-if-error=600" }],
    ["proxy-revalidate and a window", { "cache-control": "max-age=60, proxy-revalidate, stale-while-revalidate=600" }],
  ])("stale, it is not used: %s", async (name, fields) => {
    const path = `/stale/${encodeURIComponent(name)}`;
    rig.origin.on(path, inTurn(reply("first", fields), reply("broken", {}, 500)));
    await rig.get(path);
    await rig.age(path);

    expect(await rig.get(path)).toMatchObject({ status: 500, body: "broken" });
  });

  test("what varies by a field in which the origin sees two clients differ is not given from one to the other", async () => {
    const seen = async (path: string, client: string) => {
      const { body } = await rig.ask(path, { client });
      const fields: IncomingHttpHeaders = rig.origin.requests(path).at(-1)?.headers ?? {};
      return { body, fields };
    };
    const [one, other] = ["203.0.113.1", "203.0.113.2"] as const;
    rig.origin.on("/told", reply("x", { "cache-control": "no-store" }));
    const [first, second] = [(await seen("/told", one)).fields, (await seen("/told", other)).fields];
    const differing = Object.keys(first).filter((name) => first[name] !== second[name]);
    expect(differing).toContain("x-forwarded-for");

    for (const name of differing) {
      // RFC 9110, section 12.5.5.
      const fields = { "cache-control": "max-age=600", vary: name };
      rig.origin.on(`/varies/${name}`, (response, received) =>
        reply(String(received.headers[name]), fields)(response, received),
      );
      const [{ body }, { body: next }] = [await seen(`/varies/${name}`, one), await seen(`/varies/${name}`, other)];
      expect([name, next]).not.toEqual([name, body]);
    }
  });

  test("a heuristic lifetime is not for what says Pragma: no-cache, as HTTP/1.0 had it", async () => {
    const modified = { "last-modified": "Tue, 01 Sep 2020 00:00:00 GMT" };
    rig.origin.on("/pragma", reply("x", { ...modified, pragma: "No-Cache" }));
    rig.origin.on("/pragma/explicit", reply("x", { "cache-control": "max-age=600", pragma: "no-cache" }));

    for (const path of ["/pragma", "/pragma/explicit"]) {
      await rig.get(path);
      await rig.get(path);
    }

    expect(rig.origin.requests("/pragma")).toHaveLength(2);
    // RFC 9111, section 5.4: in a response it means nothing beside Cache-Control.
    expect(rig.origin.requests("/pragma/explicit")).toHaveLength(1);
  });

  test("a heuristic lifetime is not for who sends cookies or credentials", async () => {
    for (const [name, value] of [
      ["cookie", "a=b"],
      ["authorization", "Bearer 1"],
    ] as const) {
      const path = `/heuristic/${name}`;
      rig.origin.on(path, reply("x", { "last-modified": "Tue, 01 Sep 2020 00:00:00 GMT" }));

      await rig.get(path, { [name]: value });
      await rig.get(path);

      expect(rig.origin.requests(path)).toHaveLength(2);
    }
  });

  test("a window of the site's that is longer than a tenth of the lifetime is cut", async () => {
    const held = new Held(reply("new", { "cache-control": "max-age=2" }));
    rig.origin.on("/playlist", inTurn(reply("old", { "cache-control": "max-age=2" }), held.handler));
    await rig.get("/playlist");
    await rig.age("/playlist");
    // Within 0.2 s the old one is given; then requests wait for the new one.
    const asked: Promise<unknown>[] = [];
    await until("a request that waits", async () => {
      asked.push(rig.get("/playlist"));
      return (await rig.inCache()) > 1;
    });
    held.release();
    await Promise.all(asked);

    expect((await rig.get("/playlist")).body).toBe("new");
  });
});

/** 20 KB of them, as a page of a large application has. */
const TAGS = Array.from({ length: 500 }, (_, i) => `product:${String(i).padStart(31, "0")}`);

describeWith([DEBIAN], "Express and express-session, as they come", () => {
  let rig: Rig;
  let server: Server;
  let broken = false;

  beforeAll(async () => {
    const app = express();
    app.use(session({ secret: "secret", resave: false, saveUninitialized: false }));
    app.post("/login/:name", (request, response) => {
      Object.assign(request.session, { user: request.params.name });
      response.send("welcome");
    });
    app.get("/me", (request, response) => {
      if (broken) {
        response.status(500).send("broken");
        return;
      }
      const user = "user" in request.session ? String(request.session.user) : "nobody";
      setTimeout(() => response.send(`the page of ${user}`), 100);
    });
    app.get("/tagged", (_request, response) => {
      response.set({ "Cache-Control": "max-age=600", "Surrogate-Key": TAGS.join(" ") }).send("tagged");
    });
    server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
    const origin = { scheme: "http", host: "127.0.0.1", port: (server.address() as AddressInfo).port } as const;
    rig = await Rig.start({ site: { origins: [origin], methods: ["GET", "HEAD", "POST"] } });
  });

  afterAll(async () => {
    await rig.stop();
    server.close();
    server.closeAllConnections();
  });

  async function login(name: string): Promise<{ readonly cookie: string }> {
    const { headers } = await rig.ask(`/login/${name}`, { method: "POST", headers: { "content-length": "0" } });
    return { cookie: headers["set-cookie"]?.split(";")[0] ?? "" };
  }

  test("give each user their own page, at the same time and one after the other, and nobody's when they fail", async () => {
    const [ada, bob] = [await login("ada"), await login("bob")];

    const atOnce = await Promise.all([rig.get("/me", ada), rig.get("/me", bob), rig.get("/me")]);
    const after = [await rig.get("/me", bob), await rig.get("/me"), await rig.get("/me", ada)];
    broken = true;
    const failing = [await rig.get("/me"), await rig.get("/me", bob)];

    expect(atOnce.map(({ body }) => body)).toEqual(["the page of ada", "the page of bob", "the page of nobody"]);
    expect(after.map(({ body }) => body)).toEqual(["the page of bob", "the page of nobody", "the page of ada"]);
    expect(failing.map(({ status, body }) => `${String(status)} ${body}`)).toEqual(["500 broken", "500 broken"]);
  });

  test("name 20 KB of tags, by each of which the response can be purged", async () => {
    for (const tag of [TAGS[0], TAGS[499]]) {
      const answers = [await rig.get("/tagged"), await rig.get("/tagged")];
      const purged = await rig.purge("PURGE", { tag: tag ?? "" });

      expect(answers.map(({ status, body }) => `${String(status)} ${body}`)).toEqual(["200 tagged", "200 tagged"]);
      expect(answers[1]?.headers["cache-status"]).toMatch(/; ?hit/);
      expect(answers[1]?.headers["surrogate-key"]).toBeUndefined();
      expect(purged.headers["x-footprint-count"]).toBe("1");
    }
  });
});
