import * as pulumi from "@pulumi/pulumi";
import { PrivateBucket, type ServiceAccess } from "./privateBucket";

export interface LogBucketArgs {
  region: string;
  /** The account whose logs are delivered. */
  accountId: pulumi.Input<string>;
  /** Days that a log is kept. */
  retention: number;
}

/** What those who write logs need of the bucket. */
export interface LogDestination {
  readonly bucketName: pulumi.Input<string>;
  readonly bucketArn: pulumi.Input<string>;
  /** URNs of what must stand before logs are turned on. */
  readonly ready: pulumi.Input<string[]>;
}

/**
 * One region's bucket for flow logs, load-balancer access logs, and the access logs and last words of nodes.
 *
 * ```ts
 * const logs = new LogBucket("edge-logs", { region: "eu-central-1", accountId: vpc.ownerId, retention: 30 });
 * ```
 *
 * Creates a private bucket to which AWS's log delivery may write, and who is allowed to by a policy of their own. It stays behind when the stack is
 * destroyed, with its life cycle, which empties it after the retention: logs are wanted most when something was lost.
 * Costs the storage of what is kept; AWS bills the delivery of flow logs by volume.
 */
export class LogBucket extends pulumi.ComponentResource implements LogDestination {
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  readonly ready: pulumi.Output<string[]>;

  constructor(name: string, args: LogBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:logBucket:LogBucket", name, {}, opts);

    const bucket = new PrivateBucket(
      name,
      {
        region: args.region,
        retainOnDelete: true,
        retention: [{ id: "retention", days: args.retention, formerDays: 7 }],
        // AWS adds statements of its own to a policy that lacks them, which would show as drift for ever.
        services: deliveryOfLogs(args.region, args.accountId),
      },
      { parent: this },
    );

    this.bucketName = bucket.bucketName;
    this.bucketArn = bucket.bucketArn;
    this.ready = bucket.ready;
    this.registerOutputs({ bucketName: this.bucketName, bucketArn: this.bucketArn });
  }
}

function deliveryOfLogs(region: string, accountId: pulumi.Input<string>): ServiceAccess[] {
  const delivery = {
    service: "delivery.logs.amazonaws.com",
    accountId,
    sourceArn: pulumi.interpolate`arn:aws:logs:${region}:${accountId}:*`,
  };
  return [
    {
      sid: "AWSLogDeliveryWrite",
      ...delivery,
      action: "s3:PutObject",
      objects: pulumi.interpolate`AWSLogs/${accountId}/*`,
    },
    { sid: "AWSLogDeliveryAclCheck", ...delivery, action: "s3:GetBucketAcl" },
  ];
}
