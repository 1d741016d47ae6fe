import { createHash } from "node:crypto";
import { inputId, type Kind, type Kinds } from "../kind";
import { text, type Values } from "../values";

/** Settings of a bucket that are resources of their own: one of each kind a bucket. */
const setting: Kind = { regional: true, id: inputId("bucket") };

/** An object, whichever way its content comes. */
function object(contentOf: (inputs: Values) => string): Kind {
  return {
    regional: true,
    tagged: true,
    defaults: { forceDestroy: false },
    id: ({ inputs }) => `${text(inputs.bucket)}/${text(inputs.key)}`,
    computed: ({ inputs, region, sharedHex }) => {
      const [bucket, key, content] = [text(inputs.bucket), text(inputs.key), contentOf(inputs)];
      return {
        arn: `arn:aws:s3:::${bucket}/${key}`,
        etag: createHash("md5").update(content).digest("hex"),
        serverSideEncryption: "AES256",
        storageClass: "STANDARD",
        versionId: sharedHex(`version ${region} ${bucket} ${key} ${content}`, 32),
      };
    },
    renewed: (changed) => (changed.some((key) => key !== "tags") ? ["etag", "versionId"] : []),
  };
}

/** Buckets, their settings, and the objects that the program puts there. */
export const s3: Kinds = {
  "aws:s3/bucket:Bucket": {
    regional: true,
    tagged: true,
    naming: { property: "bucket", longest: 63, lowerCase: true },
    defaults: { forceDestroy: false },
    id: inputId("bucket"),
    computed: ({ id, region }) => ({
      arn: `arn:aws:s3:::${id}`,
      bucketDomainName: `${id}.s3.amazonaws.com`,
      bucketRegion: region,
      bucketRegionalDomainName: `${id}.s3.${region}.amazonaws.com`,
      objectLockEnabled: false,
    }),
  },
  "aws:s3/bucketVersioning:BucketVersioning": setting,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": setting,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": setting,
  "aws:s3/bucketPolicy:BucketPolicy": setting,
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
    ...setting,
    computed: () => ({ transitionDefaultMinimumObjectSize: "all_storage_classes_128K" }),
  },
  "aws:s3/bucketObjectv2:BucketObjectv2": object(({ content, source }) => text(content ?? source)),
  // What is copied is of another bucket: here it is as good as its name.
  "aws:s3/objectCopy:ObjectCopy": object(({ source }) => text(source)),
};
