import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignOfLife } from "../../../../components/node/agent/signOfLife";
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
  let sign: SignOfLife;
  /** What HAProxy was told of purges, in order. */
  let seen: string[];

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
  const started = () => new PopHealth({ store, switches, sign, lagSeconds: () => lag });
  const problem = () => switches.reason("pop");

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "footprint-pop-"));
    const haproxy = { setMap: () => Promise.resolve(), deleteMap: () => Promise.resolve() };
    switches = new Switches({ haproxy, log: keptLog().log, file: join(folder, "switches.map") });
    seen = [];
    sign = new SignOfLife({
      haproxy: { setMap: (_, key, value) => Promise.resolve(void seen.push(`${key} ${value}`)) },
      file: join(folder, "seen.map"),
      now: () => 1_000_000,
    });
    [object, outage, lag, transfers] = [undefined, undefined, 0, 0];
    health = started();
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const looked = async (): Promise<string | undefined> => {
    await health.look();
    return problem();
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
    expect(problem()).toBe(DRAINED);
    outage = undefined;
    expect(await looked()).toBeUndefined();
  });

  test("stays what it was over a new start of the agent while the store is away", async () => {
    object = DRAIN;
    await health.look();
    outage = new Error("no store");
    health = started();

    await expect(health.look()).rejects.toThrow("no store");
    expect(problem()).toBe(DRAINED);
  });

  test("does not turn when the store was never there", async () => {
    outage = new Error("no store");

    await expect(health.look()).rejects.toThrow("no store");
    expect(problem()).toBeUndefined();
  });

  test("tells HAProxy until when purges were read, store or no store; what is too long ago HAProxy finds", async () => {
    lag = 0.5;
    await health.look();
    outage = new Error("no store");
    lag = 4000;
    await expect(health.look()).rejects.toThrow("no store");

    expect([seen, problem()]).toEqual([["seen 999999", "seen 996000"], undefined]);
    expect(readFileSync(join(folder, "seen.map"), "utf8")).toBe("seen 996000\n");
  });
});
