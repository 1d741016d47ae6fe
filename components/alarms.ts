import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { topicAlarm } from "./topicAlarm";

export interface AlarmsArgs {
  region: string;
  topicArn: pulumi.Input<string>;
  loadBalancerArnSuffix: pulumi.Input<string>;
  targetGroupArnSuffix: pulumi.Input<string>;
  /** Absent when nodes have public addresses of their own. */
  natGatewayId?: pulumi.Input<string>;
  /** ARN of the certificate of each name. */
  certificateArns: Record<string, pulumi.Input<string>>;
}

/**
 * ACM renews 60 days before expiry and tries every day since: three weeks before the end something has gone wrong for
 * long. Route 53's health checks do not look at the certificate, so nothing else would say it.
 */
const CERTIFICATE_DAYS = 21;

/**
 * The alarms of one PoP on what stands before its nodes.
 *
 * ```ts
 * new Alarms("edge-alarms", {
 *   region: "eu-central-1", topicArn, loadBalancerArnSuffix, targetGroupArnSuffix, certificateArns: {},
 * });
 * ```
 *
 * Creates alarms on unhealthy nodes, on ports running out at the load balancer and at the NAT gateway, and on each
 * certificate's days to expiry. Each tells the topic when it sounds and when it ends. Costs $0.10 per alarm and month
 * (list price; `footprint plan` counts them).
 */
export class Alarms extends pulumi.ComponentResource {
  /** Name of the alarm on unhealthy nodes, which stops an instance refresh. */
  readonly unhealthyNodesName: pulumi.Output<string>;

  constructor(name: string, args: AlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:alarms:Alarms", name, {}, opts);

    const alarm = (role: string, settings: aws.cloudwatch.MetricAlarmArgs) =>
      topicAlarm(`${name}-${role}`, args.topicArn, { region: args.region, ...settings }, this);

    const unhealthyNodes = alarm("unhealthy-nodes", {
      alarmDescription:
        'A node is unhealthy in the load balancer. An instance refresh is stopped. See the runbook, "A bad image or bootstrap".',
      namespace: "AWS/NetworkELB",
      metricName: "UnHealthyHostCount",
      dimensions: { LoadBalancer: args.loadBalancerArnSuffix, TargetGroup: args.targetGroupArnSuffix },
      statistic: "Maximum",
      period: 60,
      // A node that comes or goes is unhealthy for a moment; three minutes are no moment.
      evaluationPeriods: 3,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      treatMissingData: "notBreaching",
    });

    alarm("load-balancer-ports", {
      alarmDescription:
        'The load balancer ran out of ports towards a node (55,000 each). See the runbook, "A PoP has too little room".',
      namespace: "AWS/NetworkELB",
      metricName: "PortAllocationErrorCount",
      dimensions: { LoadBalancer: args.loadBalancerArnSuffix },
      ...anyInFiveMinutes(),
    });

    if (args.natGatewayId !== undefined) {
      alarm("nat-ports", {
        alarmDescription:
          'The NAT gateway ran out of ports towards an origin (55,000 per address and destination). See the runbook, "A PoP has too little room".',
        namespace: "AWS/NATGateway",
        metricName: "ErrorPortAllocation",
        dimensions: { NatGatewayId: args.natGatewayId },
        ...anyInFiveMinutes(),
      });
    }

    for (const [host, arn] of Object.entries(args.certificateArns)) {
      alarm(`certificate-${host}`, {
        alarmDescription: `The certificate of ${host} is not being renewed. See the runbook, "A certificate is not renewed".`,
        namespace: "AWS/CertificateManager",
        metricName: "DaysToExpiry",
        dimensions: { CertificateArn: arn },
        statistic: "Minimum",
        period: 86400,
        evaluationPeriods: 1,
        comparisonOperator: "LessThanThreshold",
        threshold: CERTIFICATE_DAYS,
        // ACM reports twice a day; a day without a report says nothing about the certificate.
        treatMissingData: "ignore",
      });
    }

    this.unhealthyNodesName = unhealthyNodes.name;
    this.registerOutputs({ unhealthyNodesName: this.unhealthyNodesName });
  }
}

function anyInFiveMinutes() {
  return {
    statistic: "Sum",
    period: 300,
    evaluationPeriods: 1,
    comparisonOperator: "GreaterThanThreshold",
    threshold: 0,
    treatMissingData: "notBreaching",
  };
}
