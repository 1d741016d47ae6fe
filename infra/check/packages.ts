import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { PACKAGE_LOCK, type PackageLock } from "../../components/node/packageLock";
import { packagesKey } from "../../components/node/protocol/storeKeys";
import { PLACEHOLDER_BUCKET } from "../config/schema";
import type { AccountClients } from "./clients";
import { about, isNamed, look, type About, type Line } from "./line";

/** Whether nodes find what they are installed from, and are installed with what operators need. */
export async function nodePackages(
  bucket: string,
  { s3 }: Pick<AccountClients, "s3">,
  lock: Pick<PackageLock, "archive" | "ssmAgent"> = PACKAGE_LOCK,
): Promise<readonly Line[]> {
  return [
    ...(bucket === PLACEHOLDER_BUCKET
      ? []
      : await look("packages", "archive", (line) => archive(line, bucket, s3, lock))),
    sessionManager(lock),
  ];
}

/** S3 compared the archive with its hash when it was published, and has kept the hash. */
async function archive(
  line: About,
  bucket: string,
  s3: AccountClients["s3"],
  { archive: { sha256, size } }: Pick<PackageLock, "archive">,
): Promise<Line> {
  const key = packagesKey(sha256);
  const place = `s3://${bucket}/${key}`;
  const publish = `footprint node publish --bucket ${bucket}`;
  const found = await s3
    .send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: "ENABLED" }))
    .catch((error: unknown) => {
      if (isNamed(error, "NotFound") || isNamed(error, "NoSuchKey") || isNamed(error, "NoSuchBucket")) {
        return undefined;
      }
      throw error;
    });
  if (found === undefined) {
    return line.fails(`${place} is not there`, publish);
  }
  if (found.ContentLength !== size) {
    return line.fails(
      `${place} has ${String(found.ContentLength)} bytes, the lock's archive ${String(size)}`,
      `delete it, and ${publish}`,
    );
  }
  if (found.ChecksumSHA256 === undefined) {
    return line.warning(
      `${place} is as long as it must be, and S3 has no SHA-256 of it: it came there by another way`,
      `delete it, and ${publish}`,
    );
  }
  return Buffer.from(found.ChecksumSHA256, "base64").toString("hex") === sha256
    ? line.ok(`${place}, its SHA-256 is the lock's`)
    : line.fails(
        `${place} has another content than its name says (SHA-256 ${found.ChecksumSHA256}, base64)`,
        `delete it, and ${publish}`,
      );
}

function sessionManager({ ssmAgent }: Pick<PackageLock, "ssmAgent">): Line {
  const line = about("packages", "agent of Session Manager");
  return ssmAgent === null
    ? line.warning(
        "the lock has none, there is no SSH, and so no way into a node",
        "footprint node lock --ssm-agent VERSION, and publish again",
      )
    : line.ok(ssmAgent.version);
}
