import { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { BEGINNING, openEntry, sealEntry, type Entry, type Purge } from "../../components/node/protocol/purgeLog";
import { purgeKey } from "../../components/node/protocol/storeKeys";
import { publishPurge, renewHead, type PurgeLog } from "../../infra/operate/publish";
import { Cloud } from "../../infra/lab/aws/cloud";
import { some } from "../support/some";

const REGION = "eu-west-1";
const KEY = "purge-key-1";
const NEXT = "purge-key-2";

const CLIENT = { region: REGION, credentials: { accessKeyId: "id", secretAccessKey: "secret" }, maxAttempts: 1 };

let cloud: Cloud;
let s3: S3Client;

beforeAll(async () => {
  cloud = await Cloud.start();
  s3 = new S3Client({ ...CLIENT, endpoint: cloud.url });
});

afterAll(async () => {
  s3.destroy();
  await cloud.stop();
});

afterEach(() => {
  cloud.outage("s3", undefined);
});

let buckets = 0;

/** What was said of tries that failed. */
let said: string[];

beforeEach(() => {
  said = [];
});

/** The log of a PoP that nobody has published to. */
function newLog(): PurgeLog {
  buckets += 1;
  const bucket = `store-${String(buckets)}`;
  cloud.buckets.set(bucket, new Map());
  const say = (line: string): void => void said.push(line);
  return { s3, region: REGION, bucket, keys: [KEY, NEXT], say, pause: () => Promise.resolve() };
}

function purgeOf(path: string): Purge {
  return { at: "2026-11-23T00:00:00Z", soft: false, targets: [{ kind: "url", host: "www.example.com", path }] };
}

function head({ bucket, region }: PurgeLog, keys = [KEY]): Entry | undefined {
  return openEntry(keys, region, cloud.object(bucket, "purge-head") ?? "");
}

/** All entries of the log, the newest first, as far as each follows the one before. */
function chain(log: PurgeLog, keys = [KEY]): readonly Entry[] {
  const found: Entry[] = [];
  let next = head(log, keys);
  while (next !== undefined) {
    found.push(next);
    const { number, previous }: Entry = next;
    const before = openEntry(keys, log.region, cloud.object(log.bucket, purgeKey(number - 1)) ?? "");
    next = before?.digest === previous ? before : undefined;
  }
  return found;
}

const paths = (entries: readonly Entry[]): readonly string[] =>
  entries.map(({ purge }) => purge?.targets.map((target) => ("path" in target ? target.path : "")).join(" ") ?? "");

test("entries are numbered from 1; the newest is the head, and each follows the one before", async () => {
  const log = newLog();

  const numbers = [await publishPurge(log, purgeOf("/a")), await publishPurge(log, purgeOf("/b"))];

  expect(numbers).toEqual([1, 2]);
  expect(paths(chain(log))).toEqual(["/b", "/a"]);
  expect(chain(log).at(-1)?.previous).toBe(BEGINNING.digest);
  expect(cloud.object(log.bucket, purgeKey(2))).toBeUndefined();
  expect(said).toEqual([]);
});

test("numbers go on from the head after all that was before has expired", async () => {
  const log = newLog();
  await publishPurge(log, purgeOf("/a"));
  await publishPurge(log, purgeOf("/b"));
  cloud.remove(log.bucket, purgeKey(1));

  expect(await publishPurge(log, purgeOf("/c"))).toBe(3);
  expect(paths(chain(log))).toEqual(["/c", "/b"]);
});

test.each<[string, string, (log: PurgeLog) => void]>([
  [
    "is gone",
    "is gone",
    ({ bucket }) => {
      cloud.remove(bucket, "purge-head");
    },
  ],
  [
    "is forged",
    "was not signed with the purge key",
    ({ bucket }) => {
      cloud.put(bucket, "purge-head", sealEntry("forged", REGION, BEGINNING, purgeOf("/forged")).text);
    },
  ],
])("a log whose head %s goes on above all numbers that are there, and follows nothing", async (_, why, spoil) => {
  const log = newLog();
  for (let number = 3; number <= 1500; number += 1) {
    cloud.put(log.bucket, purgeKey(number), "an entry");
  }
  spoil(log);

  expect(await publishPurge(log, purgeOf("/a"))).toBe(1501);
  expect(chain(log)).toHaveLength(1);
  expect(head(log)?.previous).not.toBe(BEGINNING.digest);
  expect(said).toEqual([
    `the head of the purge log ${why}: the log begins anew, and nodes empty their caches since they cannot know what they have missed`,
  ]);
});

test("what somebody has put under the head's number is put right when the head moves on", async () => {
  const log = newLog();
  await publishPurge(log, purgeOf("/a"));
  cloud.put(log.bucket, purgeKey(1), "forged");
  cloud.put(log.bucket, purgeKey(2), "forged");

  expect(await publishPurge(log, purgeOf("/b"))).toBe(2);
  expect(paths(chain(log))).toEqual(["/b", "/a"]);
});

test("several publishers at once lose no purge, and the head ends at the newest", async () => {
  await fc.assert(
    fc.asyncProperty(
      // A publisher meets each purge of the others once at most: nine, and it tries ten times.
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 }),
      async (purgesOfPublishers) => {
        const log = newLog();

        const published = await Promise.all(
          purgesOfPublishers.map(async (count, publisher) => {
            const numbers: [number, string][] = [];
            for (let i = 0; i < count; i += 1) {
              const path = `/${String(publisher)}/${String(i)}`;
              numbers.push([await publishPurge(log, purgeOf(path)), path]);
            }
            return numbers;
          }),
        );

        const all = published.flat().sort(([a], [b]) => a - b);
        expect(all.map(([number]) => number)).toEqual(all.map((_, i) => i + 1));
        expect(paths(chain(log))).toEqual(all.map(([, path]) => path).reverse());
        // Each publisher's own purges keep their order.
        expect(some(published).every((numbers) => numbers.every(([n], i) => n > (numbers[i - 1]?.[0] ?? 0)))).toBe(
          true,
        );
      },
    ),
    { numRuns: 8 },
  );
});

/** A client whose calls go through a function of the test: its attempts, as AWS would see them. */
function clientOf(handle: (command: string, send: () => Promise<unknown>) => Promise<unknown>): S3Client {
  const client = new S3Client({ ...CLIENT, endpoint: cloud.url });
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) =>
        (await handle(commandName, () => next(args))) as Awaited<ReturnType<typeof next>>,
    { step: "initialize" },
  );
  return client;
}

test.each([
  ["reads the head", "GetObjectCommand", 1],
  ["keeps it", "PutObjectCommand", 1],
  ["replaces it", "PutObjectCommand", 2],
])("a publisher that is overtaken before it %s takes the next number", async (_, command, nth) => {
  const log = newLog();
  await publishPurge(log, purgeOf("/a"));
  let calls = 0;
  const slow = clientOf(async (name, send) => {
    calls += name === command ? 1 : 0;
    if (name === command && calls === nth) {
      await publishPurge(log, purgeOf("/fast"));
    }
    return send();
  });

  expect(await publishPurge({ ...log, s3: slow }, purgeOf("/slow"))).toBe(3);
  slow.destroy();

  expect(paths(chain(log))).toEqual(["/slow", "/fast", "/a"]);
});

test.each([
  ["keeping the former head", 1],
  ["publishing", 2],
])("a publisher that ends after %s leaves nothing half done", async (_, nth) => {
  const log = newLog();
  await publishPurge(log, purgeOf("/a"));
  let puts = 0;
  const dying = clientOf(async (name, send) => {
    puts += name === "PutObjectCommand" ? 1 : 0;
    const answer = await send();
    if (puts === nth) {
      throw new Error("the process has ended");
    }
    return answer;
  });
  await expect(publishPurge({ ...log, s3: dying }, purgeOf("/cut-off"))).rejects.toThrow("the process has ended");
  dying.destroy();

  const number = await publishPurge(log, purgeOf("/b"));

  expect(paths(chain(log))).toEqual(nth === 1 ? ["/b", "/a"] : ["/b", "/cut-off", "/a"]);
  expect(number).toBe(nth + 1);
});

test.each([
  ["is still the newest", false],
  ["is followed by others already", true],
])("a write whose answer is lost is found again, where it %s", async (_, overtaken) => {
  const log = newLog();
  await publishPurge(log, purgeOf("/a"));
  let lost = false;
  const losing = clientOf(async (name, send) => {
    const answer = await send();
    if (name === "PutObjectCommand" && head(log)?.number === 2 && !lost) {
      lost = true;
      if (overtaken) {
        await publishPurge(log, purgeOf("/next"));
      }
      throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    }
    return answer;
  });

  expect(await publishPurge({ ...log, s3: losing }, purgeOf("/b"))).toBe(2);
  losing.destroy();

  expect(paths(chain(log))).toEqual(overtaken ? ["/next", "/b", "/a"] : ["/b", "/a"]);
  expect(said).toEqual(["Error: socket hang up; trying again (2 of 10)"]);
});

/** As S3 documents what two conditional writes that meet are answered with, and a precondition that does not hold. */
const failure = (status: number, name: string): Error =>
  new S3ServiceException({ name, message: name, $fault: "client", $metadata: { httpStatusCode: status } });

test.each([
  [409, "ConditionalRequestConflict"],
  [412, "PreconditionFailed"],
])("%i for ever is given up after ten tries with pauses, and each is told", async (status, name) => {
  const log = newLog();
  const pauses: number[] = [];
  let puts = 0;
  const refused = clientOf((command, send) => {
    puts += command === "PutObjectCommand" ? 1 : 0;
    return command === "PutObjectCommand" ? Promise.reject(failure(status, name)) : send();
  });

  await expect(
    publishPurge({ ...log, s3: refused, pause: (ms) => Promise.resolve(pauses.push(ms)) }, purgeOf("/a")),
  ).rejects.toThrow(new Error("given up after 10 tries: another publisher was faster"));
  refused.destroy();

  expect(puts).toBe(10);
  expect(said).toEqual(
    Array.from({ length: 9 }, (_, i) => `another publisher was faster; trying again (${String(i + 2)} of 10)`),
  );
  expect(pauses.map((ms, i) => ms >= 0 && ms <= Math.min(4000, 200 * 2 ** i))).toEqual(pauses.map(() => true));
  expect(new Set(pauses).size).toBeGreaterThan(1);
});

test("what S3 refuses is not tried again", async () => {
  const log = newLog();
  let puts = 0;
  const refused = clientOf((command, send) => {
    puts += command === "PutObjectCommand" ? 1 : 0;
    return command === "PutObjectCommand" ? Promise.reject(failure(403, "AccessDenied")) : send();
  });

  await expect(publishPurge({ ...log, s3: refused }, purgeOf("/a"))).rejects.toThrow("AccessDenied");
  refused.destroy();

  expect(puts).toBe(1);
});

test("the key that comes first signs; a head of the other one is taken over", async () => {
  const log = newLog();
  await publishPurge(log, purgeOf("/a"));
  const rotated: PurgeLog = { ...log, keys: [NEXT, KEY] };

  expect(await publishPurge(rotated, purgeOf("/b"))).toBe(2);

  expect(paths(chain(log, [NEXT, KEY]))).toEqual(["/b", "/a"]);
  expect(head(log, [KEY])).toBeUndefined();
});

test("a head is signed anew without a purge, and stays the same entry", async () => {
  const log = newLog();
  await publishPurge(log, purgeOf("/a"));
  const before = head(log);

  await renewHead({ ...log, keys: [NEXT, KEY] });
  await renewHead({ ...log, keys: [NEXT, KEY] });

  expect(head(log, [NEXT])).toMatchObject({ number: 1, digest: before?.digest });
  expect(head(log, [KEY])).toBeUndefined();
});

test("a log that has never been used gets no head", async () => {
  const log = newLog();

  await renewHead(log);

  expect(cloud.object(log.bucket, "purge-head")).toBeUndefined();
});

test("rejects a purge that nodes would not take, before anything is written", async () => {
  const log = newLog();

  await expect(publishPurge(log, purgeOf("no path"))).rejects.toThrow(/"targets",\s+0,\s+"path"/);

  expect([...(cloud.buckets.get(log.bucket)?.keys() ?? [])]).toEqual([]);
});

test("rejects when the store cannot be reached", async () => {
  const log = newLog();
  cloud.outage("s3", "fails");

  await expect(publishPurge(log, purgeOf("/a"))).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
});

describe("an entry of nodes that fetch from other PoPs", () => {
  const afterOf = (log: PurgeLog) => chain(log).map(({ purge }) => purge?.after);

  test("says how far the others' logs are", async () => {
    const [used, unused] = [newLog(), newLog()];
    const before = [
      { ...used, region: "us-east-1", keys: [KEY] as const },
      { ...unused, region: "ap-southeast-2", keys: [KEY] as const },
    ];
    await publishPurge({ ...used, region: "us-east-1" }, purgeOf("/a"));
    await publishPurge({ ...used, region: "us-east-1" }, purgeOf("/b"));
    const log = newLog();

    await publishPurge({ ...log, before }, purgeOf("/b"));

    expect(afterOf(log)).toEqual([{ "us-east-1": 2, "ap-southeast-2": 0 }]);
  });

  test("says so when that cannot be known: another key has signed there, or the store is away", async () => {
    const [forged, away] = [newLog(), newLog()];
    cloud.put(forged.bucket, "purge-head", sealEntry("forged", "us-east-1", BEGINNING, purgeOf("/forged")).text);
    const refused = clientOf(() => Promise.reject(failure(403, "AccessDenied")));
    const log = newLog();

    await publishPurge(
      {
        ...log,
        before: [
          { ...forged, region: "us-east-1" },
          { ...away, s3: refused, region: "ap-southeast-2" },
        ],
      },
      purgeOf("/a"),
    );
    refused.destroy();

    expect(afterOf(log)).toEqual([{ "us-east-1": null, "ap-southeast-2": null }]);
  });

  // Two publishers: who writes the later entry has read the others' logs after the earlier one was there.
  test("never has a lower number than the entry before it, whoever is faster", async () => {
    const other: PurgeLog = { ...newLog(), region: "us-east-1" };
    const log = newLog();
    await publishPurge(log, purgeOf("/first"));
    const before = [other];
    let meddled = false;
    const slow = clientOf(async (name, send) => {
      const answer = await send();
      // It has read the head, and not yet the other log: another publisher does all of its work in between.
      if (name === "GetObjectCommand" && !meddled) {
        meddled = true;
        await publishPurge(other, purgeOf("/fast"));
        await publishPurge({ ...log, before }, purgeOf("/fast"));
      }
      return answer;
    });
    await publishPurge(other, purgeOf("/slow"));

    await publishPurge({ ...log, s3: slow, before }, purgeOf("/slow"));
    slow.destroy();

    expect(paths(chain(log))).toEqual(["/slow", "/fast", "/first"]);
    expect(afterOf(log)).toEqual([{ "us-east-1": 2 }, { "us-east-1": 2 }, undefined]);
  });
});
