import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** An alarm that tells a topic when it sounds, and when it ends. */
export function topicAlarm(
  name: string,
  topicArn: pulumi.Input<string>,
  settings: aws.cloudwatch.MetricAlarmArgs,
  parent: pulumi.Resource,
): aws.cloudwatch.MetricAlarm {
  return new aws.cloudwatch.MetricAlarm(
    name,
    { alarmActions: [topicArn], okActions: [topicArn], ...settings },
    { parent },
  );
}
