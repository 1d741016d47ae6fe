import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { PurgeFeed } from "../../components/node/agent/purgeFeed";
import { BEGINNING, sealEntry, type Entry, type Purge } from "../../components/node/protocol/purgeLog";
import { purgeKey, STORE_KEYS } from "../../components/node/protocol/storeKeys";

const KEY = "purge-key-1";
const REPEAT_AFTER = 5;
const [SHIELD, EDGE] = ["eu-central-1", "us-east-1"];

/** The log of a region, written by publishers whom nothing disturbs: those who are disturbed are in purgeModel.test.ts. */
class Log {
  readonly objects = new Map<string, string>();
  head: Entry | undefined;

  constructor(readonly region: string) {}

  publish(purge: Purge): void {
    if (this.head !== undefined) {
      this.objects.set(purgeKey(this.head.number), this.head.text);
    }
    this.head = sealEntry(KEY, this.region, this.head ?? BEGINNING, purge);
    this.objects.set(STORE_KEYS.purgeHead, this.head.text);
  }
}

/** A node with the real feed. Its cache is a map from resource to version. */
class Node {
  readonly stored = new Map<number, number>();
  marks: { readonly done: string; readonly needs: string } | undefined;
  /** What was carried out for the second time. */
  readonly settled: string[] = [];
  private seen = new Set<string>();
  private readonly folder = mkdtempSync(join(tmpdir(), "shield-"));
  feed: PurgeFeed;

  constructor(
    private readonly log: Log,
    private readonly seconds: () => number,
  ) {
    this.feed = this.newFeed();
  }

  restart(): void {
    this.feed = this.newFeed();
  }

  /** The cache ends, and begins empty; the agent lives on. */
  loseCache(): void {
    this.stored.clear();
    this.marks = undefined;
  }

  /** Whether a purge of a resource was carried out, and is to be carried out once more. */
  isBetween(resource: number): boolean {
    return [...this.seen].some((path) => path.startsWith(`/${String(resource)}?`) && !this.settled.includes(path));
  }

  reboot(): void {
    this.loseCache();
    this.seen = new Set();
    rmSync(join(this.folder, "purge.json"), { force: true });
    this.restart();
  }

  stop(): void {
    rmSync(this.folder, { recursive: true });
  }

  private newFeed(): PurgeFeed {
    const { objects, region } = this.log;
    const get = (key: string) => {
      const text = objects.get(key);
      return Promise.resolve(text === undefined ? undefined : { content: Buffer.from(text), etag: text });
    };
    const silent = (): void => undefined;
    return new PurgeFeed({
      store: { get, getUnless: async (key, etag) => ((await get(key))?.etag === etag ? "unchanged" : get(key)) },
      region,
      keys: () => [KEY],
      refreshKeys: () => Promise.resolve(),
      cache: {
        purge: (target) => {
          const path = "path" in target ? target.path : "";
          this.stored.delete(Number(/^\/(\d+)/.exec(path)?.[1]));
          if (this.seen.has(path)) {
            this.settled.push(path);
          }
          this.seen.add(path);
          return Promise.resolve(1);
        },
        flush: () => {
          this.stored.clear();
          return Promise.resolve();
        },
        mark: (marks) => Promise.resolve(void (this.marks = marks)),
      },
      positionFile: join(this.folder, "purge.json"),
      repeatAfter: REPEAT_AFTER,
      log: { info: silent, warn: silent, error: silent },
      now: () => this.seconds() * 1000,
    });
  }
}

/** Whether the one that is asked is not as far as the other one needs, as varnish/peers.ts has it. */
function isBehind(needs: string | undefined, done: string | undefined): boolean {
  if (needs === undefined) {
    return true;
  }
  const needed = new RegExp(`(?:^|,)${SHIELD}=(\\d+)[.](\\d+)(?:,|$)`).exec(needs);
  const [first = -1, again = -1] = (done ?? "-1.-1").split(".").map(Number);
  return needed !== null && (Number(needed[1]) > first || Number(needed[2]) > again);
}

/** An edge and its shield, before one origin. */
class World {
  seconds = 1000;
  readonly logs = { shield: new Log(SHIELD), edge: new Log(EDGE) };
  readonly shield = new Node(this.logs.shield, () => this.seconds);
  readonly edge = new Node(this.logs.edge, () => this.seconds);
  readonly versions = [1, 1];
  /** Published to the shield alone so far. */
  readonly half: {
    readonly purge: Purge;
    readonly path: string;
    readonly resource: number;
    readonly version: number;
  }[] = [];
  readonly whole: { readonly path: string; readonly resource: number; readonly version: number }[] = [];
  private published = 0;

  begin(resource: number): void {
    this.published += 1;
    const [path, version] = [`/${String(resource)}?${String(this.published)}`, this.versions[resource] ?? 0];
    const purge: Purge = {
      at: "2026-11-28T00:00:00Z",
      soft: false,
      targets: [{ kind: "url", host: "www.example.com", path }],
    };
    this.logs.shield.publish(purge);
    this.half.push({ purge, path, resource, version });
  }

  /** Any of those that have begun: publishers do not wait for each other. */
  end(which: number): void {
    const [found] = this.half.splice(which % Math.max(1, this.half.length), 1);
    if (found !== undefined) {
      this.logs.edge.publish({ ...found.purge, after: { [SHIELD]: this.logs.shield.head?.number ?? 0 } });
      this.whole.push(found);
    }
  }

  visitShield(resource: number): number {
    const version = this.shield.stored.get(resource) ?? this.versions[resource] ?? 0;
    this.shield.stored.set(resource, version);
    return version;
  }

  visit(resource: number): void {
    if (!this.edge.stored.has(resource)) {
      if (isBehind(this.edge.marks?.needs, this.shield.marks?.done)) {
        this.shield.stored.delete(resource);
      }
      this.edge.stored.set(resource, this.visitShield(resource));
    }
  }

  /**
   * What the first time of a purge can miss: a response that was being stored just then (varnish/inFlight.ts). Not what a purge
   * has made invalid that was done again before: whoever has that asked for it before both, and its storing is seen.
   */
  slip(node: Node, resource: number): void {
    const former = (this.versions[resource] ?? 0) - 1;
    const settled = [...this.half, ...this.whole].filter(
      (purge) => purge.resource === resource && node.settled.includes(purge.path),
    );
    if (former > 0 && node.isBetween(resource) && settled.every(({ version }) => version <= former)) {
      node.stored.set(resource, former);
    }
  }
}

const resource = fc.integer({ min: 0, max: 1 });
const node = fc.constantFrom("shield" as const, "edge" as const);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant("change and purge" as const), resource }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("end" as const), which: fc.nat(3) }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant("poll" as const), node }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant("visit" as const), node, resource }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("slip" as const), node, resource }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom("restart", "reboot", "loseCache"), node }) },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function take(world: World, each: Step): Promise<void> {
  switch (each.does) {
    case "change and purge":
      world.versions[each.resource] = (world.versions[each.resource] ?? 0) + 1;
      world.begin(each.resource);
      break;
    case "end":
      world.end(each.which);
      break;
    case "poll":
      await world[each.node].feed.poll();
      break;
    case "visit":
      if (each.node === "edge") {
        world.visit(each.resource);
      } else {
        world.visitShield(each.resource);
      }
      break;
    case "wait":
      world.seconds += each.seconds;
      break;
    case "slip":
      world.slip(world[each.node], each.resource);
      break;
    default:
      world[each.node][each.does]();
  }
}

/** The resources that a node has in a version that was purged. */
function old({ stored }: Node, purged: World["whole"]): readonly string[] {
  return purged
    .filter(({ resource: each, version }) => (stored.get(each) ?? Infinity) < version)
    .map(({ path }) => path);
}

/** RFC 9111, section 4.4: what was made invalid is not used again; here by a cache of two parts. */
describe("an edge and its shield, purged in any order", () => {
  test("have nothing that is old when both have caught up, and an edge has none after it has done a purge again", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: "max" }), async (steps) => {
        const world = new World();
        try {
          // What an agent forgets when it ends, the repeat, is another test's.
          const restarts = steps.some(({ does }) => does === "restart");
          const taken = steps.filter(({ does }) => !restarts || does !== "slip");
          for (const each of taken) {
            await take(world, each);
            const done = world.whole.filter(({ path }) => world.edge.settled.includes(path));
            expect(old(world.edge, done)).toEqual([]);
          }
          while (world.half.length > 0) {
            world.end(0);
          }
          for (const each of ["edge", "shield", "edge", "shield"] as const) {
            world.visit(0);
            world.visit(1);
            await world[each].feed.poll();
            world.seconds += each === "shield" ? REPEAT_AFTER : 0;
          }
          await world.edge.feed.poll();
          expect(old(world.edge, world.whole)).toEqual([]);
          await world.shield.feed.poll();
          expect(old(world.shield, world.whole)).toEqual([]);
        } finally {
          world.shield.stop();
          world.edge.stop();
        }
      }),
      { numRuns: 100 },
    );
  });
});
