import type { Registration } from "../../infra/plan/harness";
import type { JsonValue } from "../../infra/plan/wire";

/**
 * What a provider would compute, made up: enough that a program under update sees a value wherever it reads one. Each
 * value says of which resource it is, so that a wrong connection shows.
 */
export function computed({ type, name, inputs }: Registration): Record<string, JsonValue> {
  const common = { arn: `arn:aws:made:up:111122223333:${name}`, name: inputs.name ?? `${name}-0a1b2c3` };
  return { ...common, ...SPECIAL[type]?.(name) };
}

const SPECIAL: Readonly<Record<string, (name: string) => Record<string, JsonValue>>> = {
  "aws:ec2/vpc:Vpc": (name) => ({
    ipv6CidrBlock: "2600:1f18:1234:5600::/56",
    defaultNetworkAclId: `acl-of-${name}`,
    ownerId: "111122223333",
  }),
  "aws:ec2/eip:Eip": (name) => ({ allocationId: `allocation-of-${name}`, publicIp: "192.0.2.1" }),
  "aws:ec2/vpcEndpoint:VpcEndpoint": (name) => ({ prefixListId: `prefix-list-of-${name}` }),
  "aws:ec2/launchTemplate:LaunchTemplate": () => ({ latestVersion: 7 }),
  "aws:s3/bucket:Bucket": (name) => ({ bucket: `bucket-of-${name}` }),
  "aws:acm/certificate:Certificate": (name) => ({
    domainValidationOptions: [
      {
        domainName: name,
        resourceRecordName: `_proof.${name}`,
        resourceRecordType: "CNAME",
        resourceRecordValue: "_proof.acm-validations.aws",
      },
    ],
  }),
  "aws:route53/record:Record": (name) => ({ fqdn: `fqdn-of-${name}` }),
  "aws:route53/zone:Zone": (name) => ({ zoneId: `zone-id-of-${name}`, nameServers: ["ns1.example.org"] }),
  "aws:lb/loadBalancer:LoadBalancer": (name) => ({
    arnSuffix: `net/${name}/0123456789abcdef`,
    dnsName: `${name}.elb.example.org`,
    zoneId: `zone-of-${name}`,
  }),
  "aws:lb/targetGroup:TargetGroup": (name) => ({ arnSuffix: `targetgroup/${name}/0123456789abcdef` }),
  "aws:ssm/parameter:Parameter": () => ({ version: 3 }),
};
