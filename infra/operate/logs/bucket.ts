// First, since it silences a warning that the SDK would print when it is loaded.
import "../../terminal/awsReason";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { accessFolder } from "../../../components/node/protocol/logKeys";
import { clientOptions } from "../clients";

/** An object of the access log. */
export interface LogObject {
  readonly region: string;
  readonly key: string;
  /** Bytes, compressed. */
  readonly size: number;
}

/** Until an object's first byte; the rest comes as fast as it can. */
const PATIENCE_MS = 30_000;

/** A region's log bucket, as an operator reads it. Each call throws when it cannot be reached. */
export class LogReader {
  private readonly client: S3Client;

  constructor(
    private readonly region: string,
    private readonly bucket: string,
  ) {
    this.client = new S3Client(clientOptions("s3", region, PATIENCE_MS));
  }

  /** What nodes have logged of requests in an hour (`2026-11-28T07`). */
  async objects(hour: string): Promise<readonly LogObject[]> {
    const found: LogObject[] = [];
    let token: string | undefined;
    do {
      const { Contents = [], NextContinuationToken } = await this.client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix: accessFolder(hour), ContinuationToken: token }),
      );
      found.push(...Contents.map(({ Key = "", Size = 0 }) => ({ region: this.region, key: Key, size: Size })));
      token = NextContinuationToken;
    } while (token !== undefined);
    return found;
  }

  /** The bytes of an object, as they come. */
  async content({ key }: LogObject): Promise<Readable> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    if (!(Body instanceof Readable)) {
      throw new Error(`${key} has no content`);
    }
    return Body;
  }

  /** Its lines, some at a time. */
  async *lines(object: LogObject): AsyncGenerator<readonly string[]> {
    // A failure is thrown to who reads.
    const text = pipeline(await this.content(object), createGunzip(), () => undefined).setEncoding("utf8");
    let carry = "";
    for await (const chunk of text as AsyncIterable<string>) {
      const lines = (carry + chunk).split("\n");
      carry = lines.pop() ?? "";
      yield lines;
    }
    if (carry !== "") {
      yield [carry];
    }
  }
}
