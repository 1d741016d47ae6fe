import { setTimeout as sleep } from "node:timers/promises";
import { SWITCHES, SWITCHES_FILE } from "../../components/node/protocol/switches";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Held, reply, type Handler } from "./origin/scripted";
import { until } from "./origin/until";
import { cachesOf, HOST, patient, Pool } from "./pooled";

const STORED = { "cache-control": "max-age=3600, stale-while-revalidate=3600, stale-if-error=3600" };
const NODES = 4;
const ALL = Array.from({ length: NODES }, (_, i) => i);

/**
 * What is wanted: RFC 9211 for what caches say of themselves and in which order, RFC 9111 for what is stored and what a change
 * makes invalid, RFC 8586 for loops; of consistent hashing (Karger and others, 1997) that a node that leaves moves its own keys
 * alone.
 */
describeWith([DEBIAN], "a PoP whose nodes are one cache", () => {
  let pool: Pool;
  let count = 0;

  beforeAll(async () => {
    pool = await Pool.start(NODES, { site: { methods: ["GET", "HEAD", "POST"] } });
  });

  afterAll(async () => {
    await pool.stop();
  });

  function script(handler: Handler): string {
    count += 1;
    const path = `/ring/${String(count)}`;
    pool.origin.on(path, handler);
    return path;
  }

  const serve = (body: string | Buffer, fields: Readonly<Record<string, string>> = STORED): string =>
    script(reply(body, fields));

  /** A URL that a node owns, and one that does not. */
  async function owned(body = "x"): Promise<{ path: string; owner: number; other: number }> {
    const path = serve(body);
    const owner = await pool.ownerOf(path);
    return { path, owner, other: (owner + 1) % NODES };
  }

  test("asks the origin once for what any of its nodes is asked for, and each says what it did, the owner first", async () => {
    const path = serve("x");
    const answers = [];
    for (const i of ALL) {
      answers.push(await pool.ask(i, path));
    }
    const said = answers.map(cachesOf);

    expect(answers.map(({ body }) => body)).toEqual(ALL.map(() => "x"));
    expect(pool.origin.requests(path)).toHaveLength(1);
    expect(said.filter((caches) => caches.length === 1)).toHaveLength(1);
    expect(said.map(([first]) => first?.replace(/\d+$/, "n"))).toEqual([
      "fwd=miss; fwd-status=200; detail=storing",
      ...ALL.slice(1).map(() => "hit; ttl=n"),
    ]);
    expect(new Set(said.flatMap(([, last]) => last ?? []))).toEqual(new Set(["fwd=miss; fwd-status=200"]));
  });

  test("names itself once to the origin, and to clients", async () => {
    const { path, other } = await owned();
    const { headers } = await pool.ask(other, path);

    const [request] = pool.origin.requests(path);
    expect(request?.headers["cdn-loop"]).toMatch(/^[^,]*$/);
    expect(request?.headers.via).toMatch(/^[^,]*$/);
    expect(headers.via).toMatch(/^[^,]*$/);
    expect(Object.keys(request?.headers ?? {}).filter((name) => name.startsWith("x-footprint-"))).toEqual([]);
    expect(Object.keys(headers).filter((name) => name.startsWith("x-footprint-"))).toEqual([]);
  });

  test.each([
    [200, "small", 10],
    [40, "large", 1_200_000],
  ])("asks the origin once for %d clients of all nodes on a cold object that is %s", async (clients, _, size) => {
    const body = Buffer.alloc(size, "x");
    const path = script(async (response, request) => {
      await sleep(300);
      response.writeHead(200, { ...STORED, "content-length": size });
      response.write(body.subarray(0, size / 2));
      await sleep(300);
      response.end(request.method === "HEAD" ? undefined : body.subarray(size / 2));
    });

    const answers = await Promise.all(Array.from({ length: clients }, (__, k) => pool.ask(k % NODES, path)));

    expect(new Set(answers.map((each) => `${String(each.status)} ${String(each.body.length)}`))).toEqual(
      new Set([`200 ${String(size)}`]),
    );
    expect(pool.origin.requests(path)).toHaveLength(1);
  });

  test("goes to the origin by itself for what is not stored, once its owner has said so", async () => {
    const path = serve("x", { "cache-control": "private" });

    const first = await Promise.all(ALL.map(async (i) => cachesOf(await pool.ask(i, path)).length));
    const again = await Promise.all(ALL.map(async (i) => cachesOf(await pool.ask(i, path))));

    expect(first.sort()).toEqual([1, ...ALL.slice(1).map(() => 2)]);
    expect(again).toEqual(ALL.map(() => ["fwd=miss; fwd-status=200; detail=forbidden"]));
  });

  test("gives parts, HEAD, 304 and codings as one node does", async () => {
    const path = serve("text ".repeat(1000), { ...STORED, etag: '"1"', "content-type": "text/plain" });
    const other = ((await pool.ownerOf(path)) + 1) % NODES;
    const get = (headers: Readonly<Record<string, string>>, method = "GET") =>
      pool.ask(other, path, { headers, method });

    expect(await get({ range: "bytes=5-8" })).toMatchObject({ status: 206, body: "text" });
    expect(await get({}, "HEAD")).toMatchObject({ status: 200, body: "", headers: { "content-length": "5000" } });
    expect((await get({ "if-none-match": '"1"' })).status).toBe(304);
    expect((await get({ "accept-encoding": "gzip" })).headers).toMatchObject({
      "content-encoding": "gzip",
      etag: 'W/"1"',
    });
    expect(await get({})).toMatchObject({ status: 200, headers: { etag: '"1"' } });
    expect(pool.origin.requests(path)).toHaveLength(1);
  });

  test("purges by a tag at owner and asked node, which clients do not get", async () => {
    const path = serve("x", { ...STORED, "surrogate-key": "one two" });
    const owner = await pool.ownerOf(path);

    const { headers } = await pool.ask((owner + 1) % NODES, path);
    pool.origin.on(path, reply("new", STORED));
    await pool.cache(owner).purge({ kind: "tag", host: HOST, tag: "two" }, false);

    expect(Object.keys(headers).filter((name) => name.startsWith("surrogate-"))).toEqual([]);
    expect((await pool.ask((owner + 1) % NODES, path)).body).toBe("new");
  });

  test("takes what its owner gives stale, and remembers it nowhere", async () => {
    const { path, owner, other } = await owned("former");
    await pool.cache(owner).purge({ kind: "url", host: HOST, path }, true);
    pool.origin.on(path, reply("new", STORED));

    expect((await pool.ask(other, path)).body).toBe("former");
    await until("the owner has it anew", async () => (await pool.ask(owner, path)).body === "new");
    expect((await pool.ask(other, path)).body).toBe("new");
  });

  test("rejects who has no proof at the nodes' own port, and a client's word that it is one", async () => {
    const { path, owner, other } = await owned();
    const asked = pool.origin.requests(path).length;
    const headers = { "x-footprint-proof": "0".repeat(64), "x-footprint-given": "hit", "x-footprint-peered": "1" };

    expect((await pool.peer(owner, path, headers)).status).toBe(403);
    expect((await pool.peer(owner, path, { "x-footprint-proof": "asks" })).status).toBe(403);
    expect(cachesOf(await pool.ask(other, path, { headers }))).toHaveLength(2);
    expect(pool.origin.requests(path)).toHaveLength(asked);
  });

  test("rejects an owner that does not prove what it is: it is never asked", async () => {
    const impostor = await pool.impostor("stolen");
    try {
      await pool.know(0, [...pool.addresses, impostor.address], false);
      await until("it was looked at", () => impostor.asked() > 2);

      expect(await pool.up(0)).toEqual(expect.not.arrayContaining([impostor.address]));
    } finally {
      await impostor.stop();
      await pool.know(0);
    }
  });

  test("purges in the worst order leave nothing that is old: the asked node first, then it fetches, then the owner", async () => {
    const { path, owner, other } = await owned("former");
    pool.origin.on(path, reply("new", STORED));
    const target = { kind: "url", host: HOST, path } as const;
    const before = pool.origin.requests(path).length;

    // Entry 2 is in the log; one node has read it.
    await pool.mark(other, "1.1", "2.1");
    await pool.cache(other).purge(target, false);
    await pool.mark(other, "2.1");
    const refill = await pool.ask(other, path);
    for (const i of ALL.filter((each) => each !== other)) {
      await pool.mark(i, "1.1", "2.1");
      await pool.cache(i).purge(target, false);
      await pool.mark(i, "2.1");
    }
    const bodies = await Promise.all(ALL.map(async (i) => (await pool.ask(i, path)).body));

    expect({ refill: refill.body, bodies, owner }).toEqual({ refill: "new", bodies: ALL.map(() => "new"), owner });
    expect(pool.origin.requests(path).length - before).toBeLessThanOrEqual(2);
  });

  test.each([
    ["that is asked", (owner: number) => ALL.filter((i) => i !== owner)],
    ["that owns it", (owner: number) => [owner]],
  ])("brings no storm when a node %s does not know how far it is with purges", async (_, without) => {
    const { path, owner } = await owned("former");
    for (const i of without(owner)) {
      await pool.cache(i).mark({ done: "", needs: "" });
    }
    await Promise.all(ALL.map((i) => pool.cache(i).purge({ kind: "url", host: HOST, path }, false)));
    pool.origin.on(path, async (response, request) => {
      await sleep(200);
      await reply("new", STORED)(response, request);
    });
    const before = pool.origin.requests(path).length;

    const answers = await Promise.all(Array.from({ length: 100 }, (__, k) => pool.ask(k % NODES, path)));
    await Promise.all(ALL.map((i) => pool.mark(i, "2.1")));

    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(["new"]));
    expect(pool.origin.requests(path).length - before).toBeLessThanOrEqual(NODES);
  });

  test("hears of a change at the owner too: no node that was part of it has the former response (RFC 9111, 4.4)", async () => {
    const { path, other } = await owned("former");
    pool.origin.on(path, reply("new", STORED));

    expect((await pool.ask(other, path, { method: "POST", body: "change" })).status).toBe(200);

    expect((await pool.ask(other, path)).body).toBe("new");
  });

  test("asks one other node at most, and the origin twice, where two do not agree on who there is", async () => {
    await pool.forget(0, 3);
    await pool.forget(1, 2);
    const paths = Array.from({ length: 20 }, () => serve("x"));

    const said = await Promise.all(paths.flatMap((path) => ALL.map(async (i) => cachesOf(await pool.ask(i, path)))));
    await Promise.all(ALL.map((i) => pool.know(i)));

    expect(Math.max(...said.map((caches) => caches.length))).toBe(2);
    expect(Math.max(...paths.map((path) => pool.origin.requests(path).length))).toBeLessThanOrEqual(3);
  });

  test("keeps who there is over a reload", async () => {
    const before = await pool.up(0);

    expect(await pool.node(0).master("reload")).toContain("Success=1");

    expect(await pool.up(0)).toEqual(before);
  });

  test("lets a node go that leaves, moves its own share alone, and ends nothing that it gives", async () => {
    const paths = Array.from({ length: 60 }, () => serve("x"));
    const before = await Promise.all(paths.map((path) => pool.ownerOf(path)));
    const leaving = before[0] ?? 0;
    const other = (leaving + 1) % NODES;
    const held = new Held(reply("long", STORED));
    pool.origin.on(paths[0] ?? "", held.handler);
    await pool.cache(leaving).purge({ kind: "url", host: HOST, path: paths[0] ?? "" }, false);
    const running = pool.ask(other, paths[0] ?? "");
    await held.holds(1);

    await pool.haproxy(leaving).deleteMap(SWITCHES_FILE, SWITCHES.ring);
    await until("all know", async () =>
      (await Promise.all(ALL.map((i) => pool.up(i)))).every((up) => !up.includes(pool.addresses[leaving] ?? "")),
    );
    const rest = paths.slice(1);
    const staying = ALL.filter((i) => i !== leaving);
    const after = await Promise.all(rest.map((path) => pool.ownerOf(path, staying)));
    held.release();

    expect((await running).body).toBe("long");
    expect(after.filter((owner, k) => owner !== before[k + 1] && before[k + 1] !== leaving)).toEqual([]);
    await pool.haproxy(leaving).setMap(SWITCHES_FILE, SWITCHES.ring, "in service");
    await Promise.all(ALL.map((i) => pool.know(i)));
    // What they have of what was not theirs would be an answer, too.
    await Promise.all(ALL.map((i) => pool.cache(i).flush()));
    expect(await Promise.all(paths.map((path) => pool.ownerOf(path)))).toEqual(before);
  });

  test("answers all clients while an owner hangs, and no longer asks it", async () => {
    const { path, owner, other } = await owned("former");
    const held = new Held(reply("there", STORED));
    pool.origin.on(path, held.handler);
    await pool.cache(owner).purge({ kind: "url", host: HOST, path }, false);
    // Its owner is at it before it hangs: on a slow machine a check might have found that first, and nobody had asked it.
    const underWay = pool.ask(other, path);
    await held.holds(1);
    await pool.node(owner).kill("varnish", "workers", "STOP");
    held.release();
    try {
      const hung = await underWay;
      const next = await pool.ask(other, serve("x"));

      expect(hung).toMatchObject({ status: 200, body: "there" });
      expect(next.status).toBe(200);
      expect(await pool.up(other)).not.toContain(pool.addresses[owner]);
    } finally {
      await pool.node(owner).kill("varnish", "workers", "CONT");
      await Promise.all(ALL.map((i) => pool.know(i)));
    }
  });

  test("asks the origin for what an owner says it cannot give, of which nobody knows yet that it is out", async () => {
    const unaware = await Pool.start(2, { edit: patient });
    try {
      const path = "/ring/failing";
      unaware.origin.on(path, reply("there", STORED));
      const owner = await unaware.ownerOf(path);
      await unaware.node(owner).kill("varnish", "main");
      // In the moment of its end it may close the client's connection, too.
      await until("it fails", () =>
        unaware.ask(owner, path).then(
          ({ status }) => status >= 500,
          () => false,
        ),
      );

      expect(await unaware.ask(1 - owner, path)).toMatchObject({ status: 200, body: "there" });
      expect(unaware.origin.requests(path)).toHaveLength(2);
    } finally {
      await unaware.stop();
    }
  });

  // Last: it ends nodes.
  test("loses half of its nodes under load without a failed request, and without a storm", async () => {
    let asking = true;
    const paths: string[] = [];
    const answers: string[] = [];
    const load = [0, 1].map(async (i) => {
      while (asking) {
        const path = paths[answers.length % 7] ?? serve("x");
        paths.push(path);
        const { status, body, isWhole } = await pool.ask(i, path);
        answers.push(`${String(status)} ${body} ${String(isWhole)}`);
      }
    });
    await until("it is busy", () => answers.length > 100);
    await Promise.all([2, 3].map((i) => pool.node(i).kill("haproxy", "main")));
    await until("the others know", async () => (await pool.up(0)).length === 2 && (await pool.up(1)).length === 2);
    const before = answers.length;
    await until("it goes on without", () => answers.length > before + 100);
    asking = false;
    await Promise.all(load);

    expect(new Set(answers)).toEqual(new Set(["200 x true"]));
    expect(Math.max(...new Set(paths.map((path) => pool.origin.requests(path).length)))).toBeLessThanOrEqual(4);
  });
});
