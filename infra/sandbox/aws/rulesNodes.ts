import { Refusal } from "./refusal";
import { nameTaken, others, targets, type Call, type Rule } from "./rule";
import { same, text, valuesAt, type Values } from "./values";
import type { Entity } from "./world";

const SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const GROUP = "aws:autoscaling/group:Group";
const SUBNET = "aws:ec2/subnet:Subnet";
const TARGET_GROUP = "aws:lb/targetGroup:TargetGroup";
const LISTENER = "aws:lb/listener:Listener";

/** EC2 takes user data of at most 16 KB, before base64. */
const USER_DATA_BYTES = 16384;
const TEMPLATE_SPECIFICATION = "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification";

/** What is refused of nodes: security groups, launch templates, Auto Scaling groups. */
export const nodeRules: readonly Rule[] = [
  {
    id: "InvalidGroup.Duplicate",
    type: SECURITY_GROUP,
    refuses: (call) =>
      others(call, SECURITY_GROUP).some(
        ({ properties: { name, vpcId } }) => name === call.inputs.name && vpcId === call.inputs.vpcId,
      )
        ? new Refusal("InvalidGroup.Duplicate", `The security group '${text(call.inputs.name)}' already exists`)
        : undefined,
  },
  ...["Ingress", "Egress"].flatMap((side): Rule[] => {
    const type = `aws:vpc/securityGroup${side}Rule:SecurityGroup${side}Rule`;
    return [
      {
        id: `InvalidPermission.Duplicate: ${side.toLowerCase()}`,
        type,
        refuses: (call) =>
          others(call, type).some(({ properties }) => same(permission(properties), permission(call.inputs)))
            ? new Refusal("InvalidPermission.Duplicate", "the specified rule already exists")
            : undefined,
      },
    ];
  }),
  {
    id: "InvalidPrefixListId.NotFound",
    type: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    refuses: ({ world, region, inputs }) => {
      const known = world
        .inRegion("aws:ec2/vpcEndpoint:VpcEndpoint", region)
        .map(({ properties }) => properties.prefixListId);
      return inputs.prefixListId === undefined || known.includes(inputs.prefixListId)
        ? undefined
        : new Refusal(
            "InvalidPrefixListID.NotFound",
            `The prefix list ID '${text(inputs.prefixListId)}' does not exist`,
          );
    },
  },
  {
    id: "InvalidLaunchTemplateName.AlreadyExistsException",
    type: TEMPLATE,
    refuses: (call) =>
      nameTaken(call, TEMPLATE)
        ? new Refusal("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
        : undefined,
  },
  {
    id: "InvalidAMIID.Malformed",
    type: TEMPLATE,
    refuses: ({ inputs }) =>
      /^ami-(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(text(inputs.imageId))
        ? undefined
        : new Refusal("InvalidAMIID.Malformed", `Invalid id: "${text(inputs.imageId)}"`),
  },
  {
    id: "InvalidUserData.Malformed",
    type: TEMPLATE,
    refuses: ({ inputs }) =>
      Buffer.from(text(inputs.userData), "base64").length > USER_DATA_BYTES
        ? new Refusal("InvalidUserData.Malformed", `User data is limited to ${USER_DATA_BYTES} bytes`)
        : undefined,
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

/** What makes a security group's rule the same as another. */
function permission(inputs: Values): Values {
  const keys = ["securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId"];
  return Object.fromEntries(
    [...keys, "referencedSecurityGroupId"].flatMap((key) => (inputs[key] === undefined ? [] : [[key, inputs[key]]])),
  );
}
