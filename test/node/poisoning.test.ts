import { gzipSync } from "node:zlib";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { request } from "./proxied";
import { harm, NO_HARM } from "./wire/aftermath";
import type { RawAnswer } from "./wire/answers";
import type { OriginAnswer, SeenRequest } from "./wire/recordingOrigin";
import { HOST, WatchedNode } from "./wire/watchedNode";

/** A site whose key has only the parameter a of a query. */
const LISTED = "listed.example.com";

/** A site whose key has nothing of a query. */
const BARE = "bare.example.com";

/** A site whose key has a field and a cookie. */
const KEYED = "keyed.example.com";

/** Longest header that a strict origin takes, bytes; the edge takes more. */
const ORIGIN_LIMIT = 4_000;

const WHOLE = "0123456789";

/** An origin with habits that attacks live on. What no path speaks of is the request itself, fresh for an hour. */
function answer({ target, fields, method }: SeenRequest): OriginAnswer {
  const value = (name: string): string | undefined => fields.find(([each]) => each === name)?.[1];
  const [, habit] = target.split("/");
  switch (habit) {
    case "private":
      return { headers: { "Cache-Control": "private, max-age=3600" } };
    case "no-store":
      return { headers: { "Cache-Control": "no-store" } };
    case "cookie":
      return { headers: { "Set-Cookie": `session=${value("x-who") ?? "nobody"}` } };
    case "strict":
      // Breaks at what others ignore, and says no lifetime then.
      return fields.some(([, each]) => each.length > ORIGIN_LIMIT || /[\x80-\xff]/.test(each))
        ? { status: 400, headers: { "Cache-Control": "" }, body: "too much" }
        : {};
    case "parts":
      return value("range") === undefined
        ? { headers: { ETag: '"1"' }, body: WHOLE }
        : { status: 206, headers: { ETag: '"1"', "Content-Range": "bytes 0-3/10" }, body: WHOLE.slice(0, 4) };
    case "conditions":
      return fields.some(([name]) => name.startsWith("if-"))
        ? { status: 304, headers: { ETag: '"1"' }, body: "" }
        : { headers: { ETag: '"1"' }, body: WHOLE };
    case "codings":
      return value("accept-encoding") === "gzip"
        ? { headers: { "Content-Encoding": "gzip", Vary: "Accept-Encoding" }, body: gzipSync(WHOLE).toString("latin1") }
        : { headers: { Vary: "Accept-Encoding" }, body: WHOLE };
    case "missing":
      return { status: 404, headers: { "Cache-Control": "" }, body: `missing for ${method}` };
    default:
      return {};
  }
}

function echoed({ body }: RawAnswer): { readonly target: string; readonly method: string } {
  return JSON.parse(body) as { target: string; method: string };
}

describeWith([DEBIAN], "cache poisoning", () => {
  let node: WatchedNode;
  let count = 0;

  /** A path that no test has asked for. */
  const fresh = (habit = "echo"): string => `/${habit}/${count++}`;
  const attack = async (
    target: string,
    headers: Readonly<Record<string, string>> = {},
    method = "GET",
  ): Promise<RawAnswer | undefined> => (await node.attack(request(method, target, { Host: HOST, ...headers }))).at(0);

  beforeAll(async () => {
    node = await WatchedNode.start({
      sites: [
        {},
        { host: LISTED, cacheKey: { query: ["a"], headers: [], cookies: [] } },
        { host: BARE, cacheKey: { query: "none", headers: [], cookies: [] } },
        { host: KEYED, cacheKey: { query: "all", headers: ["x-plan"], cookies: ["currency"] } },
      ],
      answer,
    });
  });

  afterEach(async () => {
    const harmed = await harm(node);
    node.origin.forget();

    expect(harmed).toEqual(NO_HARM);
  });

  afterAll(async () => {
    await node.stop();
  });

  describe("by a field that is not in the key", () => {
    test.each([
      "X-Forwarded-Host",
      "X-Forwarded-Server",
      "X-Forwarded-Scheme",
      "X-Forwarded-Proto",
      "X-Forwarded-Protocol",
      "X-Forwarded-Ssl",
      "X-Forwarded-Port",
      "X-Forwarded-Prefix",
      "X-Forwarded-Path",
      "X-Forwarded-Uri",
      "X-Forwarded-For",
      "Forwarded",
      "X-Host",
      "X-HTTP-Host-Override",
      "X-Original-Host",
      "X-Original-URL",
      "X-Rewrite-URL",
      "X-HTTP-Method",
      "X-HTTP-Method-Override",
      "X-Method-Override",
      "X-Real-IP",
      "X-Client-IP",
      "True-Client-IP",
      "CF-Connecting-IP",
      "X-Scheme",
      "X-URL-Scheme",
      "Front-End-Https",
      "Surrogate-Capability",
      "Proxy",
      "X-Footprint-Client",
      "X-Footprint-Origin-Auth",
      "X-Footprint-Max-Age",
      "X_Forwarded_Host",
      "X.Forwarded.Host",
      "x-forwarded-HOST",
    ])("%s: reaches neither the origin nor the next client", async (name) => {
      const target = fresh();

      await attack(target, { [name]: "evil.example.org" });
      const next = await node.visit(target);

      expect(node.origin.of(target)).toHaveLength(1);
      expect(JSON.stringify(node.origin.of(target))).not.toContain("evil");
      expect(next.status).toBe(200);
      expect(next.body).not.toContain("evil");
    });

    test("a Host in another field than Host: the next client gets its own", async () => {
      const target = fresh();

      await node.attack(`GET http://${HOST}${target} HTTP/1.1\r\nHost: ${HOST}:evil\r\nConnection: close\r\n\r\n`);

      expect((await node.visit(target)).body).not.toContain("evil");
    });
  });

  // RFC 9110, section 7.6.1: what Connection names is for the node alone. A field must not be in the key, and miss at the origin.
  describe("by a field that Connection names", () => {
    const named = async (method: string, host: string, target: string, ...lines: readonly string[]) =>
      (
        await node.attack(
          [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...lines, "Content-Length: 0", "", ""].join("\r\n"),
        )
      ).map(({ status }) => status);

    test.each([
      ["X-Plan: gold", "Connection: close, x-plan"],
      ["X-Plan: gold", "Connection: X-PLAN,\tclose"],
      ["X-Plan: gold", "Connection: x-plan\r\nConnection: close"],
      ["X-Plan: gold", "Connection: close x-plan"],
      ["Cookie: currency=gold", "Connection: close, cookie"],
    ])("%s, %s: who has the same is not given what others are", async (field, connection) => {
      const target = fresh();
      const [name = "", value = ""] = field.split(": ");

      expect(await named("GET", KEYED, target, field, connection)).toEqual([200]);

      expect((await node.visit(target, { Host: KEYED, [name]: value })).body).toContain("gold");
      expect((await node.visit(target, { Host: KEYED })).body).not.toContain("gold");
    });

    test.each([
      "Cookie: evil=1",
      "Authorization: Bearer evil",
      "Range: bytes=0-3",
      "Cache-Control: only-if-cached",
      "Accept-Language: evil",
      "X-Custom: evil",
    ])("%s: neither a GET nor a POST is refused, or has it at the origin", async (field) => {
      const [name = ""] = field.split(": ");
      for (const method of ["GET", "POST"]) {
        const target = fresh();

        expect(await named(method, HOST, target, field, `Connection: close, ${name}`)).toEqual([200]);

        expect(node.origin.of(target).flatMap(({ fields }) => fields.map(([each]) => each))).not.toContain(
          name.toLowerCase(),
        );
      }
    });
  });

  describe("by a body where none belongs", () => {
    test.each([
      ["of a length", "GET", "Content-Length: 10\r\n\r\nevil=1&a=2"],
      ["in chunks", "GET", "Transfer-Encoding: chunked\r\n\r\na\r\nevil=1&a=2\r\n0\r\n\r\n"],
      ["of a length, of HEAD", "HEAD", "Content-Length: 10\r\n\r\nevil=1&a=2"],
    ])("%s: the origin does not see it", async (_, method, rest) => {
      const target = fresh();

      await node.attack(`${method} ${target} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n${rest}`);

      expect(node.origin.of(target)).toEqual([]);
      expect((await node.visit(target)).body).not.toContain("evil");
    });

    test("a POST is not what a GET gets afterwards", async () => {
      const target = fresh();

      await node.attack(
        `POST ${target} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\nContent-Length: 4\r\n\r\nevil`,
      );

      expect(echoed(await node.visit(target))).toMatchObject({ method: "GET", body: "" });
    });
  });

  describe("by a cloaked parameter", () => {
    const seenBy = async (host: string, query: string): Promise<string> => {
      const path = fresh();
      const answered = await node.visit(`${path}${query}`, { Host: host });
      return echoed(answered).target.slice(path.length);
    };

    test.each([
      ["a parameter that is not in the key", "?a=1&utm=evil", "?a=1"],
      ["the same in front", "?utm=evil&a=1", "?a=1"],
      ["a semicolon, which separates for some servers", "?utm=1;a=evil&a=1", "?a=1"],
      ["a semicolon within the parameter of the key", "?a=1;utm=2", "?a=1;utm=2"],
      ["the key's parameter twice", "?a=1&a=2", "?a=1&a=2"],
      ["the key's parameter twice, in the other order", "?a=2&a=1", "?a=2&a=1"],
      ["another case", "?A=evil", ""],
      ["a name that begins alike", "?ab=evil&a=1", "?a=1"],
      ["a name that ends alike", "?ba=evil&a=1", "?a=1"],
      ["brackets behind the name", "?a[]=evil&a=1", "?a=1"],
      ["a second question mark", "?utm=1?a=evil&a=1", "?a=1"],
      ["an encoded separator", "?utm=1%26a=evil&a=1", "?a=1"],
      ["an encoded question mark", "?utm=1%3Fa=evil", ""],
      ["an empty parameter", "?&&a=1&&", "?a=1"],
      ["no value", "?a", "?a"],
      ["nothing of the key", "?utm=evil", ""],
      ["a question mark alone", "?", ""],
    ])("%s: the origin sees what is in the key", async (_, query, expected) => {
      expect(await seenBy(LISTED, query)).toBe(expected);
    });

    test("a name in percent-encoding is never taken for the parameter of others", async () => {
      const path = fresh();

      const cloaked = echoed(await node.visit(`${path}?%61=evil&a=1`, { Host: LISTED })).target;
      const honest = echoed(await node.visit(`${path}?a=1`, { Host: LISTED })).target;

      // Whatever of it the origin sees is in the key, so that others do not get its answer.
      expect(honest).toBe(`${path}?a=1`);
      expect(cloaked === honest).toBe(!cloaked.includes("evil"));
    });

    test("a site without a query in its key does not hand one on", async () => {
      expect(await seenBy(BARE, "?a=evil;b")).toBe("");
    });

    test("every answer to another query is an object of its own where all of it is the key", async () => {
      const path = fresh();
      const queries = ["", "?", "?a=1", "?a=1&", "?a=1;b", "?A=1", "?a=1&b=2", "?b=2&a=1"];

      const seen: string[] = [];
      for (const query of queries) {
        seen.push(echoed(await node.visit(`${path}${query}`)).target);
      }

      expect(seen).toEqual(queries.map((query) => `${path}${query}`));
    });
  });

  describe("by a spelling of the host", () => {
    test.each([
      `${HOST}:443`,
      `${HOST}:80`,
      `${HOST}:8443`,
      HOST.toUpperCase(),
      `${HOST}.`,
      `${HOST}.:443`,
      "WwW.Example.com",
    ])("%s is the same object", async (host) => {
      const target = fresh();

      await node.visit(target);
      const answered = await attack(target, { Host: host });

      expect(answered?.status).toBe(200);
      expect(node.origin.of(target)).toHaveLength(1);
    });

    test.each([
      "evil.example.org",
      `${HOST}.evil.example.org`,
      `evil.${HOST}`,
      "www.example",
      "wwwXexample.com",
      "localhost",
    ])("rejects %s with 421, which nobody gets afterwards", async (host) => {
      const target = fresh();

      const answered = await attack(target, { Host: host });

      expect(answered?.status).toBe(421);
      expect(node.origin.of(target)).toEqual([]);
      expect((await node.visit(target)).status).toBe(200);
    });

    test("sites do not share objects", async () => {
      const target = fresh();

      const hosts = [HOST, LISTED, BARE];
      for (const host of hosts) {
        await node.visit(target, { Host: host });
      }

      const asked = node.origin
        .of(target)
        .map(({ fields }) => fields.find(([name]) => name === "x-forwarded-host")?.[1]);
      expect(asked).toEqual(hosts);
    });
  });

  // RFC 3986, 6.2.2: what is equivalent is one, and nothing else is.
  test("by a spelling of the path: equivalent ones are one object, all others are their own", async () => {
    const path = fresh();
    const spellings = [
      [`${path}/b`, `${path}/b`],
      [`${path}//b`, `${path}//b`],
      [`${path}/B`, `${path}/B`],
      [`${path}/%62`, `${path}/b`],
      [`${path}/./b`, `${path}/b`],
      [`${path}/c/../b`, `${path}/b`],
      [`${path}/%2e/b`, `${path}/b`],
      [`${path}/c/%2e%2e/b`, `${path}/b`],
      [`${path}/c/%2E%2E/b`, `${path}/b`],
      [`${path}%2Fb`, `${path}%2Fb`],
      [`${path}%2fb`, `${path}%2Fb`],
      [`${path}/b/`, `${path}/b/`],
      [`${path}/b;c`, `${path}/b;c`],
      [`${path}/b%00`, `${path}/b%00`],
      [`${path}/b%0d%0aX:y`, `${path}/b%0D%0AX:y`],
      [`${path}/b%3Fc`, `${path}/b%3Fc`],
      [`${path}/b%23c`, `${path}/b%23c`],
      [`${path}/b\\c`, `${path}/b\\c`],
      [`/${path}/b`, `/${path}/b`],
    ] as const;

    const seen: string[] = [];
    for (const [spelling] of spellings) {
      seen.push(echoed(await node.visit(spelling)).target);
    }

    expect(seen).toEqual(spellings.map(([, form]) => form));
  });

  describe("by a request for a part or a variant", () => {
    test.each(["bytes=0-3", "bytes=-4", "bytes=0-0,2-3", "bytes=5-", "bytes=99-", "evil"])(
      "Range: %s: the next client gets the whole",
      async (range) => {
        const target = fresh("parts");

        await attack(target, { Range: range });

        expect(await node.visit(target)).toMatchObject({ status: 200, body: WHOLE });
      },
    );

    test.each<Readonly<Record<string, string>>>([
      { "If-None-Match": '"1"' },
      { "If-None-Match": "*" },
      { "If-Match": '"2"' },
      { "If-Modified-Since": "Mon, 02 Nov 2026 10:00:00 GMT" },
      { "If-Unmodified-Since": "Mon, 02 Nov 2020 10:00:00 GMT" },
      { "If-Range": '"2"', Range: "bytes=0-3" },
    ])("%j: the next client gets the whole", async (condition) => {
      const target = fresh("conditions");

      await attack(target, condition);

      expect(await node.visit(target)).toMatchObject({ status: 200, body: WHOLE });
    });

    test.each(["gzip", "br", "gzip;q=0", "identity", "evil", "gzip, evil", "*"])(
      "Accept-Encoding: %s: the next client gets what it can read",
      async (coding) => {
        const target = fresh("codings");

        await attack(target, { "Accept-Encoding": coding });
        const next = await node.visit(target);

        expect(next).toMatchObject({ status: 200, body: WHOLE });
        expect(next.headers).not.toHaveProperty("content-encoding");
        expect(JSON.stringify(node.origin.of(target))).not.toContain("evil");
      },
    );

    test("HEAD: the next client gets a body", async () => {
      const target = fresh("parts");

      await node.attackHead(target);

      expect(await node.visit(target)).toMatchObject({ status: 200, body: WHOLE });
    });
  });

  describe("by an answer that is for one client", () => {
    test.each(["private", "no-store", "cookie"])("%s: each client has its own", async (habit) => {
      const target = `${fresh(habit)}/account.css`;

      await node.visit(target, { Cookie: "session=victim", "X-Who": "victim" });
      const stolen = await attack(target);

      expect(stolen?.status).toBe(200);
      expect(stolen?.body).not.toContain("victim");
      expect(stolen?.headers["set-cookie"]).not.toBe("session=victim");
    });

    test("an answer to a request with credentials: each client has its own", async () => {
      const target = fresh();

      await node.visit(target, { Authorization: "Bearer victim" });
      const stolen = await attack(target);

      expect(stolen?.status).toBe(200);
      expect(stolen?.body).not.toContain("victim");
    });
  });

  describe("by an error that a client provokes", () => {
    test.each([
      ["a field that is too long for the origin", { "X-Long": "a".repeat(ORIGIN_LIMIT + 1) }],
      ["a cookie that is too long for the origin", { Cookie: `a=${"a".repeat(ORIGIN_LIMIT)}` }],
      ["a meta character", { "X-Meta": "\xa0\xff" }],
      ["a method override", { "X-HTTP-Method-Override": "DELETE" }],
      ["a field that is too long for the edge", { "X-Long": "a".repeat(20_000) }],
      ["a control character", { "X-Meta": "\x07" }],
      ["an expectation", { Expect: "evil" }],
      ["an upgrade", { Upgrade: "evil" }],
    ])("%s: the next client gets the good answer, on a cold object and on a stored one", async (_, headers) => {
      const target = fresh("strict");

      await attack(target, headers);
      const cold = await node.visit(target);
      await attack(target, headers);
      const stored = await node.visit(target);

      expect([cold.status, stored.status]).toEqual([200, 200]);
      expect(stored.body).toBe(cold.body);
      expect(
        node.origin.of(target).filter(({ fields }) => fields.every(([name]) => !/^x-(long|meta)/.test(name))).length,
      ).toBeLessThanOrEqual(2);
    });

    test.each(["POST", "DELETE", "evil"])("the method %s: an answer to it is no answer to GET", async (method) => {
      const target = fresh("missing");

      await attack(target, { "Content-Length": "0" }, method);

      expect(await node.visit(target)).toMatchObject({ status: 404, body: "missing for GET" });
    });
  });
});
