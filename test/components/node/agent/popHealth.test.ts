import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PopHealth } from "../../../../components/node/agent/popHealth";
import { Switches } from "../../../../components/node/agent/switches";
import type { StoredObject } from "../../../../components/node/agent/store";
import { keptLog } from "./quiet";

const DRAIN = JSON.stringify({ reason: "broken fibre", by: "alice", at: "2026-01-02T03:04:05Z" });
const DRAINED = "drained since 2026-01-02T03:04:05Z: broken fibre";

describe("PoP health", () => {
  let folder: string;
  let switches: Switches;
  let health: PopHealth;
  let object: string | undefined;
  let outage: Error | undefined;
  let lag: number;
  let transfers: number;

  const store = {
    getUnless: (key: string, etag: string | undefined): Promise<StoredObject | "unchanged" | undefined> => {
      if (outage !== undefined) {
        return Promise.reject(outage);
      }
      if (key !== "drain" || object === undefined) {
        return Promise.resolve(undefined);
      }
      if (etag === object) {
        return Promise.resolve("unchanged");
      }
      transfers++;
      return Promise.resolve({ content: Buffer.from(object), etag: object });
    },
  };
  const started = () => new PopHealth({ store, switches, lagSeconds: () => lag, maxStaleness: () => 300 });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "footprint-pop-"));
    const haproxy = { setMap: () => Promise.resolve(), deleteMap: () => Promise.resolve() };
    switches = new Switches({ haproxy, log: keptLog().log, file: join(folder, "switches.map") });
    [object, outage, lag, transfers] = [undefined, undefined, 0, 0];
    health = started();
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const looked = async (): Promise<string | undefined> => {
    await health.look();
    return health.problem;
  };

  test("turns with the drain switch, and back when it is gone", async () => {
    const before = await looked();
    object = DRAIN;
    const during = await looked();
    object = undefined;

    expect([before, during, await looked()]).toEqual([undefined, DRAINED, undefined]);
  });

  test("does not fetch a switch again that has not changed", async () => {
    object = DRAIN;

    expect([await looked(), await looked(), await looked(), transfers]).toEqual([DRAINED, DRAINED, DRAINED, 1]);
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "<html>"],
    ["another JSON", '{"reason":7}'],
    ["bytes of any kind", "\u0000\u00ff\r\n\r\n"],
  ])("turns with a switch that holds %s", async (_, content) => {
    object = content;

    expect(await looked()).toBe("drained; the switch does not say why");
  });

  test("says what a hostile switch holds as one short printable line", async () => {
    object = JSON.stringify({
      reason: `x\r\nSet-Cookie: a=b\r\n\r\n<script>; show info\\${"y".repeat(100_000)}`,
      by: "m\nallory",
      at: "2026-01-02T03:04:05Z",
    });
    const problem = await looked();

    expect(problem).toMatch(/^drained since 2026-01-02T03:04:05Z: x Set-Cookie: a=b <script>; show info\\y+$/);
    expect(problem).toHaveLength(200);
  });

  test("stays what it was while the store is away, and says so to its loop", async () => {
    object = DRAIN;
    await health.look();
    object = undefined;
    outage = new Error("no store");

    await expect(health.look()).rejects.toThrow("no store");
    expect(health.problem).toBe(DRAINED);
    outage = undefined;
    expect(await looked()).toBeUndefined();
  });

  test("stays what it was over a new start of the agent while the store is away", async () => {
    object = DRAIN;
    await health.look();
    outage = new Error("no store");
    health = started();

    await expect(health.look()).rejects.toThrow("no store");
    expect(health.problem).toBe(DRAINED);
  });

  test("does not turn when the store was never there", async () => {
    outage = new Error("no store");

    await expect(health.look()).rejects.toThrow("no store");
    expect(health.problem).toBeUndefined();
  });

  test("turns when purges have not been read for longer than promised, store or no store", async () => {
    lag = 300;
    const atLimit = await looked();
    lag = 300.1;
    const above = await looked();
    outage = new Error("no store");
    await expect(health.look()).rejects.toThrow("no store");
    const away = health.problem;
    outage = undefined;
    lag = 0.5;

    expect([atLimit, above, away, await looked()]).toEqual([
      undefined,
      "no purge could be read for 300 s",
      "no purge could be read for 300 s",
      undefined,
    ]);
  });

  test("says the operator's reason rather than its own", async () => {
    [object, lag] = [DRAIN, 1000];

    expect(await looked()).toBe(DRAINED);
  });
});
