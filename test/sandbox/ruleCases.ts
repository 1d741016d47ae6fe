import { text, type Values } from "../../infra/sandbox/aws/values";
import type { Client, Resource } from "./client";
import { ipv6 } from "./pop";

/** Region of the PoP that the cases are tried on; there is another in us-west-2. */
export const HERE = "eu-central-1";

export type Find = (name: string) => Resource;

/** One call that a rule refuses. */
export interface RuleCase {
  readonly rule: string;
  /** What is created, as a change of a made resource's inputs. */
  readonly like: string;
  readonly inputs: (find: Find) => Values;
  /** AWS's code and words. */
  readonly message: string | ((find: Find) => string);
  /** Made before, and found by its name. */
  readonly make?: readonly [name: string, type: string, inputs: (find: Find) => Values];
  /** The made resource itself is changed so, instead of another one made like it. */
  readonly update?: true;
  /** Done before. */
  readonly before?: (client: Client, find: Find) => Promise<unknown>;
}

const nothing = () => ({});
/** A VPC with nothing in it is made for all cases. */
export const EMPTY_VPC = { region: HERE, cidrBlock: "10.9.0.0/20" };
const emptyVpcId = (find: Find) => find("empty-vpc").id;
const gone = (name: string) => async (client: Client, find: Find) => client.delete(find(name));

const ELEVEN = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`tag-${at}`, ""]));
const OBJECT_TAGS = "BadRequest: Object tags cannot be greater than 10";
const ROUTE53_TAGS =
  "InvalidInput: Value at 'addTags' failed to satisfy constraint: Member must have length less than or equal to 10";

export const RULE_CASES: readonly RuleCase[] = [
  {
    rule: "InvalidVpc.Range",
    like: "vpc",
    inputs: () => ({ cidrBlock: "10.0.0.0/8" }),
    message: "InvalidVpc.Range: The CIDR '10.0.0.0/8' is invalid.",
  },
  {
    rule: "InvalidParameterValue: no such region",
    like: "vpc",
    inputs: () => ({ region: "eu-nowhere-1" }),
    message: 'InvalidParameterValue: there is no region "eu-nowhere-1"',
  },
  {
    rule: "InvalidParameterValue: zone of a subnet",
    like: "subnet-0",
    inputs: () => ({ cidrBlock: "10.0.8.0/24", availabilityZoneId: "usw2-az1" }),
    message:
      "InvalidParameterValue: Value (usw2-az1) for parameter availabilityZoneId is invalid. Subnets can currently only be created in zones of eu-central-1.",
  },
  {
    rule: "InvalidSubnet.Range",
    like: "subnet-0",
    inputs: () => ({ cidrBlock: "10.1.0.0/24" }),
    message: "InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid.",
  },
  {
    rule: "InvalidSubnet.Conflict: IPv4",
    like: "subnet-0",
    inputs: () => ({ cidrBlock: "10.0.0.0/23" }),
    message: "InvalidSubnet.Conflict: The CIDR '10.0.0.0/23' conflicts with another subnet",
  },
  {
    rule: "InvalidSubnet.Conflict: IPv6",
    like: "subnet-0",
    inputs: () => ({ cidrBlock: "10.0.8.0/24" }),
    message: (find) =>
      `InvalidSubnet.Conflict: The CIDR '${ipv6(find("vpc").outputs, 0)}' conflicts with another subnet`,
  },
  {
    rule: "DependencyViolation: gateway that moves",
    like: "internet",
    update: true,
    inputs: (find) => ({ vpcId: emptyVpcId(find) }),
    message: (find) =>
      `DependencyViolation: Network ${find("vpc").id} has some mapped public address(es) in ${HERE}. Please unmap those public address(es) before detaching the gateway.`,
  },
  {
    rule: "InvalidConfigurationRequest: subnets of another VPC",
    like: "lb",
    update: true,
    make: [
      "other-subnet",
      "aws:ec2/subnet:Subnet",
      (find) => ({
        region: HERE,
        vpcId: emptyVpcId(find),
        cidrBlock: "10.9.0.0/24",
        availabilityZoneId: text(find("subnet-0").inputs.availabilityZoneId),
      }),
    ],
    inputs: (find) => ({ subnets: [find("other-subnet").id] }),
    message: "InvalidConfigurationRequest: The subnets must be in the VPC of the load balancer",
  },
  {
    rule: "Resource.AlreadyAssociated: gateway of a VPC",
    like: "internet",
    inputs: nothing,
    message: (find) => `Resource.AlreadyAssociated: network ${find("vpc").id} already has an internet gateway`,
  },
  {
    rule: "Resource.AlreadyAssociated: route table of a subnet",
    like: "association-0",
    inputs: (find) => ({ routeTableId: find("node-table").id }),
    message: (find) =>
      `Resource.AlreadyAssociated: the specified association for route table ${find("node-table").id} conflicts with an existing association`,
  },
  {
    rule: "RouteAlreadyExists",
    like: "route-internet",
    inputs: nothing,
    message: "RouteAlreadyExists: The route identified by 0.0.0.0/0 already exists.",
  },
  {
    rule: "InvalidParameterValue: route and gateway of two networks",
    like: "route-internet",
    make: ["fresh-table", "aws:ec2/routeTable:RouteTable", (find) => ({ region: HERE, vpcId: emptyVpcId(find) })],
    inputs: (find) => ({ routeTableId: find("fresh-table").id }),
    message: (find) =>
      `InvalidParameterValue: route table ${find("fresh-table").id} and network gateway ${find("internet").id} belong to different networks`,
  },
  {
    rule: "Gateway.NotAttached",
    like: "nat",
    inputs: (find) => ({ vpcId: emptyVpcId(find) }),
    message: (find) => `Gateway.NotAttached: Network ${emptyVpcId(find)} has no Internet gateway attached`,
  },
  {
    rule: "Resource.AlreadyAssociated: address",
    like: "nat",
    inputs: nothing,
    message: (find) => `Resource.AlreadyAssociated: Elastic IP address [${find("address").id}] is already associated`,
  },
  {
    rule: "InvalidServiceName",
    like: "endpoint",
    inputs: () => ({ serviceName: "com.amazonaws.us-west-2.s3" }),
    message: "InvalidServiceName: The Vpc Endpoint Service 'com.amazonaws.us-west-2.s3' does not exist",
  },
  {
    rule: "RouteAlreadyExists: endpoint",
    like: "endpoint",
    inputs: nothing,
    message: (find) => `RouteAlreadyExists: route table ${find("table").id} already has a route to this service`,
  },
  {
    rule: "NetworkAclEntryAlreadyExists",
    like: "acl",
    inputs: () => ({ egress: [{ ruleNo: 100 }, { ruleNo: 100 }] }),
    message: "NetworkAclEntryAlreadyExists: The network acl entry identified by 100 already exists.",
  },
  {
    rule: "FlowLogAlreadyExists",
    like: "flow-log",
    inputs: nothing,
    message: "FlowLogAlreadyExists: There is an existing Flow Log with the same configuration.",
  },
  {
    rule: "InvalidGroup.Duplicate",
    like: "lb-group",
    inputs: nothing,
    message: "InvalidGroup.Duplicate: The security group 'lb' already exists",
  },
  {
    rule: "InvalidPermission.Duplicate: ingress",
    like: "nodes-from-lb",
    inputs: () => ({ description: "another description" }),
    message: "InvalidPermission.Duplicate: the specified rule already exists",
  },
  {
    rule: "InvalidPermission.Duplicate: egress",
    like: "lb-to-nodes",
    inputs: nothing,
    message: "InvalidPermission.Duplicate: the specified rule already exists",
  },
  {
    rule: "InvalidPrefixListId.NotFound",
    like: "nodes-to-store",
    inputs: () => ({ prefixListId: "pl-00000000" }),
    message: "InvalidPrefixListID.NotFound: The prefix list ID 'pl-00000000' does not exist",
  },
  {
    rule: "InvalidLaunchTemplateName.AlreadyExistsException",
    like: "template",
    inputs: nothing,
    message: "InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use.",
  },
  {
    rule: "InvalidAMIID.Malformed",
    like: "template",
    inputs: () => ({ name: "other", imageId: "ami-latest" }),
    message: 'InvalidAMIID.Malformed: Invalid id: "ami-latest"',
  },
  {
    rule: "InvalidUserData.Malformed",
    like: "template",
    inputs: () => ({ name: "other", userData: Buffer.alloc(16385).toString("base64") }),
    message: "InvalidUserData.Malformed: User data is limited to 16384 bytes",
  },
  {
    rule: "DuplicateLoadBalancerName",
    like: "lb",
    inputs: nothing,
    message: "DuplicateLoadBalancerName: A load balancer with the same name exists, but with other settings",
  },
  {
    rule: "InvalidConfigurationRequest: two subnets of a zone",
    like: "lb",
    make: [
      "fresh-subnet",
      "aws:ec2/subnet:Subnet",
      (find) => ({
        ...find("subnet-0").inputs,
        cidrBlock: "10.0.8.0/24",
        ipv6CidrBlock: ipv6(find("vpc").outputs, 8),
      }),
    ],
    inputs: (find) => ({ name: "other", subnets: [find("subnet-0").id, find("fresh-subnet").id] }),
    message:
      "InvalidConfigurationRequest: A load balancer cannot be attached to multiple subnets in the same Availability Zone",
  },
  {
    rule: "InvalidConfigurationRequest: subnets of two VPCs",
    like: "lb",
    make: [
      "fresh-subnet",
      "aws:ec2/subnet:Subnet",
      (find) => ({
        region: HERE,
        vpcId: emptyVpcId(find),
        cidrBlock: "10.9.0.0/24",
        availabilityZoneId: "euc1-az3",
      }),
    ],
    inputs: (find) => ({ name: "other", subnets: [find("subnet-0").id, find("fresh-subnet").id] }),
    message: "InvalidConfigurationRequest: All subnets must belong to the same VPC",
  },
  {
    rule: "InvalidSubnet: no internet gateway",
    like: "lb",
    make: [
      "fresh-subnet",
      "aws:ec2/subnet:Subnet",
      (find) => ({
        region: HERE,
        vpcId: emptyVpcId(find),
        cidrBlock: "10.9.0.0/24",
        availabilityZoneId: "euc1-az3",
      }),
    ],
    inputs: (find) => ({ name: "other", subnets: [find("fresh-subnet").id] }),
    message: (find) => `InvalidSubnet: VPC ${emptyVpcId(find)} has no internet gateway`,
  },
  {
    rule: "InvalidConfigurationRequest: bucket of the access logs",
    like: "lb",
    inputs: (find) => ({ name: "other", accessLogs: { bucket: find("store").id } }),
    message: "AccessDenied: Access Denied for bucket: store-eu-central-1. Please check S3bucket permission",
  },
  {
    rule: "LogDestinationPermissionIssue",
    like: "flow-log",
    inputs: (find) => ({ logDestination: find("store").outputs.arn! }),
    message: "AccessDenied: Access Denied for bucket: store-eu-central-1. Please check S3bucket permission",
  },
  {
    rule: "DuplicateTargetGroupName",
    like: "targets",
    inputs: nothing,
    message: "DuplicateTargetGroupName: A target group with the same name exists, but with other settings",
  },
  {
    rule: "DuplicateListener",
    like: "listener",
    inputs: nothing,
    message: "DuplicateListener: A listener already exists on this port for this load balancer",
  },
  {
    rule: "ValidationError: TLS without a certificate",
    like: "listener",
    inputs: () => ({ port: 8443, certificateArn: null }),
    message: "ValidationError: A certificate must be specified for TLS listeners",
  },
  {
    rule: "TargetGroupAssociationLimit",
    like: "listener",
    make: ["fresh-lb", "aws:lb/loadBalancer:LoadBalancer", (find) => ({ ...find("lb").inputs, name: "other" })],
    inputs: (find) => ({ loadBalancerArn: find("fresh-lb").id }),
    message: "TargetGroupAssociationLimit: A target group cannot be associated with two load balancers",
  },
  ...["listener", "listener-certificate"].map((like): RuleCase => ({
    rule: `UnsupportedCertificate: not issued, ${like === "listener" ? "Listener" : "ListenerCertificate"}`,
    like,
    make: [
      "fresh-certificate",
      "aws:acm/certificate:Certificate",
      () => ({
        region: HERE,
        domainName: "new.example.com",
      }),
    ],
    inputs: (find) => ({
      certificateArn: find("fresh-certificate").id,
      ...(like === "listener" ? { port: 8443 } : {}),
    }),
    message: (find) => `UnsupportedCertificate: The certificate '${find("fresh-certificate").id}' is not issued yet`,
  })),
  {
    rule: "TooManyCertificates",
    like: "listener-certificate",
    before: async (client, find) => {
      const { type } = find("listener-certificate");
      const entity = client.entities().find((each) => each.type === type && each.region === HERE)!;
      const more = Array.from({ length: 24 }, (_, i) => ({ ...entity, id: `more-${i}` }));
      await client.hasOnly([...client.entities(), ...more]);
    },
    inputs: nothing,
    message: "TooManyCertificates: A load balancer takes 25 certificates",
  },
  {
    rule: "PENDING_VALIDATION: the record that proves the name",
    like: "validation-www",
    before: gone("proof-www"),
    inputs: nothing,
    message: (find) =>
      `PENDING_VALIDATION: timeout while waiting for state 'ISSUED': no record ${text(find("proof-www").inputs.name)} proves it`,
  },
  {
    rule: "AlreadyExists: group",
    like: "group",
    inputs: nothing,
    message: "AlreadyExists: AutoScalingGroup by this name already exists",
  },
  {
    rule: "ValidationError: sizes of a group",
    like: "group",
    inputs: () => ({ name: "other", minSize: 5 }),
    message: "ValidationError: Max bound must be greater than or equal to the min bound",
  },
  {
    rule: "InvalidLaunchTemplateId.VersionNotFound",
    like: "group",
    inputs: (find) => ({
      name: "other",
      mixedInstancesPolicy: {
        launchTemplate: { launchTemplateSpecification: { launchTemplateId: find("template").id, version: "2" } },
      },
    }),
    message: "InvalidLaunchTemplateId.VersionNotFound: Could not find launch template version 2",
  },
  {
    rule: "waiting for capacity: no listener",
    like: "group",
    before: gone("listener"),
    inputs: () => ({ name: "other" }),
    message: (find) => waiting(`no listener forwards to ${find("targets").id}`),
  },
  {
    rule: "waiting for capacity: no way out",
    like: "group",
    before: gone("route-internet"),
    inputs: () => ({ name: "other" }),
    message: (find) =>
      waiting(`nodes in ${find("subnet-0").id} have no default route, and their bootstrap cannot finish`),
  },
  {
    rule: "waiting for capacity: health checks are not let in",
    like: "group",
    before: gone("nodes-from-lb"),
    inputs: () => ({ name: "other" }),
    message: waiting("no rule of the nodes' group lets port 8089 in"),
  },
  ...(
    [
      ["BadRequest: tags of BucketObjectv2", "pointer", OBJECT_TAGS],
      ["BadRequest: tags of ObjectCopy", "packages", OBJECT_TAGS],
      ["InvalidInput: tags of HealthCheck", "health-check", ROUTE53_TAGS],
      ["InvalidInput: tags of Zone", "zone", ROUTE53_TAGS],
    ] as const
  ).map(([rule, like, message]): RuleCase => ({ rule, like, inputs: () => ({ tags: ELEVEN }), message })),
  {
    rule: "BucketAlreadyOwnedByYou",
    like: "store",
    // Names are unique over all regions.
    inputs: () => ({ region: "us-west-2" }),
    message: "BucketAlreadyOwnedByYou: The bucket store-eu-central-1 exists already",
  },
  {
    rule: "InvalidBucketName",
    like: "store",
    inputs: () => ({ bucket: "Store" }),
    message: "InvalidBucketName: The specified bucket is not valid: Store",
  },
  {
    rule: "InvalidArgument: source of a copy",
    like: "packages",
    inputs: () => ({ source: "my-edge-packages" }),
    message: "InvalidArgument: Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
  },
  {
    rule: "MalformedPolicy",
    like: "logs-policy",
    inputs: () => ({ policy: "{" }),
    message: "MalformedPolicy: policy is no JSON document",
  },
  {
    rule: "MalformedPolicyDocument",
    like: "role-policy",
    inputs: () => ({ policy: "{" }),
    message: "MalformedPolicyDocument: policy is no JSON document",
  },
  {
    rule: "MalformedPolicyDocument: trust",
    like: "role",
    inputs: () => ({ name: "other", assumeRolePolicy: "{" }),
    message: "MalformedPolicyDocument: assumeRolePolicy is no JSON document",
  },
  {
    rule: "EntityAlreadyExists: Role",
    like: "role",
    inputs: nothing,
    message: "EntityAlreadyExists: The name nodes-eu-central-1 already exists.",
  },
  {
    rule: "EntityAlreadyExists: InstanceProfile",
    like: "profile",
    inputs: nothing,
    message: "EntityAlreadyExists: The name nodes-eu-central-1 already exists.",
  },
  {
    rule: "ParameterAlreadyExists",
    like: "parameter",
    inputs: nothing,
    message: "ParameterAlreadyExists: The parameter already exists. To overwrite it, set overwrite.",
  },
  {
    rule: "ValidationException: name of a parameter",
    like: "parameter",
    inputs: () => ({ name: "AWS-key" }),
    message: 'ValidationException: Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive)',
  },
  {
    rule: "InvalidInput: interval of a health check",
    like: "health-check",
    inputs: () => ({ requestInterval: 20 }),
    message: "InvalidInput: Invalid request interval: 20; must be 10 or 30",
  },
  {
    rule: "InvalidInput: threshold of a health check",
    like: "health-check",
    inputs: () => ({ failureThreshold: 11 }),
    message: "InvalidInput: Invalid failure threshold: 11; must be 1 to 10",
  },
  {
    rule: "InvalidChangeBatch: outside the zone",
    like: "latency",
    inputs: () => ({ name: "www.example.org" }),
    message: "InvalidChangeBatch: RRSet with DNS name www.example.org. is not permitted in zone example.com.",
  },
  {
    rule: "InvalidChangeBatch: exists already",
    like: "latency",
    inputs: nothing,
    message:
      "InvalidChangeBatch: Tried to create resource record set [name='www.example.com.', type='A', set-identifier='eu-central-1'] but it already exists",
  },
  {
    rule: "InvalidChangeBatch: two latency records of a region",
    like: "latency",
    inputs: () => ({ setIdentifier: "other" }),
    message:
      "InvalidChangeBatch: RRSet [name='www.example.com.', type='A', set-identifier='other'] with the same name, type and region eu-central-1 already exists",
  },
  {
    rule: "InvalidInput: no such latency region",
    like: "latency",
    inputs: () => ({ setIdentifier: "other", latencyRoutingPolicies: [{ region: "eu-nowhere-1" }] }),
    message: "InvalidInput: Invalid value 'eu-nowhere-1' for the region of a latency record",
  },
  {
    rule: "InvalidChangeBatch: simple and latency records of one name",
    like: "latency",
    inputs: () => ({ setIdentifier: null, latencyRoutingPolicies: null }),
    message:
      "InvalidChangeBatch: RRSet [name='www.example.com.', type='A'] conflicts with a record of another routing policy",
  },
  {
    rule: "InvalidChangeBatch: CNAME beside another record",
    like: "latency",
    inputs: () => ({ type: "CNAME", setIdentifier: null, latencyRoutingPolicies: null, aliases: null, records: ["x"] }),
    message: "InvalidChangeBatch: RRSet of type CNAME with DNS name www.example.com. is not permitted beside others",
  },
  {
    rule: "InvalidChangeBatch: zone of an alias",
    like: "latency",
    inputs: (find) => ({
      name: "other.example.com",
      aliases: [{ name: find("lb").outputs.dnsName!, zoneId: "Z1H1FL5HABSF5" }],
    }),
    message: (find) =>
      `InvalidChangeBatch: Tried to create an alias that targets ${text(find("lb").outputs.dnsName)}., but the alias target name does not lie within the target zone Z1H1FL5HABSF5`,
  },
];

function waiting(why: string): string {
  return `timeout: waiting for Auto Scaling Group (other) capacity satisfied: want at least 2 healthy instance(s) in target groups, have 0: ${why}`;
}
