import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** Averages per node at which the group grows. */
export interface ScalingTarget {
  cpuPercent: number;
  networkOutMbps: number;
}

export interface ScalingOptions {
  readonly region: string;
  readonly group: aws.autoscaling.Group;
  readonly target: ScalingTarget;
  readonly alarmTopicArn: pulumi.Input<string>;
}

/** How the group grows, and the alarm for when it cannot any more. */
export function scaling(name: string, options: ScalingOptions, parent: pulumi.Resource): void {
  const { region, group, target } = options;
  // Two limits, whichever comes first: a cache node runs out of baseline bandwidth more often than of CPU.
  const policy = (
    role: string,
    targetTrackingConfiguration: aws.types.input.autoscaling.PolicyTargetTrackingConfiguration,
  ) =>
    new aws.autoscaling.Policy(
      `${name}-${role}`,
      { region, autoscalingGroupName: group.name, policyType: "TargetTrackingScaling", targetTrackingConfiguration },
      { parent },
    );
  policy("cpu", {
    predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
    targetValue: target.cpuPercent,
  });
  policy("bandwidth", {
    customizedMetricSpecification: {
      metrics: [
        {
          id: "bytes",
          metricStat: {
            metric: {
              namespace: "AWS/EC2",
              metricName: "NetworkOut",
              dimensions: [{ name: "AutoScalingGroupName", value: group.name }],
            },
            stat: "Average",
            // Detailed monitoring: one value a minute.
            period: 60,
          },
          returnData: false,
        },
        { id: "mbps", expression: "bytes * 8 / 60 / 1000000", label: "Mbit/s out per node", returnData: true },
      ],
    },
    targetValue: target.networkOutMbps,
  });

  new aws.cloudwatch.MetricAlarm(
    `${name}-at-maximum`,
    {
      region,
      alarmDescription: `Group ${name} is at its maximum size: it cannot grow with its traffic. Raise nodes.max.`,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      evaluationPeriods: 15,
      // Measured against the group's own maximum, so that resizing a PoP changes nothing but its group.
      threshold: 0,
      metricQueries: [
        { id: "room", expression: "desired - maximum", label: "Nodes above the maximum", returnData: true },
        groupMetric("desired", "GroupDesiredCapacity", group),
        groupMetric("maximum", "GroupMaxSize", group),
      ],
      treatMissingData: "notBreaching",
      alarmActions: [options.alarmTopicArn],
      okActions: [options.alarmTopicArn],
    },
    { parent },
  );
}

function groupMetric(id: string, metricName: string, group: aws.autoscaling.Group) {
  return {
    id,
    metric: {
      namespace: "AWS/AutoScaling",
      metricName,
      dimensions: { AutoScalingGroupName: group.name },
      period: 60,
      stat: "Maximum",
    },
    returnData: false,
  };
}
