import type { Command } from "commander";
import type { PublishOptions } from "../packages/publish";

/** `footprint node publish`: the locked packages into a bucket, from which the program copies them to each region. */
export function registerNodePublish(node: Command): void {
  node
    .command("publish")
    .description("Put the locked packages of nodes into a bucket, from which a deployment copies them to each region.")
    .requiredOption("-b, --bucket <name>", "bucket, as in footprint:packages; made when it is not there")
    .option("-r, --region <region>", "its region; default: that of your AWS configuration")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
The archive is named by its hash and never changes, so what is there already is not uploaded again. Packages come from
Debian's mirrors, and those that a mirror has dropped from snapshot.debian.org; each is verified. Needs AWS credentials
that may call s3:ListBucket, s3:GetObject and s3:PutObject, for a new bucket s3:CreateBucket, and to see to it that the
bucket is closed s3:GetBucketPublicAccessBlock, s3:GetBucketPolicy, s3:PutBucketPublicAccessBlock and s3:PutBucketPolicy.

Example:
  $ footprint node publish --bucket my-edge-packages --region us-east-1`,
    )
    .action(async ({ json, ...options }: PublishOptions & { readonly json?: true }) => {
      const { publishPackages } = await import("../packages/publish");
      const published = await publishPackages(options, {
        progress: (line) => {
          process.stderr.write(`${line}\n`);
        },
      });
      const { bucket, key, uploaded, packages, bytes } = published;
      process.stdout.write(
        json === true
          ? `${JSON.stringify(published, null, 2)}\n`
          : `${uploaded ? "uploaded" : "already there"}: s3://${bucket}/${key}, ${String(packages)} packages, ${(bytes / 1e6).toFixed(1)} MB\n`,
      );
    });
}
