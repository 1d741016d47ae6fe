import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { TIMING } from "../node/timing";
import { topicAlarm } from "../topicAlarm";

export interface SizeAlarmOptions {
  readonly region: string;
  readonly group: aws.autoscaling.Group;
  /** What the alarm on too few nodes is called: the group names it before it can be made. */
  readonly belowMinimumName: pulumi.Input<string>;
  readonly topicArn: pulumi.Input<string>;
}

/**
 * Minutes without enough nodes that are no passing trouble: so long a launch may take, so that at least one has failed.
 * A node that never passes its launch hook is never registered, and no alarm of the load balancer sees it.
 */
const BELOW_MINIMUM_MINUTES = TIMING.launchingHeartbeat / 60;

/** Alarms on the number of nodes, each measured against the group's own limits: resizing a PoP changes no alarm. */
export function sizeAlarms(name: string, options: SizeAlarmOptions, parent: pulumi.Resource): void {
  const { region, group, topicArn } = options;
  const alarm = (role: string, settings: aws.cloudwatch.MetricAlarmArgs) =>
    topicAlarm(
      `${name}-${role}`,
      topicArn,
      { region, threshold: 0, treatMissingData: "notBreaching", ...settings },
      parent,
    );

  alarm("at-maximum", {
    alarmDescription: `Group ${name} is at its maximum size: it cannot grow with its traffic. See the runbook, "A PoP has too little room".`,
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    evaluationPeriods: 15,
    metricQueries: [
      {
        id: "room",
        // A group of a fixed size is at its maximum by choice.
        expression: "IF(maximum > minimum, desired - maximum, -1)",
        label: "Nodes above the maximum",
        returnData: true,
      },
      groupMetric("desired", "GroupDesiredCapacity", group),
      groupMetric("maximum", "GroupMaxSize", group),
      groupMetric("minimum", "GroupMinSize", group),
    ],
  });

  alarm("below-minimum", {
    name: options.belowMinimumName,
    alarmDescription: `Group ${name} has fewer nodes in service than nodes.min: launches fail. An instance refresh is stopped. See the runbook, "A bad image or bootstrap".`,
    comparisonOperator: "LessThanThreshold",
    evaluationPeriods: BELOW_MINIMUM_MINUTES,
    metricQueries: [
      { id: "spare", expression: "inservice - minimum", label: "Nodes above the minimum", returnData: true },
      groupMetric("inservice", "GroupInServiceInstances", group),
      groupMetric("minimum", "GroupMinSize", group),
    ],
  });
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
