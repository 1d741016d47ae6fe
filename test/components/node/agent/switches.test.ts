import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HaproxyAway } from "../../../../components/node/agent/haproxy";
import { Switches } from "../../../../components/node/agent/switches";
import { keptLog } from "./quiet";

describe("switches", () => {
  let folder: string;
  let file: string;
  /** The map of the running HAProxy. */
  let running: Map<string, string>;
  let failure: Error | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "footprint-switches-"));
    file = join(folder, "run", "switches.map");
    running = new Map();
    failure = undefined;
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const haproxy = {
    setMap: (_: string, key: string, value: string) => {
      if (failure !== undefined) {
        return Promise.reject(failure);
      }
      running.set(key, value);
      return Promise.resolve();
    },
    deleteMap: (_: string, key: string) => {
      if (failure !== undefined) {
        return Promise.reject(failure);
      }
      running.delete(key);
      return Promise.resolve();
    },
  };
  const switches = (log = keptLog().log) => new Switches({ haproxy, log, file });

  test("are in the file, for HAProxy's next start, and in the running HAProxy", async () => {
    const set = switches();
    await set.set("node", "the disk is full, twice");
    await set.set("pop", "drained");
    await set.set("pop", undefined);

    expect(readFileSync(file, "utf8")).toBe("node the disk is full, twice\n");
    expect([...running]).toEqual([["node", "the disk is full, twice"]]);
    expect([set.reason("node"), set.reason("pop")]).toEqual(["the disk is full, twice", undefined]);
  });

  test("outlive the agent", async () => {
    await switches().set("draining", "going");

    expect(switches().reason("draining")).toBe("going");
  });

  test("are in the file while HAProxy is away, and reach it when they are repeated", async () => {
    failure = new HaproxyAway("connect ENOENT");
    const set = switches();
    await set.set("node", "why");
    failure = undefined;
    const before = [...running];
    await set.set("node", "why");

    expect(readFileSync(file, "utf8")).toBe("node why\n");
    expect([before, [...running]]).toEqual([[], [["node", "why"]]]);
  });

  test("are told again to a HAProxy that knows something else: the file wins", async () => {
    const set = switches();
    await set.set("node", undefined);
    running.set("node", "of long ago");
    await set.set("node", undefined);

    expect([...running]).toEqual([]);
  });

  test("rejects what HAProxy refuses, after it is in the file", async () => {
    failure = new Error('HAProxy refuses "add map": no');

    await expect(switches().set("pop", "why")).rejects.toThrow('HAProxy refuses "add map": no');
    expect(readFileSync(file, "utf8")).toBe("pop why\n");
  });

  test.each([
    ["lines", "one\ntwo\r\n\nthree", "one two three"],
    ["a header that it would inject", "x\r\nSet-Cookie: a=b", "x Set-Cookie: a=b"],
    ["control and foreign characters", "\u0000grün\u001b[31m\u2028", "gr n [31m"],
    ["nothing", " \n ", "no reason given"],
    ["more than a line should have", "x".repeat(100_000), "x".repeat(200)],
  ])("hold a reason of %s as one printable line", async (_, given, held) => {
    const set = switches();
    await set.set("pop", given);

    expect(readFileSync(file, "utf8")).toBe(`pop ${held}\n`);
    expect(running.get("pop")).toBe(held);
    expect(set.reason("pop")).toBe(held);
  });

  test("read nothing out of a file that is no map of theirs", () => {
    expect(switches().reason("node")).toBeUndefined();
    rmSync(folder, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), "footprint-switches-"));
    file = join(folder, "switches.map");
    writeFileSync(file, "nodes x\n node y\n\0\nother z");

    expect(switches().reason("node")).toBeUndefined();
  });

  test("are logged when they change, and only then", async () => {
    const { log, said } = keptLog();
    const set = switches(log);
    await set.set("node", "why");
    await set.set("node", "why");
    await set.set("node", undefined);
    await set.set("node", undefined);

    expect(said).toEqual(["info switch node set", "info switch node lifted"]);
  });
});
