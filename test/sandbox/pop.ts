import regions from "../../infra/config/data/regions.json";
import { text, type Values } from "../../infra/sandbox/aws/values";
import type { Client, Resource } from "./client";

/** Made resources by name. */
export type Made = (name: string) => Values & { readonly id: string };

type Step = readonly [name: string, type: string, inputs: (made: Made, region: string) => Values];

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [] });
const DELIVERY = JSON.stringify({ Statement: [{ Principal: { Service: "delivery.logs.amazonaws.com" } }] });

function zoneIds(region: string): readonly string[] {
  const table: Readonly<Record<string, { readonly zones: readonly { readonly id: string }[] }>> = regions.regions;
  return table[region]?.zones.map(({ id }) => id) ?? [];
}

/** One /64 of the VPC's IPv6 block. */
export function ipv6(vpc: Values, number: number): string {
  return text(vpc.ipv6CidrBlock).replace("00::/56", `0${number}::/64`);
}

const vpcId = (made: Made) => ({ vpcId: made("vpc").id });
const inLogs = (made: Made) => ({ bucket: made("logs").id });

/** What the whole account has once. */
const GLOBAL: readonly Step[] = [["zone", "aws:route53/zone:Zone", () => ({ name: "example.com" })]];

/** A region's PoP, of every type that the stand-in knows, in an order in which it can be made. */
const POP: readonly Step[] = [
  ["topic", "aws:sns/topic:Topic", () => ({ name: "alarms" })],
  [
    "subscription",
    "aws:sns/topicSubscription:TopicSubscription",
    (made) => ({ topic: made("topic").arn!, protocol: "email", endpoint: "noc@example.com" }),
  ],
  ["vpc", "aws:ec2/vpc:Vpc", () => ({ cidrBlock: "10.0.0.0/20", assignGeneratedIpv6CidrBlock: true })],
  ["internet", "aws:ec2/internetGateway:InternetGateway", vpcId],
  ["egress-only", "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", vpcId],
  ["table", "aws:ec2/routeTable:RouteTable", vpcId],
  ["node-table", "aws:ec2/routeTable:RouteTable", vpcId],
  ...[0, 1].flatMap((i): Step[] => [
    [
      `subnet-${i}`,
      "aws:ec2/subnet:Subnet",
      (made, region) => ({
        ...vpcId(made),
        availabilityZoneId: zoneIds(region)[i]!,
        cidrBlock: `10.0.${i}.0/24`,
        ipv6CidrBlock: ipv6(made("vpc"), i),
      }),
    ],
    [
      `association-${i}`,
      "aws:ec2/routeTableAssociation:RouteTableAssociation",
      (made) => ({ subnetId: made(`subnet-${i}`).id, routeTableId: made("table").id }),
    ],
  ]),
  [
    "route-internet",
    "aws:ec2/route:Route",
    (made) => ({
      routeTableId: made("table").id,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: made("internet").id,
    }),
  ],
  [
    "route-egress-only",
    "aws:ec2/route:Route",
    (made) => ({
      routeTableId: made("node-table").id,
      destinationIpv6CidrBlock: "::/0",
      egressOnlyGatewayId: made("egress-only").id,
    }),
  ],
  ["address", "aws:ec2/eip:Eip", () => ({ domain: "vpc" })],
  [
    "nat",
    "aws:ec2/natGateway:NatGateway",
    (made, region) => ({
      ...vpcId(made),
      availabilityMode: "regional",
      availabilityZoneAddresses: [{ availabilityZoneId: zoneIds(region)[0]!, allocationIds: [made("address").id] }],
    }),
  ],
  [
    "route-nat",
    "aws:ec2/route:Route",
    (made) => ({
      routeTableId: made("node-table").id,
      destinationCidrBlock: "0.0.0.0/0",
      natGatewayId: made("nat").id,
    }),
  ],
  [
    "endpoint",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    (made, region) => ({
      ...vpcId(made),
      serviceName: `com.amazonaws.${region}.s3`,
      routeTableIds: [made("table").id, made("node-table").id],
    }),
  ],
  [
    "acl",
    "aws:ec2/networkAcl:NetworkAcl",
    (made) => ({
      ...vpcId(made),
      subnetIds: [made("subnet-0").id, made("subnet-1").id],
      ingress: [{ ruleNo: 200, action: "allow", protocol: "-1", fromPort: 0, toPort: 0, cidrBlock: "0.0.0.0/0" }],
    }),
  ],
  [
    "default-acl",
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
    (made) => ({ defaultNetworkAclId: made("vpc").defaultNetworkAclId! }),
  ],
  ["default-group", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", vpcId],
  ["logs", "aws:s3/bucket:Bucket", (_made, region) => ({ bucket: `logs-${region}` })],
  ["logs-versioning", "aws:s3/bucketVersioning:BucketVersioning", inLogs],
  ["logs-encryption", "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", inLogs],
  ["logs-block", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", inLogs],
  ["logs-policy", "aws:s3/bucketPolicy:BucketPolicy", (made) => ({ ...inLogs(made), policy: DELIVERY })],
  ["logs-lifecycle", "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", inLogs],
  [
    "flow-log",
    "aws:ec2/flowLog:FlowLog",
    (made) => ({ ...vpcId(made), trafficType: "REJECT", logDestination: made("logs").arn! }),
  ],
  ["store", "aws:s3/bucket:Bucket", (_made, region) => ({ bucket: `store-${region}` })],
  [
    "pointer",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    (made) => ({ bucket: made("store").id, key: "current.json", content: "{}" }),
  ],
  [
    "packages",
    "aws:s3/objectCopy:ObjectCopy",
    (made) => ({ bucket: made("store").id, key: "packages/a.tar", source: "my-edge-packages/packages/a.tar" }),
  ],
  ["parameter", "aws:ssm/parameter:Parameter", () => ({ name: "key", type: "SecureString", value: "open sesame" })],
  ...["www", "api"].flatMap((host): Step[] => [
    [
      `certificate-${host}`,
      "aws:acm/certificate:Certificate",
      () => ({ domainName: `${host}.example.com`, validationMethod: "DNS" }),
    ],
    [
      `proof-${host}`,
      "aws:route53/record:Record",
      (made) => {
        const [proof] = made(`certificate-${host}`).domainValidationOptions as readonly Values[];
        return {
          zoneId: made("zone").id,
          name: proof!.resourceRecordName!,
          type: "CNAME",
          records: [proof!.resourceRecordValue!],
          ttl: 300,
          allowOverwrite: true,
        };
      },
    ],
    [
      `validation-${host}`,
      "aws:acm/certificateValidation:CertificateValidation",
      (made) => ({
        certificateArn: made(`certificate-${host}`).id,
        validationRecordFqdns: [made(`proof-${host}`).fqdn!],
      }),
    ],
  ]),
  ["lb-group", "aws:ec2/securityGroup:SecurityGroup", (made) => ({ ...vpcId(made), name: "lb" })],
  ["node-group", "aws:ec2/securityGroup:SecurityGroup", (made) => ({ ...vpcId(made), name: "nodes" })],
  [
    "lb-to-nodes",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    (made) => ({
      securityGroupId: made("lb-group").id,
      ipProtocol: "tcp",
      fromPort: 8089,
      toPort: 8089,
      referencedSecurityGroupId: made("node-group").id,
    }),
  ],
  [
    "nodes-to-store",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    (made) => ({
      securityGroupId: made("node-group").id,
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      prefixListId: made("endpoint").prefixListId!,
    }),
  ],
  [
    "nodes-from-lb",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    (made) => ({
      securityGroupId: made("node-group").id,
      ipProtocol: "tcp",
      fromPort: 8089,
      toPort: 8089,
      referencedSecurityGroupId: made("lb-group").id,
    }),
  ],
  [
    "lb",
    "aws:lb/loadBalancer:LoadBalancer",
    (made) => ({
      name: "lb",
      loadBalancerType: "network",
      subnets: [made("subnet-0").id, made("subnet-1").id],
      securityGroups: [made("lb-group").id],
      accessLogs: { bucket: made("logs").id, enabled: true },
      enableDeletionProtection: true,
    }),
  ],
  [
    "targets",
    "aws:lb/targetGroup:TargetGroup",
    (made) => ({
      ...vpcId(made),
      name: "targets",
      port: 8080,
      protocol: "TCP",
      healthCheck: { protocol: "HTTP", port: "8089" },
    }),
  ],
  [
    "listener",
    "aws:lb/listener:Listener",
    (made) => ({
      loadBalancerArn: made("lb").id,
      port: 443,
      protocol: "TLS",
      certificateArn: made("certificate-www").id,
      defaultActions: [{ type: "forward", targetGroupArn: made("targets").id }],
    }),
  ],
  [
    "listener-certificate",
    "aws:lb/listenerCertificate:ListenerCertificate",
    (made) => ({ listenerArn: made("listener").id, certificateArn: made("certificate-api").id }),
  ],
  ["role", "aws:iam/role:Role", (_made, region) => ({ name: `nodes-${region}`, assumeRolePolicy: TRUST })],
  ["role-policy", "aws:iam/rolePolicy:RolePolicy", (made) => ({ name: "nodes", role: made("role").id, policy: TRUST })],
  [
    "profile",
    "aws:iam/instanceProfile:InstanceProfile",
    (made, region) => ({ name: `nodes-${region}`, role: made("role").id }),
  ],
  [
    "template",
    "aws:ec2/launchTemplate:LaunchTemplate",
    (made) => ({
      name: "nodes",
      imageId: "ami-0123456789abcdef0",
      iamInstanceProfile: { arn: made("profile").arn! },
      networkInterfaces: [{ deviceIndex: 0, securityGroups: [made("node-group").id] }],
      updateDefaultVersion: true,
      userData: Buffer.from("hello").toString("base64"),
    }),
  ],
  [
    "alarm",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    (made, region) => ({
      name: `unhealthy-${region}`,
      alarmActions: [made("topic").arn!],
      insufficientDataActions: [made("topic").arn!],
      okActions: [made("topic").arn!],
    }),
  ],
  [
    "composite",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm",
    (made, region) => ({
      alarmName: `errors-${region}`,
      alarmRule: `ALARM("unhealthy-${region}")`,
      alarmActions: [made("topic").arn!],
      insufficientDataActions: [made("topic").arn!],
      okActions: [made("topic").arn!],
    }),
  ],
  [
    "group",
    "aws:autoscaling/group:Group",
    (made, region) => ({
      name: `nodes-${region}`,
      minSize: 2,
      maxSize: 4,
      minElbCapacity: 2,
      vpcZoneIdentifiers: [made("subnet-0").id, made("subnet-1").id],
      targetGroupArns: [made("targets").id],
      mixedInstancesPolicy: {
        launchTemplate: { launchTemplateSpecification: { launchTemplateId: made("template").id, version: "1" } },
      },
      instanceRefresh: { preferences: { alarmSpecification: { alarms: [made("alarm").id] } } },
    }),
  ],
  [
    "hook",
    "aws:autoscaling/lifecycleHook:LifecycleHook",
    (made) => ({ name: "launching", autoscalingGroupName: made("group").id }),
  ],
  ["scaling", "aws:autoscaling/policy:Policy", (made) => ({ name: "cpu", autoscalingGroupName: made("group").id })],
  [
    "health-check",
    "aws:route53/healthCheck:HealthCheck",
    () => ({ type: "HTTPS", fqdn: "pop.example.com", port: 443, requestInterval: 10, failureThreshold: 3 }),
  ],
  [
    "latency",
    "aws:route53/record:Record",
    (made, region) => ({
      zoneId: made("zone").id,
      name: "www.example.com",
      type: "A",
      setIdentifier: region,
      latencyRoutingPolicies: [{ region }],
      healthCheckId: made("health-check").id,
      aliases: [{ name: made("lb").dnsName!, zoneId: made("lb").zoneId!, evaluateTargetHealth: true }],
    }),
  ],
];

/** Makes the zone and a whole PoP in each region; returns what was made, named `<region>/<name>` or `zone`. */
export async function makePops(client: Client, popRegions: readonly string[]): Promise<ReadonlyMap<string, Resource>> {
  const made = new Map<string, Resource>();
  const make = async (key: string, [name, type, inputs]: Step, region: string) => {
    const find: Made = (wanted) => {
      const { id, outputs } = made.get(`${region}/${wanted}`) ?? made.get(wanted)!;
      return { ...outputs, id };
    };
    const regional: Values = /^aws:(route53|iam)/.test(type) ? {} : { region };
    made.set(key, await client.create(type, `${region}-${name}`, { ...regional, ...inputs(find, region) }));
  };
  for (const step of GLOBAL) {
    await make(step[0], step, "");
  }
  for (const region of popRegions) {
    for (const step of POP) {
      await make(`${region}/${step[0]}`, step, region);
    }
  }
  return made;
}
