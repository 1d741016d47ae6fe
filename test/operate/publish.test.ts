import { S3Client } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { openHead, openPurge, type Purge } from "../../components/node/protocol/purgeLog";
import { purgeKey } from "../../components/node/protocol/storeKeys";
import { publishPurge, renewHead, type PurgeLog } from "../../infra/operate/publish";
import { Cloud } from "../node/life/cloud";
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

/** The log of a PoP that nobody has published to. */
function newLog(): PurgeLog {
  buckets += 1;
  const bucket = `store-${String(buckets)}`;
  cloud.buckets.set(bucket, new Map());
  return { s3, region: REGION, bucket, keys: [KEY, NEXT] };
}

function purgeOf(path: string): Purge {
  return { at: "2026-11-23T00:00:00Z", soft: false, targets: [{ kind: "url", host: "www.example.com", path }] };
}

function entry({ bucket, region }: PurgeLog, number: number, keys = [KEY]): Purge | undefined {
  return openPurge(keys, region, number, cloud.object(bucket, purgeKey(number)) ?? "");
}

function head({ bucket, region }: PurgeLog, keys = [KEY]): number | undefined {
  return openHead(keys, region, cloud.object(bucket, "purge-head") ?? "");
}

test("entries are numbered from 1, signed for their place, and the head names the newest", async () => {
  const log = newLog();

  const numbers = [await publishPurge(log, purgeOf("/a")), await publishPurge(log, purgeOf("/b"))];

  expect(numbers).toEqual([1, 2]);
  expect([entry(log, 1), entry(log, 2)]).toEqual([purgeOf("/a"), purgeOf("/b")]);
  expect(head(log)).toBe(2);
});

test("numbers go on from the head after the entries have expired", async () => {
  const log = newLog();
  await publishPurge(log, purgeOf("/a"));
  cloud.remove(log.bucket, purgeKey(1));

  expect(await publishPurge(log, purgeOf("/b"))).toBe(2);
});

test("numbers go on from the entries where a publisher was cut off before the head", async () => {
  const log = newLog();
  await publishPurge(log, purgeOf("/a"));
  const former = cloud.object(log.bucket, "purge-head") ?? "";
  await publishPurge(log, purgeOf("/b"));
  cloud.put(log.bucket, "purge-head", former);

  expect(await publishPurge(log, purgeOf("/c"))).toBe(3);
  expect(head(log)).toBe(3);
});

test.each<[string, (log: PurgeLog) => void]>([
  [
    "is lost",
    ({ bucket }) => {
      cloud.remove(bucket, "purge-head");
    },
  ],
  [
    "cannot be trusted",
    ({ bucket }) => {
      cloud.put(bucket, "purge-head", "forged");
    },
  ],
])("numbers go on from the newest of many entries where the head %s", async (_, spoil) => {
  const log = newLog();
  for (let number = 3; number <= 1500; number += 1) {
    cloud.put(log.bucket, purgeKey(number), "an entry");
  }
  spoil(log);

  expect(await publishPurge(log, purgeOf("/a"))).toBe(1501);
  expect(head(log)).toBe(1501);
});

test("what somebody has put under the next numbers is left alone", async () => {
  const log = newLog();
  cloud.put(log.bucket, "purge-head", "");
  await publishPurge(log, purgeOf("/a"));
  cloud.put(log.bucket, purgeKey(2), "forged");

  expect(await publishPurge(log, purgeOf("/b"))).toBe(3);
  expect(cloud.object(log.bucket, purgeKey(2))).toBe("forged");
});

test("several publishers at once lose no purge, and the head ends at the newest", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 6 }),
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
        expect(all.map(([number]) => entry(log, number))).toEqual(all.map(([, path]) => purgeOf(path)));
        expect(head(log)).toBe(all.length);
        // Each publisher's own purges keep their order.
        expect(some(published).every((numbers) => numbers.every(([n], i) => n > (numbers[i - 1]?.[0] ?? 0)))).toBe(
          true,
        );
      },
    ),
    { numRuns: 8 },
  );
});

test.each([
  ["reads", "GetObjectCommand", 2],
  ["writes", "PutObjectCommand", 2],
])("a publisher that is overtaken before it %s the head does not take it back", async (_, command, nth) => {
  const log = newLog();
  const slow = new S3Client({ ...CLIENT, endpoint: cloud.url });
  let calls = 0;
  slow.middlewareStack.add(
    (next, context) => async (args) => {
      calls += context.commandName === command ? 1 : 0;
      if (context.commandName === command && calls === nth) {
        await publishPurge(log, purgeOf("/fast"));
      }
      return next(args);
    },
    { step: "initialize" },
  );

  expect(await publishPurge({ ...log, s3: slow }, purgeOf("/slow"))).toBe(1);
  slow.destroy();

  expect(entry(log, 2)).toEqual(purgeOf("/fast"));
  expect(head(log)).toBe(2);
});

test("the key that comes first signs; a head of the other one is taken over", async () => {
  const log = newLog();
  await publishPurge(log, purgeOf("/a"));
  const rotated: PurgeLog = { ...log, keys: [NEXT, KEY] };

  expect(await publishPurge(rotated, purgeOf("/b"))).toBe(2);

  expect(entry(log, 2, [NEXT])).toEqual(purgeOf("/b"));
  expect([head(log, [NEXT]), head(log, [KEY])]).toEqual([2, undefined]);
});

test("a head is signed anew without a purge", async () => {
  const log = newLog();
  await publishPurge(log, purgeOf("/a"));

  await renewHead({ ...log, keys: [NEXT, KEY] });
  await renewHead({ ...log, keys: [NEXT, KEY] });

  expect([head(log, [NEXT]), head(log, [KEY])]).toEqual([1, undefined]);
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
