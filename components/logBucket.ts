import * as pulumi from "@pulumi/pulumi";
import { PrivateBucket } from "./privateBucket";

export interface LogBucketArgs {
  region: string;
  /** The account whose logs are delivered. */
  accountId: pulumi.Input<string>;
  /** Days that a log is kept. */
  retention: number;
}

/** What those who write logs need of the bucket. */
export interface LogDestination {
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  /** What must stand before logs are turned on. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * One region's bucket for flow logs and load-balancer access logs.
 *
 * ```ts
 * const logs = new LogBucket("edge-logs", { region: "eu-central-1", accountId: vpc.ownerId, retention: 30 });
 * ```
 *
 * Creates a private bucket to which AWS's log delivery may write, and nobody else. It stays behind when the stack is
 * destroyed, with its life cycle, which empties it after the retention: logs are wanted most when something was lost.
 */
export class LogBucket extends pulumi.ComponentResource implements LogDestination {
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: LogBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:logBucket:LogBucket", name, {}, opts);

    const bucket = new PrivateBucket(
      name,
      {
        region: args.region,
        retainOnDelete: true,
        lifecycleRules: [
          {
            id: "retention",
            status: "Enabled",
            filter: {},
            expiration: { days: args.retention },
            noncurrentVersionExpiration: { noncurrentDays: 7 },
          },
        ],
        // AWS adds statements of its own to a policy that lacks them, which would show as drift for ever.
        statements: (bucketArn) => deliveryStatements(bucketArn, args.region, args.accountId),
      },
      { parent: this },
    );

    this.bucketName = bucket.bucketName;
    this.bucketArn = bucket.bucketArn;
    this.ready = bucket.ready;
    this.registerOutputs({ bucketName: this.bucketName, bucketArn: this.bucketArn });
  }
}

function deliveryStatements(bucketArn: pulumi.Output<string>, region: string, accountId: pulumi.Input<string>) {
  const delivery = {
    Effect: "Allow" as const,
    Principal: { Service: "delivery.logs.amazonaws.com" },
    Condition: {
      StringEquals: { "aws:SourceAccount": accountId },
      ArnLike: { "aws:SourceArn": pulumi.interpolate`arn:aws:logs:${region}:${accountId}:*` },
    },
  };
  return [
    {
      Sid: "AWSLogDeliveryWrite",
      ...delivery,
      Action: "s3:PutObject",
      Resource: pulumi.interpolate`${bucketArn}/AWSLogs/${accountId}/*`,
    },
    { Sid: "AWSLogDeliveryAclCheck", ...delivery, Action: "s3:GetBucketAcl", Resource: bucketArn },
  ];
}
