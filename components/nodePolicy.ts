import * as pulumi from "@pulumi/pulumi";
import { LOG_KEYS } from "./node/protocol/logKeys";
import { METRICS_NAMESPACE } from "./node/protocol/metrics";
import { STORE_KEYS } from "./node/protocol/storeKeys";

export interface NodePolicyArgs {
  region: string;
  bucketArn: pulumi.Input<string>;
  /** The region's log bucket. */
  logBucketArn: pulumi.Input<string>;
  /** It publishes metrics to CloudWatch. */
  metrics: boolean;
  /** Default: it reads none. */
  parameterArns?: pulumi.Input<pulumi.Input<string>[]>;
  /** Logical name of the group; its physical one begins with it. */
  groupNamePrefix: string;
}

/**
 * All that a node may do, and nothing else.
 *
 * It stands in for AWS's managed policy for Session Manager, which can read every parameter of the account. The only
 * actions on `*` know no resource: those of Session Manager's own channels, the look at instances of groups, and
 * metrics, which are bound to their namespace instead.
 */
export function nodePolicy(args: NodePolicyArgs): pulumi.Output<string> {
  const { region, bucketArn, groupNamePrefix } = args;
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "ReadStore",
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: Object.values(STORE_KEYS).map(
          (key) => pulumi.interpolate`${bucketArn}/${key.endsWith("/") ? `${key}*` : key}`,
        ),
      },
      {
        // What stands there is shown to operators, and makes other nodes wait with a bundle: nothing obeys it. Each
        // instance has its own: for its role aws:userid is "role-id:ec2-instance-id" (IAM's table of principal keys).
        Sid: "ReportOfItself",
        Effect: "Allow",
        Action: "s3:PutObject",
        Resource: pulumi.interpolate`${bucketArn}/${STORE_KEYS.nodes}\${aws:userid}.json`,
      },
      {
        // What it served and what its programs said last: to look at, below its own name alone. It reads none of it.
        Sid: "OwnLogs",
        Effect: "Allow",
        Action: "s3:PutObject",
        Resource: Object.values(LOG_KEYS).map(
          (prefix) => pulumi.interpolate`${args.logBucketArn}/${prefix}*/\${aws:userid}/*`,
        ),
      },
      {
        // Without it a missing object is answered 403, and a node cannot tell "nothing new" from "forbidden". With a
        // condition on the prefix that may be so too: reading one object names no prefix.
        Sid: "TellMissingFromForbidden",
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: bucketArn,
      },
      ...(args.parameterArns === undefined
        ? []
        : [
            {
              Sid: "ReadOwnParameters",
              Effect: "Allow",
              Action: "ssm:GetParameters",
              Resource: args.parameterArns,
            },
          ]),
      {
        Sid: "OwnLifecycle",
        Effect: "Allow",
        Action: "autoscaling:CompleteLifecycleAction",
        // The role exists before the group: its name is known but for the suffix, its account is the role's own.
        Resource: `arn:aws:autoscaling:${region}:*:autoScalingGroup:*:autoScalingGroupName/${groupNamePrefix}-*`,
      },
      {
        // Whether its group has taken it into service. The action knows no resource.
        Sid: "SeeOwnLifecycle",
        Effect: "Allow",
        Action: "autoscaling:DescribeAutoScalingInstances",
        Resource: "*",
      },
      ...(args.metrics
        ? [
            {
              Sid: "PublishMetrics",
              Effect: "Allow",
              Action: "cloudwatch:PutMetricData",
              Resource: "*",
              Condition: { StringEquals: { "cloudwatch:namespace": METRICS_NAMESPACE } },
            },
          ]
        : []),
      {
        Sid: "SayThatItIsThere",
        Effect: "Allow",
        Action: "ssm:UpdateInstanceInformation",
        // Whose account it is is the role's own. Session Manager knows a node by this call, which knows the resource.
        Resource: `arn:aws:ec2:${region}:*:instance/*`,
      },
      {
        Sid: "SessionManagerAndRunCommand",
        Effect: "Allow",
        Action: [
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
          "ec2messages:AcknowledgeMessage",
          "ec2messages:DeleteMessage",
          "ec2messages:FailMessage",
          "ec2messages:GetEndpoint",
          "ec2messages:GetMessages",
          "ec2messages:SendReply",
        ],
        Resource: "*",
      },
    ],
  });
}
