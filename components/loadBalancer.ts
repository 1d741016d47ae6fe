import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { LogDestination } from "./logBucket";
import { checkNames, LOAD_BALANCER_NAME_LIMIT } from "./names";
import { NODE_HEALTH_PATH, NODE_PORTS } from "./node/ports";
import { TIMING } from "./node/timing";
import { allOf, standing } from "./order";
import { refuse, unlessOneOf } from "./refuse";
import { TlsPolicy } from "./tlsPolicies";

export interface LoadBalancerArgs {
  region: string;
  vpcId: pulumi.Input<string>;
  /** The VPC's: AWS refuses an internet-facing load balancer without one, and to take it away before. */
  internetGatewayId: pulumi.Input<string>;
  /** One public subnet per zone. The load balancer is made anew unless their number grows. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /** Spread connections over all zones; traffic between zones is billed. Off, every zone needs a healthy node. */
  crossZone: boolean;
  /** TLS security policy, of an allow-list: one that knows only TLS 1.3 would fail Route 53's health checks. */
  tlsPolicy: TlsPolicy;
  /** ARN of the validated certificate that a client gets who names no host, or an unknown one. */
  defaultCertificateArn: pulumi.Input<string>;
  /** Validated certificate of each host, chosen by SNI. */
  certificateArns: Record<string, pulumi.Input<string>>;
  logs: LogDestination;
  /** Refuse deletion, by Pulumi and by AWS. */
  protection: boolean;
}

/** What the nodes behind a load balancer need of it. */
export interface TrafficSource {
  readonly securityGroupId: pulumi.Input<string>;
  readonly targetGroupArns: pulumi.Input<pulumi.Input<string>[]>;
  /** URNs of what stands when traffic that arrives is forwarded. */
  readonly ready: pulumi.Input<string[]>;
}

/**
 * A PoP's door: an internet-facing, dual-stack Network Load Balancer that ends TLS.
 *
 * ```ts
 * const door = new LoadBalancer("edge-lb", {
 *   region: "eu-central-1", vpcId, internetGatewayId, subnetIds, crossZone: false,
 *   tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
 *   defaultCertificateArn, certificateArns: { "cdn.example.com": arn }, logs, protection: true,
 * });
 * ```
 *
 * Creates the load balancer, its security group (80, 443 and path-MTU discovery from the world), a TLS listener with
 * ALPN for HTTP/2 and one certificate per host, a listener for port 80, and a target group for each, both of which
 * hand the client's address on by PROXY protocol v2. HTTP/3 is not offered: an NLB's QUIC listener goes neither with
 * security groups nor with dual stack, and wants a server id per target that an Auto Scaling group cannot give.
 *
 * Costs a month: the load balancer's hours, its capacity units by traffic, and $0.005 per hour for the public IPv4
 * address of each zone (us-east-1 list price of 2024-26; `footprint plan` shows the region's).
 *
 * @throws ResourceError when the name is longer than a target group's name allows, or the TLS policy is not of the list
 */
export class LoadBalancer extends pulumi.ComponentResource implements TrafficSource {
  readonly arnSuffix: pulumi.Output<string>;
  readonly dnsName: pulumi.Output<string>;
  /** The hosted zone of `dnsName`, for alias records. */
  readonly zoneId: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  readonly targetGroupArns: pulumi.Output<string>[];
  /** The group whose health stands for the nodes': both groups ask the same port. */
  readonly httpsTargetGroupArnSuffix: pulumi.Output<string>;
  readonly ready: pulumi.Output<string[]>;
  /** URN of the listener's certificate of each host: until that stands, the host gets the default one. */
  readonly certificates: Record<string, pulumi.Output<string>>;

  constructor(name: string, args: LoadBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:loadBalancer:LoadBalancer", name, {}, opts);
    refuse(this, unlessOneOf("tlsPolicy", args.tlsPolicy, TlsPolicy));
    checkNames(this, [name, `${name}-https`, `${name}-http`], LOAD_BALANCER_NAME_LIMIT);
    const { region, vpcId } = args;
    const child = { parent: this };

    const securityGroup = new aws.ec2.SecurityGroup(
      name,
      { region, vpcId, description: "Load balancer: HTTP and HTTPS from the world, nodes behind it" },
      child,
    );
    const rules = INBOUND.map(
      ({ role, ...rule }) =>
        new aws.vpc.SecurityGroupIngressRule(
          `${name}-from-world-${role}`,
          { region, securityGroupId: securityGroup.id, ...rule },
          child,
        ),
    );

    const loadBalancer = new aws.lb.LoadBalancer(
      name,
      {
        region,
        loadBalancerType: "network",
        internal: false,
        ipAddressType: "dualstack",
        subnets: args.subnetIds,
        // Only possible at creation: a load balancer made without a group never takes one.
        securityGroups: [securityGroup.id],
        enableCrossZoneLoadBalancing: args.crossZone,
        enableDeletionProtection: args.protection,
        enableZonalShift: true,
        accessLogs: { enabled: true, bucket: args.logs.bucketName },
      },
      {
        ...child,
        protect: args.protection,
        dependsOn: allOf(args.internetGatewayId, args.logs.ready),
        // One network's subnets cannot become another's, also when there are more of them than before.
        replacementTrigger: vpcId,
      },
    );

    const targetGroup = (role: "https" | "http", port: number) =>
      new aws.lb.TargetGroup(
        `${name}-${role}`,
        {
          region,
          vpcId,
          targetType: "instance",
          ipAddressType: "ipv4",
          protocol: "TCP",
          port,
          proxyProtocolV2: true,
          // On by default for instances, where it fails now and then when two connections look alike to a node.
          preserveClientIp: "false",
          deregistrationDelay: TIMING.deregistrationDelay,
          // The node ends connections itself, with `Connection: close` and GOAWAY; a reset would cut responses off.
          connectionTermination: false,
          targetHealthStates: [
            { enableUnhealthyConnectionTermination: false, unhealthyDrainingInterval: TIMING.unhealthyDraining },
          ],
          healthCheck: {
            protocol: "HTTP",
            port: String(NODE_PORTS.health),
            path: NODE_HEALTH_PATH,
            matcher: "200",
            interval: TIMING.targetCheckInterval,
            timeout: TIMING.targetCheckTimeout,
            unhealthyThreshold: TIMING.targetUnhealthyThreshold,
            healthyThreshold: TIMING.targetHealthyThreshold,
          },
        },
        // A target group is with one load balancer, and the listeners of a new one come before those of the former go.
        { ...child, dependsOn: loadBalancer, replacementTrigger: loadBalancer.arn },
      );
    const https = targetGroup("https", NODE_PORTS.traffic);
    const http = targetGroup("http", NODE_PORTS.redirect);

    const httpsListener = new aws.lb.Listener(
      `${name}-https`,
      {
        region,
        loadBalancerArn: loadBalancer.arn,
        protocol: "TLS",
        port: 443,
        sslPolicy: args.tlsPolicy,
        alpnPolicy: "HTTP2Preferred",
        certificateArn: args.defaultCertificateArn,
        defaultActions: [{ type: "forward", targetGroupArn: https.arn }],
      },
      child,
    );
    const httpListener = new aws.lb.Listener(
      `${name}-http`,
      {
        region,
        loadBalancerArn: loadBalancer.arn,
        protocol: "TCP",
        port: 80,
        defaultActions: [{ type: "forward", targetGroupArn: http.arn }],
      },
      child,
    );
    this.certificates = Object.fromEntries(
      Object.entries(args.certificateArns).map(([host, certificateArn]) => [
        host,
        new aws.lb.ListenerCertificate(
          `${name}-${host}`,
          { region, listenerArn: httpsListener.arn, certificateArn },
          child,
        ).urn,
      ]),
    );

    this.arnSuffix = loadBalancer.arnSuffix;
    this.dnsName = loadBalancer.dnsName;
    this.zoneId = loadBalancer.zoneId;
    this.securityGroupId = securityGroup.id;
    this.targetGroupArns = [https.arn, http.arn];
    this.httpsTargetGroupArnSuffix = https.arnSuffix;
    this.ready = standing([httpsListener, httpListener, ...rules]);
    this.registerOutputs({ dnsName: this.dnsName, zoneId: this.zoneId });
  }
}

/** All that the world may send: one rule per port and family, and the two ICMP types of path-MTU discovery. */
const INBOUND = [
  { role: "https-ipv4", description: "HTTPS", ...tcp(443), cidrIpv4: "0.0.0.0/0" },
  { role: "https-ipv6", description: "HTTPS", ...tcp(443), cidrIpv6: "::/0" },
  { role: "http-ipv4", description: "HTTP, to be redirected", ...tcp(80), cidrIpv4: "0.0.0.0/0" },
  { role: "http-ipv6", description: "HTTP, to be redirected", ...tcp(80), cidrIpv6: "::/0" },
  {
    role: "mtu-ipv4",
    description: "Path MTU discovery: fragmentation needed",
    ipProtocol: "icmp",
    fromPort: 3,
    toPort: 4,
    cidrIpv4: "0.0.0.0/0",
  },
  {
    role: "mtu-ipv6",
    description: "Path MTU discovery: packet too big",
    ipProtocol: "icmpv6",
    fromPort: 2,
    toPort: 0,
    cidrIpv6: "::/0",
  },
];

function tcp(port: number) {
  return { ipProtocol: "tcp", fromPort: port, toPort: port };
}
