import { Refusal } from "./refusal";
import { others, targets, type Call, type Rule } from "./rule";
import { text, valuesAt } from "./values";
import type { Entity } from "./world";

const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const TARGET_GROUP = "aws:lb/targetGroup:TargetGroup";
const LISTENER = "aws:lb/listener:Listener";
const CERTIFICATE = "aws:acm/certificate:Certificate";
const GROUP = "aws:autoscaling/group:Group";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const SUBNET = "aws:ec2/subnet:Subnet";

const CERTIFICATES_PER_LISTENER = 25;
const TEMPLATE_SPECIFICATION = "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification";

/** What load balancing, ACM and Auto Scaling refuse. */
export const servingRules: readonly Rule[] = [
  {
    id: "DuplicateLoadBalancerName",
    type: LOAD_BALANCER,
    refuses: (call) =>
      nameTaken(call, LOAD_BALANCER)
        ? new Refusal("DuplicateLoadBalancerName", "A load balancer with the same name exists, but with other settings")
        : undefined,
  },
  {
    id: "InvalidConfigurationRequest: two subnets of a zone",
    type: LOAD_BALANCER,
    refuses: (call) => {
      const zones = targets(call, "subnets[*]", SUBNET).map(({ properties }) => properties.availabilityZoneId);
      return new Set(zones).size < zones.length
        ? new Refusal(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
          )
        : undefined;
    },
  },
  {
    id: "InvalidConfigurationRequest: subnets of two VPCs",
    type: LOAD_BALANCER,
    refuses: (call) =>
      new Set(targets(call, "subnets[*]", SUBNET).map(({ properties }) => properties.vpcId)).size > 1
        ? new Refusal("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
        : undefined,
  },
  {
    id: "InvalidSubnet: no internet gateway",
    type: LOAD_BALANCER,
    refuses: (call) => {
      const vpcId = targets(call, "subnets[*]", SUBNET)[0]?.properties.vpcId;
      const gateways = call.world.inRegion("aws:ec2/internetGateway:InternetGateway", call.region);
      return call.inputs.internal === true || gateways.some(({ properties }) => properties.vpcId === vpcId)
        ? undefined
        : new Refusal("InvalidSubnet", `VPC ${text(vpcId)} has no internet gateway`);
    },
  },
  {
    id: "InvalidConfigurationRequest: bucket of the access logs",
    type: LOAD_BALANCER,
    refuses: ({ world, inputs }) => deliveryDenied(world, valuesAt(inputs, "accessLogs.bucket").map(text)),
  },
  {
    id: "LogDestinationPermissionIssue",
    type: "aws:ec2/flowLog:FlowLog",
    refuses: ({ world, inputs }) => deliveryDenied(world, [text(inputs.logDestination).split(":").at(-1) ?? ""]),
  },
  {
    id: "DuplicateTargetGroupName",
    type: TARGET_GROUP,
    refuses: (call) =>
      nameTaken(call, TARGET_GROUP)
        ? new Refusal("DuplicateTargetGroupName", "A target group with the same name exists, but with other settings")
        : undefined,
  },
  {
    id: "DuplicateListener",
    type: LISTENER,
    refuses: (call) =>
      others(call, LISTENER).some(
        ({ properties }) =>
          properties.loadBalancerArn === call.inputs.loadBalancerArn && properties.port === call.inputs.port,
      )
        ? new Refusal("DuplicateListener", "A listener already exists on this port for this load balancer")
        : undefined,
  },
  {
    id: "ValidationError: TLS without a certificate",
    type: LISTENER,
    refuses: ({ inputs }) =>
      inputs.protocol === "TLS" && inputs.certificateArn === undefined
        ? new Refusal("ValidationError", "A certificate must be specified for TLS listeners")
        : undefined,
  },
  {
    id: "TargetGroupAssociationLimit",
    type: LISTENER,
    refuses: (call) => {
      const wanted = valuesAt(call.inputs, "defaultActions[*].targetGroupArn");
      return others(call, LISTENER).some(
        ({ properties }) =>
          properties.loadBalancerArn !== call.inputs.loadBalancerArn &&
          valuesAt(properties, "defaultActions[*].targetGroupArn").some((arn) => wanted.includes(arn)),
      )
        ? new Refusal("TargetGroupAssociationLimit", "A target group cannot be associated with two load balancers")
        : undefined;
    },
  },
  ...[LISTENER, "aws:lb/listenerCertificate:ListenerCertificate"].map((type): Rule => ({
    id: `UnsupportedCertificate: not issued, ${type.slice(type.lastIndexOf(":") + 1)}`,
    type,
    refuses: (call) => {
      const pending = targets(call, "certificateArn", CERTIFICATE).find(
        ({ properties }) => properties.status !== "ISSUED",
      );
      return pending === undefined
        ? undefined
        : new Refusal("UnsupportedCertificate", `The certificate '${pending.id}' is not issued yet`);
    },
  })),
  {
    id: "TooManyCertificates",
    type: "aws:lb/listenerCertificate:ListenerCertificate",
    refuses: (call) =>
      others(call, "aws:lb/listenerCertificate:ListenerCertificate").filter(
        ({ properties }) => properties.listenerArn === call.inputs.listenerArn,
      ).length >= CERTIFICATES_PER_LISTENER
        ? new Refusal("TooManyCertificates", `A load balancer takes ${CERTIFICATES_PER_LISTENER} certificates`)
        : undefined,
  },
  {
    id: "PENDING_VALIDATION: the record that proves the name",
    type: "aws:acm/certificateValidation:CertificateValidation",
    refuses: (call) => {
      const [certificate] = targets(call, "certificateArn", CERTIFICATE);
      const [name] = valuesAt(certificate?.properties ?? {}, "domainValidationOptions[*].resourceRecordName").map(text);
      const [value] = valuesAt(certificate?.properties ?? {}, "domainValidationOptions[*].resourceRecordValue");
      const proven = call.world
        .ofType("aws:route53/record:Record")
        .some(
          ({ properties }) =>
            `${text(properties.fqdn)}.` === name?.toLowerCase() &&
            valuesAt(properties, "records[*]").some((each) => each === value),
        );
      return proven
        ? undefined
        : new Refusal(
            "PENDING_VALIDATION",
            `timeout while waiting for state 'ISSUED': no record ${text(name)} proves it`,
          );
    },
  },
  {
    id: "AlreadyExists: group",
    type: GROUP,
    refuses: (call) =>
      nameTaken(call, GROUP) ? new Refusal("AlreadyExists", "AutoScalingGroup by this name already exists") : undefined,
  },
  {
    id: "ValidationError: sizes of a group",
    type: GROUP,
    refuses: ({ inputs }) =>
      Number(inputs.minSize) > Number(inputs.maxSize)
        ? new Refusal("ValidationError", "Max bound must be greater than or equal to the min bound")
        : undefined,
  },
  {
    id: "InvalidLaunchTemplateId.VersionNotFound",
    type: GROUP,
    refuses: (call) => {
      const [template] = targets(call, `${TEMPLATE_SPECIFICATION}.launchTemplateId`, TEMPLATE);
      const [version] = valuesAt(call.inputs, `${TEMPLATE_SPECIFICATION}.version`);
      const number = Number(text(version));
      return Number.isInteger(number) && number >= 1 && number <= Number(template?.properties.latestVersion)
        ? undefined
        : new Refusal(
            "InvalidLaunchTemplateId.VersionNotFound",
            `Could not find launch template version ${text(version)}`,
          );
    },
  },
  {
    id: "waiting for capacity: no listener",
    type: GROUP,
    refuses: (call) => {
      const forwarded = call.world
        .inRegion(LISTENER, call.region)
        .flatMap(({ properties }) => valuesAt(properties, "defaultActions[*].targetGroupArn"));
      const unused = valuesAt(call.inputs, "targetGroupArns[*]").find((arn) => !forwarded.includes(arn));
      return unused === undefined ? undefined : noCapacity(call, `no listener forwards to ${text(unused)}`);
    },
  },
  {
    id: "waiting for capacity: no way out",
    type: GROUP,
    refuses: (call) => {
      const cutOff = targets(call, "vpcZoneIdentifiers[*]", SUBNET).find((subnet) => !hasWayOut(call, subnet));
      return cutOff === undefined
        ? undefined
        : noCapacity(call, `nodes in ${cutOff.id} have no default route, and their bootstrap cannot finish`);
    },
  },
  {
    id: "waiting for capacity: health checks are not let in",
    type: GROUP,
    refuses: (call) => {
      const template = targets(call, `${TEMPLATE_SPECIFICATION}.launchTemplateId`, TEMPLATE);
      const groups = template.flatMap(({ properties }) =>
        valuesAt(properties, "networkInterfaces[*].securityGroups[*]"),
      );
      const ports = targets(call, "targetGroupArns[*]", TARGET_GROUP).flatMap(({ properties }) =>
        valuesAt(properties, "healthCheck.port").map(Number),
      );
      const closed = ports.find((port) => !letsIn(call, groups.map(text), port));
      return closed === undefined ? undefined : noCapacity(call, `no rule of the nodes' group lets port ${closed} in`);
    },
  },
];

function nameTaken(call: Call, type: string): boolean {
  return others(call, type).some(({ properties }) => properties.name === call.inputs.name);
}

/** AWS tries the destination of logs at once: its policy must let log delivery write. */
function deliveryDenied(world: Call["world"], buckets: readonly string[]): Refusal | undefined {
  const denied = buckets.find(
    (bucket) =>
      !world
        .ofType("aws:s3/bucketPolicy:BucketPolicy")
        .some(({ id, properties }) => id === bucket && text(properties.policy).includes("delivery.logs.amazonaws.com")),
  );
  return denied === undefined
    ? undefined
    : new Refusal("AccessDenied", `Access Denied for bucket: ${denied}. Please check S3bucket permission`);
}

/** The group waits until so many nodes are healthy in the load balancer; without any it counts nodes that run. */
function noCapacity({ inputs }: Call, why: string): Refusal | undefined {
  return Number(inputs.minElbCapacity ?? 0) === 0
    ? undefined
    : new Refusal(
        "timeout",
        `waiting for Auto Scaling Group (${text(inputs.name)}) capacity satisfied: want at least ${text(inputs.minElbCapacity)} healthy instance(s) in target groups, have 0: ${why}`,
      );
}

function hasWayOut({ world, region }: Call, subnet: Entity): boolean {
  const tables = world
    .inRegion("aws:ec2/routeTableAssociation:RouteTableAssociation", region)
    .filter(({ properties }) => properties.subnetId === subnet.id)
    .map(({ properties }) => properties.routeTableId);
  return world
    .inRegion("aws:ec2/route:Route", region)
    .some(({ properties: route }) => tables.includes(route.routeTableId) && route.destinationCidrBlock === "0.0.0.0/0");
}

function letsIn({ world, region }: Call, groups: readonly string[], port: number): boolean {
  return world
    .inRegion("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", region)
    .some(
      ({ properties: rule }) =>
        groups.includes(text(rule.securityGroupId)) && Number(rule.fromPort) <= port && Number(rule.toPort) >= port,
    );
}
