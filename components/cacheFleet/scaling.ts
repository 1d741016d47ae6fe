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
}

/** How the group grows. */
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
}
