import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { standing } from "./order";

export interface PrivateBucketArgs {
  region: string;
  /** How long things are kept: for ever where no rule says otherwise. Unfinished uploads go after seven days. */
  retention: RetentionRule[];
  /** Delete the bucket even when it holds objects. Default: false. */
  forceDestroy?: boolean;
  /** Leave the bucket, its contents and its settings in AWS when the stack no longer has it. Default: false. */
  retainOnDelete?: boolean;
  /** Services of AWS that may use it, beside its owner. Default: none. */
  services?: ServiceAccess[];
}

/** How long objects of a bucket are kept. */
export interface RetentionRule {
  id: string;
  /** With what their keys begin. Default: all objects. */
  prefix?: string;
  /** Days until one expires. Default: it does not. */
  days?: number;
  /** Days that a former version is kept. Default: for ever. */
  formerDays?: number;
}

/** One action that a service of AWS may do, on behalf of one account. */
export interface ServiceAccess {
  sid: string;
  /** The service's principal, such as `delivery.logs.amazonaws.com`. */
  service: string;
  action: string;
  /** Keys of the objects, such as `logs/*`. Default: the action is one on the bucket itself. */
  objects?: pulumi.Input<string>;
  accountId: pulumi.Input<string>;
  /** ARN, or a pattern of it, of what the service acts for. */
  sourceArn: pulumi.Input<string>;
}

/**
 * A bucket that nobody but its owner can use: public access blocked, encrypted (SSE-S3), versioned, HTTPS only.
 *
 * ```ts
 * const bucket = new PrivateBucket("reports", { region: "eu-central-1", retention: [] });
 * ```
 *
 * Creates the bucket, its versioning, encryption, public access block, policy and life cycle. The bucket itself costs
 * nothing; what is stored in it does.
 */
export class PrivateBucket extends pulumi.ComponentResource {
  /** Name of the bucket, known once its policy stands. */
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  /** URNs of what stands when the bucket may be written to by those whom its policy allows. */
  readonly ready: pulumi.Output<string[]>;

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
        policy: policyDocument(bucket.arn, args.services ?? []),
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
          ...args.retention.map(lifecycleRule),
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
    this.ready = standing([policy, versioning]);
    this.registerOutputs({ bucketName: this.bucketName, bucketArn: this.bucketArn });
  }
}

function lifecycleRule({ id, prefix, days, formerDays }: RetentionRule) {
  return {
    id,
    status: "Enabled",
    filter: prefix === undefined ? {} : { prefix },
    ...(days === undefined ? {} : { expiration: { days } }),
    ...(formerDays === undefined ? {} : { noncurrentVersionExpiration: { noncurrentDays: formerDays } }),
  };
}

function policyDocument(bucketArn: pulumi.Output<string>, services: readonly ServiceAccess[]): pulumi.Output<string> {
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
      ...services.map(({ sid, service, action, objects, accountId, sourceArn }) => ({
        Sid: sid,
        Effect: "Allow",
        Principal: { Service: service },
        Condition: { StringEquals: { "aws:SourceAccount": accountId }, ArnLike: { "aws:SourceArn": sourceArn } },
        Action: action,
        Resource: objects === undefined ? bucketArn : pulumi.interpolate`${bucketArn}/${objects}`,
      })),
    ],
  });
}
