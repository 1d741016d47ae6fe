import type { Registration } from "../../infra/plan/harness";

/** What waits for what, in one PoP: `type name` with the PoP's name left out. */
export const WAITS: readonly (readonly [dependent: string, dependency: string, why: string])[] = [
  ["Listener lb-https", "CertificateValidation certificate-*.pop.example.com", "a listener refuses what is not issued"],
  ["ListenerCertificate lb-cdn.example.com", "CertificateValidation certificate-cdn.example.com", "the same by SNI"],
  ["Certificate certificate-cdn.example.com", "Record cdn.example.com-caa", "an apex might forbid Amazon to issue"],
  ["CertificateValidation certificate-cdn.example.com", "Record certificate-cdn.example.com", "it waits for the proof"],
  ["LoadBalancer lb", "BucketPolicy network-logs-policy", "AWS checks that it may write logs"],
  ["LoadBalancer lb", "InternetGateway network-internet", "AWS refuses it in a VPC without one"],
  ["FlowLog network-flow-log", "BucketPolicy network-logs-policy", "the same"],
  [
    "BucketPolicy network-logs-policy",
    "BucketPublicAccessBlock network-logs-public-access-block",
    "one change at a time",
  ],
  ["DefaultNetworkAcl network-default", "NetworkAcl network-subnets", "a subnet without its own uses the default"],
  ["NatGateway network-nat", "InternetGateway network-internet", "addresses need it"],
  ["Eip network-nat-euw1-az1", "InternetGateway network-internet", "the same"],
  ["BucketObjectv2 store-pointer", "BucketObjectv2 store-bundle", "nodes follow the pointer at once"],
  ["BucketObjectv2 store-pointer", "BucketObjectv2 store-agent", "the same, by way of the bundle"],
  ["BucketLifecycleConfiguration store-lifecycle", "BucketVersioning store-versioning", "rules on versions"],
  ["Group nodes", "Listener lb-https", "min healthy in the load balancer"],
  ["Group nodes", "Listener lb-http", "the same"],
  ["Group nodes", "Route network-node-ipv4", "a node installs itself"],
  ["Group nodes", "Route network-node-ipv6", "the same"],
  ["Group nodes", "RouteTableAssociation network-node-euw1-az1", "the same"],
  ["Group nodes", "VpcEndpoint network-s3", "a node reads its store"],
  ["Group nodes", "NetworkAcl network-subnets", "a node answers"],
  ["Group nodes", "BucketObjectv2 store-pointer", "a node finds its configuration"],
  ["Group nodes", "BucketObjectv2 store-bootstrap", "a node finds its bootstrap"],
  ["Group nodes", "ObjectCopy store-packages", "a node finds what it installs"],
  ["Group nodes", "RolePolicy nodes", "a node may read"],
  ["Group nodes", "SecurityGroupEgressRule nodes-to-nodes-health", "health checks arrive"],
  ["Group nodes", "SecurityGroupIngressRule nodes-from-load-balancer-health", "the same"],
  ["HealthCheck routing", "Record routing-own-a", "a check by a name that is there"],
  ["Record routing-cdn.example.com-a", "Group nodes", "a PoP takes traffic last"],
  ["Record routing-cdn.example.com-aaaa", "HealthCheck routing", "and only while healthy"],
  ["Record routing-cdn.example.com-a", "ListenerCertificate lb-cdn.example.com", "with its certificate"],
];

/** The PoP in whose names they are given. */
export const WAITING_POP = "eu-west-1";

/** As the table names a resource: `type name` without the PoP or the global component in front of the name. */
export function waitLabel({ type, name }: Pick<Registration, "type" | "name">): string {
  const short = name
    .replace(`footprint-routing-${WAITING_POP}`, "routing")
    .replace(`${WAITING_POP}-`, "")
    .replace("footprint-zones-", "");
  return `${type.slice(type.lastIndexOf(":") + 1)} ${short}`;
}
