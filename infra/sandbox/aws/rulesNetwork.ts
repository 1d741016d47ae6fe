import { Address4, Address6 } from "ip-address";
import regions from "../../config/data/regions.json";
import { hasPublicAddresses } from "./publicAddresses";
import { Refusal } from "./refusal";
import { others, targets, type Call, type Rule } from "./rule";
import { zoneName } from "./services/ec2";
import { text, valuesAt, type Values } from "./values";
import type { Entity } from "./world";

const VPC = "aws:ec2/vpc:Vpc";
const SUBNET = "aws:ec2/subnet:Subnet";
const ROUTE = "aws:ec2/route:Route";
const ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation";
const INTERNET_GATEWAY = "aws:ec2/internetGateway:InternetGateway";

const DESTINATIONS = ["destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"];

/** What EC2 refuses of networks. */
export const networkRules: readonly Rule[] = [
  {
    id: "InvalidVpc.Range",
    type: VPC,
    refuses: ({ inputs }) => {
      const { subnetMask } = new Address4(text(inputs.cidrBlock));
      return subnetMask < 16 || subnetMask > 28
        ? new Refusal("InvalidVpc.Range", `The CIDR '${text(inputs.cidrBlock)}' is invalid.`)
        : undefined;
    },
  },
  {
    id: "InvalidParameterValue: zone of a subnet",
    type: SUBNET,
    refuses: ({ region, inputs }) =>
      inputs.availabilityZoneId === undefined || zoneName(region ?? "", text(inputs.availabilityZoneId)) !== undefined
        ? undefined
        : new Refusal(
            "InvalidParameterValue",
            `Value (${text(inputs.availabilityZoneId)}) for parameter availabilityZoneId is invalid. Subnets can currently only be created in zones of ${text(region)}.`,
          ),
  },
  {
    id: "InvalidSubnet.Range",
    type: SUBNET,
    refuses: (call) =>
      targets(call, "vpcId", VPC).some(
        (vpc) => !new Address4(text(call.inputs.cidrBlock)).isInSubnet(new Address4(text(vpc.properties.cidrBlock))),
      )
        ? new Refusal("InvalidSubnet.Range", `The CIDR '${text(call.inputs.cidrBlock)}' is invalid.`)
        : undefined,
  },
  {
    id: "InvalidSubnet.Conflict: IPv4",
    type: SUBNET,
    refuses: (call) => {
      const block = new Address4(text(call.inputs.cidrBlock));
      return siblings(call, SUBNET).some(({ properties }) => overlap(block, new Address4(text(properties.cidrBlock))))
        ? new Refusal(
            "InvalidSubnet.Conflict",
            `The CIDR '${text(call.inputs.cidrBlock)}' conflicts with another subnet`,
          )
        : undefined;
    },
  },
  {
    id: "InvalidSubnet.Conflict: IPv6",
    type: SUBNET,
    refuses: (call) =>
      call.inputs.ipv6CidrBlock !== undefined &&
      siblings(call, SUBNET).some(({ properties }) => sameBlock(properties.ipv6CidrBlock, call.inputs.ipv6CidrBlock))
        ? new Refusal(
            "InvalidSubnet.Conflict",
            `The CIDR '${text(call.inputs.ipv6CidrBlock)}' conflicts with another subnet`,
          )
        : undefined,
  },
  {
    id: "Resource.AlreadyAssociated: gateway of a VPC",
    type: INTERNET_GATEWAY,
    refuses: (call) =>
      siblings(call, INTERNET_GATEWAY).length > 0
        ? new Refusal(
            "Resource.AlreadyAssociated",
            `network ${text(call.inputs.vpcId)} already has an internet gateway`,
          )
        : undefined,
  },
  {
    // The provider takes it out of the former network first (terraform-provider-aws, vpc_internet_gateway.go, Update).
    id: "DependencyViolation: gateway that moves",
    type: INTERNET_GATEWAY,
    refuses: ({ world, region, inputs, former }) =>
      former !== undefined && former.properties.vpcId !== inputs.vpcId && hasPublicAddresses(world, former)
        ? new Refusal(
            "DependencyViolation",
            `Network ${text(former.properties.vpcId)} has some mapped public address(es) in ${text(region)}. Please unmap those public address(es) before detaching the gateway.`,
          )
        : undefined,
  },
  {
    id: "Resource.AlreadyAssociated: route table of a subnet",
    type: ASSOCIATION,
    refuses: (call) =>
      others(call, ASSOCIATION).some(({ properties }) => properties.subnetId === call.inputs.subnetId)
        ? new Refusal(
            "Resource.AlreadyAssociated",
            `the specified association for route table ${text(call.inputs.routeTableId)} conflicts with an existing association`,
          )
        : undefined,
  },
  {
    id: "RouteAlreadyExists",
    type: ROUTE,
    refuses: (call) =>
      others(call, ROUTE).some(
        ({ properties }) =>
          properties.routeTableId === call.inputs.routeTableId &&
          DESTINATIONS.some((key) => call.inputs[key] !== undefined && properties[key] === call.inputs[key]),
      )
        ? new Refusal("RouteAlreadyExists", `The route identified by ${destination(call.inputs)} already exists.`)
        : undefined,
  },
  {
    id: "InvalidParameterValue: route and gateway of two networks",
    type: ROUTE,
    refuses: (call) => {
      const [table] = targets(call, "routeTableId", "aws:ec2/routeTable:RouteTable");
      const gateways = [
        ...targets(call, "gatewayId", INTERNET_GATEWAY),
        ...targets(call, "natGatewayId", "aws:ec2/natGateway:NatGateway"),
        ...targets(call, "egressOnlyGatewayId", "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"),
      ];
      const foreign = gateways.find(({ properties }) => properties.vpcId !== table?.properties.vpcId);
      return foreign === undefined
        ? undefined
        : new Refusal(
            "InvalidParameterValue",
            `route table ${text(call.inputs.routeTableId)} and network gateway ${foreign.id} belong to different networks`,
          );
    },
  },
  {
    id: "Gateway.NotAttached",
    type: "aws:ec2/natGateway:NatGateway",
    refuses: (call) =>
      siblings(call, INTERNET_GATEWAY).length === 0
        ? new Refusal("Gateway.NotAttached", `Network ${text(call.inputs.vpcId)} has no Internet gateway attached`)
        : undefined,
  },
  {
    id: "Resource.AlreadyAssociated: address",
    type: "aws:ec2/natGateway:NatGateway",
    refuses: (call) => {
      const path = "availabilityZoneAddresses[*].allocationIds[*]";
      const taken = others(call, "aws:ec2/natGateway:NatGateway").flatMap((each) => valuesAt(each.properties, path));
      const twice = valuesAt(call.inputs, path).find((id) => taken.includes(id));
      return twice === undefined
        ? undefined
        : new Refusal("Resource.AlreadyAssociated", `Elastic IP address [${text(twice)}] is already associated`);
    },
  },
  {
    id: "InvalidServiceName",
    type: "aws:ec2/vpcEndpoint:VpcEndpoint",
    refuses: ({ region, inputs }) =>
      inputs.serviceName === `com.amazonaws.${text(region)}.s3`
        ? undefined
        : new Refusal("InvalidServiceName", `The Vpc Endpoint Service '${text(inputs.serviceName)}' does not exist`),
  },
  {
    id: "RouteAlreadyExists: endpoint",
    type: "aws:ec2/vpcEndpoint:VpcEndpoint",
    refuses: (call) => {
      const taken = others(call, "aws:ec2/vpcEndpoint:VpcEndpoint").flatMap((each) =>
        valuesAt(each.properties, "routeTableIds[*]"),
      );
      const twice = valuesAt(call.inputs, "routeTableIds[*]").find((id) => taken.includes(id));
      return twice === undefined
        ? undefined
        : new Refusal("RouteAlreadyExists", `route table ${text(twice)} already has a route to this service`);
    },
  },
  {
    id: "NetworkAclEntryAlreadyExists",
    type: "aws:ec2/networkAcl:NetworkAcl",
    refuses: ({ inputs }) => {
      const twice = ["ingress[*].ruleNo", "egress[*].ruleNo"]
        .map((path) => valuesAt(inputs, path))
        .map((numbers) => numbers.find((number, i) => numbers.indexOf(number) !== i))
        .find((number) => number !== undefined);
      return twice === undefined
        ? undefined
        : new Refusal(
            "NetworkAclEntryAlreadyExists",
            `The network acl entry identified by ${text(twice)} already exists.`,
          );
    },
  },
  {
    id: "FlowLogAlreadyExists",
    type: "aws:ec2/flowLog:FlowLog",
    refuses: (call) =>
      siblings(call, "aws:ec2/flowLog:FlowLog").some(
        ({ properties }) =>
          properties.logDestination === call.inputs.logDestination &&
          properties.trafficType === call.inputs.trafficType,
      )
        ? new Refusal("FlowLogAlreadyExists", `There is an existing Flow Log with the same configuration.`)
        : undefined,
  },
  {
    id: "InvalidParameterValue: no such region",
    type: VPC,
    refuses: ({ region }) =>
      Object.hasOwn(regions.regions, region ?? "")
        ? undefined
        : new Refusal("InvalidParameterValue", `there is no region "${text(region)}"`),
  },
];

/** Entities of a type in the same VPC, without the one that is being changed. */
function siblings(call: Call, type: string): readonly Entity[] {
  return others(call, type).filter(({ properties }) => properties.vpcId === call.inputs.vpcId);
}

function overlap(a: Address4, b: Address4): boolean {
  return a.isInSubnet(b) || b.isInSubnet(a);
}

function sameBlock(a: Values[string] | undefined, b: Values[string] | undefined): boolean {
  return text(a) !== "" && new Address6(text(a)).canonicalForm() === new Address6(text(b)).canonicalForm();
}

function destination(inputs: Values): string {
  return DESTINATIONS.map((key) => text(inputs[key])).join("");
}
