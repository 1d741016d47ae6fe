import { gunzipSync } from "node:zlib";
import type { Site } from "../../components/node/site";
import { edgeOptions } from "../../infra/edge/settings";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { ask, type Answer } from "./origin/client";
import { Held, inTurn, reply, ScriptedOrigin } from "./origin/scripted";
import { HOST, Rig } from "./origin/rig";
import { until } from "./origin/until";

const STORED = { "cache-control": "max-age=60" };
const NEVER = { "cache-control": "no-store" };
const HTML = { ...STORED, "content-type": "text/html" };
const PAGE = "<p>compress me</p>".repeat(200);

const key = (cacheKey: Partial<Site["cacheKey"]>): Partial<Site> => ({
  cacheKey: { query: "all", headers: [], cookies: [], ...cacheKey },
});

/** A site for each setting that is not the default; they share an origin. */
const SITES: Readonly<Record<string, Partial<Site>>> = {
  "query-none.example.com": key({ query: "none" }),
  "query-list.example.com": key({ query: ["filter[a]", "page", "größe"] }),
  "headers.example.com": key({ headers: ["x-plan", "x-2nd"] }),
  "cookies.example.com": key({ cookies: ["currency", "my.cookie"] }),
  "revalidates.example.com": { stale: { whileRevalidate: 600, ifError: 0 } },
  "waits.example.com": { stale: { whileRevalidate: 0, ifError: 0 } },
  "forgives.example.com": { stale: { whileRevalidate: 0, ifError: 600 } },
  "capped.example.com": { maxAge: 5 },
  "writable.example.com": { methods: ["GET", "HEAD", "POST"] },
  "plain.example.com": { compression: false },
  "moved.example.com": { redirectStatus: 301 },
  "named.example.com": { originHost: "site", methods: ["GET", "HEAD", "POST"] },
  "talks.example.com": { websocket: true },
  "cache-tag.example.com": { tagHeader: "Cache-Tag" },
  "shortened.example.com": { clientAddress: "truncated" },
  "nameless.example.com": { clientAddress: "none" },
};

/** Paths of the settings of a site, such as "cacheKey.query". */
function paths(value: object, prefix = ""): string[] {
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? paths(each, `${prefix}${name}.`)
      : [`${prefix}${name}`],
  );
}

describeWith([DEBIAN], "settings of a site", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({ more: SITES });
  });

  afterAll(async () => {
    await rig.stop();
  });

  async function isHit(host: string, target: string, headers: Readonly<Record<string, string>> = {}): Promise<boolean> {
    const answer = await rig.ask(target, { host, headers });
    return /; ?hit/.test(answer.headers["cache-status"] ?? "");
  }

  /** Lifetime that the second of two answers tells. */
  async function lifetime(host: string, path: string, cacheControl: string): Promise<number> {
    rig.origin.on(path, reply("x", { "cache-control": cacheControl }));
    await rig.ask(path, { host });
    const { headers } = await rig.ask(path, { host });
    return Number(/; ?hit; ?ttl=(\d+)/.exec(headers["cache-status"] ?? "")?.[1]);
  }

  /** What a client gets within a window of the site, after the origin has begun to answer otherwise. */
  async function afterAging(host: string, path: string, status: number): Promise<Answer> {
    rig.origin.on(path, inTurn(reply("old", STORED), reply("new", STORED, status)));
    await rig.ask(path, { host });
    await rig.age(path, host);
    return rig.ask(path, { host });
  }

  /** Tests by the setting's path. */
  const settings: Readonly<Record<string, () => void>> = {
    host: () => {
      test("is served under each spelling of its name, as one site", async () => {
        rig.origin.on("/spelled", reply("x", STORED));
        for (const host of [HOST, HOST.toUpperCase(), `${HOST}:443`, `${HOST}.`]) {
          expect((await rig.ask("/spelled", { host })).status).toBe(200);
        }
        expect(rig.origin.requests("/spelled")).toHaveLength(1);
      });

      test("keeps its objects from those of another", async () => {
        rig.origin.on("/apart", reply("x", STORED));
        await rig.get("/apart");

        expect(await isHit("plain.example.com", "/apart")).toBe(false);
      });
    },

    origins: () => {
      test("is asked under its own name, and told the site's", async () => {
        rig.origin.on("/named", reply("x"));
        await rig.get("/named");

        const { headers } = await rig.origin.received("/named", 1);
        expect(headers.host).toBe(`127.0.0.1:${rig.origin.at().port}`);
        expect(headers["x-forwarded-host"]).toBe(HOST);
        expect(headers["x-forwarded-proto"]).toBe("https");
      });
    },

    "cacheKey.query": () => {
      test("all: each query is an object of its own, and reaches the origin as it is", async () => {
        rig.origin.on("/all", reply("x", STORED));
        await rig.get("/all?b=1&a=2");

        expect(await isHit(HOST, "/all?b=1&a=2")).toBe(true);
        expect(await isHit(HOST, "/all?a=2&b=1")).toBe(false);
        expect(await isHit(HOST, "/all")).toBe(false);
        expect(rig.origin.requests("/all")[0]?.target).toBe("/all?b=1&a=2");
      });

      test("none: one object, and the origin sees no query", async () => {
        const host = "query-none.example.com";
        rig.origin.on("/none", reply("x", STORED));
        await rig.ask("/none?a=1", { host });

        expect(await isHit(host, "/none?b=2")).toBe(true);
        expect(await isHit(host, "/none")).toBe(true);
        expect(rig.origin.requests("/none").map(({ target }) => target)).toEqual(["/none"]);
      });

      test.each([
        ["/l1?page=1&utm=a", "/l1?page=1", true],
        ["/l2?page=1", "/l2?page=2", false],
        ["/l3?utm=a", "/l3", true],
        ["/l4?page=1&filter[a]=2", "/l4?filter[a]=2&page=1", true],
        ["/l5?filter[a]=2", "/l5?filter%5ba%5D=3", false],
        ["/l6?page=1&page=2", "/l6?page=2&page=1", false],
        ["/l7?pages=1", "/l7?pages=2", true],
        ["/l8?xpage=1", "/l8", true],
        ["/l9?gr%C3%B6%C3%9Fe=1", "/l9?gr%c3%b6%c3%9fe=2", false],
      ])("a list: after %s, %s is a hit: %p", async (first, then, expected) => {
        const host = "query-list.example.com";
        rig.origin.on(first.split("?")[0] ?? "", reply("x", STORED));
        await rig.ask(first, { host });

        expect(await isHit(host, then)).toBe(expected);
      });

      test("a list: the origin sees what is in the key and nothing else", async () => {
        rig.origin.on("/seen", reply("x", STORED));
        await rig.ask("/seen?utm=1&page=3&session=5&filter[a]=2", { host: "query-list.example.com" });

        expect(rig.origin.requests("/seen")[0]?.target).toBe("/seen?filter[a]=2&page=3");
      });
    },

    "cacheKey.headers": () => {
      test.each(["x-plan", "x-2nd"])("%s tells objects apart; other fields do not", async (name) => {
        const host = "headers.example.com";
        const path = `/fields/${name}`;
        rig.origin.on(path, reply("x", STORED));
        await rig.ask(path, { host, headers: { [name]: "one" } });

        expect(await isHit(host, path, { [name]: "one", "x-other": "y" })).toBe(true);
        expect(await isHit(host, path, { [name]: "two" })).toBe(false);
      });

      test("tells nothing apart where it is not set", async () => {
        rig.origin.on("/fields/not", reply("x", STORED));
        await rig.get("/fields/not", { "x-plan": "one" });

        expect(await isHit(HOST, "/fields/not", { "x-plan": "two" })).toBe(true);
      });
    },

    "cacheKey.cookies": () => {
      test.each(["currency", "my.cookie"])("%s tells objects apart; other cookies do not", async (name) => {
        const host = "cookies.example.com";
        const path = `/cookies/${name}`;
        rig.origin.on(path, reply("x", STORED));
        await rig.ask(path, { host, headers: { cookie: `a=1; ${name}=eur` } });

        expect(await isHit(host, path, { cookie: `${name}=eur; session=2` })).toBe(true);
        expect(await isHit(host, path, { cookie: `${name}=usd` })).toBe(false);
        expect(await isHit(host, path, { cookie: `x${name}=eur` })).toBe(false);
      });

      test("a dot in its name is a dot", async () => {
        const host = "cookies.example.com";
        rig.origin.on("/cookies/dot", reply("x", STORED));
        await rig.ask("/cookies/dot", { host, headers: { cookie: "my.cookie=eur" } });

        expect(await isHit(host, "/cookies/dot", { cookie: "my_cookie=eur" })).toBe(false);
      });

      // Sources: RFC 6265, 4.1.1, for what a cookie is; for what each reads beside it, cookie 0.7.2 of npm (Express), Django's
      // http/cookie.py, CPython's http/cookies.py, PHP's main/php_variables.c, ASP.NET's HttpCookieCollection, RFC 2965.
      test.each([
        ["a blank behind the name, which Express and Django trim", "currency =usd"],
        ["a tab behind the name", "currency\t=usd"],
        ["a tab before the name", "a=1;\tcurrency=usd"],
        ["a comma, which separates in RFC 2965", "a=1,currency=usd"],
        ["a blank, which separates for Python", "a=1 currency=usd"],
        ["another case, which is the same for ASP.NET", "Currency=usd"],
        ["percent-encoding, which PHP before 8 decodes", "%63urrency=usd"],
        ["brackets, which PHP takes for an array of that name", "currency[]=usd"],
        ["brackets in percent-encoding", "currency%5B%5D=usd"],
        ["_ for a dot, which PHP does not tell apart", "my_cookie=usd"],
        ["a quote that ends in the next cookie, so that Python reads none", 'x="; currency=eur; y="'],
        ["the same around another one", 'currency=eur; x="; currency=usd; y="'],
        ["a value that goes on in the next one for Python", 'currency="eur;usd"'],
        ["an escape, which Python undoes", 'currency="\\165sd"'],
        ["an attribute of RFC 2109", "$Version=1; currency=eur"],
      ])("%s: who does not send the same gets its own", async (title, sent) => {
        const host = "cookies.example.com";
        const path = `/cookies/odd/${encodeURIComponent(title)}`;
        rig.origin.on(path, (response, received) => reply(String(received.headers.cookie), STORED)(response, received));
        await rig.ask(path, { host, headers: { cookie: sent } });

        for (const cookie of ["session=1", "currency=eur", "currency=usd", "my.cookie=usd"]) {
          expect((await rig.ask(path, { host, headers: { cookie } })).body).toBe(cookie);
        }
        expect(await isHit(host, path, { cookie: sent })).toBe(true);
      });

      test("what no program takes for another tells nothing apart, nor does the order", async () => {
        const host = "cookies.example.com";
        rig.origin.on("/cookies/plain", reply("x", STORED));
        await rig.ask("/cookies/plain", { host, headers: { cookie: "currency=eur; my.cookie=1; session=1" } });

        for (const others of ['id="2"; ', "_ga=GA1.2.3/4&5:6; ", "currency2=usd; ", "x=; ", "currency.x=usd; "]) {
          expect(await isHit(host, "/cookies/plain", { cookie: `${others}my.cookie=1; currency=eur` })).toBe(true);
        }
      });

      test("tells nothing apart where it is not set", async () => {
        rig.origin.on("/cookies/not", reply("x", STORED));
        await rig.get("/cookies/not", { cookie: "currency=eur" });

        expect(await isHit(HOST, "/cookies/not", { cookie: "currency=usd" })).toBe(true);
      });
    },

    "stale.whileRevalidate": () => {
      test("within it the stale object is the answer, and a fresh one is fetched", async () => {
        const host = "revalidates.example.com";
        const held = new Held(reply("new", STORED));
        rig.origin.on("/revalidates", inTurn(reply("old", STORED), held.handler));
        await rig.ask("/revalidates", { host });
        await rig.age("/revalidates", host);

        const { body } = await rig.ask("/revalidates", { host });
        await held.holds(1);
        held.release();

        expect(body).toBe("old");
        await until("the fresh one", async () => (await rig.ask("/revalidates", { host })).body === "new");
      });

      test("0: one waits for the fresh one", async () => {
        expect((await afterAging("waits.example.com", "/waits", 200)).body).toBe("new");
      });

      test("the response's own window is stronger", async () => {
        const host = "revalidates.example.com";
        const own = { "cache-control": "max-age=60, stale-while-revalidate=0" };
        rig.origin.on("/own-window", inTurn(reply("old", own), reply("new", own)));
        await rig.ask("/own-window", { host });
        await rig.age("/own-window", host);

        expect((await rig.ask("/own-window", { host })).body).toBe("new");
      });
    },

    "stale.ifError": () => {
      test("within it the stale object is the answer when the origin fails", async () => {
        expect(await afterAging("forgives.example.com", "/forgives", 503)).toMatchObject({ status: 200, body: "old" });
      });

      test("0: the failure is the answer", async () => {
        expect(await afterAging("waits.example.com", "/unforgiven", 503)).toMatchObject({ status: 503, body: "new" });
      });
    },

    maxAge: () => {
      test("caps what the origin says", async () => {
        expect(await lifetime("capped.example.com", "/capped/long", "max-age=86400")).toBeLessThanOrEqual(5);
        expect(await lifetime("capped.example.com", "/capped/cdn", "s-maxage=86400")).toBeLessThanOrEqual(5);
      });

      test("leaves what is shorter", async () => {
        expect(await lifetime("capped.example.com", "/capped/short", "max-age=3")).toBeLessThanOrEqual(3);
        expect(await lifetime(HOST, "/capped/not", "max-age=50")).toBeGreaterThan(40);
      });

      test("what is stored together does not go stale together: up to 5 % less", async () => {
        const all = await Promise.all(
          Array.from({ length: 20 }, (_, i) => lifetime(HOST, `/jitter/${String(i)}`, "max-age=10000")),
        );

        expect(Math.max(...all)).toBeLessThanOrEqual(10_000);
        expect(Math.min(...all)).toBeGreaterThanOrEqual(9_450);
        expect(new Set(all).size).toBeGreaterThan(5);
      });
    },

    methods: () => {
      test("one of them reaches the origin, with its body", async () => {
        rig.origin.on("/form", reply("done"));
        const answer = await rig.ask("/form", { host: "writable.example.com", method: "POST", body: "a=1" });

        expect(answer).toMatchObject({ status: 200, body: "done" });
        expect(rig.origin.requests("/form")[0]).toMatchObject({ method: "POST", body: "a=1" });
      });

      test.each([
        [HOST, "POST", "GET, HEAD"],
        ["writable.example.com", "PUT", "GET, HEAD, POST"],
      ])("rejects another: %s, %s", async (host, method, allow) => {
        const { status, headers } = await rig.ask("/form/not", { host, method, body: "a=1" });

        expect([status, headers.allow]).toEqual([405, allow]);
        expect(rig.origin.requests("/form/not")).toEqual([]);
      });
    },

    compression: () => {
      const accept = { "accept-encoding": "br, gzip" };

      test("on: text is compressed for who takes it, and only once", async () => {
        rig.origin.on("/page", reply(PAGE, HTML));
        const small = await rig.get("/page", accept);
        const plain = await rig.get("/page");

        expect(small.headers["content-encoding"]).toBe("gzip");
        expect(small.headers.vary).toMatch(/accept-encoding/i);
        expect(gunzipSync(Buffer.from(small.body, "latin1")).toString()).toBe(PAGE);
        expect([plain.headers["content-encoding"], plain.body]).toEqual([undefined, PAGE]);
        expect(rig.origin.requests("/page")).toHaveLength(1);
      });

      test.each([
        ["an image", { ...STORED, "content-type": "image/png" }],
        ["what may not be changed", { ...HTML, "cache-control": "max-age=60, no-transform" }],
      ])("on: %s is left as it is", async (title, headers) => {
        const path = `/not-compressed/${title.replaceAll(" ", "-")}`;
        rig.origin.on(path, reply(PAGE, headers));

        expect(await rig.get(path, accept)).toMatchObject({ body: PAGE });
      });

      test("off: text is left as it is", async () => {
        rig.origin.on("/page/plain", reply(PAGE, HTML));
        const answer = await rig.ask("/page/plain", { host: "plain.example.com", headers: accept });

        expect([answer.headers["content-encoding"], answer.body]).toEqual([undefined, PAGE]);
      });
    },

    redirectStatus: () => {
      test.each([
        [HOST, 308],
        ["moved.example.com", 301],
      ])("what comes to port 80 for %s is sent on with %i", async (host, status) => {
        const answer = await ask(rig.node.ports.redirect, `${host}:80`, "/a/b?c=1");

        expect([answer.status, answer.headers.location]).toEqual([status, `https://${host}/a/b?c=1`]);
      });
    },

    originHost: () => {
      test("origin: the origin is asked by its own name, and told the site's", async () => {
        rig.origin.on("/whose", reply("x", NEVER));
        await rig.get("/whose");

        const { headers } = await rig.origin.received("/whose", 1);
        expect([headers.host, headers["x-forwarded-host"]]).toEqual([`127.0.0.1:${String(rig.origin.port)}`, HOST]);
      });

      test("site: by the site's, whatever the method", async () => {
        rig.origin.on("/canonical", reply("x", NEVER));
        for (const method of ["GET", "POST"]) {
          await rig.ask("/canonical", { host: "named.example.com", method });
        }

        const hosts = rig.origin.requests("/canonical").map(({ headers }) => headers.host);
        expect(hosts).toEqual(["named.example.com", "named.example.com"]);
      });
    },

    websocket: () => {
      test.each([
        // Its success is none: on the way back it would mean that the origin speaks WebSocket (RFC 8441, section 5).
        ["talks.example.com", "websocket", "bypass", 501],
        [HOST, undefined, "miss", 200],
      ])("%s: the origin hears of an upgrade to %s", async (host, upgrade, way, status) => {
        rig.origin.on(`/upgrade/${host}`, reply("no", NEVER));
        const headers = {
          connection: "upgrade",
          upgrade: "websocket",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        };

        const answer = await rig.ask(`/upgrade/${host}`, { host, headers });

        expect(answer.status).toBe(status);
        expect(answer.headers["cache-status"]).toContain(`; fwd=${way}`);
        expect((await rig.origin.received(`/upgrade/${host}`, 1)).headers.upgrade).toBe(upgrade);
      });
    },

    tagHeader: () => {
      test("objects are found by the tags of this field, which no client sees", async () => {
        const host = "cache-tag.example.com";
        rig.origin.on("/tagged", reply("x", { ...STORED, "cache-tag": "red", "surrogate-key": "blue" }));
        const { headers } = await rig.ask("/tagged", { host });

        await rig.purge("PURGE", { tag: "blue" }, host);
        const afterOther = await isHit(host, "/tagged");
        await rig.purge("PURGE", { tag: "red" }, host);

        expect(headers["cache-tag"]).toBeUndefined();
        expect([afterOther, await isHit(host, "/tagged")]).toEqual([true, false]);
      });
    },

    clientAddress: () => {
      test.each([
        ["full", HOST, "203.0.113.77"],
        ["truncated", "shortened.example.com", "203.0.113.0"],
        ["none", "nameless.example.com", "0.0.0.0"],
      ])("%s", async (name, host, logged) => {
        rig.origin.on(`/client-${name}`, reply("x", NEVER));
        await rig.ask(`/client-${name}`, { host, client: "203.0.113.77" });

        expect((await rig.logged(`"/client-${name}"`))["client"]).toBe(logged);
      });
    },
  };

  for (const [setting, tests] of Object.entries(settings)) {
    describe(setting, tests);
  }

  test("each of them has a test here", async () => {
    const origin = await ScriptedOrigin.start();
    const sites = edgeOptions(origin.at()).sites;
    await origin.stop();

    expect(Object.keys(settings).sort()).toEqual(sites.flatMap((site) => paths(site)).sort());
  });
});
