import type { SchemaObject } from "ajv";

/**
 * The form of a dashboard's body, as far as the board uses it: Amazon CloudWatch User Guide, "Dashboard body structure and
 * syntax" (2026-11), written down property by property; nothing beside is allowed.
 */
const rendering = {
  type: "object",
  properties: {
    color: { type: "string" },
    label: { type: "string" },
    id: { type: "string", pattern: "^[a-z][a-zA-Z0-9_]*$" },
    period: { type: "integer", minimum: 60, multipleOf: 60 },
    region: { type: "string" },
    stat: { type: "string", pattern: "^(?:SampleCount|Average|Sum|Minimum|Maximum|p\\d{1,2}(?:\\.\\d+)?)$" },
    visible: { type: "boolean" },
    yAxis: { enum: ["left", "right"] },
  },
  additionalProperties: false,
};

const axis = {
  type: "object",
  properties: {
    label: { type: "string" },
    min: { type: "number" },
    max: { type: "number" },
    showUnits: { type: "boolean" },
  },
  additionalProperties: false,
};

const metric = {
  type: "object",
  properties: {
    metrics: {
      type: "array",
      maxItems: 500,
      items: {
        oneOf: [
          {
            type: "array",
            minItems: 1,
            maxItems: 1,
            items: {
              type: "object",
              properties: {
                expression: { type: "string" },
                label: { type: "string" },
                id: { type: "string", pattern: "^[a-z][a-zA-Z0-9_]*$" },
                region: { type: "string" },
              },
              required: ["expression"],
              additionalProperties: false,
            },
          },
          { type: "array", minItems: 3, items: { oneOf: [{ type: "string", minLength: 1 }, rendering] } },
        ],
      },
    },
    period: { type: "integer", minimum: 60, multipleOf: 60 },
    region: { type: "string", minLength: 1 },
    stacked: { type: "boolean" },
    title: { type: "string" },
    view: { enum: ["timeSeries", "singleValue", "gauge", "bar", "pie", "table"] },
    yAxis: { type: "object", properties: { left: axis, right: axis }, additionalProperties: false },
  },
  required: ["metrics", "region"],
  additionalProperties: false,
};

const text = {
  type: "object",
  properties: { markdown: { type: "string" }, background: { enum: ["transparent", "solid"] } },
  required: ["markdown"],
  additionalProperties: false,
};

const widget = (type: string, properties: object) => ({
  type: "object",
  properties: {
    type: { const: type },
    x: { type: "integer", minimum: 0, maximum: 23 },
    y: { type: "integer", minimum: 0 },
    width: { type: "integer", minimum: 1, maximum: 24 },
    height: { type: "integer", minimum: 1, maximum: 1000 },
    properties,
  },
  required: ["type", "x", "y", "properties"],
  additionalProperties: false,
});

export const BODY: SchemaObject = {
  type: "object",
  properties: {
    widgets: {
      type: "array",
      maxItems: 500,
      items: { oneOf: [widget("metric", metric), widget("text", text)] },
    },
  },
  required: ["widgets"],
  additionalProperties: false,
};

/** CloudWatch User Guide, "CloudWatch service quotas": metrics of all widgets, those that only metric math reads included. */
export const METRICS_OF_A_DASHBOARD = 2500;

/**
 * What AWS publishes, by the dimensions together with which it does: Elastic Load Balancing, "CloudWatch metrics for your
 * Network Load Balancer"; VPC, "Monitor NAT gateways with Amazon CloudWatch"; EC2 Auto Scaling, "Amazon CloudWatch metrics
 * for Amazon EC2 Auto Scaling"; Route 53, "Monitoring health checks using CloudWatch"; S3, "Metrics and dimensions". The
 * names are as well those of Grafana's table of CloudWatch's metrics (grafana/grafana,
 * pkg/tsdb/cloudwatch/constants/metrics.go).
 */
export const PUBLISHED_BY_AWS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "AWS/NetworkELB": {
    LoadBalancer: [
      ...["ActiveFlowCount", "ActiveFlowCount_TLS", "ClientTLSNegotiationErrorCount", "ConsumedLCUs", "NewFlowCount"],
      ...["NewFlowCount_TLS", "PortAllocationErrorCount", "ProcessedBytes", "ProcessedBytes_TLS"],
      ...["TCP_Client_Reset_Count", "TCP_ELB_Reset_Count", "TCP_Target_Reset_Count", "TargetTLSNegotiationErrorCount"],
    ],
    "LoadBalancer TargetGroup": ["HealthyHostCount", "UnHealthyHostCount"],
  },
  "AWS/NATGateway": {
    NatGatewayId: [
      ...["ActiveConnectionCount", "BytesInFromDestination", "BytesInFromSource", "BytesOutToDestination"],
      ...["BytesOutToSource", "ConnectionAttemptCount", "ConnectionEstablishedCount", "ErrorPortAllocation"],
      ...["IdleTimeoutCount", "PacketsDropCount", "PacketsInFromDestination", "PacketsInFromSource"],
      ...["PacketsOutToDestination", "PacketsOutToSource"],
    ],
  },
  "AWS/AutoScaling": {
    AutoScalingGroupName: [
      ...["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize", "GroupPendingInstances"],
      ...["GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances"],
    ],
  },
  "AWS/Route53": {
    HealthCheckId: [
      ...["ChildHealthCheckHealthyCount", "ConnectionTime", "HealthCheckPercentageHealthy", "HealthCheckStatus"],
      ...["SSLHandshakeTime", "TimeToFirstByte"],
    ],
  },
  "AWS/S3": { "BucketName StorageType": ["BucketSizeBytes", "NumberOfObjects"] },
};
