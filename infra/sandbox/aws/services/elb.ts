import loadBalancerZones from "../data/loadBalancerZones.json";
import { arn, having, type Kinds } from "../kind";
import { isList, text } from "../values";

const zones: Readonly<Record<string, string>> = loadBalancerZones.regions;

/** Network Load Balancers. */
export const elb: Kinds = {
  "aws:lb/loadBalancer:LoadBalancer": {
    regional: true,
    tagged: true,
    naming: { property: "name", longest: 32 },
    // internal/service/elbv2/load_balancer.go; what is for Application Load Balancers alone is left out.
    defaults: {
      dnsRecordClientRoutingPolicy: "any_availability_zone",
      enableCrossZoneLoadBalancing: false,
      enableDeletionProtection: false,
      enableZonalShift: false,
    },
    id: ({ region, inputs, hex }) =>
      arn("elasticloadbalancing", region, `loadbalancer/net/${text(inputs.name)}/${hex("lb", 16)}`),
    computed: (context) => {
      const { id, region, inputs } = context;
      const suffix = id.slice(id.indexOf("loadbalancer/") + "loadbalancer/".length);
      const subnets = isList(inputs.subnets) ? inputs.subnets : [];
      return {
        arn: id,
        arnSuffix: suffix,
        dnsName: `${suffix.split("/").slice(1).join("-")}.elb.${region}.amazonaws.com`,
        zoneId: zones[region] ?? "",
        vpcId: having(context, "aws:ec2/subnet:Subnet", "id", subnets[0])?.properties.vpcId ?? "",
        subnetMappings: subnets.map((subnetId) => ({ subnetId })),
        enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: isList(inputs.securityGroups) ? "on" : "",
        internal: false,
        ipAddressType: "ipv4",
        secondaryIpsAutoAssignedPerSubnet: 0,
      };
    },
  },
  "aws:lb/targetGroup:TargetGroup": {
    regional: true,
    tagged: true,
    naming: { property: "name", longest: 32 },
    defaults: { deregistrationDelay: 300, proxyProtocolV2: false, slowStart: 0, targetType: "instance" },
    id: ({ region, inputs, hex }) =>
      arn("elasticloadbalancing", region, `targetgroup/${text(inputs.name)}/${hex("tg", 16)}`),
    // `loadBalancerArns` is left out: it changes with every listener, and nothing here reads it.
    computed: ({ id }) => ({ arn: id, arnSuffix: id.slice(id.indexOf("targetgroup/")) }),
  },
  "aws:lb/listener:Listener": {
    regional: true,
    tagged: true,
    id: ({ inputs, hex }) =>
      `${text(inputs.loadBalancerArn).replace(":loadbalancer/", ":listener/")}/${hex("listener", 16)}`,
    computed: ({ id }) => ({ arn: id, tcpIdleTimeoutSeconds: 350 }),
  },
  "aws:lb/listenerCertificate:ListenerCertificate": {
    regional: true,
    id: ({ inputs }) => `${text(inputs.listenerArn)}_${text(inputs.certificateArn)}`,
  },
};
