import { gzipSync } from "node:zlib";
import { accessKey } from "../../components/node/protocol/logKeys";
import { LogReader } from "../../infra/operate/logs/bucket";
import { follow, type FollowOptions } from "../../infra/operate/logs/follow";
import { runLogs } from "../../infra/operate/logs/run";
import { Edge } from "./edge";

const REGION = "eu-central-1";
const FROM = Date.parse("2026-11-01T00:30:00Z");
const NOW = Date.parse("2026-11-01T07:30:00Z");
const DAY = 86_400_000;

const plain = (text: string): string => text;
const STYLE = { bold: plain, dim: plain, green: plain, yellow: plain, red: plain, width: Infinity };

let edge: Edge;
beforeEach(async () => {
  edge = await Edge.start();
});
afterEach(() => edge.stop());

let pieces = 0;
/** Puts requests, by their times, into the log bucket under the hour of the first. */
function put(...times: readonly string[]): void {
  const lines = times.map((time) => {
    const more = { pop: REGION, site: "www.example.com", method: "GET", path: `/${time}`, status: 200, ms_total: 1 };
    return JSON.stringify({ time: `${time}Z`, ...more, client: "203.0.113.7", cache: "hit" });
  });
  const hour = times[0]?.slice(0, 13) ?? "";
  const key = accessKey({ hour, node: "AROAEXAMPLE:i-1", file: "20261101T000000.0", offset: pieces++ });
  edge.cloud.put(edge.logBucket(REGION), key, gzipSync(`${lines.join("\n")}\n`));
}

/** Follows until a look that is the last. @returns what was shown in each, and how much was asked for */
async function followed(
  happens: readonly (() => void)[],
  changes: Partial<FollowOptions> = {},
): Promise<{ shown: string[][]; agreed: number[]; listed: number[] }> {
  const shown: string[][] = [];
  const agreed: number[] = [];
  const listed: number[] = [];
  let [now, out] = [NOW, [] as string[]];
  const reader = new LogReader(REGION, edge.logBucket(REGION));
  const asked = jest.spyOn(reader, "objects").mock.calls;
  const over = new Error("over");
  const following = follow({
    readers: new Map([[REGION, reader]]),
    filter: { window: { from: FROM, to: NOW }, sites: undefined },
    agree: (objects) => {
      agreed.push(objects.length);
      return Promise.resolve();
    },
    terminal: { style: STYLE, out: (text) => out.push(...text.split("\n").filter(Boolean)) },
    end: ({ unread, broken }) => {
      expect([unread, broken]).toEqual([[], 0]);
    },
    now: () => now,
    pause: () => {
      shown.push(out.map((line) => / www\.example\.com\/(\S+) /.exec(line)?.[1] ?? line));
      listed.push(asked.splice(0).length);
      [out, now] = [[], now + 10_000];
      const next = happens[shown.length - 1];
      next?.();
      return next === undefined ? Promise.reject(over) : Promise.resolve();
    },
    ...changes,
  });
  await expect(following).rejects.toBe(over);
  return { shown, agreed, listed };
}

describe("footprint logs --follow", () => {
  test("shows all of the window first, hour by hour, and then what arrives, of an older hour too", async () => {
    put("2026-11-01T07:00:02", "2026-11-01T07:00:01");
    put("2026-11-01T00:20:00", "2026-11-01T00:40:00");
    put("2026-11-01T03:00:00");
    const late = () => {
      put("2026-11-01T02:00:00");
      put("2026-11-01T07:29:00");
    };

    const { shown, agreed } = await followed([late, () => undefined]);

    expect(shown).toEqual([
      ["2026-11-01T00:40:00", "2026-11-01T03:00:00", "2026-11-01T07:00:01", "2026-11-01T07:00:02"],
      ["2026-11-01T02:00:00", "2026-11-01T07:29:00"],
      [],
    ]);
    // It has asked once, for all that was there.
    expect(agreed).toEqual([3]);
  });

  test("looks again at the hours of a day, and not at all of a long window", async () => {
    const { listed } = await followed([() => undefined], {
      filter: { window: { from: NOW - 10 * DAY, to: NOW }, sites: undefined },
    });

    expect(listed).toEqual([10 * 24 + 1, 24 + 1]);
  });

  test("has no more lines in memory than it puts in order at once", async () => {
    const second = (n: number) => new Date(NOW - 1_500_000 + n * 10).toISOString().slice(0, 23);
    put(...Array.from({ length: 25_000 }, (_, n) => second(n)));
    const sizes: number[] = [];

    await followed([], {
      terminal: {
        style: STYLE,
        out: (text) => sizes.push(text.split("\n").length - 1),
      },
    });

    expect(sizes).toEqual([10_000, 10_000, 5_000]);
  });

  test("asks before it fetches more than a gigabyte, and fetches nothing without an answer", async () => {
    const content = gzipSync("");
    Object.defineProperty(content, "length", { value: 1_100_000_000 });
    const hour = new Date().toISOString().slice(0, 13);
    const key = accessKey({ hour, node: "AROAEXAMPLE:i-1", file: "20261101T060000.0", offset: 0 });
    edge.cloud.buckets.get(edge.logBucket(REGION))?.set(key, content);

    const options = { stack: "edge", outputs: edge.outputs, since: "1h", limit: "20", follow: true } as const;
    await expect(edge.run((terminal, folder) => runLogs(options, terminal, folder))).rejects.toMatchObject({
      message:
        "That is 1 objects, 1.1 GB to fetch, which AWS bills where it leaves the region. Fetch it? Nobody can be asked here: add --yes to agree. Nothing was done.",
      exitCode: 2,
    });
    expect(edge.cloud.calls.filter(({ what }) => what.includes(".json.gz"))).toEqual([]);
  });
});
