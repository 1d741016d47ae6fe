import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { METRIC_DIMENSIONS, METRICS_NAMESPACE, type MetricName } from "../node/protocol/metrics";
import { topicAlarm } from "../topicAlarm";

export interface NodeAlarmOptions {
  readonly region: string;
  readonly footprint: string;
  readonly group: aws.autoscaling.Group;
  readonly topicArn: pulumi.Input<string>;
}

/**
 * Days after which the packages that nodes were installed from are old: Debian's point releases come every two months, its
 * security updates by the week.
 */
const SOFTWARE_DAYS = 45;

/** Alarms on what nodes publish of themselves. None of them rings while nothing has been published yet. */
export function nodeAlarms(name: string, options: NodeAlarmOptions, parent: pulumi.Resource): void {
  const { region, footprint, group, topicArn } = options;
  const dimensions = { [METRIC_DIMENSIONS.footprint]: footprint, [METRIC_DIMENSIONS.pop]: region };
  const alarm = (role: string, settings: Omit<aws.cloudwatch.MetricAlarmArgs, "region">) =>
    topicAlarm(
      `${name}-${role}`,
      topicArn,
      {
        region,
        comparisonOperator: "GreaterThanThreshold",
        threshold: 0,
        treatMissingData: "notBreaching",
        ...settings,
      },
      parent,
    );
  const metric = (id: string, metricName: MetricName, stat: "Sum" | "Maximum", period: number) => ({
    id,
    metric: { namespace: METRICS_NAMESPACE, metricName, dimensions, period, stat },
    returnData: false,
  });
  const ofOne = (metricName: MetricName, statistic: "Sum" | "Maximum") => ({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensions,
    statistic,
  });
  const share = (label: string, expression: string) => [{ id: "share", expression, label, returnData: true }];

  alarm("origins", {
    alarmDescription: `Origins of PoP ${region} fail at every second request or more. See the runbook, "An origin is down".`,
    threshold: 0.5,
    evaluationPeriods: 2,
    metricQueries: [
      ...share("Share of failures", "IF(requests > 20, failures / requests, 0)"),
      metric("requests", "OriginRequests", "Sum", 300),
      metric("failures", "OriginFailures", "Sum", 300),
    ],
  });

  alarm("silent", {
    alarmDescription: `Nodes of PoP ${region} that are in service publish no metrics: their agents are dead, or have no way to CloudWatch. See the runbook, "Nodes are silent".`,
    // A new node publishes a minute after it has come into service, and CloudWatch has it two minutes later.
    evaluationPeriods: 10,
    metricQueries: [
      ...share("Silent nodes", "inservice - FILL(reporting, 0)"),
      {
        id: "inservice",
        metric: {
          namespace: "AWS/AutoScaling",
          metricName: "GroupInServiceInstances",
          dimensions: { AutoScalingGroupName: group.name },
          period: 60,
          stat: "Minimum",
        },
        returnData: false,
      },
      metric("reporting", "Reporting", "Sum", 60),
    ],
  });

  alarm("unheard", {
    alarmDescription: `No node of PoP ${region} publishes metrics any more, so that no other alarm on them can ring. It tells by INSUFFICIENT_DATA. See the runbook, "Nodes are silent".`,
    // Of no data at all an expression makes none, and an alarm that takes missing data for a breach rings at birth.
    ...ofOne("Reporting", "Sum"),
    comparisonOperator: "LessThanThreshold",
    period: 300,
    evaluationPeriods: 2,
    treatMissingData: "missing",
    insufficientDataActions: [topicArn],
  });

  alarm("evictions", {
    alarmDescription: `PoP ${region} throws out within an hour as much as its caches hold, for three hours: what is asked for does not fit. See the runbook, "A PoP has too little room".`,
    threshold: 1,
    evaluationPeriods: 3,
    metricQueries: [
      // Each node says once a minute how many it holds.
      ...share("Share of the cache that went", "IF(objects > 0, evictions / (objects / 60), 0)"),
      metric("evictions", "Evictions", "Sum", 3600),
      metric("objects", "Objects", "Sum", 3600),
    ],
  });

  alarm("software-age", {
    alarmDescription: `The packages of PoP ${region} were locked more than ${String(SOFTWARE_DAYS)} days ago: security updates are missing. See the runbook, "Old software".`,
    ...ofOne("SoftwareAge", "Maximum"),
    period: 3600,
    threshold: SOFTWARE_DAYS * 86_400,
    evaluationPeriods: 3,
  });

  alarm("configuration", {
    alarmDescription: `A node of PoP ${region} has refused a configuration, waits with it, or cannot adopt it. See the runbook, "A bad configuration".`,
    ...ofOne("ConfigurationTrouble", "Maximum"),
    period: 60,
    // What fails once is tried again after 15 s, 30 s and a minute.
    evaluationPeriods: 5,
  });

  alarm("purge-lag", {
    alarmDescription: `A node of PoP ${region} has not been able to read the purge log for more than a minute. See the runbook, "Purges are late or refused".`,
    ...ofOne("PurgeLag", "Maximum"),
    period: 60,
    threshold: 60,
    evaluationPeriods: 5,
  });

  alarm("purges-refused", {
    alarmDescription: `A node of PoP ${region} has refused a purge that the purge key has not signed: who can write to the store? See the runbook, "Purges are late or refused".`,
    ...ofOne("PurgesRefused", "Sum"),
    period: 300,
    evaluationPeriods: 1,
  });
}
