import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CacheRoom } from "../../../../components/node/agent/cacheRoom";
import { keptLog } from "./quiet";

// Files and words of https://docs.kernel.org/admin-guide/cgroup-v2.html, "Memory Interface Files".
const MB = 1024 * 1024;

let group: string;
let now: number;
let relieved: number;
let kept: ReturnType<typeof keptLog>;
let room: CacheRoom;

beforeEach(() => {
  group = mkdtempSync(join(tmpdir(), "group-"));
  [now, relieved, kept] = [0, 0, keptLog()];
  const relieve = () => Promise.resolve(++relieved);
  room = new CacheRoom({ cache: { relieve }, log: kept.log, group, now: () => now });
});

afterEach(() => {
  rmSync(group, { recursive: true });
});

function say(used: number, limit: string): void {
  // What is on a disk is the kernel's to take back: only what programs have asked for counts.
  writeFileSync(join(group, "memory.stat"), `anon ${String(used)}\nfile ${String(9000 * MB)}\nactive_anon 1\n`);
  writeFileSync(join(group, "memory.max"), `${limit}\n`);
}

test("small responses go when seven eighths of the memory are taken, and not before", async () => {
  say(874 * MB, String(1000 * MB));
  await room.look();
  expect([relieved, kept.said]).toEqual([0, []]);

  say(875 * MB, String(1000 * MB));
  await room.look();
  expect([relieved, kept.said]).toEqual([1, ["info Varnish's memory is short: small responses are let go"]]);
});

test("it has a minute to become less, and then they go again", async () => {
  say(990 * MB, String(1000 * MB));
  await room.look();
  now = 59_999;
  await room.look();
  expect(relieved).toBe(1);

  now = 60_000;
  await room.look();
  expect(relieved).toBe(2);
});

test.each([
  ["there is no group", () => undefined],
  [
    "nothing limits it",
    () => {
      say(9000 * MB, "max");
    },
  ],
  [
    "its limit is not read",
    () => {
      say(9000 * MB, "");
    },
  ],
])("nothing goes where %s", async (_, prepare) => {
  prepare();
  await room.look();

  expect(relieved).toBe(0);
});

test("a cache that does not answer is asked again, in a minute", async () => {
  say(990 * MB, String(1000 * MB));
  const failing = new CacheRoom({
    cache: { relieve: () => Promise.reject(new Error("no answer")) },
    log: kept.log,
    group,
    now: () => now,
  });

  await expect(failing.look()).rejects.toThrow("no answer");
  await failing.look();
  now = 60_000;
  await expect(failing.look()).rejects.toThrow("no answer");
});
