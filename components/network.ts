import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { LogBucket, type LogDestination } from "./logBucket";
import { allOf, standing } from "./order";
import { refuse, unlessOneOf } from "./refuse";
import { subnetCidr, subnetIpv6Cidr, type SubnetRole } from "./subnets";
import type { Zone } from "./zone";

export interface NetworkArgs {
  region: string;
  /** The VPC's IPv4 block, /16 to /24. Changing it replaces the whole network. */
  cidr: string;
  /** Zones in use. Taking one in adds subnets and moves no other. */
  zones: Zone[];
  /**
   * How nodes reach IPv4: `nat` through a regional NAT gateway with addresses of our own, which an origin can allow;
   * `direct` with public addresses of the nodes themselves: cheaper, and the addresses change with the nodes. `both` is
   * the way from the one to the other: new nodes have public addresses, and those that run keep their NAT gateway.
   */
  egress: Egress;
  /** Connections that flow logs record. `all` costs per client connection. */
  flowLogs: FlowLogs;
  /** Days that logs are kept. */
  logRetention: number;
}

export const Egress = {
  /** Through a regional NAT gateway with addresses of our own. */
  Nat: "nat",
  /** From public addresses of the nodes themselves. */
  Direct: "direct",
  /** As `direct`, beside a NAT gateway for nodes that are still where it serves them. */
  Both: "both",
} as const;
export type Egress = (typeof Egress)[keyof typeof Egress];

export const FlowLogs = { Rejected: "rejected", All: "all" } as const;
export type FlowLogs = (typeof FlowLogs)[keyof typeof FlowLogs];

/**
 * A PoP's network: dual stack, one public and one private subnet per zone, nothing open that is not said to be.
 *
 * ```ts
 * const network = new Network("edge", {
 *   region: "eu-central-1",
 *   cidr: "10.64.80.0/20",
 *   zones: [{ id: "euc1-az1", number: 0 }, { id: "euc1-az2", number: 1 }],
 *   egress: "nat",
 *   flowLogs: "rejected",
 *   logRetention: 30,
 * });
 * ```
 *
 * Creates a VPC with Amazon's IPv6, subnets, internet and egress-only gateways, route tables, an S3 gateway endpoint,
 * the network ACL of every subnet, flow logs and the region's log bucket; with `nat` and `both` also the NAT gateway and
 * one address per zone. The default ACL and security group are emptied.
 *
 * Costs a month, us-east-1 list prices of 2024-26: with `nat` and `both` $0.045 per hour and zone, $0.045 per GB and $0.005 per
 * hour and address, so about $110 for three zones before traffic; with `direct` nothing here.
 *
 * @throws ResourceError when egress or flow logs are none of those that there are
 */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly accountId: pulumi.Output<string>;
  /** Subnets of the load balancer, in the order of `zones`. */
  readonly publicSubnetIds: pulumi.Output<string>[];
  /** Subnets of the nodes, in the order of `zones`: public ones unless egress is `nat`. */
  readonly nodeSubnetIds: pulumi.Output<string>[];
  /** IPv4 addresses from which nodes reach origins; empty when egress is `direct`. */
  readonly egressAddresses: pulumi.Output<string[]>;
  /** Absent when egress is `direct`. */
  readonly natGatewayId?: pulumi.Output<string>;
  readonly s3PrefixListId: pulumi.Output<string>;
  readonly logs: LogDestination;
  /** What gives the VPC public addresses: it must stand before whatever has one, and until that is gone. */
  readonly internetGatewayId: pulumi.Output<string>;
  /** URNs of what stands when a node in a node subnet reaches what it needs. */
  readonly ready: pulumi.Output<string[]>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:network:Network", name, {}, opts);
    const { region, zones } = args;
    refuse(this, [...unlessOneOf("egress", args.egress, Egress), ...unlessOneOf("flowLogs", args.flowLogs, FlowLogs)]);
    const child = { parent: this };

    const vpc = new aws.ec2.Vpc(
      name,
      {
        region,
        cidrBlock: args.cidr,
        assignGeneratedIpv6CidrBlock: true,
        enableDnsSupport: true,
        enableDnsHostnames: true,
      },
      child,
    );

    const internetGateway = new aws.ec2.InternetGateway(
      `${name}-internet`,
      { region, vpcId: vpc.id },
      // The provider would take it out of the former network, which holds on to it while it has a public address.
      { ...child, replaceOnChanges: ["vpcId"] },
    );
    const egressOnlyGateway = new aws.ec2.EgressOnlyInternetGateway(
      `${name}-egress-only`,
      { region, vpcId: vpc.id },
      child,
    );

    const publicTable = new aws.ec2.RouteTable(`${name}-public`, { region, vpcId: vpc.id }, child);
    const nodeTable = new aws.ec2.RouteTable(`${name}-node`, { region, vpcId: vpc.id }, child);

    const associations: aws.ec2.RouteTableAssociation[] = [];
    const subnet = (zone: Zone, role: SubnetRole, table: aws.ec2.RouteTable) => {
      const made = new aws.ec2.Subnet(
        `${name}-${role}-${zone.id}`,
        {
          region,
          vpcId: vpc.id,
          availabilityZoneId: zone.id,
          cidrBlock: subnetCidr(args.cidr, zone.number, role),
          ipv6CidrBlock: vpc.ipv6CidrBlock.apply((block) => subnetIpv6Cidr(block, zone.number, role)),
          assignIpv6AddressOnCreation: true,
        },
        child,
      );
      associations.push(
        new aws.ec2.RouteTableAssociation(
          `${name}-${role}-${zone.id}`,
          { region, routeTableId: table.id, subnetId: made.id },
          child,
        ),
      );
      return made;
    };
    const publicSubnets = zones.map((zone) => subnet(zone, "public", publicTable));
    // They exist with `direct` egress too: going from one to the other then moves nodes, and removes no subnet in use.
    const privateSubnets = zones.map((zone) => subnet(zone, "node", nodeTable));

    const publicRoutes = [
      new aws.ec2.Route(
        `${name}-public-ipv4`,
        { region, routeTableId: publicTable.id, destinationCidrBlock: "0.0.0.0/0", gatewayId: internetGateway.id },
        child,
      ),
      new aws.ec2.Route(
        `${name}-public-ipv6`,
        { region, routeTableId: publicTable.id, destinationIpv6CidrBlock: "::/0", gatewayId: internetGateway.id },
        child,
      ),
    ];
    const nodeRoutes = [
      new aws.ec2.Route(
        `${name}-node-ipv6`,
        {
          region,
          routeTableId: nodeTable.id,
          destinationIpv6CidrBlock: "::/0",
          egressOnlyGatewayId: egressOnlyGateway.id,
        },
        child,
      ),
    ];

    const addresses: aws.ec2.Eip[] = [];
    switch (args.egress) {
      case "nat":
      case "both": {
        const perZone = zones.map((zone) => ({
          zone,
          address: new aws.ec2.Eip(
            `${name}-nat-${zone.id}`,
            { region, domain: "vpc" },
            // An address is of use, and may be let go, only while the VPC has its gateway.
            { ...child, dependsOn: internetGateway },
          ),
        }));
        addresses.push(...perZone.map(({ address }) => address));
        const natGateway = new aws.ec2.NatGateway(
          `${name}-nat`,
          {
            region,
            vpcId: vpc.id,
            connectivityType: "public",
            availabilityMode: "regional",
            // Manual mode: exactly our addresses in exactly our zones, so that origins can allow them by list.
            availabilityZoneAddresses: perZone.map(({ zone, address }) => ({
              availabilityZoneId: zone.id,
              allocationIds: [address.allocationId],
            })),
          },
          {
            ...child,
            dependsOn: internetGateway,
            customTimeouts: NAT_TIMEOUTS,
            // Its addresses, which origins know, are with one gateway at a time.
            deleteBeforeReplace: true,
          },
        );
        nodeRoutes.push(
          new aws.ec2.Route(
            `${name}-node-ipv4`,
            { region, routeTableId: nodeTable.id, destinationCidrBlock: "0.0.0.0/0", natGatewayId: natGateway.id },
            child,
          ),
        );
        this.natGatewayId = natGateway.id;
        break;
      }
      case "direct":
        break;
      default:
        args.egress satisfies never;
    }

    // S3 without NAT and without its price per GB: bootstrap, bundles and the purge log come this way.
    const s3 = new aws.ec2.VpcEndpoint(
      `${name}-s3`,
      {
        region,
        vpcId: vpc.id,
        vpcEndpointType: "Gateway",
        serviceName: `com.amazonaws.${region}.s3`,
        routeTableIds: [publicTable.id, nodeTable.id],
      },
      child,
    );

    const acl = new aws.ec2.NetworkAcl(
      `${name}-subnets`,
      {
        region,
        vpcId: vpc.id,
        subnetIds: [...publicSubnets, ...privateSubnets].map((each) => each.id),
        ingress: [
          // The load balancer speaks to nodes from any port above 1023. Without this rule an answer to port 3389 would
          // be lost: one connection in 64,000.
          { ruleNo: 90, action: "allow", protocol: "-1", fromPort: 0, toPort: 0, cidrBlock: args.cidr },
          ...[22, 3389].flatMap((port, i) => [
            { ruleNo: 100 + 10 * i, ...denyTcp(port), cidrBlock: "0.0.0.0/0" },
            { ruleNo: 101 + 10 * i, ...denyTcp(port), ipv6CidrBlock: "::/0" },
          ]),
          ...ALLOW_ALL,
        ],
        egress: ALLOW_ALL,
      },
      child,
    );
    // A subnet without an ACL of its own uses the default one: empty that only when no subnet does.
    new aws.ec2.DefaultNetworkAcl(
      `${name}-default`,
      { region, defaultNetworkAclId: vpc.defaultNetworkAclId },
      // A new subnet is in the default ACL for a moment, until ours takes it: not a drift to put right.
      { ...child, dependsOn: acl, ignoreChanges: ["subnetIds"] },
    );
    new aws.ec2.DefaultSecurityGroup(`${name}-default`, { region, vpcId: vpc.id }, child);

    // The account's id comes from a resource: components make no look-up.
    const logs = new LogBucket(`${name}-logs`, { region, accountId: vpc.ownerId, retention: args.logRetention }, child);
    new aws.ec2.FlowLog(
      `${name}-flow-log`,
      {
        region,
        vpcId: vpc.id,
        trafficType: args.flowLogs === "all" ? "ALL" : "REJECT",
        logDestinationType: "s3",
        logDestination: logs.bucketArn,
        // Parquet is queried at a fraction of the price of text, and hourly folders keep a query small.
        destinationOptions: { fileFormat: "parquet", perHourPartition: true },
      },
      { ...child, dependsOn: allOf(logs.ready) },
    );

    this.vpcId = vpc.id;
    this.internetGatewayId = internetGateway.id;
    this.accountId = vpc.ownerId;
    this.publicSubnetIds = publicSubnets.map((each) => each.id);
    this.nodeSubnetIds = args.egress === "nat" ? privateSubnets.map((each) => each.id) : this.publicSubnetIds;
    this.egressAddresses = pulumi.output(addresses.map((each) => each.publicIp));
    this.s3PrefixListId = s3.prefixListId;
    this.logs = { bucketName: logs.bucketName, bucketArn: logs.bucketArn, ready: logs.ready };
    this.ready = standing([...publicRoutes, ...nodeRoutes, ...associations, s3, acl]);
    this.registerOutputs({ vpcId: this.vpcId, egressAddresses: this.egressAddresses });
  }
}

/**
 * A regional NAT gateway may need an hour for a zone (AWS, "Regional NAT gateways"); the provider gives up after ten
 * minutes, and after thirty at deletion.
 */
const NAT_TIMEOUTS = { create: "70m", update: "70m", delete: "70m" };

const ALLOW_ALL = [
  { ruleNo: 200, action: "allow", protocol: "-1", fromPort: 0, toPort: 0, cidrBlock: "0.0.0.0/0" },
  { ruleNo: 201, action: "allow", protocol: "-1", fromPort: 0, toPort: 0, ipv6CidrBlock: "::/0" },
];

function denyTcp(port: number) {
  return { action: "deny", protocol: "tcp", fromPort: port, toPort: port };
}
