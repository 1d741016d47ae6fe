import { Readable } from "node:stream";
import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { CLIENT_LIMITS } from "./limits";

export interface StoredObject {
  readonly content: Buffer;
  readonly etag: string;
}

/** The region's bucket, as a node sees it. Each call throws when the bucket cannot be reached. */
export interface Store {
  /** The object; undefined when there is none, "unchanged" when it still has the ETag. */
  get(key: string): Promise<StoredObject | undefined>;
  getUnless(key: string, etag: string | undefined): Promise<StoredObject | "unchanged" | undefined>;
  /** Keys that begin with the prefix, at most a thousand. */
  list(prefix: string): Promise<readonly string[]>;
  put(key: string, content: string): Promise<void>;
}

/** Largest object that a node reads: far above any bundle, far below its memory. */
const OBJECT_LIMIT = 32 * 1024 * 1024;

/** Longest time for an object's content, ms: a store that drips must not hold a loop for ever. */
const CONTENT_MS = 60_000;

export function s3Store(region: string, bucket: string): Store {
  const client = new S3Client({ region, ...CLIENT_LIMITS });

  async function getUnless(key: string, etag: string | undefined): Promise<StoredObject | "unchanged" | undefined> {
    try {
      const answer = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key, ...(etag === undefined ? {} : { IfNoneMatch: etag }) }),
      );
      return { content: await contentOf(key, answer.Body), etag: answer.ETag ?? "" };
    } catch (error) {
      if (error instanceof NoSuchKey) {
        return undefined;
      }
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 304) {
        return "unchanged";
      }
      throw error;
    }
  }

  return {
    getUnless,
    async get(key) {
      const found = await getUnless(key, undefined);
      return found === "unchanged" ? undefined : found;
    },
    async list(prefix) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
      return Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
    },
    async put(key, content) {
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentType: "application/json" }),
      );
    },
  };
}

async function contentOf(key: string, body: unknown): Promise<Buffer> {
  if (!(body instanceof Readable)) {
    throw new Error(`${key} has no content`);
  }
  const timer = setTimeout(() => {
    body.destroy(new Error(`${key} has not come within ${String(CONTENT_MS / 1000)} s`));
  }, CONTENT_MS);
  try {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of body as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > OBJECT_LIMIT) {
        throw new Error(`${key} is larger than the ${String(OBJECT_LIMIT)} bytes that a node reads`);
      }
      parts.push(part);
    }
    return Buffer.concat(parts);
  } finally {
    clearTimeout(timer);
  }
}

/** The same store; each call that fails is told. */
export function counted(store: Store, failed: () => void): Store {
  const telling = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      failed();
      throw error;
    }
  };
  return {
    get: (key) => telling(store.get(key)),
    getUnless: (key, etag) => telling(store.getUnless(key, etag)),
    list: (prefix) => telling(store.list(prefix)),
    put: (key, content) => telling(store.put(key, content)),
  };
}
