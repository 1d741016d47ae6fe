import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Held, reply } from "./origin/scripted";
import { until } from "./origin/until";
import { Pool } from "./pooled";

const STORED = { "cache-control": "max-age=3600" };
const NODES = 4;
const ALL = Array.from({ length: NODES }, (_, i) => i);
/** Many times what an owner may have under way. */
const URLS = 40;
const HALF = "x".repeat(150_000);

/** HAProxy looks at the bound before it counts the request: each of its threads may let one more in at the same moment. */
const THREADS = 2;

const BOUNDS = { PEERS: 12, PEERS_CROWDED: 6 } as const;

/**
 * What is wanted: Mirrokni and others, "Consistent Hashing with Bounded Loads" (2016): what an owner has no room for goes to the
 * next one, and comes whole (RFC 9112, section 6.3). What an owner had under way at most is HAProxy's own count.
 */
describeWith([DEBIAN], "an owner that is asked for more than it may have under way", () => {
  let pool: Pool;

  beforeAll(async () => {
    pool = await Pool.start(NODES, { bounds: BOUNDS });
  });

  afterAll(async () => {
    await pool.stop();
  });

  /** URLs that one node owns and no node has, of whose responses the origin sends one half, and the other when it is told to. */
  async function slow(name: string, length: boolean): Promise<{ owner: number; paths: readonly string[]; held: Held }> {
    const held = new Held((response) => void response.end(HALF));
    const owned = ALL.map((): string[] => []);
    for (let k = 0; ; k += 1) {
      const path = `/crowded/${name}/${String(k)}`;
      pool.origin.on(path, reply("x", STORED));
      const owner = await pool.ownerOf(path);
      const paths = owned[owner] ?? [];
      paths.push(path);
      if (paths.length === URLS) {
        await Promise.all(ALL.map((i) => pool.cache(i).flush()));
        for (const each of paths) {
          pool.origin.on(each, (response, request) => {
            response.writeHead(200, { ...STORED, ...(length ? { "content-length": 2 * HALF.length } : {}) });
            response.write(HALF);
            return held.handler(response, request);
          });
        }
        return { owner, paths, held };
      }
    }
  }

  test.each([
    ["with a length", true],
    ["without one", false],
  ])("has no more under way, and others give the rest: all of it whole, %s", async (name, length) => {
    const { owner, paths, held } = await slow(name.replaceAll(" ", "-"), length);
    const others = ALL.filter((i) => i !== owner);
    const before = pool.origin.all().length;
    await Promise.all(ALL.map((i) => pool.forgetMost(i)));

    const answers = paths.map((path, k) => pool.ask(others[k % others.length] ?? 0, path));
    await held.holds(URLS);
    const { now, looks } = await pool.given(owner);
    // For long enough to be taken for one that hangs, by whom it keeps waiting.
    await until("all have looked at it", async () => (await pool.given(owner)).looks > looks + 5 * NODES);
    const up = await Promise.all(ALL.map((i) => pool.up(i)));
    held.release();
    const got = (await Promise.all(answers)).map(({ status, body }) => `${String(status)} ${String(body.length)}`);
    const given = await Promise.all(ALL.map((i) => pool.given(i)));

    expect(new Set(got)).toEqual(new Set([`200 ${String(2 * HALF.length)}`]));
    expect(pool.origin.all().length - before).toBe(URLS);
    expect(up.map((each) => each.length)).toEqual(ALL.map(() => NODES));
    // It asks nobody itself. The others do, so their bound is the room that they have.
    expect(now).toBeGreaterThanOrEqual(BOUNDS.PEERS_CROWDED);
    expect(given[owner]?.most).toBeLessThanOrEqual(BOUNDS.PEERS_CROWDED + THREADS);
    for (const i of others) {
      expect(given[i]?.most).toBeGreaterThan(0);
      expect(given[i]?.most).toBeLessThanOrEqual(BOUNDS.PEERS + THREADS);
    }
  });
});
