import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { NODE_PORTS, PEER_PORTS } from "../node/ports";

export interface SecurityRuleOptions {
  readonly region: string;
  readonly securityGroupId: pulumi.Input<string>;
  readonly loadBalancerSecurityGroupId: pulumi.Input<string>;
  readonly s3PrefixListId: pulumi.Input<string>;
  /** Ports of origins, beside 443. */
  readonly originPorts: readonly number[];
  /** Nodes ask each other. */
  readonly cluster: boolean;
}

/** All that nodes may be sent, and all that they may send. */
export function securityRules(name: string, options: SecurityRuleOptions, parent: pulumi.Resource): pulumi.Resource[] {
  return [
    ...Object.entries(NODE_PORTS).flatMap(([role, port]) => fromLoadBalancer(name, options, role, port, parent)),
    ...(options.cluster ? amongNodes(name, options, parent) : []),
    ...out(name, options, parent),
  ];
}

/** Both halves of a rule: what the load balancer may send, and what the nodes take. Health checks obey both. */
function fromLoadBalancer(
  name: string,
  { region, securityGroupId, loadBalancerSecurityGroupId }: SecurityRuleOptions,
  role: string,
  port: number,
  parent: pulumi.Resource,
): pulumi.Resource[] {
  const tcp = { region, ipProtocol: "tcp", fromPort: port, toPort: port };
  return [
    new aws.vpc.SecurityGroupEgressRule(
      `${name}-to-nodes-${role}`,
      {
        ...tcp,
        securityGroupId: loadBalancerSecurityGroupId,
        referencedSecurityGroupId: securityGroupId,
        description: `To the nodes: ${role}`,
      },
      { parent },
    ),
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-from-load-balancer-${role}`,
      {
        ...tcp,
        securityGroupId,
        referencedSecurityGroupId: loadBalancerSecurityGroupId,
        description: `From the load balancer: ${role}`,
      },
      { parent },
    ),
  ];
}

/**
 * Both halves of a rule of the nodes' group for itself: a node is asked by nodes alone, and asks nobody else, whoever has the
 * address of one that is gone.
 */
function amongNodes(
  name: string,
  { region, securityGroupId }: SecurityRuleOptions,
  parent: pulumi.Resource,
): pulumi.Resource[] {
  const rule = {
    region,
    securityGroupId,
    referencedSecurityGroupId: securityGroupId,
    ipProtocol: "tcp",
    fromPort: PEER_PORTS.peers,
    toPort: PEER_PORTS.peers,
  };
  return [
    new aws.vpc.SecurityGroupEgressRule(
      `${name}-to-peers`,
      { ...rule, description: "To other nodes of the PoP: what they own" },
      { parent },
    ),
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-from-peers`,
      { ...rule, description: "From other nodes of the PoP: what this one owns" },
      { parent },
    ),
  ];
}

/** Out: AWS's endpoints and origins on 443, origins on the ports that they are configured with, the store. */
function out(
  name: string,
  { region, securityGroupId, s3PrefixListId, originPorts }: SecurityRuleOptions,
  parent: pulumi.Resource,
): pulumi.Resource[] {
  const rule = (role: string, port: number, to: Partial<aws.vpc.SecurityGroupEgressRuleArgs>, description: string) =>
    new aws.vpc.SecurityGroupEgressRule(
      `${name}-to-${role}`,
      { region, securityGroupId, ipProtocol: "tcp", fromPort: port, toPort: port, description, ...to },
      { parent },
    );
  const ports = [...new Set([443, ...originPorts])].sort((a, b) => a - b);
  return [
    ...ports.flatMap((port) => {
      const description = port === 443 ? "Origins and endpoints of AWS" : "Origins";
      return [
        rule(`${String(port)}-ipv4`, port, { cidrIpv4: "0.0.0.0/0" }, description),
        rule(`${String(port)}-ipv6`, port, { cidrIpv6: "::/0" }, description),
      ];
    }),
    rule("s3", 443, { prefixListId: s3PrefixListId }, "The store, by the gateway endpoint"),
  ];
}
