import { readFile } from "node:fs/promises";
import type { S3Client } from "@aws-sdk/client-s3";
import { PACKAGE_LOCK, type PackageLock } from "../../components/node/packageLock";
import { packagesKey } from "../../components/node/protocol/storeKeys";
import { debianMirrors } from "../edge/mirrors";
import { awsReason } from "../terminal/awsReason";
import { exitCodes } from "../terminal/exitCodes";
import { accountOptions } from "../terminal/account";
import { UserError } from "../terminal/userError";
import { archiveOf, keptArchive } from "./archiveFile";
import { fetchPackages, megabytes, type PackageSources } from "./packageFiles";

export interface PublishOptions {
  readonly bucket: string;
  /** Default: that of the caller's AWS configuration. */
  readonly region?: string;
}

export interface Published {
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly packages: number;
  /** The bucket was not there before. */
  readonly created: boolean;
  /** The archive was not there before. */
  readonly uploaded: boolean;
}

export interface PublishRun {
  readonly progress: (line: string) => void;
  /** Default: the lock that this repository ships. */
  readonly lock?: PackageLock;
  readonly sources?: PackageSources;
}

/**
 * Sees to it that the archive of the locked packages is in the bucket, from which the program copies it to each region:
 * makes the bucket where it is missing, closes it where that is missing, fetches what the cache folder lacks, uploads
 * once.
 *
 * @throws UserError for a bucket that cannot be used, or packages that cannot be had
 */
export async function publishPackages(
  { bucket, region }: PublishOptions,
  { progress, lock = PACKAGE_LOCK, sources = { mirrors: debianMirrors() } }: PublishRun,
): Promise<Published> {
  if (!/^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/.test(bucket)) {
    throw new UserError(
      `--bucket: must be 3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit, got "${bucket}"`,
      exitCodes.usage,
    );
  }
  const { S3Client: Client } = await import("@aws-sdk/client-s3");
  const client = new Client(accountOptions("s3", region));
  const home = await regionOf(client);
  const key = packagesKey(lock.archive.sha256);
  const created = await ensureBucket(client, bucket, home, progress);
  await closeBucket(client, bucket, created, progress);
  const uploaded = !(await has(client, bucket, key));
  if (uploaded) {
    const { path } = (await keptArchive(lock)) ?? (await build(lock, sources, progress));
    progress(`uploading ${megabytes(lock.archive.size)} to s3://${bucket}/${key}`);
    await upload(client, { bucket, key, content: await readFile(path), sha256: lock.archive.sha256 });
  }
  const { sha256, size: bytes } = lock.archive;
  const packages = lock.packages.length + (lock.ssmAgent === null ? 0 : 1);
  return { bucket, region: home, key, sha256, bytes, packages, created, uploaded };
}

async function build(lock: PackageLock, sources: PackageSources, progress: PublishRun["progress"]) {
  await fetchPackages(lock, sources, progress);
  const made = await archiveOf(lock);
  if (made.archive.sha256 !== lock.archive.sha256) {
    throw new UserError(
      `the lock names an archive of SHA-256 ${lock.archive.sha256}, its packages give ${made.archive.sha256}: ` +
        "it was edited by hand; `footprint node lock` writes it anew",
    );
  }
  return made;
}

async function regionOf(client: S3Client): Promise<string> {
  try {
    return await client.config.region();
  } catch {
    throw new UserError(
      "--region: must be given, as the AWS configuration names no region (AWS_REGION, or the profile's)",
      exitCodes.usage,
    );
  }
}

/** Returns whether it was made. */
async function ensureBucket(
  client: S3Client,
  bucket: string,
  region: string,
  progress: PublishRun["progress"],
): Promise<boolean> {
  const { CreateBucketCommand, HeadBucketCommand } = await import("@aws-sdk/client-s3");
  const status = await statusOf(() => client.send(new HeadBucketCommand({ Bucket: bucket })));
  if (status === 200) {
    return false;
  }
  if (status !== 404) {
    throw new UserError(
      status === 301
        ? `--bucket: ${bucket} is in another region than ${region}: name its region by --region`
        : `--bucket: ${bucket} is not yours, or your credentials may not use it (HTTP status ${String(status)}): choose another name`,
    );
  }
  progress(`making the bucket ${bucket} in ${region}`);
  await orUserError(`the bucket ${bucket} could not be made`, () =>
    client.send(
      new CreateBucketCommand({
        Bucket: bucket,
        // us-east-1 is the only region that must not be named.
        ...(region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" } }),
      }),
    ),
  );
  return true;
}

/**
 * Nobody but its account reaches the bucket, and only by TLS. A bucket that is there already may lack that because a
 * former run ended in between; what its owner has set stays.
 */
async function closeBucket(
  client: S3Client,
  bucket: string,
  isNew: boolean,
  progress: PublishRun["progress"],
): Promise<void> {
  for (const { what, look, set } of await closings(client, bucket)) {
    const status = isNew ? 404 : await statusOf(look);
    if (status === 404) {
      await orUserError(`the bucket ${bucket} is there, and ${what} could not be set`, set);
    } else if (status !== 200) {
      progress(`the bucket ${bucket}: ${what} could not be looked for (HTTP status ${String(status)})`);
    }
  }
}

/** What closes a bucket: how to see whether it is there, which answers 404 if not, and how to set it. */
async function closings(client: S3Client, bucket: string) {
  const s3 = await import("@aws-sdk/client-s3");
  const PublicAccessBlockConfiguration = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };
  return [
    {
      what: "its block of public access",
      look: () => client.send(new s3.GetPublicAccessBlockCommand({ Bucket: bucket })),
      set: () => client.send(new s3.PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration })),
    },
    {
      what: "its policy, which refuses what comes without TLS,",
      look: () => client.send(new s3.GetBucketPolicyCommand({ Bucket: bucket })),
      set: () => client.send(new s3.PutBucketPolicyCommand({ Bucket: bucket, Policy: tlsOnly(bucket) })),
    },
  ];
}

function tlsOnly(bucket: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
}

async function has(client: S3Client, bucket: string, key: string): Promise<boolean> {
  const { HeadObjectCommand } = await import("@aws-sdk/client-s3");
  const status = await statusOf(() => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
  if (status !== 200 && status !== 404) {
    throw new UserError(`s3://${bucket}/${key} could not be looked for: HTTP status ${String(status)}`);
  }
  return status === 200;
}

async function upload(
  client: S3Client,
  { bucket, key, content, sha256 }: { bucket: string; key: string; content: Buffer; sha256: string },
): Promise<void> {
  const { PutObjectCommand } = await import("@aws-sdk/client-s3");
  await orUserError(`the archive could not be uploaded to s3://${bucket}/${key}`, () =>
    client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: content,
        ContentType: "application/x-tar",
        // S3 refuses what arrives with another one.
        ChecksumSHA256: Buffer.from(sha256, "hex").toString("base64"),
      }),
    ),
  );
}

/** The HTTP status of a call; a UserError when there was no answer at all. */
async function statusOf(call: () => Promise<unknown>): Promise<number> {
  try {
    await call();
    return 200;
  } catch (error) {
    const status = httpStatusOf(error);
    if (status === undefined) {
      throw new UserError(`S3 could not be asked: ${awsReason(error)}`);
    }
    return status;
  }
}

function httpStatusOf(error: unknown): number | undefined {
  const metadata: unknown = error instanceof Error && "$metadata" in error ? error.$metadata : undefined;
  return typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
    ? Number(metadata.httpStatusCode)
    : undefined;
}

async function orUserError(what: string, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    throw new UserError(`${what}: ${awsReason(error)}`);
  }
}
