import * as fc from "fast-check";
import { SOCKETS } from "../../components/node/sockets";
import { varnishPurgeCache } from "../../components/node/agent/purgeCache";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { reply } from "./origin/scripted";
import { HOST, Rig } from "./origin/rig";

const STORED = { "cache-control": "max-age=600" };
const LISTED = "list.example.com";
const WRITABLE = "writes.example.com";

/** Spellings of a target that RFC 3986 (sections 5.4 and 6.2.2) calls equivalent, and the form that all of them have. */
const EQUIVALENT: readonly (readonly [string, readonly string[]])[] = [
  [
    "/sp/~a",
    ["/sp/%7Ea", "/sp/%7ea", "/sp/./~a", "/sp/x/../~a", "/../sp/~a", "/%73p/~a", "/sp/%2E/~a", "/sp/%2e%2E/sp/~a"],
  ],
  ["/sp/%2F%3A?x=%C3%A9", ["/sp/%2f%3a?x=%c3%a9", "/sp/%2F%3a?%78=%C3%A9"]],
  ["/sp/dir/", ["/sp/dir/.", "/sp/dir/x/..", "/sp/dir/./", "/sp/dir/x/../"]],
  ["/sp/q?a=/../b&c=.", ["/sp/q?a=/../b&%63=%2E"]],
  ["/", ["/.", "/..", "/../..", "/a/..", "/%2e"]],
];

/** Pairs that RFC 3986 does not call equivalent: each is an object of its own. */
const APART: readonly (readonly [string, string])[] = [
  ["/ap/a", "/ap//a"],
  ["/ap/b", "/ap/b/"],
  ["/ap/c", "/ap/c?"],
  ["/ap/d%2Fe", "/ap/d/e"],
  ["/ap/F", "/ap/f"],
  ["/ap/g?x=1&y=2", "/ap/g?y=2&x=1"],
  ["/ap/h+i", "/ap/h%20i"],
  ["/ap/j%", "/ap/j%25"],
  ["/ap/..k", "/k"],
  ["/ap/...", "/ap/.../"],
];

describeWith([DEBIAN], "equal spellings of a URL (RFC 3986)", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({
      more: {
        [WRITABLE]: { methods: ["GET", "HEAD", "POST"] },
        [LISTED]: { cacheKey: { query: ["page", "größe", "a[b]", "a,b"], headers: [], cookies: [] } },
      },
    });
  });

  afterAll(async () => {
    await rig.stop();
  });

  async function isHit(target: string, host = HOST): Promise<boolean> {
    const { headers } = await rig.ask(target, { host });
    return /; ?hit/.test(headers["cache-status"] ?? "");
  }

  const pathOf = (target: string): string => target.split("?")[0] ?? "";

  test.each(EQUIVALENT)(
    "of %s are one object, which the origin is asked for in its one form",
    async (form, spellings) => {
      rig.origin.on(pathOf(form), reply("x", STORED));
      await rig.get(spellings[0] ?? form);

      for (const spelling of [form, ...spellings]) {
        expect([spelling, await isHit(spelling)]).toEqual([spelling, true]);
      }
      expect(rig.origin.requests(pathOf(form)).map(({ target }) => target)).toEqual([form]);
    },
  );

  test.each(APART)("%s and %s are two, since they may mean different things", async (one, other) => {
    rig.origin.on(pathOf(one), reply("x", STORED));
    rig.origin.on(pathOf(other), reply("x", STORED));
    await rig.get(one);

    expect([await isHit(one), await isHit(other)]).toEqual([true, false]);
  });

  test.each(["PURGE", "SOFTPURGE", "BAN"] as const)(
    "%s takes out whatever spelling the URL was asked for, or is purged by",
    async (method) => {
      const form = `/pu/${method}/~a`;
      const spellings = [form, `/pu/${method}/%7Ea`, `/pu/./${method}/%7ea`, `/x/../pu/${method}/~a`];
      rig.origin.on(form, reply("x", STORED));
      await rig.get(form);
      let asked = 1;
      for (const spelling of spellings) {
        expect((await rig.purge(method, { url: spelling })).status).toBe(200);

        await rig.get(form);
        // A soft one is refreshed behind the client's back.
        await rig.origin.received(form, ++asked);
        expect([spelling, await isHit(form)]).toEqual([spelling, true]);
      }
    },
  );

  test("by the agent's client too, and the objects are counted", async () => {
    rig.origin.on("/agent/~a", reply("x", STORED));
    await rig.get("/agent/%7ea");

    await varnishPurgeCache(rig.node.root.outside(SOCKETS.purge)).purge(
      { kind: "url", host: HOST, path: "/x/../agent/%7Ea" },
      false,
    );

    expect(await isHit("/agent/~a")).toBe(false);
    expect((await rig.purge("PURGE", { url: "/agent/%7ea" })).headers["x-footprint-count"]).toBe("1");
  });

  test("a name in a site's key is known in each spelling, and what is not in it does not reach the origin", async () => {
    rig.origin.on("/li", reply("x", STORED));
    await rig.ask("/li?utm=1&page=2&a%5bb%5D=3&gr%c3%b6%C3%9Fe=4&a%2Cb=5", { host: LISTED });

    expect(await isHit("/li?a[b]=3&gr%C3%B6%c3%9fe=4&%70age=2&a,b=5", LISTED)).toBe(false);
    expect(await isHit("/li?gr%c3%b6%C3%9Fe=4&a%5Bb%5D=3&%70age=2&&a%2Cb=5&other", LISTED)).toBe(true);
    expect(rig.origin.requests("/li")[0]?.target).toBe("/li?a%2Cb=5&a%5Bb%5D=3&gr%C3%B6%C3%9Fe=4&page=2");
  });

  test.each([
    ["/change/~x", "/change/%7ex"],
    ["/change/~x", `https://${WRITABLE}/change/./%7Ex`],
    ["/change/~x", `https://${WRITABLE.toUpperCase()}:443/change/~x#part`],
    ["/change/~x", `//${WRITABLE}/change/~x`],
    ["/change/~x", "~x"],
    ["/change/~x", "./a/../%7Ex"],
    ["/change/new?id=1", "?id=1"],
    ["/change/new?id=1", ""],
  ])("a change takes out %s when its answer names %j", async (form, location) => {
    for (const path of ["/change/~x", "/change/new"]) {
      rig.origin.on(path, (response, request) =>
        (request.method === "POST" ? reply("x", { location }, 201) : reply("x", STORED))(response, request),
      );
    }
    await rig.ask(form, { host: WRITABLE });
    expect(await isHit(form, WRITABLE)).toBe(true);

    await rig.ask("/change/new?id=1", { host: WRITABLE, method: "POST", body: "x" });

    expect(await isHit(form, WRITABLE)).toBe(false);
  });

  describe("a purge by the beginning of a URL", () => {
    const UNDER = ["/pre/a", "/pre/a?x=1", "/pre//a", "/pre/a/b", "/pre/~"];
    const BESIDE = ["/prefix", "/x/pre/a", "/pr"];

    test("takes out all below it in each spelling, with their queries, and nothing else", async () => {
      for (const target of [...UNDER, ...BESIDE]) {
        rig.origin.on(pathOf(target), reply("x", STORED));
        await rig.get(target);
        await rig.ask(target, { host: LISTED });
      }

      expect((await rig.purge("BAN", { prefix: "/./pre/" })).status).toBe(200);

      expect(await Promise.all(UNDER.map((target) => isHit(target)))).toEqual(UNDER.map(() => false));
      expect(await Promise.all(BESIDE.map((target) => isHit(target)))).toEqual(BESIDE.map(() => true));
      expect(await isHit("/pre/a", LISTED)).toBe(true);
    });

    test.each(["/v.ctim", "/victim|x", "/.*", "/(victim)", "/victim/x"])("%s takes out no other", async (prefix) => {
      rig.origin.on("/victim", reply("x", STORED));
      await rig.get("/victim");

      expect((await rig.purge("BAN", { prefix })).status).toBe(200);

      expect(await isHit("/victim")).toBe(true);
    });

    test.each(["PURGE", "SOFTPURGE"] as const)("rejects %s: the index of keys has whole URLs alone", async (method) => {
      expect((await rig.purge(method, { prefix: "/pre" })).status).toBe(400);
    });
  });

  test("the form has no other spelling: to make it again changes nothing", async () => {
    rig.origin.on("/", reply("x"));
    const piece = fc.constantFrom("/", ".", "..", "a", "~", "%7e", "%2F", "%2e", "%", "%4", "?", "&", "=", "//", "é");
    const targets = fc
      .array(piece, { maxLength: 12 })
      .map((pieces) => encodeURI(`/idem/${pieces.join("")}`).replace(/%25/g, "%"));
    await fc.assert(
      fc.asyncProperty(targets, async (target) => {
        const before = rig.origin.all().length;
        await rig.ask(target, { host: WRITABLE });
        const once = rig.origin.all()[before]?.target;
        await rig.ask(once ?? target, { host: WRITABLE });

        expect(once).not.toMatch(/\/\.{1,2}(?:\/|\?|$)(?<!\?.*)|%(?:7[eE]|2[eE]|6[1-9])/);
        expect(rig.origin.all()[before + 1]?.target).toBe(once);
      }),
      { numRuns: 150 },
    );
  });
});
