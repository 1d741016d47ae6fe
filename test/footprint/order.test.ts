import type { Recording, Registration } from "../../infra/plan/harness";
import { preview, shipped, small } from "../support/stacks";

/** What waits for what, in one PoP: `type name` with the PoP's name left out. */
const WAITS: readonly (readonly [dependent: string, dependency: string, why: string])[] = [
  ["Listener lb-https", "CertificateValidation certificate-*.pop.example.com", "a listener refuses what is not issued"],
  ["ListenerCertificate lb-cdn.example.com", "CertificateValidation certificate-cdn.example.com", "the same by SNI"],
  ["Certificate certificate-cdn.example.com", "Record cdn.example.com-caa", "an apex might forbid Amazon to issue"],
  ["CertificateValidation certificate-cdn.example.com", "Record certificate-cdn.example.com", "it waits for the proof"],
  ["LoadBalancer lb", "BucketPolicy network-logs-policy", "AWS checks that it may write logs"],
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
  ["Group nodes", "RolePolicy nodes", "a node may read"],
  ["Group nodes", "SecurityGroupEgressRule nodes-to-nodes-health", "health checks arrive"],
  ["Group nodes", "SecurityGroupIngressRule nodes-from-load-balancer-health", "the same"],
  ["HealthCheck routing", "Record routing-own-a", "a check by a name that is there"],
  ["Record routing-cdn.example.com-a", "Group nodes", "a PoP takes traffic last"],
  ["Record routing-cdn.example.com-aaaa", "HealthCheck routing", "and only while healthy"],
  ["Record routing-cdn.example.com-a", "ListenerCertificate lb-cdn.example.com", "with its certificate"],
];

const POP = "eu-west-1";

/** `type name` without the PoP or the global component in front of the name. */
function label({ type, name }: Registration): string {
  const short = name
    .replace(`footprint-routing-${POP}`, "routing")
    .replace(`${POP}-`, "")
    .replace("footprint-zones-", "");
  return `${type.slice(type.lastIndexOf(":") + 1)} ${short}`;
}

describe("what must stand first, stands first (P33)", () => {
  let byLabel: Map<string, Registration>;
  let recording: Recording;
  beforeAll(async () => {
    recording = await preview(small({ [POP]: {} }));
    byLabel = new Map(recording.registrations.filter(({ custom }) => custom).map((each) => [label(each), each]));
  });

  test.each(WAITS)("%s waits for %s: %s", (dependent, dependency) => {
    const urn = byLabel.get(dependency)?.urn;

    expect(urn).toBeDefined();
    expect(byLabel.get(dependent)?.dependencies).toContain(urn);
  });

  test("nothing waits for itself, around however many corners", () => {
    const byUrn = new Map(recording.registrations.map((each) => [each.urn, each]));
    const finished = new Set<string>();
    const visit = (urn: string, path: readonly string[]): void => {
      if (path.includes(urn)) {
        throw new Error(`cycle: ${[...path, urn].join(" -> ")}`);
      }
      if (!finished.has(urn)) {
        byUrn.get(urn)?.dependencies.forEach((next) => {
          visit(next, [...path, urn]);
        });
        finished.add(urn);
      }
    };

    for (const urn of byUrn.keys()) {
      visit(urn, []);
    }
    expect(finished.size).toBeGreaterThan(100);
  });

  test("every dependency is a resource of the plan", async () => {
    const global = await preview(shipped("global"));
    const urns = new Set(global.registrations.map(({ urn }) => urn));

    const unknown = global.registrations.flatMap(({ dependencies }) => dependencies.filter((urn) => !urns.has(urn)));

    expect(unknown).toEqual([]);
  });
});
