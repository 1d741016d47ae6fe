import {
  GetObjectCommand,
  NoSuchKey,
  paginateListObjectsV2,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from "@aws-sdk/client-s3";
import { openHead, purgeSchema, sealHead, sealPurge, type Purge } from "../../components/node/protocol/purgeLog";
import { purgeKey, STORE_KEYS } from "../../components/node/protocol/storeKeys";

/** The purge log of one PoP. */
export interface PurgeLog {
  readonly s3: S3Client;
  readonly region: string;
  /** The region's store. */
  readonly bucket: string;
  /** Purge keys that nodes know, the one that signs first. */
  readonly keys: readonly [string, ...string[]];
}

/**
 * Adds a purge to a PoP's log, from which its nodes take it within seconds. Several publishers at once lose none: each
 * number is given once, and who comes second takes the next.
 *
 * @returns the number of the entry
 * @throws when the store cannot be written; an entry may be there nevertheless, and a second one does no harm
 */
export async function publishPurge(log: PurgeLog, purge: Purge): Promise<number> {
  const checked = purgeSchema.parse(purge);
  let number = (await readNumber(log)) + 1;
  while (!(await create(log, purgeKey(number), sealPurge(log.keys[0], log.region, number, checked)))) {
    number += 1;
  }
  await raiseHead(log, number);
  return number;
}

/**
 * Signs the number of the newest entry with the first key. To be called when the key that signs has changed, before
 * nodes forget the former one: who finds no number that it can trust flushes its whole cache.
 */
export async function renewHead(log: PurgeLog): Promise<void> {
  if ((await readHead(log)) !== undefined) {
    await raiseHead(log, await readNumber(log));
  }
}

/** Number of the newest entry, as far as it is known; 0 when there is none. */
async function readNumber(log: PurgeLog): Promise<number> {
  const head = await readHead(log);
  const number = head === undefined ? undefined : openHead(log.keys, log.region, head.text);
  return number ?? (await highestEntry(log));
}

/** For a log whose head is missing, or not to be trusted. */
async function highestEntry({ s3, bucket }: PurgeLog): Promise<number> {
  let highest = 0;
  for await (const { Contents = [] } of paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: STORE_KEYS.purgeLog },
  )) {
    const numbers = Contents.map(({ Key = "" }) => Key.slice(STORE_KEYS.purgeLog.length))
      .filter((name) => /^\d{12}$/.test(name))
      .map(Number);
    highest = Math.max(highest, ...numbers);
  }
  return highest;
}

/**
 * Has the head name the number, unless it names a higher one already: it must not go back, or numbers would be given
 * twice once their first entries have expired.
 */
async function raiseHead(log: PurgeLog, number: number): Promise<void> {
  for (;;) {
    const head = await readHead(log);
    const known = head === undefined ? undefined : openHead(log.keys, log.region, head.text);
    const highest = Math.max(number, known ?? 0);
    const sealed = sealHead(log.keys[0], log.region, highest);
    if (head?.text === sealed) {
      return;
    }
    // What the head was a moment ago: if another publisher has changed it since, look again.
    const condition = head === undefined ? { IfNoneMatch: "*" } : { IfMatch: head.etag };
    if (await put(log, STORE_KEYS.purgeHead, sealed, condition)) {
      return;
    }
  }
}

async function readHead({ s3, bucket }: PurgeLog): Promise<{ text: string; etag: string } | undefined> {
  try {
    const { Body, ETag = "" } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: STORE_KEYS.purgeHead }));
    return { text: (await Body?.transformToString()) ?? "", etag: ETag };
  } catch (error) {
    if (error instanceof NoSuchKey) {
      return undefined;
    }
    throw error;
  }
}

/** False when there is such an object already. */
function create(log: PurgeLog, key: string, content: string): Promise<boolean> {
  return put(log, key, content, { IfNoneMatch: "*" });
}

/** False when the condition does not hold. */
async function put(
  { s3, bucket }: PurgeLog,
  key: string,
  content: string,
  condition: { readonly IfNoneMatch: string } | { readonly IfMatch: string },
): Promise<boolean> {
  for (;;) {
    try {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: content,
          ContentType: "application/json",
          ...condition,
        }),
      );
      return true;
    } catch (error) {
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      // 404: what the condition is about has been deleted.
      if (status === 412 || status === 404) {
        return false;
      }
      // 409: two conditional writes met, and which of them holds is open.
      if (status !== 409) {
        throw error;
      }
    }
  }
}
