import { HaproxyRuntime } from "../../components/node/agent/haproxy";
import { SWITCHES, SWITCHES_FILE } from "../../components/node/protocol/switches";
import { SOCKETS } from "../../components/node/sockets";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { reply } from "./origin/scripted";
import { until } from "./origin/until";
import { EDGES, HOST, nameOf, SHIELD, ShieldedPops } from "./shielded";

const STORED = { "cache-control": "max-age=3600, stale-while-revalidate=3600, stale-if-error=3600" };
const CLIENT = "203.0.113.77";
const [EDGE, OTHER] = EDGES;

/**
 * What is wanted: RFC 9211 for what caches say of themselves, RFC 8586 for loops, RFC 9111 for age, invalidation and what
 * is stored, RFC 7239's idea of whom a request is for.
 */
describeWith([DEBIAN], "a shield between PoPs", () => {
  let pops: ShieldedPops;
  let count = 0;

  beforeAll(async () => {
    pops = await ShieldedPops.start({ methods: ["GET", "HEAD", "POST"] });
    await until("the shield is up", async () =>
      (await Promise.all(EDGES.map((edge) => pops.isUp(edge)))).every(Boolean),
    );
  });

  afterAll(async () => {
    await pops.stop();
  });

  beforeEach(async () => {
    await pops.mark({}, "1.1");
  });

  function serve(body: string, fields: Readonly<Record<string, string>> = STORED): string {
    count += 1;
    const path = `/shield/${String(count)}`;
    pops.origin.on(path, reply(body, fields));
    return path;
  }

  const statusOf = async (region: string, path: string): Promise<string> =>
    (await pops.ask(region, path)).headers["cache-status"] ?? "";

  test("asks the origin once for what all PoPs are asked for, and each says what it did, the shield first", async () => {
    const path = serve("x");

    expect(await statusOf(EDGE, path)).toMatch(
      new RegExp(`^${nameOf(SHIELD)}; ?fwd=miss.*, ?${nameOf(EDGE)}; ?fwd=miss; ?fwd-status=200; ?detail=storing$`),
    );
    expect(await statusOf(OTHER, path)).toMatch(
      new RegExp(
        `^${nameOf(SHIELD)}; ?hit; ?ttl=\\d+, ?${nameOf(OTHER)}; ?fwd=miss; ?fwd-status=200; ?detail=storing$`,
      ),
    );
    expect(await statusOf(SHIELD, path)).toMatch(new RegExp(`^${nameOf(SHIELD)}; ?hit; ?ttl=\\d+$`));
    expect(await statusOf(EDGE, path)).toMatch(new RegExp(`${nameOf(EDGE)}; ?hit; ?ttl=\\d+$`));
    expect(pops.origin.requests(path)).toHaveLength(1);
  });

  test("tells the origin for whom it asks, and by which way: two PoPs in this order are no loop", async () => {
    const path = serve("x");

    const { headers } = await pops.ask(EDGE, path, { client: CLIENT });

    const [request] = pops.origin.requests(path);
    expect(request?.headers["x-request-id"]).toBe(headers["x-request-id"]);
    expect(request?.headers["x-forwarded-for"]).toBe(CLIENT);
    expect(request?.headers["x-forwarded-host"]).toBe(HOST);
    expect(request?.headers["cdn-loop"]).toBe(`${nameOf(EDGE)}, ${nameOf(SHIELD)}`);
    expect(Object.keys(request?.headers ?? {}).filter((name) => /^x-footprint-(?!origin-auth)/.test(name))).toEqual([]);
  });

  test("counts the client, and not the PoP that asks for it", async () => {
    await pops.ask(EDGE, serve("x"), { client: CLIENT });

    const table = await pops.node(SHIELD).say(SOCKETS.admin, "show table clients");

    expect(table).toContain(CLIENT);
    expect(table).not.toContain("127.0.0.1");
  });

  test.each([SHIELD, EDGE])("rejects what has been at the shield before, asked at %s", async (region) => {
    const path = serve("x");

    const { status, headers } = await pops.ask(region, path, { headers: { "cdn-loop": nameOf(SHIELD) } });

    expect(status).toBe(508);
    expect(headers["proxy-status"]).toContain("proxy_loop_detected");
    expect(pops.origin.requests(path)).toHaveLength(0);
  });

  test.each([
    ["of nobody's", "0".repeat(64)],
    ["that is a word of the map", "own"],
    ["that is empty", ""],
  ])("rejects a proof %s: who sends it is a client as any other", async (_, proof) => {
    const path = serve("x", { ...STORED, "surrogate-key": "secret-tag", "surrogate-control": "max-age=60" });
    const headers = {
      "x-footprint-proof": proof,
      "x-footprint-client": CLIENT,
      "x-footprint-needs": "unknown",
      "x-footprint-shielded": "1",
    };
    await pops.ask(SHIELD, path);

    const answer = await pops.ask(SHIELD, path, { headers });

    expect(answer.headers["cache-status"]).toMatch(/; ?hit/);
    expect(Object.keys(answer.headers).filter((name) => /^x-footprint-|^surrogate-/.test(name))).toEqual([]);
    const other = serve("x");
    await pops.ask(SHIELD, other, { headers });
    expect(pops.origin.requests(other)[0]?.headers["x-forwarded-for"]).not.toBe(CLIENT);
  });

  test("hands on tags and Surrogate-Control, which clients do not get", async () => {
    const path = serve("x", { "surrogate-control": "max-age=3600", "surrogate-key": "one two" });
    const first = await pops.ask(EDGE, path);
    expect(await statusOf(EDGE, path)).toMatch(new RegExp(`${nameOf(EDGE)}; ?hit`));

    await pops.cache(EDGE).purge({ kind: "tag", host: HOST, tag: "two" }, false);

    expect(await statusOf(EDGE, path)).toMatch(new RegExp(`${nameOf(SHIELD)}; ?hit.*${nameOf(EDGE)}; ?fwd=miss`));
    expect(Object.keys(first.headers).filter((name) => /^x-footprint-|^surrogate-/.test(name))).toEqual([]);
  });

  test("leaves what is stored at an edge as the origin sent it: it compresses for clients alone", async () => {
    const body = "text ".repeat(2000);
    const path = serve(body, { ...STORED, "content-type": "text/plain", etag: '"strong"' });

    const compressed = await pops.ask(EDGE, path, { headers: { "accept-encoding": "gzip" } });
    const whole = await pops.ask(EDGE, path);

    expect(compressed.headers).toMatchObject({ "content-encoding": "gzip", etag: 'W/"strong"' });
    expect(whole).toMatchObject({ body, headers: { etag: '"strong"' } });
    const part = await pops.ask(EDGE, path, { headers: { range: "bytes=0-3" } });
    expect(part).toMatchObject({ status: 206, body: "text" });
    const same = await pops.ask(EDGE, path, { headers: { "if-none-match": '"strong"' } });
    expect(same.status).toBe(304);
  });

  test("counts the age from the origin on", async () => {
    const path = serve("x", { "cache-control": "max-age=1000", age: "900" });

    await pops.ask(OTHER, path);
    const { headers } = await pops.ask(EDGE, path);

    expect(Number(headers.age)).toBeGreaterThanOrEqual(900);
    expect(
      Number(/; ?hit; ?ttl=(\d+)/.exec(await statusOf(EDGE, path).then((text) => text.split(", ").at(-1) ?? ""))?.[1]),
    ).toBeLessThanOrEqual(100);
  });

  test("is passed by with what is not stored, once that is known", async () => {
    const path = serve("x", { "cache-control": "private" });

    await pops.ask(EDGE, path);
    await pops.ask(EDGE, path);

    expect(pops.origin.requests(path).map(({ headers }) => headers["cdn-loop"])).toEqual([
      `${nameOf(EDGE)}, ${nameOf(SHIELD)}`,
      nameOf(EDGE),
    ]);
  });

  test("hears of a change: neither it nor the one that was asked has the former response (RFC 9111, 4.4)", async () => {
    const path = serve("former");
    await pops.ask(EDGE, path);
    pops.origin.on(path, reply("new", STORED));

    const { status } = await pops.ask(EDGE, path, { method: "POST", body: "change" });

    expect(status).toBe(200);
    expect((await pops.ask(EDGE, path)).body).toBe("new");
    expect((await pops.ask(SHIELD, path)).body).toBe("new");
    expect(pops.origin.requests(path).map(({ method }) => method)).toEqual(["GET", "POST", "GET"]);
  });

  test("revalidates for the edge, and a 304 keeps what both have", async () => {
    const path = serve("x", { ...STORED, etag: '"1"' });
    await pops.ask(EDGE, path);
    pops.origin.on(path, (response, { headers }) => {
      response.writeHead(headers["if-none-match"] === '"1"' ? 304 : 500, { ...STORED, etag: '"1"' }).end();
    });
    for (const region of [EDGE, SHIELD]) {
      await pops.cache(region).purge({ kind: "url", host: HOST, path }, true);
    }

    await pops.ask(EDGE, path);
    await until("both have it fresh", async () =>
      /; ?hit; ?ttl=[1-9]/.test((await statusOf(EDGE, path)).split(", ").at(-1) ?? ""),
    );

    expect(await pops.ask(EDGE, path)).toMatchObject({ status: 200, body: "x" });
  });

  test("gives what is stale only where its origin fails, and no edge takes that for fresh", async () => {
    const path = serve("former", STORED);
    await pops.ask(SHIELD, path);
    await pops.cache(SHIELD).purge({ kind: "url", host: HOST, path }, true);
    pops.origin.on(path, reply("broken", {}, 503));

    for (const turn of [1, 2, 3]) {
      expect({ turn, ...(await pops.ask(EDGE, path)) }).toMatchObject({ turn, status: 200, body: "former" });
    }
    pops.origin.on(path, reply("new", STORED));

    await until("the edge has the new one", async () => (await pops.ask(EDGE, path)).body === "new");
  });

  test("purges in the worst order leave nothing that is old: the edge first, then it fetches, then the shield", async () => {
    const path = serve("former");
    await Promise.all([SHIELD, ...EDGES].map((region) => pops.ask(region, path)));
    pops.origin.on(path, reply("new", STORED));
    const target = { kind: "url", host: HOST, path } as const;

    // Entry 2 is in all logs; one edge has read it.
    await pops.cache(EDGE).mark({ done: "1.1", needs: `${EDGE}=2.1,${SHIELD}=2.1` });
    await pops.cache(EDGE).purge(target, false);
    expect((await pops.ask(EDGE, path)).body).toBe("new");

    for (const region of [SHIELD, OTHER]) {
      await pops.cache(region).mark({ done: "1.1", needs: `${region}=2.1,${SHIELD}=2.1` });
      await pops.cache(region).purge(target, false);
      await pops.cache(region).mark({ done: "2.1", needs: `${region}=2.1,${SHIELD}=2.1` });
    }
    const bodies = await Promise.all([SHIELD, ...EDGES].map(async (region) => (await pops.ask(region, path)).body));
    expect(bodies).toEqual(["new", "new", "new"]);
  });

  test("that is drained is out by its health, and in again after it", async () => {
    const { root } = pops.node(SHIELD);
    const haproxy = new HaproxyRuntime({ admin: root.outside(SOCKETS.admin), master: root.outside(SOCKETS.master) });
    await haproxy.setMap(SWITCHES_FILE, SWITCHES.pop, "drained");
    await until("the edges know", async () => !(await pops.isUp(EDGE)) && !(await pops.isUp(OTHER)));
    const path = serve("x");

    await pops.ask(EDGE, path);
    await haproxy.deleteMap(SWITCHES_FILE, SWITCHES.pop);
    await until("the edges know", async () => (await pops.isUp(EDGE)) && (await pops.isUp(OTHER)));
    const later = serve("x");
    await pops.ask(EDGE, later);

    expect(pops.origin.requests(path)[0]?.headers["cdn-loop"]).toBe(nameOf(EDGE));
    expect(pops.origin.requests(later)[0]?.headers["cdn-loop"]).toBe(`${nameOf(EDGE)}, ${nameOf(SHIELD)}`);
  });

  // Last: it ends the shield.
  test("that is killed under load costs no request", async () => {
    let asking = true;
    const answers: string[] = [];
    const load = EDGES.map(async (edge) => {
      while (asking) {
        const { status, body, isWhole } = await pops.ask(edge, serve("x"));
        answers.push(`${String(status)} ${body} ${String(isWhole)}`);
      }
    });
    await until("it goes by the shield", () => answers.length > 20);
    await pops.node(SHIELD).kill("haproxy", "main");
    await until("the edges know", async () => !(await pops.isUp(EDGE)) && !(await pops.isUp(OTHER)));
    const before = answers.length;
    await until("it goes on without", () => answers.length > before + 20);
    asking = false;
    await Promise.all(load);

    expect(new Set(answers)).toEqual(new Set(["200 x true"]));
  });
});
