import * as pulumi from "@pulumi/pulumi";
import { STORE_KEYS } from "./nodeStore";

export interface NodePolicyArgs {
  region: string;
  bucketArn: pulumi.Input<string>;
  parameterArns: readonly pulumi.Input<string>[];
  /** Logical name of the group; its physical one begins with it. */
  groupNamePrefix: string;
}

/** Namespace of the nodes' own metrics. */
export const METRIC_NAMESPACE = "Footprint";

/**
 * All that a node may do, and nothing else.
 *
 * It stands in for AWS's managed policy for Session Manager, which can read every parameter of the account. Actions on
 * `*` are those that know no resource: publishing metrics (held to our namespace) and the agent's own channels.
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
        // Without it a missing object is answered 403, and a node cannot tell "nothing new" from "forbidden".
        Sid: "TellMissingFromForbidden",
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: bucketArn,
        Condition: { StringLike: { "s3:prefix": [`${STORE_KEYS.purgeLog}*`, STORE_KEYS.drain] } },
      },
      ...(args.parameterArns.length === 0
        ? []
        : [
            {
              Sid: "ReadOwnParameters",
              Effect: "Allow",
              Action: ["ssm:GetParameter", "ssm:GetParameters"],
              Resource: [...args.parameterArns],
            },
          ]),
      {
        Sid: "OwnLifecycle",
        Effect: "Allow",
        Action: ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"],
        // The role exists before the group: its name is known but for the suffix, its account is the role's own.
        Resource: `arn:aws:autoscaling:${region}:*:autoScalingGroup:*:autoScalingGroupName/${groupNamePrefix}-*`,
      },
      {
        Sid: "OwnMetrics",
        Effect: "Allow",
        Action: "cloudwatch:PutMetricData",
        Resource: "*",
        Condition: { StringEquals: { "cloudwatch:namespace": METRIC_NAMESPACE } },
      },
      {
        Sid: "SessionManagerAndRunCommand",
        Effect: "Allow",
        Action: [
          "ssm:UpdateInstanceInformation",
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
