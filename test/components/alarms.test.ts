import { Alarms } from "../../components/alarms";
import { alone, type Alone } from "./alone";
import { some } from "../support/some";

const ARGS = {
  region: "eu-central-1",
  topicArn: "arn:topic",
  loadBalancerArnSuffix: "net/door/1",
  targetGroupArnSuffix: "targetgroup/door/2",
  natGatewayId: "nat-1",
  certificateArns: { "cdn.example.com": "arn:cdn" },
};

describe("alarms", () => {
  let made: Alone;
  const alarm = (role: string) => made.inputs("MetricAlarm", `alarms-${role}`);

  beforeAll(async () => {
    made = await alone(() => new Alarms("alarms", ARGS).unhealthyNodesName);
  });

  test("are on nodes, on ports of load balancer and NAT gateway, and on each certificate", () => {
    expect(made.names("MetricAlarm")).toEqual([
      "alarms-certificate-cdn.example.com",
      "alarms-load-balancer-ports",
      "alarms-nat-ports",
      "alarms-unhealthy-nodes",
    ]);
  });

  test("all tell the topic when they sound and when they end, and say what that means", () => {
    for (const { inputs } of some(made.all("MetricAlarm"))) {
      expect(inputs).toMatchObject({ region: "eu-central-1", alarmActions: ["arn:topic"], okActions: ["arn:topic"] });
      expect(inputs.alarmDescription).toMatch(/^[A-Z].{30,}[.?)]$/);
      expect(inputs.treatMissingData).toBeDefined();
    }
  });

  test("sound when a node is unhealthy for three minutes", () => {
    expect(alarm("unhealthy-nodes")).toMatchObject({
      namespace: "AWS/NetworkELB",
      metricName: "UnHealthyHostCount",
      dimensions: { LoadBalancer: "net/door/1", TargetGroup: "targetgroup/door/2" },
      statistic: "Maximum",
      period: 60,
      evaluationPeriods: 3,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      treatMissingData: "notBreaching",
    });
    expect(made.outputs).toBe("alarms-unhealthy-nodes-0a1b2c3");
  });

  test.each([
    ["load-balancer-ports", "AWS/NetworkELB", "PortAllocationErrorCount", { LoadBalancer: "net/door/1" }],
    ["nat-ports", "AWS/NATGateway", "ErrorPortAllocation", { NatGatewayId: "nat-1" }],
  ])("sound when %s fail once in five minutes", (role, namespace, metricName, dimensions) => {
    expect(alarm(role)).toMatchObject({
      namespace,
      metricName,
      dimensions,
      statistic: "Sum",
      period: 300,
      evaluationPeriods: 1,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      treatMissingData: "notBreaching",
    });
  });

  test("sound three weeks before a certificate ends", () => {
    expect(alarm("certificate-cdn.example.com")).toMatchObject({
      namespace: "AWS/CertificateManager",
      metricName: "DaysToExpiry",
      dimensions: { CertificateArn: "arn:cdn" },
      statistic: "Minimum",
      period: 86_400,
      evaluationPeriods: 1,
      comparisonOperator: "LessThanThreshold",
      threshold: 21,
      treatMissingData: "ignore",
    });
  });
});

test("without a NAT gateway there is no alarm on one", async () => {
  const { natGatewayId: _, ...direct } = ARGS;

  const made = await alone(() => new Alarms("alarms", direct));

  expect(made.names("MetricAlarm").filter((name) => name.includes("nat"))).toEqual([]);
});
