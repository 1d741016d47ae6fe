import type { Recording, Registration } from "../../infra/plan/harness";
import type { JsonValue } from "../../infra/plan/wire";
import { at, doctored, enlarged, isRecord, list, text } from "./registrations";
import { ofType } from "./stacks";

/**
 * A rule of AWS Foundational Security Best Practices ("EC2.2"), checkov ("CKV_AWS_23") or our own ("footprint-…"),
 * over what an update would register.
 */
export interface SecurityRule {
  readonly id: string;
  /** Other names of the same rule. */
  readonly also: readonly string[];
  readonly sentence: string;
  /** The resources that break it. */
  readonly check: (recording: Recording) => readonly Registration[];
  /** Proof that the rule can find something: the recording with one resource spoiled, or mended where all break it. */
  readonly counter: { readonly kind: "spoil" | "mend"; readonly doctor: (recording: Recording) => Recording };
}

type Inputs = Registration["inputs"];
type Fits = (registration: Registration) => boolean;

const VPC = "aws:ec2/vpc:Vpc";
const SUBNET = "aws:ec2/subnet:Subnet";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
const DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup";
const ACL = "aws:ec2/networkAcl:NetworkAcl";
const DEFAULT_ACL = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const SCALING_GROUP = "aws:autoscaling/group:Group";
const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const LISTENER = "aws:lb/listener:Listener";
const BUCKET = "aws:s3/bucket:Bucket";
const BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy";
const LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
const PARAMETER = "aws:ssm/parameter:Parameter";
const TOPIC = "aws:sns/topic:Topic";
const ZONE = "aws:route53/zone:Zone";
const CERTIFICATE = "aws:acm/certificate:Certificate";
const FLOW_LOG = "aws:ec2/flowLog:FlowLog";

const ADMINISTRATION = [22, 3389];

function rule(
  id: string,
  also: readonly string[],
  sentence: string,
  check: SecurityRule["check"],
  counter: SecurityRule["counter"],
): SecurityRule {
  return { id, also, sentence, check, counter };
}

/** Every resource of a type that is not as it must be. */
function each(type: string, sound: (inputs: Inputs, recording: Recording) => boolean): SecurityRule["check"] {
  return (recording) => ofType(recording, type).filter(({ inputs }) => !sound(inputs, recording));
}

/** Every resource of a type that no resource of another type stands by, as it must. */
function accompanied(
  type: string,
  companion: string,
  by: (companion: Inputs, registration: Registration) => boolean,
): SecurityRule["check"] {
  return (recording) =>
    ofType(recording, type).filter((made) => !ofType(recording, companion).some(({ inputs }) => by(inputs, made)));
}

function forbidden(...types: readonly string[]): SecurityRule["check"] {
  return ({ registrations }) => registrations.filter(({ type }) => types.includes(type));
}

function both(...checks: readonly SecurityRule["check"][]): SecurityRule["check"] {
  return (recording) => [...new Set(checks.flatMap((check) => check(recording)))];
}

function spoil(type: string, inputs: (former: Inputs) => Inputs, fits?: Fits): SecurityRule["counter"] {
  return { kind: "spoil", doctor: (recording) => doctored(recording, type, inputs, fits) };
}

function add(type: string, inputs: Inputs): SecurityRule["counter"] {
  return { kind: "spoil", doctor: (recording) => enlarged(recording, type, inputs) };
}

function mend(doctor: (recording: Recording) => Recording): SecurityRule["counter"] {
  return { kind: "mend", doctor };
}

/** Is that the id of the resource? The harness makes ids of names. */
function isIdOf(value: JsonValue | undefined, { name }: Registration): boolean {
  return value === `id-of-${name}`;
}

/** Does the value name the resource, by id, name or ARN? */
function names(value: JsonValue | undefined, { name }: Registration): boolean {
  return typeof value === "string" && new RegExp(`(?:-of-|:)${name.replaceAll(".", "\\.")}$`).test(value);
}

function sources({ cidrIpv4, cidrIpv6 }: Inputs): readonly JsonValue[] {
  return [...list(cidrIpv4), ...list(cidrIpv6)];
}

function isWorld(cidr: JsonValue): boolean {
  return typeof cidr === "string" && cidr.endsWith("/0");
}

/** Does a security group's rule let TCP or UDP through to a port? */
function admits({ ipProtocol, fromPort, toPort }: Inputs, port: number): boolean {
  return (
    ipProtocol === "-1" ||
    (["tcp", "udp"].includes(text(ipProtocol)) && Number(fromPort) <= port && port <= Number(toPort))
  );
}

function opensAdministration(family: string): SecurityRule["check"] {
  return each(
    INGRESS,
    (inputs) => !sources(inputs).includes(family) || !ADMINISTRATION.some((port) => admits(inputs, port)),
  );
}

/** What the world may send: HTTP, HTTPS, "fragmentation needed" and "packet too big". */
function isPublicTraffic({ ipProtocol, fromPort, toPort }: Inputs): boolean {
  switch (ipProtocol) {
    case "tcp":
      return fromPort === toPort && [80, 443].includes(Number(fromPort));
    case "icmp":
      return fromPort === 3 && toPort === 4;
    case "icmpv6":
      return fromPort === 2 && toPort === 0;
    default:
      return false;
  }
}

/** Whether an ACL lets TCP through to a port from everywhere: of the rules that fit, the first decides. */
function aclAdmits({ ingress }: Inputs, family: "cidrBlock" | "ipv6CidrBlock", port: number): boolean {
  const first = [...list(ingress)]
    .filter((entry) => isWorld(at(entry, family) ?? ""))
    .filter(
      (entry) =>
        at(entry, "protocol") === "-1" ||
        (at(entry, "protocol") === "tcp" &&
          Number(at(entry, "fromPort")) <= port &&
          port <= Number(at(entry, "toPort"))),
    )
    .sort((a, b) => Number(at(a, "ruleNo")) - Number(at(b, "ruleNo")))[0];
  return at(first, "action") === "allow";
}

function empty(...values: readonly (JsonValue | undefined)[]): boolean {
  return values.every((value) => list(value).length === 0);
}

/** The statements of a policy document in JSON. */
export function statements(policy: JsonValue | undefined): readonly JsonValue[] {
  return typeof policy === "string" ? list(at(JSON.parse(policy) as JsonValue, "Statement")) : [];
}

/** Zones of the subnets that a resource is in. */
function zonesOf(subnets: JsonValue | undefined, recording: Recording): ReadonlySet<JsonValue | undefined> {
  const ids = list(subnets);
  return new Set(
    ofType(recording, SUBNET)
      .filter((subnet) => ids.some((id) => isIdOf(id, subnet)))
      .map(({ inputs }) => inputs.availabilityZoneId),
  );
}

function isPublicPrincipal(statement: JsonValue): boolean {
  const principal = at(statement, "Principal");
  return at(statement, "Effect") === "Allow" && (principal === "*" || list(at(principal, "AWS")).includes("*"));
}

/** Policies that speak exactly TLS 1.2 and 1.3 with forward secrecy: neither 1.0 nor 1.1 nor `Ext` suites. */
const TLS_POLICY = /^ELBSecurityPolicy-TLS13-1-2-(?:Res-)?(?:FIPS-)?(?:PQ-)?20\d\d-\d\d$/;

/** ACM's algorithms that are not RSA below 2,048 bits; absent is RSA 2,048. */
const KEYS = [undefined, "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

const isBalancerRule: Fits = ({ name }) => name.includes("-lb-from-world-");
const isTls: Fits = ({ inputs }) => inputs.protocol === "TLS";

export const SECURITY_RULES: readonly SecurityRule[] = [
  // Network
  rule(
    "EC2.2",
    ["CKV2_AWS_12"],
    "a VPC's default security group lets nothing in or out",
    both(
      accompanied(VPC, DEFAULT_GROUP, ({ vpcId }, vpc) => isIdOf(vpcId, vpc)),
      each(DEFAULT_GROUP, ({ ingress, egress }) => empty(ingress, egress)),
    ),
    spoil(DEFAULT_GROUP, (inputs) => ({ ...inputs, egress: [{ protocol: "-1", fromPort: 0, toPort: 0 }] })),
  ),
  rule(
    "footprint-default-acl",
    [],
    "a VPC's default network ACL lets nothing in or out",
    both(
      accompanied(VPC, DEFAULT_ACL, ({ defaultNetworkAclId }, vpc) => names(defaultNetworkAclId, vpc)),
      each(DEFAULT_ACL, ({ ingress, egress }) => empty(ingress, egress)),
    ),
    spoil(DEFAULT_ACL, (inputs) => ({ ...inputs, ingress: [{ ruleNo: 1, action: "allow", protocol: "-1" }] })),
  ),
  rule(
    "footprint-explicit-acl",
    [],
    "every subnet has a network ACL of its own, for the default one is empty",
    accompanied(SUBNET, ACL, ({ subnetIds }, subnet) => list(subnetIds).some((id) => isIdOf(id, subnet))),
    spoil(ACL, (inputs) => ({ ...inputs, subnetIds: list(inputs.subnetIds).slice(1) })),
  ),
  rule(
    "EC2.6",
    ["CKV2_AWS_11"],
    "a VPC has flow logs",
    accompanied(VPC, FLOW_LOG, ({ vpcId }, vpc) => isIdOf(vpcId, vpc)),
    spoil(FLOW_LOG, (inputs) => ({ ...inputs, vpcId: "id-of-another" })),
  ),
  rule(
    "EC2.15",
    ["CKV_AWS_130"],
    "a subnet gives no public IPv4 address by itself",
    each(SUBNET, ({ mapPublicIpOnLaunch }) => mapPublicIpOnLaunch !== true),
    spoil(SUBNET, (inputs) => ({ ...inputs, mapPublicIpOnLaunch: true })),
  ),
  rule(
    "EC2.21",
    ["CKV_AWS_231", "CKV_AWS_232"],
    "a network ACL lets nobody from everywhere in to ports 22 and 3389",
    each(ACL, (inputs) =>
      (["cidrBlock", "ipv6CidrBlock"] as const).every(
        (family) => !ADMINISTRATION.some((port) => aclAdmits(inputs, family, port)),
      ),
    ),
    spoil(ACL, (inputs) => ({
      ...inputs,
      ingress: list(inputs.ingress).filter(
        (entry) => !(at(entry, "fromPort") === 3389 && at(entry, "ipv6CidrBlock") === "::/0"),
      ),
    })),
  ),
  rule(
    "EC2.57",
    [],
    "a VPC has an interface endpoint for Systems Manager",
    accompanied(
      VPC,
      "aws:ec2/vpcEndpoint:VpcEndpoint",
      ({ vpcId, serviceName }, vpc) => isIdOf(vpcId, vpc) && text(serviceName).endsWith(".ssm"),
    ),
    mend((recording) =>
      doctored(recording, "aws:ec2/vpcEndpoint:VpcEndpoint", (inputs) => ({
        ...inputs,
        serviceName: `com.amazonaws.${text(inputs.region)}.ssm`,
      })),
    ),
  ),

  // Security groups
  rule(
    "EC2.53",
    ["EC2.13", "EC2.14", "CKV_AWS_24", "CKV_AWS_25"],
    "no security group lets 0.0.0.0/0 in to ports 22 and 3389",
    opensAdministration("0.0.0.0/0"),
    spoil(
      INGRESS,
      (inputs) => ({ ...inputs, fromPort: 20, toPort: 25 }),
      ({ inputs }) => inputs.cidrIpv4 === "0.0.0.0/0" && inputs.ipProtocol === "tcp",
    ),
  ),
  rule(
    "EC2.54",
    ["EC2.13", "EC2.14"],
    "no security group lets ::/0 in to ports 22 and 3389",
    opensAdministration("::/0"),
    spoil(
      INGRESS,
      (inputs) => ({ ...inputs, ipProtocol: "-1" }),
      ({ inputs }) => inputs.cidrIpv6 === "::/0",
    ),
  ),
  rule(
    "EC2.18",
    ["EC2.19", "CKV_AWS_277"],
    "the world reaches ports 80 and 443 only, and the two ICMP types of path-MTU discovery",
    each(INGRESS, (inputs) => !sources(inputs).some(isWorld) || isPublicTraffic(inputs)),
    spoil(INGRESS, (inputs) => ({ ...inputs, toPort: 444 }), isBalancerRule),
  ),
  rule(
    "footprint-door",
    [],
    "only a load balancer's security group lets anything in by address; all others name a group",
    (recording) => {
      const doors = ofType(recording, LOAD_BALANCER).flatMap(({ inputs }) => list(inputs.securityGroups));
      return ofType(recording, INGRESS).filter(({ inputs }) => {
        const { securityGroupId, referencedSecurityGroupId } = inputs;
        return referencedSecurityGroupId === undefined && !doors.some((door) => door === securityGroupId);
      });
    },
    spoil(
      INGRESS,
      ({ referencedSecurityGroupId: _, ...inputs }) => ({ ...inputs, cidrIpv4: "10.0.0.0/8" }),
      ({ inputs }) => inputs.referencedSecurityGroupId !== undefined,
    ),
  ),
  rule(
    "CKV_AWS_382",
    [],
    "no security group lets everything out",
    each(EGRESS, ({ ipProtocol }) => ipProtocol !== "-1"),
    spoil(EGRESS, (inputs) => ({ ...inputs, ipProtocol: "-1" })),
  ),
  rule(
    "CKV_AWS_23",
    [],
    "every security group and every rule of one says what it is for",
    (recording) =>
      [GROUP, INGRESS, EGRESS].flatMap((type) =>
        each(type, ({ description }) => typeof description === "string" && description.length > 3)(recording),
      ),
    spoil(EGRESS, ({ description: _, ...inputs }) => inputs),
  ),
  rule(
    "footprint-standalone-rules",
    [],
    "a security group has no rules of its own: they are resources, added and removed one by one",
    both(
      each(GROUP, ({ ingress, egress }) => empty(ingress, egress)),
      forbidden("aws:ec2/securityGroupRule:SecurityGroupRule"),
    ),
    spoil(GROUP, (inputs) => ({ ...inputs, ingress: [{ protocol: "tcp", fromPort: 443, toPort: 443 }] })),
  ),

  // Nodes
  rule(
    "EC2.170",
    ["EC2.8", "AutoScaling.3", "CKV_AWS_79"],
    "a launch template asks for the second version of the metadata service",
    each(TEMPLATE, ({ metadataOptions }) => at(metadataOptions, "httpTokens") === "required"),
    spoil(TEMPLATE, (inputs) => ({ ...inputs, metadataOptions: { httpTokens: "optional" } })),
  ),
  rule(
    "CKV_AWS_341",
    [],
    "an answer of the metadata service goes one hop",
    each(TEMPLATE, ({ metadataOptions }) => at(metadataOptions, "httpPutResponseHopLimit") === 1),
    spoil(TEMPLATE, (inputs) => ({ ...inputs, metadataOptions: { httpTokens: "required" } })),
  ),
  rule(
    "EC2.181",
    ["EC2.3", "CKV_AWS_8"],
    "a launch template encrypts every volume",
    each(
      TEMPLATE,
      ({ blockDeviceMappings }) =>
        list(blockDeviceMappings).length > 0 &&
        list(blockDeviceMappings).every((device) => at(device, "ebs", "encrypted") === "true"),
    ),
    spoil(TEMPLATE, (inputs) => ({
      ...inputs,
      blockDeviceMappings: [...list(inputs.blockDeviceMappings), { deviceName: "/dev/xvdb", ebs: { volumeSize: 8 } }],
    })),
  ),
  rule(
    "EC2.25",
    ["EC2.9", "CKV_AWS_88"],
    "a launch template gives no public IPv4 address",
    each(TEMPLATE, ({ networkInterfaces }) =>
      list(networkInterfaces).every((card) => at(card, "associatePublicIpAddress") === "false"),
    ),
    spoil(
      TEMPLATE,
      (inputs) => ({ ...inputs, networkInterfaces: [{ associatePublicIpAddress: "true" }] }),
      ({ inputs }) => at(inputs.networkInterfaces, 0, "associatePublicIpAddress") === "false",
    ),
  ),
  rule(
    "EC2.17",
    [],
    "a node has one network interface",
    each(TEMPLATE, ({ networkInterfaces }) => list(networkInterfaces).length === 1),
    spoil(TEMPLATE, (inputs) => ({
      ...inputs,
      networkInterfaces: [...list(inputs.networkInterfaces), { associatePublicIpAddress: "false" }],
    })),
  ),
  rule(
    "footprint-no-key",
    [],
    "nobody logs in with a key: Session Manager is the way in",
    both(
      each(TEMPLATE, ({ keyName }) => keyName === undefined),
      forbidden("aws:ec2/keyPair:KeyPair"),
    ),
    spoil(TEMPLATE, (inputs) => ({ ...inputs, keyName: "operator" })),
  ),
  rule(
    "AutoScaling.1",
    [],
    "a group behind a load balancer uses its health checks",
    each(SCALING_GROUP, ({ healthCheckType }) => healthCheckType === "ELB"),
    spoil(SCALING_GROUP, (inputs) => ({ ...inputs, healthCheckType: "EC2" })),
  ),
  rule(
    "AutoScaling.2",
    [],
    "a group spans two zones at least",
    each(SCALING_GROUP, ({ vpcZoneIdentifiers }, recording) => zonesOf(vpcZoneIdentifiers, recording).size >= 2),
    spoil(SCALING_GROUP, (inputs) => ({ ...inputs, vpcZoneIdentifiers: list(inputs.vpcZoneIdentifiers).slice(0, 1) })),
  ),
  rule(
    "AutoScaling.6",
    [],
    "a group has two instance types at least",
    each(SCALING_GROUP, ({ mixedInstancesPolicy }) => {
      const overrides = list(at(mixedInstancesPolicy, "launchTemplate", "overrides"));
      return new Set(overrides.map((override) => at(override, "instanceType"))).size >= 2;
    }),
    spoil(SCALING_GROUP, (inputs) => ({ ...inputs, mixedInstancesPolicy: {} })),
  ),
  rule(
    "AutoScaling.9",
    ["CKV_AWS_315"],
    "a group starts nodes from a launch template",
    both(
      each(
        SCALING_GROUP,
        ({ launchConfiguration, mixedInstancesPolicy }) =>
          launchConfiguration === undefined &&
          at(mixedInstancesPolicy, "launchTemplate", "launchTemplateSpecification", "launchTemplateId") !== undefined,
      ),
      forbidden("aws:ec2/launchConfiguration:LaunchConfiguration", "aws:ec2/instance:Instance"),
    ),
    spoil(SCALING_GROUP, (inputs) => ({ ...inputs, launchConfiguration: "former" })),
  ),

  // Load balancer and certificates
  rule(
    "ELB.6",
    ["CKV_AWS_150"],
    "a load balancer is protected against deletion",
    each(LOAD_BALANCER, ({ enableDeletionProtection }) => enableDeletionProtection === true),
    spoil(
      LOAD_BALANCER,
      (inputs) => ({ ...inputs, enableDeletionProtection: false }),
      ({ inputs }) => inputs.enableDeletionProtection === true,
    ),
  ),
  rule(
    "ELB.13",
    [],
    "a load balancer spans two zones at least",
    each(LOAD_BALANCER, ({ subnets }, recording) => zonesOf(subnets, recording).size >= 2),
    spoil(LOAD_BALANCER, (inputs) => ({ ...inputs, subnets: list(inputs.subnets).slice(0, 1) })),
  ),
  rule(
    "ELB.17",
    ["CKV_AWS_103"],
    "a TLS listener has a policy of TLS 1.2 and 1.3 with forward secrecy",
    each(
      LISTENER,
      ({ protocol, sslPolicy }) => protocol !== "TLS" || (typeof sslPolicy === "string" && TLS_POLICY.test(sslPolicy)),
    ),
    spoil(LISTENER, (inputs) => ({ ...inputs, sslPolicy: "ELBSecurityPolicy-TLS13-1-1-2021-06" }), isTls),
  ),
  rule(
    "ELB.18",
    ["CKV_AWS_2"],
    "a listener speaks TLS",
    each(LISTENER, ({ protocol }) => protocol === "TLS"),
    spoil(LISTENER, (inputs) => ({ ...inputs, protocol: "TCP" }), isTls),
  ),
  rule(
    "CKV_AWS_91",
    ["ELB.5"],
    "a load balancer logs who connects",
    each(
      LOAD_BALANCER,
      ({ accessLogs }) => at(accessLogs, "enabled") === true && at(accessLogs, "bucket") !== undefined,
    ),
    spoil(LOAD_BALANCER, ({ accessLogs: _, ...inputs }) => inputs),
  ),
  rule(
    "ACM.1",
    [],
    "ACM renews a certificate by itself: it is validated by DNS, not imported",
    each(
      CERTIFICATE,
      ({ validationMethod, privateKey, certificateBody }) =>
        validationMethod === "DNS" && privateKey === undefined && certificateBody === undefined,
    ),
    spoil(CERTIFICATE, (inputs) => ({ ...inputs, validationMethod: "EMAIL" })),
  ),
  rule(
    "ACM.2",
    [],
    "a certificate's key has 2,048 bits of RSA at least, or a curve",
    each(CERTIFICATE, ({ keyAlgorithm }) => KEYS.some((key) => key === keyAlgorithm)),
    spoil(CERTIFICATE, (inputs) => ({ ...inputs, keyAlgorithm: "RSA_1024" })),
  ),

  // Buckets and logs
  rule(
    "S3.8",
    ["S3.1", "S3.2", "S3.3", "CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56"],
    "a bucket blocks all public access",
    accompanied(
      BUCKET,
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
      (block, bucket) =>
        isIdOf(block.bucket, bucket) &&
        ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].every(
          (setting) => block[setting] === true,
        ),
    ),
    spoil("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", (inputs) => ({
      ...inputs,
      restrictPublicBuckets: false,
    })),
  ),
  rule(
    "S3.6",
    ["CKV_AWS_70"],
    "a bucket's policy allows nothing to everybody",
    each(BUCKET_POLICY, ({ policy }) => !statements(policy).some(isPublicPrincipal)),
    spoil(BUCKET_POLICY, (inputs) => ({
      ...inputs,
      policy: JSON.stringify({ Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "s3:GetObject" }] }),
    })),
  ),
  rule(
    "CKV_AWS_19",
    ["S3.4"],
    "a bucket encrypts what it holds",
    accompanied(
      BUCKET,
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
      ({ bucket, rules }, made) =>
        isIdOf(bucket, made) &&
        ["AES256", "aws:kms"].includes(text(at(rules, 0, "applyServerSideEncryptionByDefault", "sseAlgorithm"))),
    ),
    spoil("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", (inputs) => ({
      ...inputs,
      rules: [],
    })),
  ),
  rule(
    "S3.14",
    ["CKV_AWS_21"],
    "a bucket keeps former versions",
    accompanied(
      BUCKET,
      "aws:s3/bucketVersioning:BucketVersioning",
      ({ bucket, versioningConfiguration }, made) =>
        isIdOf(bucket, made) && at(versioningConfiguration, "status") === "Enabled",
    ),
    spoil("aws:s3/bucketVersioning:BucketVersioning", (inputs) => ({
      ...inputs,
      versioningConfiguration: { status: "Suspended" },
    })),
  ),
  rule(
    "S3.5",
    [],
    "a bucket refuses requests without TLS",
    accompanied(BUCKET, BUCKET_POLICY, ({ bucket, policy }, made) => {
      const refusesPlain = (statement: JsonValue) =>
        at(statement, "Effect") === "Deny" &&
        at(statement, "Principal") === "*" &&
        at(statement, "Action") === "s3:*" &&
        list(at(statement, "Resource")).length === 2 &&
        at(statement, "Condition", "Bool", "aws:SecureTransport") === "false";
      return isIdOf(bucket, made) && statements(policy).some(refusesPlain);
    }),
    spoil(BUCKET_POLICY, (inputs) => ({
      ...inputs,
      policy: text(inputs.policy).replace("aws:SecureTransport", "aws:ViaAWSService"),
    })),
  ),
  rule(
    "S3.12",
    [],
    "no bucket is governed by ACLs",
    both(
      each(BUCKET, ({ acl, grants }) => acl === undefined && empty(grants)),
      forbidden("aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2"),
    ),
    add("aws:s3/bucketAcl:BucketAcl", { acl: "public-read" }),
  ),
  rule(
    "S3.13",
    ["CKV2_AWS_61", "CKV_AWS_300"],
    "a bucket has a life cycle, which ends unfinished uploads too",
    accompanied(
      BUCKET,
      LIFECYCLE,
      ({ bucket, rules }, made) =>
        isIdOf(bucket, made) &&
        list(rules).every((entry) => at(entry, "status") === "Enabled") &&
        list(rules).some((entry) => at(entry, "abortIncompleteMultipartUpload", "daysAfterInitiation") !== undefined),
    ),
    spoil(LIFECYCLE, (inputs) => ({ ...inputs, rules: list(inputs.rules).slice(0, -1) })),
  ),
  rule(
    "S3.9",
    ["CKV_AWS_18"],
    "a bucket logs requests",
    accompanied(BUCKET, "aws:s3/bucketLogging:BucketLogging", ({ bucket }, made) => isIdOf(bucket, made)),
    mend((recording) =>
      enlarged(recording, "aws:s3/bucketLogging:BucketLogging", {
        bucket: `id-of-${ofType(recording, BUCKET)[0]?.name ?? ""}`,
      }),
    ),
  ),
  rule(
    "footprint-log-retention",
    ["CKV_AWS_66"],
    "logs are deleted after a set time, current and former versions",
    (recording) => {
      const destinations = [
        ...ofType(recording, FLOW_LOG).map(({ inputs }) => inputs.logDestination),
        ...ofType(recording, LOAD_BALANCER).map(({ inputs }) => at(inputs.accessLogs, "bucket")),
      ];
      const buckets = ofType(recording, BUCKET).filter((bucket) =>
        destinations.some((destination) => names(destination, bucket)),
      );
      const expires = ({ inputs }: Registration) =>
        list(inputs.rules).some(
          (entry) =>
            isRecord(at(entry, "filter")) &&
            Object.keys(at(entry, "filter") ?? {}).length === 0 &&
            Number(at(entry, "expiration", "days")) > 0 &&
            Number(at(entry, "noncurrentVersionExpiration", "noncurrentDays")) > 0,
        );
      return [
        ...buckets.filter(
          (bucket) => !ofType(recording, LIFECYCLE).some((made) => isIdOf(made.inputs.bucket, bucket) && expires(made)),
        ),
        ...ofType(recording, "aws:cloudwatch/logGroup:LogGroup").filter(({ inputs }) => !inputs.retentionInDays),
      ];
    },
    spoil(
      LIFECYCLE,
      (inputs) => ({ ...inputs, rules: list(inputs.rules).slice(1) }),
      ({ name }) => name.includes("-logs-"),
    ),
  ),

  // Secrets, messages, names
  rule(
    "CKV2_AWS_34",
    [],
    "a parameter is a SecureString",
    each(PARAMETER, ({ type }) => type === "SecureString"),
    spoil(PARAMETER, (inputs) => ({ ...inputs, type: "String" })),
  ),
  rule(
    "CKV_AWS_337",
    [],
    "a parameter is encrypted with a key of our own",
    each(PARAMETER, ({ keyId }) => keyId !== undefined),
    mend((recording) => doctored(recording, PARAMETER, (inputs) => ({ ...inputs, keyId: "alias/ours" }))),
  ),
  rule(
    "SNS.1",
    ["CKV_AWS_26"],
    "a topic is encrypted",
    each(TOPIC, ({ kmsMasterKeyId }) => kmsMasterKeyId !== undefined),
    mend((recording) => doctored(recording, TOPIC, (inputs) => ({ ...inputs, kmsMasterKeyId: "alias/ours" }))),
  ),
  rule(
    "SNS.4",
    ["CKV_AWS_169"],
    "a topic takes messages from its own account only",
    both(
      each(TOPIC, ({ policy }) => !statements(policy).some(isPublicPrincipal)),
      each("aws:sns/topicPolicy:TopicPolicy", ({ policy }) => !statements(policy).some(isPublicPrincipal)),
    ),
    spoil(TOPIC, (inputs) => ({
      ...inputs,
      policy: JSON.stringify({ Statement: { Effect: "Allow", Principal: "*", Action: "sns:Publish" } }),
    })),
  ),
  rule(
    "Route53.2",
    ["CKV2_AWS_39"],
    "a public hosted zone logs queries",
    accompanied(ZONE, "aws:route53/queryLog:QueryLog", ({ zoneId }, zone) => names(zoneId, zone)),
    mend((recording) =>
      enlarged(recording, "aws:route53/queryLog:QueryLog", {
        zoneId: `zone-id-of-${ofType(recording, ZONE)[0]?.name ?? ""}`,
      }),
    ),
  ),
];
