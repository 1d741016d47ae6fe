import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface PrivateBucketArgs {
  region: string;
  /** How long things are kept. Unfinished uploads are removed after seven days in any case. */
  lifecycleRules: aws.types.input.s3.BucketLifecycleConfigurationRule[];
  /** Delete the bucket even when it holds objects. Default: false. */
  forceDestroy?: boolean;
  /** Leave the bucket, its contents and its settings in AWS when the stack no longer has it. Default: false. */
  retainOnDelete?: boolean;
  /** Statements of the bucket's policy beside the one that refuses plain HTTP. */
  statements?: (bucketArn: pulumi.Output<string>) => pulumi.Input<aws.iam.PolicyStatement>[];
}

/**
 * A bucket that nobody but its owner can use: public access blocked, encrypted (SSE-S3), versioned, HTTPS only.
 *
 * ```ts
 * const bucket = new PrivateBucket("reports", { region: "eu-central-1", lifecycleRules: [] });
 * ```
 *
 * Creates the bucket, its versioning, encryption, public access block, policy and life cycle. The bucket itself costs
 * nothing; what is stored in it does.
 */
export class PrivateBucket extends pulumi.ComponentResource {
  /** Name of the bucket, known once its policy stands. */
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  /** Stands when the bucket may be written to by those whom its policy allows. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: PrivateBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:privateBucket:PrivateBucket", name, {}, opts);
    const { region } = args;
    const child = { parent: this, retainOnDelete: args.retainOnDelete ?? false };

    const bucket = new aws.s3.Bucket(name, { region, forceDestroy: args.forceDestroy ?? false }, child);

    const versioning = new aws.s3.BucketVersioning(
      `${name}-versioning`,
      { region, bucket: bucket.id, versioningConfiguration: { status: "Enabled" } },
      child,
    );

    new aws.s3.BucketServerSideEncryptionConfiguration(
      `${name}-encryption`,
      { region, bucket: bucket.id, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
      child,
    );

    const publicAccessBlock = new aws.s3.BucketPublicAccessBlock(
      `${name}-public-access-block`,
      {
        region,
        bucket: bucket.id,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      child,
    );

    const policy = new aws.s3.BucketPolicy(
      `${name}-policy`,
      {
        region,
        bucket: bucket.id,
        policy: policyDocument(bucket.arn, args.statements),
      },
      // S3 refuses a second change of a bucket's access while one is under way.
      { ...child, dependsOn: publicAccessBlock },
    );

    new aws.s3.BucketLifecycleConfiguration(
      `${name}-lifecycle`,
      {
        region,
        bucket: bucket.id,
        rules: [
          ...args.lifecycleRules,
          {
            id: "unfinished-uploads",
            status: "Enabled",
            filter: {},
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
          },
        ],
      },
      // Rules for old versions mean nothing until there are versions.
      { ...child, dependsOn: versioning },
    );

    this.bucketName = bucket.bucket;
    this.bucketArn = bucket.arn;
    this.ready = [policy, versioning];
    this.registerOutputs({ bucketName: this.bucketName, bucketArn: this.bucketArn });
  }
}

function policyDocument(
  bucketArn: pulumi.Output<string>,
  statements: PrivateBucketArgs["statements"],
): pulumi.Output<string> {
  // Not inside an `apply`: what a statement depends on would be unknown to a preview.
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "HttpsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      ...(statements?.(bucketArn) ?? []),
    ],
  });
}
