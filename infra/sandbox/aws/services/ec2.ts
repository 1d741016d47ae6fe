import regions from "../../../config/data/regions.json";
import { ACCOUNT, arn, below, ec2Id, having, type Context, type Kinds } from "../kind";
import { text } from "../values";

const identified =
  (kind: string) =>
  ({ id, region }: Context) => ({ arn: arn("ec2", region, `${kind}/${id}`) });
const owned = (kind: string) => (context: Context) => ({ ...identified(kind)(context), ownerId: ACCOUNT });

/** AWS's own list of S3's addresses in a region: it exists before and after any endpoint. */
function s3PrefixList({ region, sharedHex }: Pick<Context, "region" | "sharedHex">): string {
  return `pl-${sharedHex(`s3 prefix list ${region}`, 8)}`;
}

/** Zone names are the region with a letter; which one a zone id gets differs by account. Here: in the table's order. */
export function zoneName(region: string, zoneId: string): string | undefined {
  const table: Readonly<Record<string, { readonly zones: readonly { readonly id: string }[] }>> = regions.regions;
  const index = table[region]?.zones.findIndex(({ id }) => id === zoneId) ?? -1;
  return index === -1 ? undefined : `${region}${String.fromCharCode("a".charCodeAt(0) + index)}`;
}

/** An IPv4 address of 198.18.0.0/15, which is set aside for tests. */
function address(hex: string): string {
  const number = below(2 ** 17, hex);
  return `198.${18 + Math.floor(number / 65536)}.${Math.floor(number / 256) % 256}.${number % 256}`;
}

/** Networks and what stands in them. */
export const ec2: Kinds = {
  "aws:ec2/vpc:Vpc": {
    regional: true,
    tagged: true,
    defaults: { enableDnsSupport: true, instanceTenancy: "default" },
    id: ec2Id("vpc"),
    computed: (context) => ({
      ...owned("vpc")(context),
      defaultNetworkAclId: `acl-${context.hex("default acl", 17)}`,
      defaultRouteTableId: `rtb-${context.hex("main", 17)}`,
      mainRouteTableId: `rtb-${context.hex("main", 17)}`,
      defaultSecurityGroupId: `sg-${context.hex("default sg", 17)}`,
      dhcpOptionsId: `dopt-${context.hex("dhcp", 17)}`,
      ipv6AssociationId:
        context.inputs.assignGeneratedIpv6CidrBlock === true ? `vpc-cidr-assoc-${context.hex("ipv6", 17)}` : "",
      // Of 2001:db8::/32, which is set aside for documentation; Amazon gives a /56 like this.
      ipv6CidrBlock:
        context.inputs.assignGeneratedIpv6CidrBlock === true
          ? `2001:db8:${context.hex("ipv6 block", 4)}:${context.hex("ipv6 part", 2)}00::/56`
          : "",
    }),
  },
  "aws:ec2/subnet:Subnet": {
    regional: true,
    tagged: true,
    defaults: { assignIpv6AddressOnCreation: false, enableDns64: false, ipv6Native: false, mapPublicIpOnLaunch: false },
    id: ec2Id("subnet"),
    computed: (context) => ({
      ...owned("subnet")(context),
      availabilityZone: zoneName(context.region, text(context.inputs.availabilityZoneId)) ?? "",
      ipv6CidrBlockAssociationId: `subnet-cidr-assoc-${context.hex("ipv6", 17)}`,
      privateDnsHostnameTypeOnLaunch: "ip-name",
    }),
  },
  "aws:ec2/internetGateway:InternetGateway": {
    regional: true,
    tagged: true,
    id: ec2Id("igw"),
    computed: owned("internet-gateway"),
  },
  "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": { regional: true, tagged: true, id: ec2Id("eigw") },
  "aws:ec2/routeTable:RouteTable": {
    regional: true,
    tagged: true,
    id: ec2Id("rtb"),
    computed: owned("route-table"),
  },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": { regional: true, id: ec2Id("rtbassoc") },
  "aws:ec2/route:Route": {
    regional: true,
    id: ({ inputs, hex }) => `r-${text(inputs.routeTableId)}${below(1e10, hex("route", 12))}`,
    computed: () => ({ origin: "CreateRoute", state: "active" }),
  },
  "aws:ec2/eip:Eip": {
    regional: true,
    tagged: true,
    id: ec2Id("eipalloc"),
    computed: ({ id, region, hex }) => {
      const publicIp = address(hex("address", 12));
      return {
        allocationId: id,
        arn: arn("ec2", region, `elastic-ip/${id}`),
        networkBorderGroup: region,
        publicDns: `ec2-${publicIp.replaceAll(".", "-")}.${region === "us-east-1" ? "compute-1" : `${region}.compute`}.amazonaws.com`,
        publicIp,
        publicIpv4Pool: "amazon",
      };
    },
  },
  "aws:ec2/natGateway:NatGateway": {
    regional: true,
    tagged: true,
    defaults: { connectivityType: "public" },
    id: ec2Id("nat"),
    computed: ({ inputs, hex }) => ({
      autoProvisionZones: inputs.availabilityZoneAddresses === undefined ? "enabled" : "disabled",
      autoScalingIps: inputs.availabilityZoneAddresses === undefined ? "enabled" : "disabled",
      routeTableId: `rtb-${hex("nat", 17)}`,
    }),
  },
  "aws:ec2/vpcEndpoint:VpcEndpoint": {
    regional: true,
    tagged: true,
    defaults: { vpcEndpointType: "Gateway" },
    id: ec2Id("vpce"),
    computed: (context) => ({
      ...owned("vpc-endpoint")(context),
      prefixListId: s3PrefixList(context),
      requesterManaged: false,
      state: "available",
    }),
  },
  "aws:ec2/networkAcl:NetworkAcl": {
    regional: true,
    tagged: true,
    id: ec2Id("acl"),
    computed: owned("network-acl"),
  },
  "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": {
    regional: true,
    tagged: true,
    id: ({ inputs }) => text(inputs.defaultNetworkAclId),
    computed: (context) => ({
      ...owned("network-acl")(context),
      vpcId: having(context, "aws:ec2/vpc:Vpc", "defaultNetworkAclId", context.inputs.defaultNetworkAclId)?.id ?? "",
    }),
  },
  "aws:ec2/flowLog:FlowLog": {
    regional: true,
    tagged: true,
    defaults: { maxAggregationInterval: 600 },
    id: ec2Id("fl"),
    computed: (context) => ({
      ...identified("vpc-flow-log")(context),
      logFormat:
        "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}",
    }),
  },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    regional: true,
    tagged: true,
    naming: { property: "name", longest: 128 },
    id: ec2Id("lt"),
    computed: (context) => {
      const former = context.former?.properties;
      const latest = Number(former?.latestVersion ?? 0);
      const isNew = former === undefined || newVersion(context.changed);
      const latestVersion = isNew ? latest + 1 : latest;
      return {
        ...identified("launch-template")(context),
        latestVersion,
        defaultVersion: context.inputs.updateDefaultVersion === true ? latestVersion : (former?.defaultVersion ?? 1),
      };
    },
    // For any key but these, tags too (terraform-provider-aws, ec2_launch_template.go, CustomizeDiff): the preview says
    // that there will be a version, and the update makes none for a tag.
    renewed: (changed) =>
      changed.some((key) => !["description", "name", "namePrefix"].includes(key))
        ? ["latestVersion", "defaultVersion"]
        : [],
  },
};

/** Tags of the template itself, and which version is the default, are no part of a version. */
function newVersion(changed: readonly string[]): boolean {
  return changed.some((key) => !["tags", "updateDefaultVersion", "defaultVersion"].includes(key));
}
