import { createHash } from "node:crypto";
import type { Answer, Request } from "./wire";

/** Objects by bucket and key. */
export type Buckets = Map<string, Map<string, Buffer>>;

/** When an object was last changed, where a test says so; else now. */
export const LAST_MODIFIED = new WeakMap<Buffer, Date>();

/** S3, by path or by host: objects, conditional writes and reads, lists. */
export function s3(buckets: Buckets, request: Request): Answer {
  const { bucket, key } = placeOf(request);
  const objects = buckets.get(bucket);
  if (key === "") {
    return ofBucket(buckets, bucket, request);
  }
  if (objects === undefined) {
    return failure(404, "NoSuchBucket", bucket);
  }
  const found = objects.get(key);
  const { headers } = request;
  switch (request.method) {
    case "GET":
    case "HEAD":
      if (found === undefined) {
        return failure(404, "NoSuchKey", key);
      }
      return headers["if-none-match"] === etag(found)
        ? { status: 304, headers: { etag: etag(found) } }
        : { status: 200, headers: objectHeaders(found), body: found };
    case "PUT": {
      if (headers["if-none-match"] === "*" && found !== undefined) {
        return failure(412, "PreconditionFailed", key);
      }
      if (headers["if-match"] !== undefined && (found === undefined || headers["if-match"] !== etag(found))) {
        return found === undefined ? failure(404, "NoSuchKey", key) : failure(412, "PreconditionFailed", key);
      }
      const content = withoutChunks(request);
      objects.set(key, content);
      return { status: 200, headers: { etag: etag(content) } };
    }
    case "DELETE":
      objects.delete(key);
      return { status: 204 };
    default:
      return failure(405, "MethodNotAllowed", request.method);
  }
}

function objectHeaders(content: Buffer): Readonly<Record<string, string>> {
  return {
    etag: etag(content),
    "content-type": "binary/octet-stream",
    "last-modified": (LAST_MODIFIED.get(content) ?? new Date()).toUTCString(),
  };
}

function ofBucket(buckets: Buckets, bucket: string, request: Request): Answer {
  if (request.method === "PUT") {
    // Its settings (public access, encryption) are taken and forgotten.
    if (!buckets.has(bucket)) {
      buckets.set(bucket, new Map());
    }
    return { status: 200, headers: { location: `/${bucket}` } };
  }
  const objects = buckets.get(bucket);
  if (objects === undefined) {
    return failure(404, "NoSuchBucket", bucket);
  }
  if (request.method === "HEAD") {
    return { status: 200 };
  }
  if (request.method === "GET" && request.url.searchParams.get("list-type") === "2") {
    return list(objects, bucket, request.url.searchParams);
  }
  return failure(501, "NotImplemented", `${request.method} of a bucket`);
}

const PAGE = 1000;

function list(objects: ReadonlyMap<string, Buffer>, bucket: string, query: URLSearchParams): Answer {
  const prefix = query.get("prefix") ?? "";
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, Number(query.get("max-keys") ?? PAGE));
  const truncated = page.length < keys.length;
  const contents = page.map(
    (key) =>
      `<Contents><Key>${escaped(key)}</Key><ETag>${escaped(etag(objects.get(key) ?? Buffer.of()))}</ETag>` +
      `<Size>${String(objects.get(key)?.length ?? 0)}</Size></Contents>`,
  );
  return xml(
    200,
    `<ListBucketResult><Name>${bucket}</Name><Prefix>${escaped(prefix)}</Prefix><KeyCount>${String(page.length)}</KeyCount>` +
      `<IsTruncated>${String(truncated)}</IsTruncated>${contents.join("")}` +
      `${truncated ? `<NextContinuationToken>${escaped(page.at(-1) ?? "")}</NextContinuationToken>` : ""}</ListBucketResult>`,
  );
}

/** The bucket stands before `.s3.` in the host, else first in the path. */
function placeOf({ url }: Request): { readonly bucket: string; readonly key: string } {
  const path = decodeURIComponent(url.pathname).slice(1);
  const [, host] = /^(.+)\.s3[.-]/.exec(url.hostname) ?? [];
  if (host !== undefined) {
    return { bucket: host, key: path };
  }
  const slash = path.indexOf("/");
  return slash === -1 ? { bucket: path, key: "" } : { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}

/** The SDK may send a body in signed chunks, with a checksum after them. */
function withoutChunks({ headers, body }: Request): Buffer {
  if (!(headers["x-amz-content-sha256"] ?? "").toString().startsWith("STREAMING-")) {
    return body;
  }
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.subarray(at, end).toString("latin1"), 16);
    if (!(size > 0)) {
      return Buffer.concat(parts);
    }
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

function etag(content: Buffer): string {
  return `"${createHash("md5").update(content).digest("hex")}"`;
}

function failure(status: number, code: string, about: string): Answer {
  return xml(status, `<Error><Code>${code}</Code><Message>${code}: ${escaped(about)}</Message></Error>`);
}

function xml(status: number, body: string): Answer {
  return {
    status,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
