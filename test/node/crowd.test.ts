import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { reply } from "./origin/scripted";
import { until } from "./origin/until";
import { patient, Pool } from "./pooled";

const STORED = { "cache-control": "max-age=3600" };
const NODES = 4;
const CLIENTS = 60;
/** Of which each node has ten under way. */
const CROWDED = 40;
/** Too large for a copy, and for the buffers between two nodes; not for being stored. */
const LARGE = 1_150_000;

/**
 * What is wanted: consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, 2016), for one object; that origins
 * hear of a cold object once an owner.
 */
describeWith([DEBIAN], "an object that is too large for copies, and asked for by many at once", () => {
  let pool: Pool;
  let count = 0;

  beforeAll(async () => {
    pool = await Pool.start(NODES, { bounds: { OWNER_CROWDED: CROWDED }, edit: patient });
  });

  afterAll(async () => {
    await pool.stop();
  });

  async function owned(): Promise<{ path: string; owner: number; other: number }> {
    count += 1;
    const path = `/crowd/${String(count)}`;
    pool.origin.on(path, reply(Buffer.alloc(LARGE, "x"), STORED));
    const owner = await pool.ownerOf(path);
    return { path, owner, other: (owner + 1) % NODES };
  }

  /** What a node has asked of each node meanwhile. */
  async function askedDuring(i: number, work: () => Promise<unknown>): Promise<ReadonlyMap<string, number>> {
    const before = await pool.asked(i);
    await work();
    const after = [...(await pool.asked(i))].map(([address, n]) => [address, n - (before.get(address) ?? 0)] as const);
    return new Map(after.filter(([, n]) => n > 0));
  }

  const sum = (asked: ReadonlyMap<string, number>): number => [...asked.values()].reduce((all, each) => all + each, 0);

  test("has its owner alone while they are few", async () => {
    const { path, owner, other } = await owned();

    const asked = await askedDuring(other, async () => {
      for (let i = 0; i < 3; i += 1) {
        await Promise.all(Array.from({ length: 5 }, () => pool.ask(other, path)));
      }
    });

    expect([...asked]).toEqual([[pool.addresses[owner], 15]]);
    expect(pool.origin.requests(path)).toHaveLength(1);
  });

  test("has more owners while they are many, the origin hears of it once from each other, and nobody fails", async () => {
    const { path, owner, other } = await owned();
    const seen = new Set<string>();
    let go: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (go = resolve));
    pool.origin.on(path, async (response) => {
      response.writeHead(200, { ...STORED, "content-length": LARGE });
      response.write(Buffer.alloc(LARGE / 2, "x"));
      await all;
      response.end(Buffer.alloc(LARGE / 2, "x"));
    });
    const before = sum(await pool.asked(other));

    const asked = await askedDuring(other, async () => {
      const answers = Promise.all(Array.from({ length: CLIENTS }, () => pool.ask(other, path)));
      await until("all are under way", async () => sum(await pool.asked(other)) - before >= CLIENTS);
      go();
      for (const { status, body, isWhole } of await answers) {
        seen.add(`${String(status)} ${String(body.length)} ${String(isWhole)}`);
      }
    });

    expect(seen).toEqual(new Set([`200 ${String(LARGE)} true`]));
    expect(asked.get(pool.addresses[owner] ?? "")).toBeLessThan(CLIENTS);
    expect(asked.size).toBeGreaterThan(1);
    // What falls to the asked node itself has waited in its cache before, and asks side by side.
    const own = asked.get(pool.addresses[other] ?? "") ?? 0;
    expect(pool.origin.requests(path).length).toBeLessThanOrEqual(asked.size - Math.min(own, 1) + own);
    expect(own).toBeLessThanOrEqual(CROWDED / NODES);
  });

  test("has the owner that it had when they have gone", async () => {
    const { path, owner, other } = await owned();
    await Promise.all(Array.from({ length: CLIENTS }, () => pool.ask(other, path)));
    const third = [0, 1, 2, 3].find((i) => i !== owner && i !== other) ?? 0;

    const asked = await askedDuring(third, () => pool.ask(third, path));

    // Or it has been a second owner, and has it.
    expect([[], [[pool.addresses[owner], 1]]]).toContainEqual([...asked]);
  });
});
