import type { Registration } from "../../infra/plan/harness";
import type { JsonValue } from "../../infra/plan/wire";
import { computed } from "../support/cloud";

// Puts a recorded program into the format in which Terraform prints a plan (`terraform show -json`; "JSON Output Format" of
// its documentation), of which what checkov reads: the planned values, and which of them refer to which resource.

/** Types of the provider that the SDK bridges; its resources are these with other names. */
const TYPES: Readonly<Record<string, string>> = {
  "aws:acm/certificate:Certificate": "aws_acm_certificate",
  "aws:acm/certificateValidation:CertificateValidation": "aws_acm_certificate_validation",
  "aws:autoscaling/group:Group": "aws_autoscaling_group",
  "aws:autoscaling/lifecycleHook:LifecycleHook": "aws_autoscaling_lifecycle_hook",
  "aws:autoscaling/policy:Policy": "aws_autoscaling_policy",
  "aws:cloudwatch/compositeAlarm:CompositeAlarm": "aws_cloudwatch_composite_alarm",
  "aws:cloudwatch/dashboard:Dashboard": "aws_cloudwatch_dashboard",
  "aws:cloudwatch/metricAlarm:MetricAlarm": "aws_cloudwatch_metric_alarm",
  "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": "aws_default_network_acl",
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "aws_default_security_group",
  "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": "aws_egress_only_internet_gateway",
  "aws:ec2/eip:Eip": "aws_eip",
  "aws:ec2/flowLog:FlowLog": "aws_flow_log",
  "aws:ec2/internetGateway:InternetGateway": "aws_internet_gateway",
  "aws:ec2/launchTemplate:LaunchTemplate": "aws_launch_template",
  "aws:ec2/natGateway:NatGateway": "aws_nat_gateway",
  "aws:ec2/networkAcl:NetworkAcl": "aws_network_acl",
  "aws:ec2/route:Route": "aws_route",
  "aws:ec2/routeTable:RouteTable": "aws_route_table",
  "aws:ec2/routeTableAssociation:RouteTableAssociation": "aws_route_table_association",
  "aws:ec2/securityGroup:SecurityGroup": "aws_security_group",
  "aws:ec2/subnet:Subnet": "aws_subnet",
  "aws:ec2/vpc:Vpc": "aws_vpc",
  "aws:ec2/vpcEndpoint:VpcEndpoint": "aws_vpc_endpoint",
  "aws:iam/instanceProfile:InstanceProfile": "aws_iam_instance_profile",
  "aws:iam/role:Role": "aws_iam_role",
  "aws:iam/rolePolicy:RolePolicy": "aws_iam_role_policy",
  "aws:lb/listener:Listener": "aws_lb_listener",
  "aws:lb/listenerCertificate:ListenerCertificate": "aws_lb_listener_certificate",
  "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
  "aws:lb/targetGroup:TargetGroup": "aws_lb_target_group",
  "aws:route53/healthCheck:HealthCheck": "aws_route53_health_check",
  "aws:route53/record:Record": "aws_route53_record",
  "aws:route53/zone:Zone": "aws_route53_zone",
  "aws:s3/bucket:Bucket": "aws_s3_bucket",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "aws_s3_bucket_lifecycle_configuration",
  "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
  "aws:s3/bucketPolicy:BucketPolicy": "aws_s3_bucket_policy",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "aws_s3_bucket_public_access_block",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration":
    "aws_s3_bucket_server_side_encryption_configuration",
  "aws:s3/bucketVersioning:BucketVersioning": "aws_s3_bucket_versioning",
  "aws:s3/objectCopy:ObjectCopy": "aws_s3_object_copy",
  "aws:sns/topic:Topic": "aws_sns_topic",
  "aws:sns/topicSubscription:TopicSubscription": "aws_sns_topic_subscription",
  "aws:ssm/parameter:Parameter": "aws_ssm_parameter",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "aws_vpc_security_group_egress_rule",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "aws_vpc_security_group_ingress_rule",
};

/** Maps of the provider's schema, of which the SDK leaves the keys as they are; every other object is a block. */
const MAPS = new Set(["tags", "dimensions"]);

/** Blocks that may come more than once have a name in the plural in the SDK, and that of one of them in the provider. */
const SINGULAR: Readonly<Record<string, string>> = {
  aliases: "alias",
  availabilityZoneAddresses: "availability_zone_address",
  defaultActions: "default_action",
  initialLifecycleHooks: "initial_lifecycle_hook",
  latencyRoutingPolicies: "latency_routing_policy",
  metricQueries: "metric_query",
  overrides: "override",
  rules: "rule",
  targetHealthStates: "target_health_state",
  vpcZoneIdentifiers: "vpc_zone_identifier",
  noncurrentVersionTransitions: "noncurrent_version_transition",
};

interface PlannedResource {
  readonly address: string;
  readonly mode: "managed";
  readonly type: string;
  readonly name: string;
  readonly values: JsonValue;
}

/** The plan of what an update registers with a made-up cloud (`support/cloud.ts`). */
export function terraformPlan(registrations: readonly Registration[]): object {
  const resources = registrations.filter(({ type }) => type.startsWith("aws:"));
  const referred = references(resources);
  const planned = resources.map((each): PlannedResource => ({
    address: address(each),
    mode: "managed",
    type: typeOf(each),
    name: localName(each),
    values: block(each.inputs, typeOf(each)),
  }));
  return {
    format_version: "1.2",
    terraform_version: "1.9.0",
    planned_values: { root_module: { resources: planned } },
    resource_changes: planned.map((each) => ({
      ...each,
      change: { actions: ["create"], before: null, after: each.values, after_unknown: {} },
    })),
    configuration: {
      root_module: {
        resources: resources.map((each) => ({
          ...{ address: address(each), mode: "managed", type: typeOf(each), name: localName(each) },
          expressions: expressions(each, referred),
        })),
      },
    },
  };
}

/** @throws for a type that the table lacks: it would go unjudged */
function typeOf({ type }: Registration): string {
  const found = TYPES[type];
  if (found === undefined) {
    throw new Error(`no name of the provider for ${type}`);
  }
  return found;
}

/** Terraform's names have no dots. */
function localName({ name }: Registration): string {
  return name.replaceAll(/[^\w-]/g, "_");
}

function address(each: Registration): string {
  return `${typeOf(each)}.${localName(each)}`;
}

/** Addresses by what the made-up cloud computes of each resource. */
function references(resources: readonly Registration[]): ReadonlyMap<string, string> {
  return new Map(
    resources.flatMap((each) => {
      const made = Object.values({ id: `id-of-${each.name}`, ...computed(each) });
      return made.flatMap((value) =>
        typeof value === "string" ? [[`${each.type} ${value}`, address(each)] as const] : [],
      );
    }),
  );
}

/** Which of its properties refer to which resource; of equal names it is one that the engine knows the property to depend on. */
function expressions(each: Registration, referred: ReadonlyMap<string, string>): Record<string, object> {
  const types = new Set(each.dependencies.map((urn) => urn.split("::")[2]?.split("$").at(-1) ?? ""));
  return Object.fromEntries(
    Object.entries(each.inputs).flatMap(([property, value]) => {
      const found = texts(value).flatMap((text) => [...types].flatMap((type) => referred.get(`${type} ${text}`) ?? []));
      return found.length === 0
        ? []
        : [[nameOf(property, typeOf(each)), { references: found.flatMap((one) => [`${one}.id`, one]) }] as const];
    }),
  );
}

function texts(value: JsonValue): readonly string[] {
  return typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(texts)
      : [];
}

function block(inputs: Readonly<Record<string, JsonValue>>, type: string): JsonValue {
  return Object.fromEntries(
    Object.entries(inputs).map(([property, value]) => [nameOf(property, type), valueOf(property, value, type)]),
  );
}

function valueOf(property: string, value: JsonValue, type: string): JsonValue {
  if (isList(value)) {
    return value.map((each) => (isObject(each) ? block(each, type) : each));
  }
  if (!isObject(value)) {
    return value;
  }
  // A block that may come once is a list of one in Terraform, and an object in the SDK.
  return MAPS.has(property) ? value : [block(value, type)];
}

function isList(value: JsonValue): value is JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is Readonly<Record<string, JsonValue>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(property: string, type: string): string {
  if (type === "aws_autoscaling_group" && property === "tags") {
    return "tag";
  }
  return SINGULAR[property] ?? property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
