import { Network, type NetworkArgs } from "../../components/network";
import { COMPUTED } from "../../infra/plan/wire";
import { alone, aloneInPreview, type Alone } from "./alone";

const ARGS: NetworkArgs = {
  region: "eu-central-1",
  cidr: "10.64.80.0/20",
  zones: [
    { id: "euc1-az2", number: 1 },
    { id: "euc1-az3", number: 2 },
  ],
  egress: "nat",
  flowLogs: "rejected",
  logRetention: 30,
};

function network(args: Partial<NetworkArgs> = {}): Promise<Alone> {
  return alone(() => {
    const made = new Network("net", { ...ARGS, ...args });
    return {
      egressAddresses: made.egressAddresses,
      natGatewayId: made.natGatewayId ?? null,
      publicSubnetIds: made.publicSubnetIds,
      nodeSubnetIds: made.nodeSubnetIds,
    };
  });
}

describe("a network with NAT", () => {
  let nat: Alone;

  beforeAll(async () => {
    nat = await network();
  });

  test("is dual stack with Amazon's IPv6 and resolves names", () => {
    expect(nat.inputs("Vpc", "net")).toEqual({
      region: "eu-central-1",
      cidrBlock: "10.64.80.0/20",
      assignGeneratedIpv6CidrBlock: true,
      enableDnsSupport: true,
      enableDnsHostnames: true,
    });
  });

  test.each([
    ["net-node-euc1-az2", "euc1-az2", "10.64.82.0/24", "2600:1f18:1234:5602::/64"],
    ["net-public-euc1-az2", "euc1-az2", "10.64.83.0/24", "2600:1f18:1234:5603::/64"],
    ["net-node-euc1-az3", "euc1-az3", "10.64.84.0/24", "2600:1f18:1234:5604::/64"],
    ["net-public-euc1-az3", "euc1-az3", "10.64.85.0/24", "2600:1f18:1234:5605::/64"],
  ])("has subnet %s of zone %s where the zone's number puts it", (name, zone, cidr, ipv6Cidr) => {
    expect(nat.inputs("Subnet", name)).toEqual({
      region: "eu-central-1",
      vpcId: "id-of-net",
      availabilityZoneId: zone,
      cidrBlock: cidr,
      ipv6CidrBlock: ipv6Cidr,
      assignIpv6AddressOnCreation: true,
    });
  });

  test("gives no public IPv4 address in any subnet", () => {
    expect(nat.all("Subnet")).toHaveLength(4);
    expect(nat.all("Subnet").filter(({ inputs }) => "mapPublicIpOnLaunch" in inputs)).toEqual([]);
  });

  test("associates every subnet with its role's route table", () => {
    const pairs = nat.all("RouteTableAssociation").map(({ inputs }) => [inputs.subnetId, inputs.routeTableId]);

    expect(pairs).toEqual([
      ["id-of-net-node-euc1-az2", "id-of-net-node"],
      ["id-of-net-node-euc1-az3", "id-of-net-node"],
      ["id-of-net-public-euc1-az2", "id-of-net-public"],
      ["id-of-net-public-euc1-az3", "id-of-net-public"],
    ]);
  });

  test("routes both families: the public subnets in and out, the nodes' out only", () => {
    const routes = nat.all("Route").map(({ inputs: { region: _, ...inputs } }) => inputs);

    expect(routes).toEqual([
      { routeTableId: "id-of-net-node", destinationCidrBlock: "0.0.0.0/0", natGatewayId: "id-of-net-nat" },
      {
        routeTableId: "id-of-net-node",
        destinationIpv6CidrBlock: "::/0",
        egressOnlyGatewayId: "id-of-net-egress-only",
      },
      { routeTableId: "id-of-net-public", destinationCidrBlock: "0.0.0.0/0", gatewayId: "id-of-net-internet" },
      { routeTableId: "id-of-net-public", destinationIpv6CidrBlock: "::/0", gatewayId: "id-of-net-internet" },
    ]);
  });

  test("has one regional NAT gateway in manual mode with one address of ours in exactly its zones", () => {
    expect(nat.all("NatGateway").map(({ inputs }) => inputs)).toEqual([
      {
        region: "eu-central-1",
        vpcId: "id-of-net",
        connectivityType: "public",
        availabilityMode: "regional",
        availabilityZoneAddresses: [
          { availabilityZoneId: "euc1-az2", allocationIds: ["allocation-of-net-nat-euc1-az2"] },
          { availabilityZoneId: "euc1-az3", allocationIds: ["allocation-of-net-nat-euc1-az3"] },
        ],
      },
    ]);
    expect(nat.names("Eip")).toEqual(["net-nat-euc1-az2", "net-nat-euc1-az3"]);
  });

  // AWS, "Regional NAT gateways": up to 60 minutes for a zone; terraform-provider-aws, vpc_nat_gateway.go: 10 minutes.
  test("gives the NAT gateway longer than the hour that a zone of it may take", () => {
    expect(nat.one("NatGateway", "net-nat").options).toMatchObject({
      customTimeouts: { create: "70m", update: "70m", delete: "70m" },
    });
  });

  test("makes addresses and NAT gateway when the VPC has its internet gateway", () => {
    const gateway = nat.one("InternetGateway", "net-internet").urn;

    for (const each of [...nat.all("Eip"), ...nat.all("NatGateway")]) {
      expect(each.dependencies).toContain(gateway);
    }
  });

  test("says its addresses, and that nodes live in the private subnets", () => {
    expect(nat.outputs).toEqual({
      egressAddresses: ["192.0.2.1", "192.0.2.1"],
      natGatewayId: "id-of-net-nat",
      publicSubnetIds: ["id-of-net-public-euc1-az2", "id-of-net-public-euc1-az3"],
      nodeSubnetIds: ["id-of-net-node-euc1-az2", "id-of-net-node-euc1-az3"],
    });
  });

  test("reaches S3 by a gateway endpoint in both route tables", () => {
    expect(nat.inputs("VpcEndpoint", "net-s3")).toEqual({
      region: "eu-central-1",
      vpcId: "id-of-net",
      vpcEndpointType: "Gateway",
      serviceName: "com.amazonaws.eu-central-1.s3",
      routeTableIds: ["id-of-net-public", "id-of-net-node"],
    });
  });

  describe("has a network ACL", () => {
    const all = { action: "allow", protocol: "-1", fromPort: 0, toPort: 0 };
    const deny = (port: number) => ({ action: "deny", protocol: "tcp", fromPort: port, toPort: port });
    const acl = () => nat.inputs("NetworkAcl", "net-subnets");

    test("on every subnet", () => {
      expect(acl().subnetIds).toEqual([
        "id-of-net-public-euc1-az2",
        "id-of-net-public-euc1-az3",
        "id-of-net-node-euc1-az2",
        "id-of-net-node-euc1-az3",
      ]);
    });

    test("that lets in what is of the VPC, then no 22 and no 3389 of either family, then all else", () => {
      expect(acl().ingress).toEqual([
        { ruleNo: 90, ...all, cidrBlock: "10.64.80.0/20" },
        { ruleNo: 100, ...deny(22), cidrBlock: "0.0.0.0/0" },
        { ruleNo: 101, ...deny(22), ipv6CidrBlock: "::/0" },
        { ruleNo: 110, ...deny(3389), cidrBlock: "0.0.0.0/0" },
        { ruleNo: 111, ...deny(3389), ipv6CidrBlock: "::/0" },
        { ruleNo: 200, ...all, cidrBlock: "0.0.0.0/0" },
        { ruleNo: 201, ...all, ipv6CidrBlock: "::/0" },
      ]);
    });

    test("that lets everything of both families out: answers too must pass it", () => {
      expect(acl().egress).toEqual([
        { ruleNo: 200, ...all, cidrBlock: "0.0.0.0/0" },
        { ruleNo: 201, ...all, ipv6CidrBlock: "::/0" },
      ]);
    });

    test("and the default one is emptied only when no subnet uses it", () => {
      const emptied = nat.one("DefaultNetworkAcl", "net-default");

      expect(emptied.inputs).toEqual({ region: "eu-central-1", defaultNetworkAclId: "acl-of-net" });
      expect(emptied.dependencies).toContain(nat.one("NetworkAcl", "net-subnets").urn);
    });

    test("and a new subnet that is in the default one for a moment is no drift to put right", () => {
      expect(nat.one("DefaultNetworkAcl", "net-default").options).toEqual({ ignoreChanges: ["subnetIds"] });
    });
  });

  test("leaves the default security group without a rule", () => {
    expect(nat.inputs("DefaultSecurityGroup", "net-default")).toEqual({ region: "eu-central-1", vpcId: "id-of-net" });
    expect(nat.registrations.filter(({ type }) => type.includes("SecurityGroupRule"))).toEqual([]);
  });

  test("logs rejected connections to its bucket as Parquet in hourly folders", () => {
    expect(nat.inputs("FlowLog", "net-flow-log")).toEqual({
      region: "eu-central-1",
      vpcId: "id-of-net",
      trafficType: "REJECT",
      logDestinationType: "s3",
      logDestination: "arn:aws:made:up:111122223333:net-logs",
      destinationOptions: { fileFormat: "parquet", perHourPartition: true },
    });
  });

  test("turns flow logs on when the bucket's policy stands", () => {
    expect(nat.one("FlowLog", "net-flow-log").dependencies).toContain(nat.one("BucketPolicy", "net-logs-policy").urn);
  });

  test("has every resource below itself and in its region", () => {
    expect(nat.component("net")).toMatchObject({ type: "footprint:network:Network", parent: null });
    expect(nat.registrations.filter(({ custom, inputs }) => custom && inputs.region !== "eu-central-1")).toEqual([]);
    expect(nat.registrations.filter(({ parent }) => parent === null)).toHaveLength(1);
  });
});

describe("a network on its way from NAT to direct egress", () => {
  test("has both: new nodes stand in public subnets, and those that run keep their gateway and its addresses", async () => {
    const [both, nat, direct] = [
      await network({ egress: "both" }),
      await network(),
      await network({ egress: "direct" }),
    ];

    expect(both.outputs).toMatchObject({
      egressAddresses: ["192.0.2.1", "192.0.2.1"],
      nodeSubnetIds: ["id-of-net-public-euc1-az2", "id-of-net-public-euc1-az3"],
    });
    expect(both.registrations).toEqual(nat.registrations);
    const gone = nat.registrations.filter(({ urn }) => direct.registrations.every((each) => each.urn !== urn));
    expect(gone.map(({ name }) => name).sort()).toEqual([
      "net-nat",
      "net-nat-euc1-az2",
      "net-nat-euc1-az3",
      "net-node-ipv4",
    ]);
  });
});

test("what one network alone can have leaves the former one before it comes to another, or is made anew", async () => {
  const made = await network();

  expect(made.one("NatGateway", "net-nat").options).toMatchObject({ deleteBeforeReplace: true });
  expect(made.one("InternetGateway", "net-internet").options).toEqual({ replaceOnChanges: ["vpcId"] });
});

describe("a network with direct egress", () => {
  let direct: Alone;

  beforeAll(async () => {
    direct = await network({ egress: "direct", flowLogs: "all" });
  });

  test("has neither NAT gateway nor address, and no IPv4 route from the private subnets", () => {
    expect(direct.all("NatGateway")).toEqual([]);
    expect(direct.all("Eip")).toEqual([]);
    expect(direct.names("Route")).toEqual(["net-node-ipv6", "net-public-ipv4", "net-public-ipv6"]);
  });

  test("has its nodes in the public subnets, and no addresses to allow", () => {
    const publicSubnetIds = ["id-of-net-public-euc1-az2", "id-of-net-public-euc1-az3"];

    expect(direct.outputs).toEqual({
      egressAddresses: [],
      natGatewayId: null,
      publicSubnetIds,
      nodeSubnetIds: publicSubnetIds,
    });
  });

  test("keeps the private subnets, so that going over to NAT removes no subnet in use", async () => {
    expect(direct.names("Subnet")).toEqual((await network()).names("Subnet"));
  });

  test("logs all connections when told to", () => {
    expect(direct.inputs("FlowLog", "net-flow-log").trafficType).toBe("ALL");
  });
});

test("a zone more adds its subnets and moves no other's", async () => {
  const blocks = (one: Alone) => one.all("Subnet").map(({ name, inputs }) => [name, inputs.cidrBlock]);

  const two = blocks(await network());
  const three = blocks(await network({ zones: [{ id: "euc1-az1", number: 0 }, ...ARGS.zones] }));

  expect(three).toEqual(expect.arrayContaining(two));
  expect(three).toHaveLength(6);
});

test("a preview, in which nothing is known, has the same resources", async () => {
  const preview = await aloneInPreview(() => {
    new Network("net", ARGS);
  });

  const urns = (one: Alone) => one.registrations.map(({ urn }) => urn);
  expect(urns(preview)).toEqual(urns(await network()));
  expect(preview.inputs("Subnet", "net-node-euc1-az2").ipv6CidrBlock).toBe(COMPUTED);
});
