import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import * as fc from "fast-check";
import { AccessTail } from "../../../../components/node/agent/accessTail";
import { cacheTotals } from "../../../../components/node/agent/cacheTotals";
import { CloudWatch } from "../../../../components/node/agent/cloudWatch";
import { Distribution, MOST_VALUES } from "../../../../components/node/agent/distribution";
import { NodeMetrics } from "../../../../components/node/agent/nodeMetrics";
import type { Point } from "../../../../components/node/agent/point";
import { Publishing } from "../../../../components/node/agent/publishing";
import { Growth, type Totals } from "../../../../components/node/agent/totals";
import { Traffic } from "../../../../components/node/agent/traffic";
import { METRICS } from "../../../../components/node/protocol/metrics";

describe("a distribution", () => {
  const times = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 500 });

  // The oracle is the sorted list itself.
  test("of many nodes together has the percentiles of all that they saw, to 4.5 %", () => {
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 4 }), fc.constantFrom(0.5, 0.95, 0.99), (nodes, share) => {
        const entries = nodes
          .flatMap((seen) => {
            const one = new Distribution();
            seen.forEach((value) => {
              one.add(value);
            });
            return one.entries();
          })
          .sort(([a], [b]) => a - b);
        const sorted = nodes.flat().sort((a, b) => a - b);
        const rank = Math.ceil(share * sorted.length);
        let count = 0;
        const [found = NaN] = entries.find(([, each]) => (count += each) >= rank) ?? [];
        const exact = sorted[rank - 1] ?? NaN;

        expect(Math.abs(found - exact)).toBeLessThanOrEqual(0.045 * exact + 1e-9);
      }),
    );
  });

  test("fits into one call of CloudWatch, whatever came", () => {
    const all = new Distribution();
    for (let value = 0; value < 1e9; value = value * 1.01 + 0.001) {
      all.add(value);
    }

    // AWS, PutMetricData: "up to 150 values per metric with one PutMetricData request".
    expect(MOST_VALUES).toBe(150);
    expect(all.entries().length).toBeLessThanOrEqual(150);
  });
});

test("growth is that of all who count, each of which may begin anew", () => {
  const growth = new Growth(undefined);
  const at = (totals: Readonly<Record<string, number>>) => growth.of(new Map(Object.entries(totals)));

  expect([at({ a: 100 }), at({ a: 130 }), at({ a: 140, b: 5 }), at({ b: 9 }), at({ b: 2 })]).toEqual([0, 30, 15, 4, 2]);
});

describe("what was added to the access log", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "footprint-tail-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const path = (file: number) => join(folder, `access-20261128T07${String(file).padStart(4, "0")}.000000000.json`);
  const tail = () => new AccessTail(folder, join(folder, "counted.json"));

  test("is each line once, over new files, compression and another agent, from when the first one began", async () => {
    const seen: string[] = [];
    let agent = tail();
    const read = () => agent.read((line) => seen.push(line));
    writeFileSync(path(1), "before\n");
    await read();
    appendFileSync(path(1), "one\ntwo\nthr");
    await read();
    expect(seen).toEqual(["one", "two"]);

    agent.keep(agent.place, { Evictions: { varnish: 7 } });
    agent = tail();
    expect(agent.totals).toEqual({ Evictions: { varnish: 7 } });
    appendFileSync(path(1), "ee\n");
    writeFileSync(path(2), "four\n");
    execFileSync("gzip", ["-1", path(1)]);
    writeFileSync(path(3), "");
    await read();
    appendFileSync(path(3), "five\n");
    await read();
    await read();
    expect(seen).toEqual(["one", "two", "three", "four", "five"]);
  });

  test("is all that comes where there was no log yet, for another agent too", async () => {
    const seen: string[] = [];
    const read = (agent: AccessTail) => agent.read((line) => seen.push(line));
    const first = tail();
    await read(first);
    writeFileSync(path(1), "one\n");
    await read(first);
    // It has not come to publish anything.
    expect(tail().totals).toEqual({});
    await read(tail());

    expect(seen).toEqual(["one", "one"]);
  });

  // RFC 1952: a member ends with its checksum and size; a crash leaves neither.
  test("goes on after a file that a crash has cut off, and counts none of it twice", async () => {
    const seen: string[] = [];
    const agent = tail();
    const read = () => agent.read((line) => seen.push(line));
    await read();
    const lines = Array.from({ length: 20_000 }, (_, n) => `${String(n)} of what clients have asked for`);
    const whole = gzipSync(`${lines.join("\n")}\n`);
    writeFileSync(`${path(1)}.gz`, whole.subarray(0, whole.length / 2));
    writeFileSync(path(2), "next\n");
    await read();
    await read();

    expect(seen.length).toBeGreaterThan(1);
    expect(seen).toEqual([...lines.slice(0, seen.length - 1), "next"]);
  });

  test("is not read again up to where a file could not be read", async () => {
    const seen: string[] = [];
    const agent = tail();
    const read = () => agent.read((line) => seen.push(line));
    await read();
    mkdirSync(path(2));
    writeFileSync(path(1), "one\n");
    await expect(read()).rejects.toThrow("EISDIR");
    rmdirSync(path(2));
    writeFileSync(path(2), "two\n");
    await read();

    expect(seen).toEqual(["one", "two"]);
  });
});

describe("a node's metrics", () => {
  const line = (changes: object): string =>
    JSON.stringify({
      ...{ site: "www.example.com", method: "GET", status: 200, bytes: 100, cache: "hit", ms_first_byte: 5 },
      ...changes,
    });
  const metrics = (
    traffic: Traffic,
    { away = false, isRestarted = true, former = undefined as Totals | undefined } = {},
  ) => {
    const given = <T>(value: T): Promise<T> => (away ? Promise.reject(new Error("away")) : Promise.resolve(value));
    let looks = 0;
    return new NodeMetrics({
      traffic,
      haproxy: {
        totals: () =>
          given(
            new Map([
              [
                "1",
                {
                  originRequests: 50 * looks,
                  originFailures: 3 * looks,
                  connections: 30,
                  droppedLines: 10 + 4 * looks,
                },
              ],
              ["2", { originRequests: 5, originFailures: 0, connections: 4, droppedLines: 1 }],
            ]),
          ),
      },
      cache: () => given({ objects: 7, bytes: 42, evictions: 20 * looks, coalesced: 2 * looks++ }),
      look: () => ({
        report: {
          configuration: { generation: null, rejected: null, failing: null, halted: "another node has refused it" },
          purge: { position: 1, caughtUpAt: null, refused: 2 * looks },
        },
        purgeLagSeconds: 1.5,
        serial: 12,
        softwareAge: 86_400,
      }),
      isRestarted,
      former,
    });
  };
  const values = (points: readonly Point[]) =>
    Object.fromEntries(
      points.map(({ name, site, values }) => {
        const all = values.map(([value]) => value);
        return [site === undefined ? name : `${site} ${name}`, all.length < 2 ? all[0] : all];
      }),
    );

  test("are what the lines say, of all sites and of some each, and how much the programs' counters have grown", async () => {
    const traffic = new Traffic(["www.example.com"], "eu-west-1.pop.example.com");
    const node = metrics(traffic);
    await node.take();
    [
      line({}),
      line({ cache: "stale", status: 304, method: "HEAD" }),
      line({ cache: "miss", ms_first_byte: 100 }),
      line({ cache: "pass", status: 404, ms_first_byte: 100 }),
      line({ cache: "error", status: 503 }),
      // What its client took for the body is in its time.
      line({ cache: "pass", method: "POST", ms_first_byte: 9000 }),
      line({ site: "nobody.example", cache: "", status: 421, ms_first_byte: -1, bytes: 1 }),
      line({ site: "eu-west-1.pop.example.com", cache: "" }),
      '{"status":2',
      "Proxy traffic stopped (cumulated conns: FE: 1, BE: 0).",
    ].forEach((each) => {
      traffic.add(each);
    });
    const { points, unread } = await node.take();

    const five = expect.closeTo(5, 0) as unknown;
    const hundred = expect.closeTo(100, -1) as unknown;
    expect(values(points)).toEqual({
      // Seven lines, and four that HAProxy has dropped.
      ...{ Requests: 11, Bytes: 601, Hits: 1, Stale: 1, Misses: 1, Passes: 2 },
      ...{ Redirections: 1, ClientErrors: 2, ServerErrors: 1 },
      ...{ FirstByte: [five, hundred], OriginFirstByte: hundred },
      ...{ OriginRequests: 50, OriginFailures: 3, Connections: 34, Objects: 7, Evictions: 20, Coalesced: 2 },
      ...{ Memory: 42, PurgeLag: 1.5, PurgesRefused: 2, ConfigurationSerial: 12, ConfigurationTrouble: 1 },
      // It was in the first.
      ...{ AgentRestarts: 0, SoftwareAge: 86_400, LogsLost: 0, Reporting: 1 },
      ...Object.fromEntries(
        Object.entries({
          ...{ Requests: 6, Bytes: 600, Hits: 1, Stale: 1, Misses: 1, ClientErrors: 1, ServerErrors: 1 },
          FirstByte: [five, hundred],
        }).map(([name, value]) => [`www.example.com ${name}`, value]),
      ),
    });
    const names = points.map(({ name }) => name);
    expect([...new Set(names)].sort()).toEqual(Object.keys(METRICS).sort());
    expect(unread).toEqual([]);
    expect(values((await node.take()).points)).toMatchObject({ Requests: 4 });
  });

  test("are all that was counted since the machine's start for its first agent, and from the last minute for another", async () => {
    const first = metrics(new Traffic([], ""), { isRestarted: false });
    const { points, totals } = await first.take();
    const counted = {
      OriginRequests: 5,
      OriginFailures: 0,
      Requests: 11,
      PurgesRefused: 2,
      LogsLost: 0,
      AgentRestarts: 0,
    };
    expect(values(points)).toMatchObject(counted);

    // What the programs have counted meanwhile; the agent's own count is of this one alone.
    const next = metrics(new Traffic([], ""), { former: totals });
    expect(values((await next.take()).points)).toMatchObject({
      ...counted,
      OriginRequests: 0,
      Requests: 0,
      AgentRestarts: 1,
    });
    expect(values((await next.take()).points)).toMatchObject({ OriginRequests: 50, Evictions: 20, Requests: 4 });

    // One that an agent of a former version has come before.
    const unknown = metrics(new Traffic([], ""));
    expect(values((await unknown.take()).points)).toMatchObject({ OriginRequests: 0, Requests: 0 });
  });

  test("go on without programs that do not answer, and name them", async () => {
    const { points, unread } = await metrics(new Traffic([], ""), { away: true }).take();
    const data = values(points);

    expect(unread).toEqual(["counters of HAProxy: Error: away", "counters of Varnish: Error: away"]);
    expect(data).toMatchObject({ Requests: 0, Reporting: 1, AgentRestarts: 1 });
    expect(Object.keys(data)).not.toContain("OriginRequests");
  });
});

describe("CloudWatch", () => {
  const options = { footprint: "edge", region: "eu-west-1" };
  const at = new Date("2026-11-28T07:00:00Z");

  test("gets each point under the PoP's dimensions, or under a site's", async () => {
    const calls: (readonly MetricDatum[])[] = [];
    const published = jest.fn();
    const cloudWatch = new CloudWatch({
      ...options,
      put: (data) => {
        calls.push(data);
        return Promise.resolve();
      },
    });
    const dimensions = [
      { Name: "Footprint", Value: "edge" },
      { Name: "Pop", Value: "eu-west-1" },
    ];
    cloudWatch.add(
      [
        { name: "Requests", values: [[7, 1]] },
        {
          name: "FirstByte",
          site: "www.example.com",
          values: [
            [5, 2],
            [90, 1],
          ],
        },
      ],
      at,
      published,
    );
    await cloudWatch.publish();

    expect(calls).toEqual([
      [
        {
          ...{ MetricName: "Requests", Dimensions: dimensions, Timestamp: at, Unit: "Count" },
          ...{ Values: [7], Counts: [1] },
        },
        {
          ...{ MetricName: "FirstByte", Timestamp: at, Unit: "Milliseconds" },
          Dimensions: [...dimensions, { Name: "Site", Value: "www.example.com" }],
          ...{ Values: [5, 90], Counts: [2, 1] },
        },
      ],
    ]);
    expect(published).toHaveBeenCalledTimes(1);
  });

  // API reference, PutMetricData: 1,000 metrics and 1 MB a request.
  test("gets no more in one call than it takes, and none of it twice", async () => {
    const sizes: number[] = [];
    let fails = false;
    const cloudWatch = new CloudWatch({
      ...options,
      put: (data) => {
        if (fails) {
          return Promise.reject(new Error("CloudWatch is away"));
        }
        sizes.push(data.length);
        fails = sizes.length === 1;
        return Promise.resolve();
      },
    });
    cloudWatch.add(
      Array.from({ length: 600 }, (): Point => ({ name: "Requests", values: [[1, 1]] })),
      at,
      () => undefined,
    );
    await expect(cloudWatch.publish()).rejects.toThrow(new Error("CloudWatch is away"));
    fails = false;
    await cloudWatch.publish();

    expect(sizes).toEqual([250, 250, 100]);
  });

  test("gets what it missed later, in order; the oldest go when that is long, and are counted", async () => {
    const arrived: (number | undefined)[] = [];
    let away = true;
    const cloudWatch = new CloudWatch({
      ...options,
      put: ([datum]) => {
        if (away) {
          return Promise.reject(new Error("CloudWatch is away"));
        }
        arrived.push(datum?.Values?.[0]);
        return Promise.resolve();
      },
    });
    for (let n = 1; n <= 32; n++) {
      cloudWatch.add([{ name: "Requests", values: [[n, 1]] }], at, () => undefined);
      await expect(cloudWatch.publish()).rejects.toThrow(new Error("CloudWatch is away"));
    }
    away = false;
    await cloudWatch.publish();

    expect(arrived).toEqual(Array.from({ length: 30 }, (_, i) => i + 3));
    expect(cloudWatch.lost).toBe(2);
  });
});

describe("publishing", () => {
  const place = { file: "f", offset: 3 };
  const TOTALS = { Evictions: { varnish: 7 } };
  const parts = (fails: { cloudWatch?: boolean; otlp?: boolean; log?: boolean; varnish?: boolean } = {}) => {
    const done: string[] = [];
    const outcome = (what: string, failing = false): Promise<void> => {
      done.push(what);
      return failing ? Promise.reject(new Error(`${what} fails`)) : Promise.resolve();
    };
    const waiting: (() => void)[] = [];
    let now = Date.parse("2026-11-28T07:00:12Z");
    const publishing = new Publishing({
      tail: {
        read: () => outcome("read", fails.log),
        place,
        keep: (kept, totals) => done.push(`kept ${JSON.stringify([kept, totals])}`),
      },
      traffic: { add: () => undefined },
      metrics: {
        take: () =>
          Promise.resolve({ points: [], unread: fails.varnish === true ? ["Varnish: away"] : [], totals: TOTALS }),
      },
      cloudWatch: {
        lost: 0,
        add: (_, at, published) => {
          done.push(at.toISOString());
          waiting.push(published);
        },
        publish: async () => {
          await outcome("cloudwatch", fails.cloudWatch);
          waiting.splice(0).forEach((published) => {
            published();
          });
        },
      },
      otlp: { add: () => undefined, publish: () => outcome("otlp", fails.otlp) },
      period: 60,
      now: () => now,
      pause: (milliseconds) => {
        now += milliseconds;
        return Promise.resolve();
      },
    });
    return { done, publishing };
  };
  const kept = `kept ${JSON.stringify([place, TOTALS])}`;

  test("is under the time at which a whole minute of the clock began, with what has come to its end", async () => {
    const { done, publishing } = parts();
    await publishing.next();

    expect(done).toEqual(["read", "2026-11-28T07:00:00.000Z", "cloudwatch", "otlp", kept]);
  });

  test("goes to CloudWatch when the collector is away, and the other way round", async () => {
    const away = parts({ otlp: true });
    await expect(away.publishing.next()).rejects.toThrow(new Error("the collector: Error: otlp fails"));
    expect(away.done).toContain(kept);

    const refused = parts({ cloudWatch: true });
    await expect(refused.publishing.next()).rejects.toThrow(new Error("CloudWatch: Error: cloudwatch fails"));
    expect(refused.done).toContain("otlp");
    // Another agent counts from there again.
    expect(refused.done).not.toContain(kept);
  });

  test("is said to have failed in each part that has, until none does; nothing else waits for it", async () => {
    const fails = { log: true, varnish: true, cloudWatch: true, otlp: true };
    const { done, publishing } = parts(fails);
    const reason =
      "access log: Error: read fails; Varnish: away; CloudWatch: Error: cloudwatch fails; the collector: Error: otlp fails";
    expect(publishing.report).toEqual({ publishedAt: null, lost: 0 });

    await expect(publishing.next()).rejects.toThrow(new Error(reason));
    expect(done).toEqual(["read", "2026-11-28T07:00:00.000Z", "cloudwatch", "otlp"]);
    expect(publishing.report).toEqual({ publishedAt: null, lost: 0, failing: reason });

    Object.assign(fails, { log: false, cloudWatch: false, otlp: false });
    await expect(publishing.next()).rejects.toThrow(new Error("Varnish: away"));
    expect(publishing.report).toEqual({ publishedAt: "2026-11-28T07:02:00.000Z", lost: 0, failing: "Varnish: away" });

    fails.varnish = false;
    await publishing.next();
    expect(publishing.report).toEqual({ publishedAt: "2026-11-28T07:03:00.000Z", lost: 0 });
  });

  test("of a node that leaves is what there is, at once", async () => {
    const { done, publishing } = parts();
    await publishing.last();

    expect(done).toContain("2026-11-28T07:00:00.000Z");
  });
});

// As Varnish 7.7's varnishstat writes them.
test("the cache's counters are Varnish's own, and the bytes are those of all its storages", async () => {
  const said = `MAIN.busy_sleep                  12         0.05 Number of requests sent to sleep on busy objhdr
MAIN.n_object                   345          .   object structs made
MAIN.n_lru_nuked                  6         0.00 Number of LRU nuked objects
SMA.cache.g_bytes             65536          .   Bytes outstanding
SMA.Transient.g_bytes          1024          .   Bytes outstanding
`;

  expect(await cacheTotals(() => Promise.resolve({ status: 0, said }))).toEqual({
    ...{ objects: 345, bytes: 66_560, evictions: 6, coalesced: 12 },
  });
  await expect(
    cacheTotals(() => Promise.resolve({ status: 2, said: "Could not get hold of varnishd\n" })),
  ).rejects.toThrow(new Error("Varnish's counters cannot be read: Could not get hold of varnishd"));
});
