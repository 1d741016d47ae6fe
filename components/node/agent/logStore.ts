import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CLIENT_LIMITS } from "./limits";

/** The region's log bucket, as a node sees it: it writes, and reads nothing. */
export interface LogStore {
  /** Throws when the bucket cannot be reached, or does not take it. */
  put(bucket: string, key: string, content: Buffer): Promise<void>;
}

/** A piece has ten megabytes, and the way out is shared with clients. */
const PATIENCE_MS = 60_000;

export function s3LogStore(region: string): LogStore {
  const requestHandler = { ...CLIENT_LIMITS.requestHandler, requestTimeout: PATIENCE_MS };
  const client = new S3Client({ region, ...CLIENT_LIMITS, requestHandler });
  return {
    async put(bucket, key, content) {
      const object = { Bucket: bucket, Key: key, Body: content, ContentType: "application/gzip" };
      await client.send(new PutObjectCommand(object));
    },
  };
}
