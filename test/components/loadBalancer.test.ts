import * as pulumi from "@pulumi/pulumi";
import { LoadBalancer, type LoadBalancerArgs } from "../../components/loadBalancer";
import { standing } from "../../components/order";
import { alone, standIn, type Alone } from "./alone";

const REGION = "eu-central-1";
const WORLD = { cidrIpv4: "0.0.0.0/0" };
const WORLD_IPV6 = { cidrIpv6: "::/0" };

function args(changed: Partial<LoadBalancerArgs> = {}): LoadBalancerArgs {
  return {
    region: REGION,
    vpcId: "vpc-1",
    internetGatewayId: standIn("gateway").id,
    subnetIds: ["subnet-1", "subnet-2"],
    crossZone: false,
    tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    defaultCertificateArn: "arn:default",
    certificateArns: { "cdn.example.com": "arn:cdn", "img.example.com": "arn:img" },
    logs: {
      bucketName: pulumi.output("logs"),
      bucketArn: pulumi.output("arn:logs"),
      ready: standing([standIn("policy")]),
    },
    protection: true,
    ...changed,
  };
}

function loadBalancer(changed: Partial<LoadBalancerArgs> = {}): Promise<Alone> {
  return alone(() => {
    const { ready, certificates, ...made } = new LoadBalancer("door", args(changed));
    return {
      dnsName: made.dnsName,
      zoneId: made.zoneId,
      arnSuffix: made.arnSuffix,
      httpsTargetGroupArnSuffix: made.httpsTargetGroupArnSuffix,
      targetGroupArns: made.targetGroupArns,
      securityGroupId: made.securityGroupId,
      ready,
      certificates,
    };
  });
}

describe("a load balancer", () => {
  let door: Alone;

  beforeAll(async () => {
    door = await loadBalancer();
  });

  test("faces the internet on both families, with its security group from the start and access logs", () => {
    expect(door.inputs("LoadBalancer", "door")).toEqual({
      region: REGION,
      loadBalancerType: "network",
      internal: false,
      ipAddressType: "dualstack",
      subnets: ["subnet-1", "subnet-2"],
      securityGroups: ["id-of-door"],
      enableCrossZoneLoadBalancing: false,
      enableDeletionProtection: true,
      enableZonalShift: true,
      accessLogs: { enabled: true, bucket: "logs" },
    });
  });

  test("waits with its access logs for the bucket's policy", () => {
    expect(door.one("LoadBalancer", "door").dependencies).toContain(door.one("Topic", "policy").urn);
  });

  test("waits for the internet gateway, without which AWS refuses it", () => {
    expect(door.one("LoadBalancer", "door").dependencies).toContain(door.one("Topic", "gateway").urn);
  });

  test("is protected by Pulumi too", () => {
    expect(door.one("LoadBalancer", "door").options).toMatchObject({ protect: true });
  });

  test("is made anew in another network, and its target groups with it: each is with one load balancer", () => {
    const { options, urn } = door.one("LoadBalancer", "door");

    expect(options).toMatchObject({ replacementTrigger: "vpc-1" });
    for (const role of ["https", "http"]) {
      const group = door.one("TargetGroup", `door-${role}`);
      expect(group.options).toEqual({ replacementTrigger: "arn:aws:made:up:111122223333:door" });
      expect(group.dependencies).toContain(urn);
    }
  });

  test.each([
    ["https-ipv4", { ...WORLD, ipProtocol: "tcp", fromPort: 443, toPort: 443 }],
    ["https-ipv6", { ...WORLD_IPV6, ipProtocol: "tcp", fromPort: 443, toPort: 443 }],
    ["http-ipv4", { ...WORLD, ipProtocol: "tcp", fromPort: 80, toPort: 80 }],
    ["http-ipv6", { ...WORLD_IPV6, ipProtocol: "tcp", fromPort: 80, toPort: 80 }],
    // ICMP's "ports" are type and code: 3/4 fragmentation needed, ICMPv6 2/0 packet too big.
    ["mtu-ipv4", { ...WORLD, ipProtocol: "icmp", fromPort: 3, toPort: 4 }],
    ["mtu-ipv6", { ...WORLD_IPV6, ipProtocol: "icmpv6", fromPort: 2, toPort: 0 }],
  ])("lets in %s from the world, and says why", (role, rule) => {
    const { description, ...inputs } = door.inputs("SecurityGroupIngressRule", `door-from-world-${role}`);

    expect(inputs).toEqual({ region: REGION, securityGroupId: "id-of-door", ...rule });
    expect(description).toMatch(/^(HTTP|Path MTU)/);
  });

  test("has no rule but these six, and none in its security group itself", () => {
    expect(door.all("SecurityGroupIngressRule")).toHaveLength(6);
    expect(door.all("SecurityGroupEgressRule")).toEqual([]);
    expect(door.inputs("SecurityGroup", "door")).toEqual({
      region: REGION,
      vpcId: "vpc-1",
      description: "Load balancer: HTTP and HTTPS from the world, nodes behind it",
    });
  });

  describe.each([
    ["https", 8443],
    ["http", 8080],
  ])("target group %s", (role, port) => {
    const inputs = () => door.inputs("TargetGroup", `door-${role}`);

    test("takes instances by TCP over IPv4 on the nodes' port", () => {
      expect(inputs()).toMatchObject({
        region: REGION,
        vpcId: "vpc-1",
        targetType: "instance",
        ipAddressType: "ipv4",
        protocol: "TCP",
        port,
      });
    });

    test("hands the client's address on by PROXY protocol v2 alone", () => {
      expect(inputs()).toMatchObject({ proxyProtocolV2: true, preserveClientIp: "false" });
    });

    test("resets no connection, neither of a node that leaves nor of one that is unhealthy", () => {
      expect(inputs()).toMatchObject({
        connectionTermination: false,
        deregistrationDelay: 180,
        targetHealthStates: [{ enableUnhealthyConnectionTermination: false, unhealthyDrainingInterval: 120 }],
      });
    });

    test("asks the nodes' health port over HTTP and finds a dead node within 30 s (P29)", () => {
      expect(inputs().healthCheck).toEqual({
        protocol: "HTTP",
        port: "8089",
        path: "/health",
        matcher: "200",
        interval: 10,
        timeout: 5,
        unhealthyThreshold: 3,
        healthyThreshold: 2,
      });
    });

    test("has nothing else", () => {
      expect(Object.keys(inputs()).sort()).toEqual([
        "connectionTermination",
        "deregistrationDelay",
        "healthCheck",
        "ipAddressType",
        "port",
        "preserveClientIp",
        "protocol",
        "proxyProtocolV2",
        "region",
        "targetHealthStates",
        "targetType",
        "vpcId",
      ]);
    });
  });

  test("ends TLS with the given policy, offers HTTP/2 and forwards to the traffic port", () => {
    expect(door.inputs("Listener", "door-https")).toEqual({
      region: REGION,
      loadBalancerArn: "arn:aws:made:up:111122223333:door",
      protocol: "TLS",
      port: 443,
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
      alpnPolicy: "HTTP2Preferred",
      certificateArn: "arn:default",
      defaultActions: [{ type: "forward", targetGroupArn: "arn:aws:made:up:111122223333:door-https" }],
    });
  });

  test("forwards port 80 to the redirect port, as it comes", () => {
    expect(door.inputs("Listener", "door-http")).toEqual({
      region: REGION,
      loadBalancerArn: "arn:aws:made:up:111122223333:door",
      protocol: "TCP",
      port: 80,
      defaultActions: [{ type: "forward", targetGroupArn: "arn:aws:made:up:111122223333:door-http" }],
    });
  });

  test("has no third listener: no QUIC", () => {
    expect(door.names("Listener")).toEqual(["door-http", "door-https"]);
  });

  test.each([
    ["cdn.example.com", "arn:cdn"],
    ["img.example.com", "arn:img"],
  ])("serves %s its own certificate by SNI", (host, certificateArn) => {
    expect(door.inputs("ListenerCertificate", `door-${host}`)).toEqual({
      region: REGION,
      listenerArn: "arn:aws:made:up:111122223333:door-https",
      certificateArn,
    });
  });

  test("says what DNS and the nodes need of it", () => {
    const rules = door.all("SecurityGroupIngressRule").map(({ urn }) => urn);
    const listeners = door.all("Listener").map(({ urn }) => urn);
    const { ready, certificates, ...said } = door.outputs as Record<string, string[]>;

    expect(said).toEqual({
      dnsName: "door.elb.example.org",
      zoneId: "zone-of-door",
      arnSuffix: "net/door/0123456789abcdef",
      httpsTargetGroupArnSuffix: "targetgroup/door-https/0123456789abcdef",
      targetGroupArns: ["arn:aws:made:up:111122223333:door-https", "arn:aws:made:up:111122223333:door-http"],
      securityGroupId: "id-of-door",
    });
    expect([...(ready ?? [])].sort()).toEqual([...listeners, ...rules].sort());
    expect(certificates).toEqual({
      "cdn.example.com": door.one("ListenerCertificate", "door-cdn.example.com").urn,
      "img.example.com": door.one("ListenerCertificate", "door-img.example.com").urn,
    });
  });
});

test("an unprotected load balancer can be deleted, by Pulumi and by AWS", async () => {
  const door = await loadBalancer({ protection: false, crossZone: true });

  expect(door.one("LoadBalancer", "door")).toMatchObject({
    options: {},
    inputs: { enableDeletionProtection: false, enableCrossZoneLoadBalancing: true },
  });
});

describe("a load balancer's name", () => {
  const named = (name: string) => alone(() => new LoadBalancer(name, args()));

  test("may be as long as its target groups' names allow", async () => {
    await expect(named("x".repeat(18))).resolves.toBeDefined();
  });

  test("rejects one that is longer, before it has a child", async () => {
    const seen = new Set<string>();
    const transformations = [({ type }: pulumi.ResourceTransformationArgs) => void seen.add(type)];

    await expect(
      alone(() => {
        const given = args({ logs: { bucketName: pulumi.output("logs"), bucketArn: pulumi.output("arn"), ready: [] } });
        return new LoadBalancer("n".repeat(19), given, { transformations });
      }),
    ).rejects.toThrow(/^name: "n{19}-https" has 25 characters, at most 24 are allowed$/);
    expect([...seen]).toEqual(["footprint:loadBalancer:LoadBalancer"]);
  });

  test("rejects every name that is too long at once", async () => {
    await expect(named("n".repeat(25))).rejects.toThrow(
      new RegExp(
        [
          '^name: "n{25}" has 25 characters, at most 24 are allowed',
          'name: "n{25}-https" has 31 characters, at most 24 are allowed',
          'name: "n{25}-http" has 30 characters, at most 24 are allowed$',
        ].join("\n"),
      ),
    );
  });
});
