import { setTimeout as sleep } from "node:timers/promises";
import { VARIANTS_LIMIT } from "../../components/node/limits";
import { HAPROXY_FILE, VARNISH_FOLDER } from "../../components/node/processes";
import type { NodeFiles } from "../../components/node/nodeFiles";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import type { Answer, Ask } from "./origin/client";
import { reply, type Handler } from "./origin/scripted";
import { until } from "./origin/until";
import { cachesOf, HOST, patient, Pool } from "./pooled";

const STORED = { "cache-control": "max-age=3600, stale-while-revalidate=3600, stale-if-error=3600" };
const NODES = 3;
/** For a copy of nothing, an object is asked for so often within a minute; for each kilobyte once more, up to 20 of them. */
const ASKED = 4;
const BOUNDS = { COPIES_MEMORY: 1, COPY_STEP: 1000, COPY_LIMIT: 20 } as const;

const RING_FILE = "/etc/varnish/ring.vcl";

const isCopy = (answer: Answer): boolean => /^hit; ttl=-?\d+; detail=copy$/.test(cachesOf(answer).join());
const isHop = (answer: Answer): boolean => cachesOf(answer).length === 2;
const ttlOf = (answer: Answer): number => Number(/ttl=(-?\d+)/.exec(cachesOf(answer).at(-1) ?? "")?.[1]);

/**
 * Those who have waited for an owner's answer all ask it at once: for as long as one of them takes, and not for a millisecond,
 * after which those that a busy machine has woken late would wait for each other again.
 */
function together(files: NodeFiles): NodeFiles {
  const ring = files[RING_FILE] ?? "";
  if (!ring.includes("set beresp.ttl = 1ms;")) {
    throw new Error("what has been waited for is not let go for a millisecond");
  }
  return patient({ ...files, [RING_FILE]: ring.replace("set beresp.ttl = 1ms;", "set beresp.ttl = 5s;") });
}

/** A URL, the node that owns it, and one that does not. */
interface Owned {
  readonly path: string;
  readonly owner: number;
  readonly other: number;
}

/**
 * What is wanted: RFC 9111 for age, lifetime, variants and what is stored, RFC 9110 for parts and conditions, RFC 9211 for what
 * caches say, RFC 5861 for what is stale; where something is stored, by Varnish's own counters (varnish-counters(7)).
 */
describeWith([DEBIAN], "copies of what another node of the PoP owns", () => {
  let pool: Pool;
  let count = 0;

  beforeAll(async () => {
    pool = await Pool.start(NODES, { bounds: BOUNDS, edit: patient });
  });

  afterAll(async () => {
    await pool.stop();
  });

  async function owned(handler: Handler): Promise<Owned> {
    count += 1;
    const path = `/copies/${String(count)}`;
    pool.origin.on(path, handler);
    const owner = await pool.ownerOf(path);
    return { path, owner, other: (owner + 1) % NODES };
  }

  /** One after the other, so that each finds what those before it have caused. */
  async function times(n: number, i: number, path: string, options: Ask = {}): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    while (answers.length < n) {
      answers.push(await pool.ask(i, path, options));
    }
    return answers;
  }

  /** Asks until the node has a copy. */
  async function hot(handler: Handler, options: Ask = {}): Promise<Owned> {
    const is = await owned(handler);
    await until("there is a copy", async () => isCopy(await pool.ask(is.other, is.path, options)));
    return is;
  }

  async function counted(i: number, counter: string, of = pool): Promise<number> {
    const { stdout } = await of.node(i).exec("varnishstat", "-n", VARNISH_FOLDER, "-1", "-f", counter);
    return Number(/^\S+ +(\d+)/.exec(stdout)?.[1]);
  }

  test("are kept of what is asked for often: then its owner is asked no more", async () => {
    const { path, other } = await owned(reply("x", STORED));

    const answers = await times(50, other, path);

    // Its owner was found by a question to each node.
    expect(answers.filter(isHop)).toHaveLength(ASKED - 1);
    expect(answers.filter(isCopy)).toHaveLength(50 - (ASKED - 1));
    expect(pool.origin.requests(path)).toHaveLength(1);
  });

  test.each([
    [1000, ASKED],
    [9_900, ASKED + 8],
    [19_000, ASKED + 18],
    [30_000, 60],
  ])("are kept the later the larger it is, and not of what is too large: %d bytes", async (size, hops) => {
    const { path, other } = await owned(reply("x".repeat(size), STORED));

    expect((await times(60, other, path)).filter(isHop)).toHaveLength(hops);
  });

  test("are one for all who waited for it", async () => {
    const waiting = await Pool.start(2, { bounds: BOUNDS, edit: together });
    try {
      const path = "/copies/waited-for";
      waiting.origin.on(path, reply("x", STORED));
      const owner = await waiting.ownerOf(path);
      const other = 1 - owner;
      const copies = () => counted(other, "SMA.copies.g_alloc", waiting);

      await waiting.node(owner).kill("varnish", "workers", "STOP");
      const answers = Array.from({ length: 60 }, () => waiting.ask(other, path));
      await until("all wait for the owner", async () => (await waiting.hops(other)) === answers.length);
      await waiting.node(owner).kill("varnish", "workers", "CONT");

      expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(answers.map(() => "x"));
      // Of two pieces of memory each. A second would be one too many, but for half a second in which a machine may stand still.
      expect(await copies()).toBeGreaterThan(0);
      expect(await copies()).toBeLessThanOrEqual(6);
    } finally {
      await waiting.stop();
    }
  });

  test("push out nothing that the node owns", async () => {
    const own: string[] = [];
    while (own.length < 20) {
      const { path, owner } = await owned(reply("x".repeat(10_000), STORED));
      own.push(...(owner === 0 ? [path] : []));
    }
    const before = await counted(0, "SMA.memory.g_bytes");

    const bodies = Array.from({ length: 500 }, (_, i) => `/copies/many/${String(i)}`);
    bodies.forEach((path) => {
      pool.origin.on(path, reply("x".repeat(3900), STORED));
    });
    while (bodies.length > 0) {
      await Promise.all(bodies.splice(0, 25).map((path) => times(ASKED + 6, 0, path)));
    }

    expect(await counted(0, "SMA.copies.c_fail")).toBeGreaterThan(0);
    expect(await counted(0, "SMA.copies.g_bytes")).toBeLessThanOrEqual(1_048_576);
    expect(await counted(0, "SMA.copies.g_bytes")).toBeGreaterThan(500_000);
    // A third is its own, and is where its own is.
    expect(await counted(0, "SMA.memory.g_bytes")).toBeGreaterThan(before);
    expect((await Promise.all(own.map((path) => pool.ask(0, path)))).map(cachesOf)).toEqual(
      own.map(() => [expect.stringMatching(/^hit; ttl=\d+$/) as string]),
    );
  });

  test("have their owner's age, and end no later than what it has", async () => {
    const seen = [];
    for (let i = 0; i < 12; i += 1) {
      const { path, owner, other } = await hot(reply("x", { "cache-control": "max-age=1000", age: "400" }));
      const at = await pool.ask(owner, path);
      const copy = await pool.ask(other, path);
      seen.push({ later: ttlOf(copy) - ttlOf(at), younger: Number(at.headers.age) - Number(copy.headers.age) });
      expect(Number(copy.headers.age)).toBeGreaterThanOrEqual(400);
    }

    expect(Math.max(...seen.map(({ later }) => later))).toBeLessThanOrEqual(0);
    expect(Math.max(...seen.map(({ younger }) => younger))).toBeLessThanOrEqual(0);
  });

  test("are parts, HEAD, 304 and codings as what they are copies of", async () => {
    const { path, other } = await hot(
      reply("text ".repeat(1000), { ...STORED, etag: '"1"', "content-type": "text/plain" }),
    );
    const get = (headers: Readonly<Record<string, string>>, method = "GET") =>
      pool.ask(other, path, { headers, method });

    const all = [
      await get({ range: "bytes=5-8" }),
      await get({}, "HEAD"),
      await get({ "if-none-match": '"1"' }),
      await get({ "accept-encoding": "gzip" }),
      await get({}),
    ];
    expect(all.map(isCopy)).toEqual(all.map(() => true));
    expect(all).toMatchObject([
      { status: 206, body: "text" },
      { status: 200, body: "", headers: { "content-length": "5000" } },
      { status: 304 },
      { status: 200, headers: { "content-encoding": "gzip", etag: 'W/"1"' } },
      { status: 200, headers: { etag: '"1"' } },
    ]);
  });

  test("are of a variant each", async () => {
    const { path, other } = await owned((response, request) =>
      reply(String(request.headers["x-like"]), { ...STORED, vary: "X-Like" })(response, request),
    );
    const like = (x: string): Ask => ({ headers: { "x-like": x } });
    for (const x of ["a", "b"]) {
      await until("there is a copy", async () => isCopy(await pool.ask(other, path, like(x))));
    }

    expect((await pool.ask(other, path, like("a"))).body).toBe("a");
    expect((await pool.ask(other, path, like("b"))).body).toBe("b");
    expect((await pool.ask(other, path, like("c"))).body).toBe("c");
  });

  test.each([
    ["is private", { "cache-control": "private, max-age=600" }, {}],
    ["has a cookie", { ...STORED, "set-cookie": "a=b" }, {}],
    ["was for one with a name", STORED, { authorization: "Basic eDp5" }],
    ["has no lifetime", { etag: '"1"' }, {}],
  ])("are not of what %s", async (_, fields, headers) => {
    const path = `/copies/private/${_.replaceAll(" ", "-")}`;
    pool.origin.on(path, reply("x", fields));

    const answers = (await Promise.all([0, 1, 2].map((i) => times(10, i, path, { headers })))).flat();

    expect(answers.filter(({ headers: said }) => /; ?hit|copy/.test(said["cache-status"] ?? ""))).toEqual([]);
    expect(pool.origin.requests(path).length).toBeGreaterThanOrEqual(answers.length);
  });

  test("go with their tags when these are purged", async () => {
    const { path, owner, other } = await hot(reply("former", { ...STORED, "surrogate-key": "one two" }));
    pool.origin.on(path, reply("new", STORED));

    for (const i of [owner, other]) {
      await pool.cache(i).purge({ kind: "tag", host: HOST, tag: "two" }, false);
    }

    expect((await pool.ask(other, path)).body).toBe("new");
  });

  test("are not filled again from an owner that has not purged, by a fetch that began before the purge", async () => {
    const { path, owner, other } = await hot(reply("former", STORED));
    await pool.cache(other).purge({ kind: "url", host: HOST, path }, false);
    // By then the next may be a copy again.
    await sleep(1200);
    await pool.node(owner).kill("varnish", "workers", "STOP");
    pool.origin.on(path, reply("new", STORED));

    // It is at the owner when entry 2 of the log comes to the node that asks, and the owner has not read it.
    const running = pool.ask(other, path);
    await until("it is under way", async () => (await pool.hops(other)) > 0);
    await pool.mark(other, "1.1", "2.1");
    await pool.cache(other).purge({ kind: "url", host: HOST, path }, false);
    await pool.mark(other, "2.1");
    await pool.node(owner).kill("varnish", "workers", "CONT");
    await running;
    const after = await times(10, other, path);
    for (const i of [0, 1, 2]) {
      await pool.mark(i, "2.1");
    }
    await pool.cache(owner).purge({ kind: "url", host: HOST, path }, false);

    expect(new Set(after.map(({ body }) => body))).toEqual(new Set(["new"]));
  });

  test("are given on for a second where its owner has nothing but what is stale, and say so", async () => {
    const { path, owner, other } = await hot(reply("former", STORED));
    for (const i of [owner, other]) {
      await pool.cache(i).purge({ kind: "url", host: HOST, path }, true);
    }
    pool.origin.on(path, reply("broken", {}, 503));
    // By then it is stale by a whole second.
    await sleep(1200);

    const answers = await until("there is a copy", async () => {
      const some = await times(10, other, path);
      return some.some(isCopy) && some;
    });
    const stale = answers.filter(isCopy);
    const bodies = new Set(answers.map(({ body }) => body));
    pool.origin.on(path, reply("new", STORED));
    await until("it is new", async () => (await pool.ask(other, path)).body === "new");

    expect(bodies).toEqual(new Set(["former"]));
    expect(Math.max(...stale.map(ttlOf))).toBeLessThan(0);
  });
});

describeWith([DEBIAN], "copies of many variants of a URL", () => {
  test(`are ${String(VARIANTS_LIMIT)}: with the next all go`, async () => {
    const pool = await Pool.start(2, {
      // Without the half second between two of them.
      edit: (files) => ({
        ...files,
        [HAPROXY_FILE]: (files[HAPROXY_FILE] ?? "").replace(" { sc_gpc0_rate(1) lt 1 }", ""),
      }),
    });
    try {
      const path = "/variants";
      pool.origin.on(path, reply("x", { ...STORED, vary: "X-Like" }));
      const other = ((await pool.ownerOf(path)) + 1) % 2;
      let copied = 0;
      for (let i = 0; i < VARIANTS_LIMIT + 40; i += 1) {
        for (let turn = 0; turn < 3; turn += 1) {
          copied += isCopy(await pool.ask(other, path, { headers: { "x-like": String(i) } })) ? 1 : 0;
        }
      }

      const count = await pool.cache(other).purge({ kind: "url", host: HOST, path }, false);
      expect(copied).toBeGreaterThan(VARIANTS_LIMIT / 2);
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(VARIANTS_LIMIT);
    } finally {
      await pool.stop();
    }
  });
});
