import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/**
 * An alarm that tells a topic when it sounds, and when it ends. CloudWatch tells each change to OK, whatever was before, and
 * makes an alarm as INSUFFICIENT_DATA (PutMetricAlarm): a new one says OK once, when it has been evaluated.
 */
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
