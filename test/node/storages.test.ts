import { pipeline } from "node:stream/promises";
import { nodeFiles } from "../../components/node/files";
import type { NodeFiles } from "../../components/node/nodeFiles";
import { STAGED, START_VARNISH, VARNISH, VARNISH_FOLDER } from "../../components/node/processes";
import { NVME } from "../../components/node/startScripts";
import { edgeOptions } from "../../infra/edge/settings";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { bytes, reply, type Handler } from "./origin/scripted";
import { Rig } from "./origin/rig";

const STORED = { "cache-control": "max-age=600" };
const SMALL = 20;
/** With what Varnish notes of it 800 bytes of memory. */
const PAGE = "x".repeat(400);
/** A hundred pages each: twice as many as fill the storage. */
const ROUNDS = 80;
/** More than a thousand of them take, and the most that goes where they are. */
const LARGE = 1_000_000;

/** What is wanted: the README's word on storages; what is there, by Varnish's own counters (varnish-counters(7), SMA). */
/** Bytes that a storage has in use: in memory (SMA), or on a disk (SMF). */
async function used({ node }: Rig, storage: string): Promise<number> {
  const counter = `${storage}.g_bytes`;
  const { stdout } = await node.exec("varnishstat", "-n", VARNISH_FOLDER, "-1", "-f", counter);
  return Number(/g_bytes\s+(\d+)/.exec(stdout)?.[1]);
}

async function askFor(rig: Rig, count: number, body: string): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const path = `/of/${String(body.length)}/${String(i)}`;
    rig.origin.on(path, reply(body, STORED));
    expect(await rig.get(path)).toMatchObject({ status: 200, body });
  }
}

describeWith([DEBIAN], "storages of the cache", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
  });

  afterAll(async () => {
    await rig.stop();
  });

  test("keep what is small apart from what is large", async () => {
    const both = async () => ({ memory: await used(rig, "SMA.memory"), large: await used(rig, "SMA.large") });
    await askFor(rig, SMALL, "x".repeat(10_000));
    const withSmall = await both();
    await askFor(rig, 1, "x".repeat(2_000_000));
    const withLarge = await both();

    expect(withSmall.large).toBe(0);
    expect(withSmall.memory).toBeGreaterThan(SMALL * 10_000);
    expect(withLarge.large).toBeGreaterThan(2_000_000);
    expect(withLarge.memory - withSmall.memory).toBeLessThan(1_000_000);
  });

  test("have an allocator that takes its settings: it complains of what it does not know, and goes on", async () => {
    const said = async (settings: string) =>
      (await rig.node.exec("sh", "-c", `MALLOC_CONF=${settings} varnishd -V`)).stderr;
    const ours = /^export MALLOC_CONF=(.+)$/m.exec(rig.node.root.read(START_VARNISH))?.[1] ?? "";

    expect(await said("thp:sometimes")).toContain("<jemalloc>: Invalid conf value: thp:sometimes");
    expect(ours).toContain("thp:never");
    expect(await said(ours)).not.toContain("<jemalloc>");
  });

  test.each([false, true])(
    "are known to Varnish's check of a bundle that is not in place yet (nodes are one cache: %s)",
    async (cluster) => {
      const folder = "/run/to-be-checked";
      for (const [path, content] of Object.entries(nodeFiles({ ...edgeOptions(rig.origin.at()), cluster }))) {
        rig.node.root.write(`${folder}${path}`, content);
      }

      const { status, stderr } = await rig.node.exec(...VARNISH.check.map((word) => word.replaceAll(STAGED, folder)));

      // What it says is the compiled VCL.
      expect(status === 0 ? "" : stderr.split("\n").slice(0, 5).join("\n")).toBe("");
    },
  );
});

describeWith([DEBIAN], "a storage that is full of what is small", () => {
  test("has room for what is large: its body is whole", async () => {
    // As on a disk, of which a tenth is larger than a thousand of what is there.
    const edit = (files: NodeFiles) => ({
      ...files,
      [START_VARNISH]: (files[START_VARNISH] ?? "").replace(/LARGEST_OBJECT=.*/, "LARGEST_OBJECT=16M"),
    });
    const rig = await Rig.start({ node: { cacheMemory: 4 }, edit });
    try {
      const counted = async (name: string) => {
        const { stdout } = await rig.node.exec("varnishstat", "-n", VARNISH_FOLDER, "-1", "-f", `MAIN.${name}`);
        return Number(/^\S+\s+(\d+)/.exec(stdout)?.[1]);
      };
      for (let i = 0; i < ROUNDS && (await counted("n_lru_nuked")) === 0; i += 1) {
        const paths = Array.from({ length: 100 }, (_, k) => `/small/${String(i)}/${String(k)}`);
        paths.forEach((path) => {
          rig.origin.on(path, reply(PAGE, STORED));
        });
        await Promise.all(paths.map((path) => rig.get(path)));
      }
      rig.origin.on("/large", reply("x".repeat(LARGE), STORED));
      const answer = await rig.get("/large");

      expect(await counted("n_lru_nuked")).toBeGreaterThan(1000);
      expect(await counted("n_lru_limited")).toBe(0);
      expect(answer).toMatchObject({ status: 200, isWhole: true });
      expect(answer.body).toHaveLength(LARGE);
    } finally {
      await rig.stop();
    }
  });
});

/** Without a length, in so many pieces of 100 kB. */
function pieces(count: number, fields: Readonly<Record<string, string>> = STORED): Handler {
  function* body() {
    for (let i = 0; i < count; i += 1) {
      yield "x".repeat(100_000);
    }
  }
  return (response) => {
    response.writeHead(200, fields);
    // Who asks may be cut off.
    return pipeline(body, response).catch(() => undefined);
  };
}

describeWith([DEBIAN], "a response without a length", () => {
  const VICTIM = "victim.example.com";
  /** Megabytes. */
  const CACHE = 32;
  const MAY_TAKE = (CACHE * 1024 * 1024) / 4;
  /** Three times the cache. */
  const MANY = 1000;
  const PAGES = 50;
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({ more: { [VICTIM]: {} }, node: { cacheMemory: CACHE } });
  });

  afterAll(async () => {
    await rig.stop();
  });

  /** Has another site's pages be stored, and returns how many of them still are. */
  async function others(path: string): Promise<() => Promise<number>> {
    const paths = Array.from({ length: PAGES }, (_, i) => `${path}/${String(i)}`);
    for (const each of paths) {
      rig.origin.on(each, reply("x".repeat(20_000), STORED));
      await rig.ask(each, { host: VICTIM });
    }
    const only = { "cache-control": "only-if-cached" };
    return async () => {
      const answers = await Promise.all(paths.map((each) => rig.ask(each, { host: VICTIM, headers: only })));
      return answers.filter(({ status }) => status === 200).length;
    };
  }

  const cacheStatus = async (path: string): Promise<string> => (await rig.get(path)).headers["cache-status"] ?? "";

  test("that would take the cache is cut off at its part, and passed on whole from then on; others lose nothing", async () => {
    const stored = await others("/beside");
    rig.origin.on("/endless", pieces(MANY));

    const cut = await rig.get("/endless");
    expect(cut).toMatchObject({ status: 200, isWhole: false });
    expect(cut.body.length).toBeLessThanOrEqual(MAY_TAKE);
    for (let i = 0; i < 2; i += 1) {
      const answer = await rig.get("/endless");
      expect(answer).toMatchObject({ status: 200, isWhole: true });
      expect(answer.body).toHaveLength(MANY * 100_000);
      expect(answer.headers["cache-status"]).toContain("detail=size");
    }
    expect(await stored()).toBe(PAGES);
  });

  test("is stored again when one of its URL has ended within that", async () => {
    rig.origin.on("/smaller", pieces(MANY));
    await rig.get("/smaller");
    rig.origin.on("/smaller", pieces(3));

    expect(await cacheStatus("/smaller")).toContain("detail=size");
    expect(await cacheStatus("/smaller")).toContain("detail=storing");
    expect(await cacheStatus("/smaller")).toContain("; hit");
  });

  test.each([
    ["has no lifetime", {}, {}],
    ["is for one client", { "cache-control": "private, max-age=60" }, {}],
    ["sets a cookie", { ...STORED, "set-cookie": "a=b" }, {}],
    ["may only be validated, and was asked for with a cookie", { etag: '"1"' }, { cookie: "a=b" }],
  ])("that %s is not stored, and as long as it likes", async (what, fields, asked) => {
    const path = `/not-stored/${what.replaceAll(" ", "-")}`;
    rig.origin.on(path, pieces(MANY, fields));

    expect(await rig.get(path, asked)).toMatchObject({ status: 200, isWhole: true });
  });

  test("is as long as it likes where its end is the connection's: it is not stored", async () => {
    rig.origin.on(
      "/connection",
      bytes(`HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n\r\n${"x".repeat(MANY * 100_000)}`),
    );

    const answer = await rig.get("/connection");
    expect(answer).toMatchObject({ status: 200, isWhole: true });
    expect(answer.body).toHaveLength(MANY * 100_000);
    expect(await cacheStatus("/connection")).toContain("detail=size");
  });

  test("that may only be validated is bound, too", async () => {
    rig.origin.on("/validated", pieces(MANY, { etag: '"1"', "cache-control": "no-cache" }));

    expect((await rig.get("/validated")).isWhole).toBe(false);
    expect((await rig.get("/validated")).isWhole).toBe(true);
  });
});

describeWith([DEBIAN], "storages of the cache on a machine with a disk of its own", () => {
  test("keep pictures there, and small pages in memory", async () => {
    const rig = await Rig.start({ node: { disks: { [NVME]: 64 * 1024 * 1024 } } });
    try {
      const both = async () => ({ memory: await used(rig, "SMA.memory"), disk: await used(rig, "SMF.large") });
      const before = await both();
      await askFor(rig, SMALL, "x".repeat(10_000));
      const withPages = await both();
      await askFor(rig, 10, "x".repeat(100_000));
      const withPictures = await both();

      expect(withPages.disk).toBe(before.disk);
      expect(withPages.memory - before.memory).toBeGreaterThan(SMALL * 10_000);
      expect(withPictures.disk - before.disk).toBeGreaterThan(1_000_000);
      expect(withPictures.memory - withPages.memory).toBeLessThan(100_000);
    } finally {
      await rig.stop();
    }
  });
});
