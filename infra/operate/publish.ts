import { randomBytes } from "node:crypto";
import {
  GetObjectCommand,
  NoSuchKey,
  paginateListObjectsV2,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from "@aws-sdk/client-s3";
import {
  BEGINNING,
  openEntry,
  purgeSchema,
  sealEntry,
  signedAnew,
  type After,
  type Entry,
  type Place,
  type Purge,
} from "../../components/node/protocol/purgeLog";
import { purgeKey, STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { attempts, type Patience } from "./attempts";

/** The purge log of one PoP. */
export interface PurgeLog extends Patience {
  readonly s3: S3Client;
  readonly region: string;
  /** The region's store. */
  readonly bucket: string;
  /** Purge keys that nodes know, the one that signs first. */
  readonly keys: readonly [string, ...string[]];
  /** Logs of other PoPs from whose nodes this one's fetch: to be published to before. Default: none. */
  readonly before?: readonly PurgeLog[];
  /** Regions of such logs that could not be published to: nothing there is new enough. Default: none. */
  readonly unpublished?: readonly string[];
}

/** The head as it was read. */
interface Head {
  readonly text: string;
  readonly etag: string;
  /** Undefined when none of the keys has signed it. */
  readonly entry: Entry | undefined;
}

/**
 * Adds a purge to a PoP's log, from which its nodes take it within seconds (components/node/protocol/purgeLog.ts says
 * how). Of several publishers at once each gets a number of its own. A write whose answer is lost is found again.
 *
 * @returns the number of the entry
 * @throws when the store cannot be written; the entry may be there nevertheless, and a second one does no harm
 */
export async function publishPurge(log: PurgeLog, purge: Purge): Promise<number> {
  const checked = purgeSchema.parse(purge);
  // What a log that begins anew follows: nothing that any node knows.
  const nothing = randomBytes(32).toString("hex");
  let tried: Entry | undefined;
  return attempts<number>(log, async () => {
    const head = await readHead(log);
    if (tried !== undefined && (await isIn(log, tried, head))) {
      return { value: tried.number };
    }
    const place = await placeBefore(log, head, nothing);
    // After the head was read: so from entry to entry these numbers never fall.
    tried = sealEntry(log.keys[0], log.region, place, { ...checked, ...(await reached(log)) });
    return (await replaceHead(log, head, tried.text))
      ? { value: tried.number }
      : { again: "another publisher was faster" };
  });
}

/**
 * Signs the head of the log with the first key. To be called when the key that signs has changed, before nodes forget the
 * former one: they believe in no head that they cannot verify.
 */
export async function renewHead(log: PurgeLog): Promise<void> {
  await attempts(log, async () => {
    const head = await readHead(log);
    const text = head?.entry && signedAnew(log.keys[0], log.region, head.entry);
    return text === undefined || text === head?.text || (await replaceHead(log, head, text))
      ? { value: undefined }
      : { again: "somebody has just published" };
  });
}

/** How far the logs are that nodes of this one's PoP depend on. */
async function reached({ before = [], unpublished = [] }: PurgeLog): Promise<Pick<Purge, "after">> {
  const after = await Promise.all(
    before.map(async (log) => {
      const head = await readHead(log).catch(() => null);
      return [log.region, head === undefined ? 0 : (head?.entry?.number ?? null)] as const;
    }),
  );
  const all = [...after, ...unpublished.map((region) => [region, null] as const)];
  return all.length === 0 ? {} : { after: Object.fromEntries(all) satisfies After };
}

/** The place that the next entry follows. The entry there is kept under its number, where nodes look for it from then on. */
async function placeBefore(log: PurgeLog, head: Head | undefined, nothing: string): Promise<Place> {
  if (head?.entry !== undefined) {
    await put(log, purgeKey(head.entry.number), head.text, {});
    return head.entry;
  }
  const number = await newestCopy(log);
  if (head === undefined && number === 0) {
    return BEGINNING;
  }
  log.say(
    `the head of the purge log ${head === undefined ? "is gone" : "was not signed with the purge key"}: ` +
      "the log begins anew, and nodes empty their caches since they cannot know what they have missed",
  );
  return { number, digest: nothing };
}

/** Whether an entry, of whose writing the answer was not seen, is in the log. */
async function isIn(log: PurgeLog, { number, digest }: Entry, head: Head | undefined): Promise<boolean> {
  if (head?.entry === undefined || head.entry.number < number) {
    return false;
  }
  const kept =
    head.entry.number === number
      ? head.entry
      : openEntry(log.keys, log.region, (await read(log, purgeKey(number)))?.text ?? "");
  return kept?.digest === digest;
}

/** For a log without a head that can be trusted. */
async function newestCopy({ s3, bucket }: PurgeLog): Promise<number> {
  let newest = 0;
  for await (const { Contents = [] } of paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: STORE_KEYS.purgeLog },
  )) {
    const numbers = Contents.map(({ Key = "" }) => Key.slice(STORE_KEYS.purgeLog.length))
      .filter((name) => /^\d{12}$/.test(name))
      .map(Number);
    newest = Math.max(newest, ...numbers);
  }
  return newest;
}

async function readHead(log: PurgeLog): Promise<Head | undefined> {
  const found = await read(log, STORE_KEYS.purgeHead);
  return found && { ...found, entry: openEntry(log.keys, log.region, found.text) };
}

async function read({ s3, bucket }: PurgeLog, key: string): Promise<{ text: string; etag: string } | undefined> {
  try {
    const { Body, ETag = "" } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { text: (await Body?.transformToString()) ?? "", etag: ETag };
  } catch (error) {
    if (error instanceof NoSuchKey) {
      return undefined;
    }
    throw error;
  }
}

/** @returns false when the head is not any more what was read */
async function replaceHead(log: PurgeLog, head: Head | undefined, text: string): Promise<boolean> {
  try {
    await put(log, STORE_KEYS.purgeHead, text, head === undefined ? { IfNoneMatch: "*" } : { IfMatch: head.etag });
    return true;
  } catch (error) {
    // 412: it has changed. 409: it was being changed at the same time. 404: it has been deleted.
    if (error instanceof S3ServiceException && [404, 409, 412].includes(error.$metadata.httpStatusCode ?? 0)) {
      return false;
    }
    throw error;
  }
}

async function put(
  { s3, bucket }: PurgeLog,
  key: string,
  content: string,
  condition: { readonly IfNoneMatch?: string; readonly IfMatch?: string },
): Promise<void> {
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentType: "application/json", ...condition }),
  );
}
