import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { AccessLogs } from "../../../../components/node/agent/accessLogs";

const NODE = "AROAEXAMPLE:i-0a1b";
const BUCKET = "logs";
const START = Date.parse("2026-11-28T07:30:00Z");

/** A node's folder of the access log with who writes it, an S3, and an agent that may end at any moment. */
class World {
  readonly folder = mkdtempSync(join(tmpdir(), "footprint-access-"));
  readonly objects = new Map<string, Buffer>();
  away = false;
  /** The next so many puts arrive, and whoever sent them never hears of it. */
  unheard = 0;
  now = START;
  bucket: string | undefined = BUCKET;
  agent = this.started();
  private files = 0;
  private written = 0;

  /** A new agent in the place of the former one. */
  started(): AccessLogs {
    return new AccessLogs({
      store: {
        put: (_bucket, key, content) => {
          if (this.away) {
            return Promise.reject(new Error("S3 is away"));
          }
          this.objects.set(key, content);
          return this.unheard-- > 0 ? Promise.reject(new Error("the agent was killed")) : Promise.resolve();
        },
      },
      bucket: () => this.bucket,
      node: () => Promise.resolve(NODE),
      interval: () => 300,
      folder: this.folder,
      stateFile: join(this.folder, "state.json"),
      now: () => this.now,
    });
  }

  /** Begins another file, as the writer does it, whose former one is compressed when it is. */
  rotate(): void {
    this.files++;
    writeFileSync(this.path(this.files), "");
  }

  compress(file: number): void {
    const path = this.path(file);
    if (existsSync(path) && file < this.files) {
      execFileSync("gzip", ["-1", path]);
    }
  }

  /** Writes so many lines of requests that began in an hour. */
  write(count: number, hour = "07"): readonly string[] {
    const lines = Array.from({ length: count }, () => line(this.written++, hour));
    appendFileSync(this.path(this.files), lines.map((each) => `${each}\n`).join(""));
    return lines;
  }

  append(text: string): void {
    appendFileSync(this.path(this.files), text);
  }

  remove(file: number): void {
    for (const name of readdirSync(this.folder).filter((each) => each.includes(nameOf(file)))) {
      rmSync(join(this.folder, name));
    }
  }

  /** What stands in the bucket, uncompressed by a program that is not ours, sorted. */
  get shipped(): readonly string[] {
    return [...this.objects.values()]
      .flatMap((content) => execFileSync("gzip", ["-dc"], { input: content, encoding: "utf8" }).split("\n"))
      .filter((each) => each !== "")
      .sort();
  }

  /** Looks when it is time. */
  async look(): Promise<void> {
    this.now += 300_000;
    await this.agent.look();
  }

  stop(): void {
    rmSync(this.folder, { recursive: true });
  }

  private path(file: number): string {
    return join(this.folder, `access-${nameOf(file)}.json`);
  }
}

function nameOf(file: number): string {
  return `20261128T07${String(file).padStart(4, "0")}.000000000`;
}

/** As HAProxy writes it; all that counts here is where the time stands. */
function line(n: number, hour: string): string {
  return `{"time": "2026-11-28T${hour}:00:00.000000Z", "n": ${String(n)}}`;
}

let world: World;
beforeEach(() => {
  world = new World();
  world.rotate();
});
afterEach(() => {
  world.stop();
});

describe("an agent's access log", () => {
  test("is sent as whole lines, by the hour of the requests, under keys that say where a piece begins", async () => {
    const [early, late] = [world.write(2, "06"), world.write(3)];
    world.append('{"time": "2026-11-28T07:00');
    await world.look();
    const first = world.shipped;
    world.append(':00.000000Z", "n": 5}\n');
    await world.look();

    expect(first).toEqual([...early, ...late].sort());
    expect(world.shipped).toHaveLength(6);
    const bytes = [...early, ...late].join("\n").length + 1;
    expect([...world.objects.keys()]).toEqual([
      "access/day=2026-11-28/hour=06/AROAEXAMPLE:i-0a1b/20261128T070001.000000000-000000000.json.gz",
      "access/day=2026-11-28/hour=07/AROAEXAMPLE:i-0a1b/20261128T070001.000000000-000000000.json.gz",
      `access/day=2026-11-28/hour=07/AROAEXAMPLE:i-0a1b/20261128T070001.000000000-${String(bytes).padStart(9, "0")}.json.gz`,
    ]);
  });

  test("is requests alone: what HAProxy says there of itself is none", async () => {
    const lines = [...world.write(2, "06"), ...world.write(1)];
    world.append("Proxy traffic stopped (cumulated conns: FE: 8, BE: 0).\n");
    lines.push(...world.write(2));
    await world.look();

    expect(world.shipped).toEqual([...lines].sort());
    expect(world.agent.lines).toBe(5);
  });

  test("waits for its time, and does not when the node leaves", async () => {
    world.write(10);
    world.now += 299_000;
    await world.agent.look();
    expect(world.objects.size).toBe(0);
    expect(world.agent.report).toMatchObject({ shippedAt: null, lost: 0 });

    await world.agent.shipAll();
    expect(world.shipped).toHaveLength(10);
    expect(world.agent.report).toEqual({ shippedAt: new Date(world.now).toISOString(), waiting: 0, lost: 0 });
  });

  test("waits while no pointer has named a bucket, and goes where a former agent sent it meanwhile", async () => {
    world.bucket = undefined;
    world.write(1);
    await world.look();
    expect(world.objects.size).toBe(0);

    world.bucket = BUCKET;
    await world.look();
    world.bucket = undefined;
    world.agent = world.started();
    world.write(1);
    await world.look();
    expect(world.shipped).toHaveLength(2);
  });

  test("says that S3 does not take it, tries it again after a minute, and sends all of it then", async () => {
    world.away = true;
    world.write(3);
    await expect(world.look()).rejects.toThrow(new Error("S3 is away"));
    expect(world.agent.report).toMatchObject({ failing: "Error: S3 is away", lost: 0 });

    world.away = false;
    world.now += 59_000;
    await world.agent.look();
    expect(world.objects.size).toBe(0);
    world.now += 1_000;
    await world.agent.look();
    expect(world.shipped).toHaveLength(3);
    expect(world.agent.report).not.toHaveProperty("failing");
  });

  test("that the disk had no more room for is counted as lost, byte by byte", async () => {
    const size = (lines: readonly string[]): number => lines.join("\n").length + 1;
    world.write(2);
    await world.look();
    const lost = [world.write(3)];
    world.rotate();
    lost.push(world.write(4));
    world.rotate();
    const kept = world.write(5);
    world.away = true;
    await world.look().catch(() => undefined);
    world.remove(1);
    world.remove(2);
    world.away = false;
    await world.look();

    expect(world.agent.report.lost).toBe(lost.reduce((sum, lines) => sum + size(lines), 0));
    expect(world.shipped).toEqual(expect.arrayContaining([...kept]));
    expect(world.shipped).toHaveLength(2 + 5);
    // Another agent knows it, too.
    expect(world.started().report.lost).toBe(world.agent.report.lost);
  });

  test("of which a crash of the machine has left a file cut off goes on with the next", async () => {
    const kept = world.write(2000);
    world.rotate();
    const more = world.write(2);
    world.compress(1);
    const [name = ""] = readdirSync(world.folder).filter((each) => each.endsWith(".gz"));
    const whole = execFileSync("cat", [join(world.folder, name)]);
    writeFileSync(join(world.folder, name), whole.subarray(0, whole.length / 2));
    await world.look();

    expect(world.shipped.length).toBeGreaterThan(more.length);
    expect(world.shipped.length).toBeLessThan(kept.length);
    expect(world.shipped).toEqual(expect.arrayContaining([...more]));
  });

  test("loses no line and has none twice, however files change, agents die and S3 comes and goes", async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ write: fc.integer({ min: 1, max: 20 }), hour: fc.constantFrom("06", "07") }),
      },
      fc.constantFrom("rotate", "compress", "look", "look", "kill", "unheard", "away", "back"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        world.stop();
        world = new World();
        world.rotate();
        const written: string[] = [];
        let files = 1;
        for (const each of steps) {
          if (typeof each === "object") {
            written.push(...world.write(each.write, each.hour));
          } else if (each === "rotate") {
            world.rotate();
            files++;
          } else if (each === "compress") {
            world.compress(files - 1);
          } else if (each === "look") {
            await world.look().catch(() => undefined);
          } else if (each === "kill") {
            world.agent = world.started();
          } else if (each === "unheard") {
            world.unheard = 1;
          } else {
            world.away = each === "away";
          }
        }
        [world.away, world.unheard] = [false, 0];
        await world.agent.shipAll();

        expect(world.shipped).toEqual([...written].sort());
        expect(world.agent.report).toMatchObject({ waiting: 0, lost: 0 });
      }),
      { numRuns: 40 },
    );
  });
});
