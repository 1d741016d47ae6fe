import { type RelievedCache, varnishPurgeCache } from "../../components/node/agent/purgeCache";
import type { Target } from "../../components/node/protocol/purgeLog";
import { SOCKETS } from "../../components/node/sockets";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { askSocket } from "./origin/client";
import { bytes, reply } from "./origin/scripted";
import { HOST, Rig } from "./origin/rig";

const OTHER = "other.example.com";
const CHUNKED =
  "HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ntransfer-encoding: chunked\r\n\r\n2710\r\n" +
  `${"x".repeat(0x2710)}\r\n0\r\n\r\n`;
const STORED = { "cache-control": "max-age=60, stale-while-revalidate=0, stale-if-error=600" };

describeWith([DEBIAN], "a purge", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({ more: { [OTHER]: {} } });
  });

  afterAll(async () => {
    await rig.stop();
  });

  function tagged(path: string, tags: string): void {
    rig.origin.on(path, reply(path, { ...STORED, "surrogate-key": tags }));
  }

  async function isStored(target: string, host = HOST): Promise<boolean> {
    const { headers } = await rig.ask(target, { host });
    return /; ?hit/.test(headers["cache-status"] ?? "");
  }

  test("by tag takes out all objects that have it, and no others", async () => {
    const paths = Array.from({ length: 300 }, (_, i) => `/many/${String(i)}`);
    paths.forEach((path, i) => {
      tagged(path, i % 3 === 0 ? "all third" : "all");
    });
    // One after the other: a client may not have so many connections at once.
    for (const path of paths) {
      await rig.get(path);
    }

    await rig.purge("PURGE", { tag: "third" });

    const stored: boolean[] = [];
    for (const path of paths) {
      stored.push(await isStored(path));
    }
    expect(stored.map((each, i) => each === (i % 3 !== 0))).toEqual(paths.map(() => true));
  });

  test.each([
    ["separated by spaces", "a1 b1  c1"],
    ["separated by commas", "a1,b1, c1"],
    ["separated by tabs", "a1\tb1\t c1"],
    ["with empty ones between them", ",a1,,\tb1 , ,c1,"],
  ])("finds each of several tags %s", async (title, tags) => {
    const path = `/tags/${title.replaceAll(" ", "-")}`;
    tagged(path, tags);
    for (const tag of ["a1", "b1", "c1"]) {
      await rig.get(path);
      expect(await isStored(path)).toBe(true);
      await rig.purge("PURGE", { tag });
      expect(await isStored(path)).toBe(false);
    }
  });

  test.each(["PURGE", "BAN"] as const)("%s by URL takes out that object with all its variants", async (method) => {
    const path = `/url/${method}`;
    rig.origin.on(path, reply("x", { ...STORED, vary: "accept-language" }));
    await rig.get(path, { "accept-language": "de" });
    await rig.get(path, { "accept-language": "en" });
    await rig.get(`${path}?page=2`);

    await rig.purge(method, { url: path });

    expect(await isStored(`${path}?page=2`)).toBe(true);
    await rig.get(path, { "accept-language": "de" });
    await rig.get(path, { "accept-language": "en" });
    expect(rig.origin.requests(path)).toHaveLength(5);
  });

  test.each(["PURGE", "BAN"] as const)("%s by host takes out a site, and no other", async (method) => {
    const path = `/host/${method}`;
    rig.origin.on(path, reply("x", STORED));
    await rig.get(path);
    await rig.ask(path, { host: OTHER });

    await rig.purge(method, "host", OTHER);

    expect(await isStored(path, OTHER)).toBe(false);
    expect(await isStored(path)).toBe(true);
  });

  test.each(["PURGE", "BAN"] as const)("%s by tag reaches no object of another site", async (method) => {
    const path = `/site/${method}`;
    tagged(path, "shared");
    await rig.get(path);
    await rig.ask(path, { host: OTHER });

    await rig.purge(method, { tag: "shared" }, OTHER);

    expect(await isStored(path, OTHER)).toBe(false);
    expect(await isStored(path)).toBe(true);
  });

  test("a ban of everything takes out all sites, and what is remembered as not to be stored", async () => {
    rig.origin.on("/all", reply("x", STORED));
    rig.origin.on("/all/private", reply("x", { "cache-control": "private" }));
    await rig.get("/all");
    await rig.ask("/all", { host: OTHER });
    await rig.get("/all/private");
    rig.origin.on("/all/private", reply("x", STORED));

    const { status } = await rig.purge("BAN", "all", "no.site.example");

    expect(status).toBe(200);
    expect([await isStored("/all"), await isStored("/all", OTHER)]).toEqual([false, false]);
    await rig.get("/all/private");
    expect(await isStored("/all/private")).toBe(true);
  });

  test("rejects PURGE of everything, which the index of keys cannot", async () => {
    rig.origin.on("/all/kept", reply("x", STORED));
    await rig.get("/all/kept");

    expect((await rig.purge("PURGE", "all")).status).toBe(400);

    expect(await isStored("/all/kept")).toBe(true);
  });

  test("a soft one makes stale: the object is refreshed, or used if the origin fails", async () => {
    tagged("/soft", "soft");
    await rig.get("/soft");

    await rig.purge("SOFTPURGE", { tag: "soft" });
    rig.origin.on("/soft", reply("broken", {}, 503));

    expect(await rig.get("/soft")).toMatchObject({ status: 200, body: "/soft" });
    expect(rig.origin.requests("/soft")).toHaveLength(2);
  });

  test("a hard one leaves nothing that could be used", async () => {
    tagged("/hard", "hard");
    await rig.get("/hard");

    await rig.purge("PURGE", { tag: "hard" });
    rig.origin.on("/hard", reply("broken", {}, 503));

    expect((await rig.get("/hard")).status).toBe(503);
  });

  test("a comma in a URL is part of it", async () => {
    rig.origin.on("/a,b", reply("x", STORED));
    rig.origin.on("/a", reply("x", STORED));
    await rig.get("/a,b");
    await rig.get("/a");

    await rig.purge("PURGE", { url: "/a,b" });

    expect(await isStored("/a,b")).toBe(false);
    expect(await isStored("/a")).toBe(true);
  });

  describe("by the agent's client", () => {
    const cache = (): RelievedCache => varnishPurgeCache(rig.node.root.outside(SOCKETS.purge));

    test.each([
      ["url", false],
      ["url", true],
      ["tag", false],
      ["tag", true],
      ["host", false],
      ["host", true],
      ["all", true],
    ] as const)("takes out by %s, soft: %s", async (kind, soft) => {
      const path = `/client/${kind}/${soft ? "soft" : "hard"}`;
      const tag = `${kind}~${soft ? "soft" : "hard"}`;
      const targets: Record<typeof kind, Target> = {
        url: { kind: "url", host: HOST, path: `${path}?page=1` },
        tag: { kind: "tag", host: HOST, tag },
        host: { kind: "host", host: HOST },
        all: { kind: "all" },
      };
      tagged(path, tag);
      await rig.get(`${path}?page=1`);
      expect(await isStored(`${path}?page=1`)).toBe(true);

      await cache().purge(targets[kind], soft);
      rig.origin.on(path, reply("broken", {}, 503));

      expect((await rig.get(`${path}?page=1`)).status).toBe(soft ? 200 : 503);
    });

    test("takes out what takes more memory than is counted of it, and nothing else", async () => {
      const manyTags = Array.from({ length: 200 }, (_, i) => `tag-${String(i)}`).join(" ");
      rig.origin.on("/room/small", reply("x", STORED));
      rig.origin.on("/room/redirect", reply("", { ...STORED, location: "/x" }, 301));
      // Of an unknown length: chunks.
      rig.origin.on("/room/chunked", bytes(CHUNKED));
      rig.origin.on("/room/tagged", reply("x".repeat(100_000), { ...STORED, "surrogate-key": manyTags }));
      rig.origin.on("/room/large", reply("x".repeat(8192), { ...STORED, "surrogate-key": "one two" }));
      const paths = ["small", "redirect", "chunked", "tagged", "large"].map((name) => `/room/${name}`);
      await cache().relieve();
      for (const path of paths) {
        await rig.get(path);
      }
      expect(await Promise.all(paths.map((path) => isStored(path)))).toEqual([true, true, true, true, true]);

      expect(await cache().relieve()).toBe(4);

      expect(await Promise.all(paths.map((path) => isStored(path)))).toEqual([false, false, false, false, true]);
    });

    test("takes out everything", async () => {
      rig.origin.on("/client/all", reply("x", STORED));
      await rig.get("/client/all");
      await rig.ask("/client/all", { host: OTHER });

      await cache().flush();

      expect([await isStored("/client/all"), await isStored("/client/all", OTHER)]).toEqual([false, false]);
    });

    test("a host that is no site here is no error", async () => {
      await expect(cache().purge({ kind: "host", host: "no.site.example" }, false)).resolves.toBe(0);
    });

    test.each([
      { kind: "url", host: OTHER, path: "/client/gone" },
      { kind: "tag", host: OTHER, tag: "gone" },
      { kind: "host", host: OTHER },
      { kind: "all" },
    ] as const)("what is left of a site that was taken out is taken out, too: by $kind", async (target) => {
      tagged("/client/gone", "gone");
      await rig.ask("/client/gone", { host: OTHER });
      await rig.reload({ more: {} });

      await cache().purge(target, true);
      await rig.reload({});

      rig.origin.on("/client/gone", reply("new", STORED));
      expect((await rig.ask("/client/gone", { host: OTHER })).body).toBe("new");
    });

    test.each([",", "%", '"', "\\", "a"])("the longest URL of %j is taken out", async (character) => {
      const path = `/${character.repeat(7999)}`;

      // Not with its whole site, as what Varnish cannot take would be.
      expect((await rig.purge("PURGE", { url: path })).status).toBe(200);
    });
  });

  describe("injection", () => {
    /** All that is not to be reached by a purge of something else. */
    const path = "/victim";

    beforeEach(async () => {
      tagged(path, "victim");
      await rig.get(path);
    });

    test.each([
      "x || obj.http.xkey ~ .",
      "x && obj.status != 0",
      ".*",
      "(",
      "x y",
      'x"',
      "x\\",
      "x,victim",
      "*",
      "",
      "v%69ctim",
      "x".repeat(257),
    ])("rejects the tag %j", async (tag) => {
      for (const method of ["PURGE", "SOFTPURGE", "BAN"] as const) {
        expect((await rig.purge(method, { tag })).status).toBe(400);
      }
      expect(await isStored(path)).toBe(true);
    });

    test.each(["v.ctim", "victi", "ictim", "Victim", "victim.", "victim+", "host:www.example.com"])(
      "the tag %s is no other one",
      async (tag) => {
        await rig.purge("BAN", { tag });
        await rig.purge("PURGE", { tag });

        expect(await isStored(path)).toBe(true);
      },
    );

    test.each(["/vict.m", "/", "/v(i)ctim", "/victim?", "/.*", "/victi[m]", "/victim$", "/victim|x"])(
      "a ban of the URL %s is none of another URL",
      async (url) => {
        const { status } = await rig.purge("BAN", { url });

        expect([200, 400]).toContain(status);
        expect(await isStored(path)).toBe(true);
      },
    );

    test("a ban of a URL with characters of regular expressions finds it", async () => {
      const url = "/a.(b)+[c]?d=$1|2*{3}^";
      rig.origin.on("/a.(b)+[c]", reply("x", STORED));
      await rig.get(url);
      expect(await isStored(url)).toBe(true);

      expect((await rig.purge("BAN", { url })).status).toBe(200);

      expect(await isStored(url)).toBe(false);
    });

    test("an origin's tags cannot name another site's objects, its own host or a URL", async () => {
      rig.origin.on(
        "/tagger",
        reply("x", { ...STORED, "surrogate-key": `host:${HOST} url:${HOST}/x tag:${HOST}:victim` }),
      );
      await rig.ask("/tagger", { host: OTHER });

      await rig.purge("PURGE", "host");
      await rig.purge("PURGE", { tag: "victim" });

      expect(await isStored("/tagger", OTHER)).toBe(true);
    });

    // Witness: xkey's own source (varnish-modules, vmod_xkey.c, xkey_tok), which splits at whatever isblank(3) is true of.
    test("an origin's tags begin no key of their own behind a tab", async () => {
      rig.origin.on("/tabs", reply("x", { ...STORED, "surrogate-key": `one\turl:${HOST}/victim\tall\thost:${HOST}` }));
      await rig.ask("/tabs", { host: OTHER });

      await rig.purge("PURGE", { url: path });
      await rig.purge("PURGE", "host");

      expect(await isStored("/tabs", OTHER)).toBe(true);
    });

    test("an origin cannot write the index itself", async () => {
      rig.origin.on("/index", reply("x", { ...STORED, xkey: "forged", "x-footprint-tags": "forged" }));
      await rig.get("/index");

      await rig.purge("PURGE", { tag: "forged" });

      expect(await isStored("/index")).toBe(true);
    });
  });

  describe("who may", () => {
    test.each(["PURGE", "SOFTPURGE", "BAN"])("rejects %s on the traffic port", async (method) => {
      rig.origin.on("/guarded", reply("x", STORED));
      await rig.get("/guarded");

      const answer = await rig.ask("/guarded", { method, headers: { "x-footprint-purge": "url" } });

      expect(answer.status).toBe(405);
      expect(await isStored("/guarded")).toBe(true);
    });

    test("the socket that HAProxy uses takes none", async () => {
      tagged("/guarded/too", "guarded");
      await rig.get("/guarded/too");
      const fields = { host: HOST, "x-footprint-purge": "tag", "x-footprint-tag": "guarded" };

      await askSocket(rig.node.root.outside(SOCKETS.cache), "PURGE", "/", fields);

      expect(await isStored("/guarded/too")).toBe(true);
    });

    test("only root and HAProxy may open the agent's socket; the cache's user may not", async () => {
      const { stdout } = await rig.node.exec("stat", "-c", "%U %G %a", SOCKETS.purge, SOCKETS.cachePurge);
      const tried = await rig.node.exec(
        "setpriv",
        "--reuid=vcache",
        "--regid=varnish",
        "--groups=varnish,haproxy",
        "test",
        "-w",
        SOCKETS.purge,
      );

      expect(stdout.trim().split("\n")).toEqual(["haproxy haproxy 600", "vcache footprint-sockets 660"]);
      expect(tried.status).toBe(1);
    });

    test.each(["GET", "POST", "DELETE"])("the purge socket serves nothing else: %s", async (method) => {
      const answer = await askSocket(rig.node.root.outside(SOCKETS.purge), method, "/victim", { host: HOST });

      expect(answer.status).toBe(405);
    });
  });
});
