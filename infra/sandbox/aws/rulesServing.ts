import { Refusal } from "./refusal";
import { nameTaken, others, targets, type Call, type Rule } from "./rule";
import { text, valuesAt } from "./values";

const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const TARGET_GROUP = "aws:lb/targetGroup:TargetGroup";
const LISTENER = "aws:lb/listener:Listener";
const CERTIFICATE = "aws:acm/certificate:Certificate";
const SUBNET = "aws:ec2/subnet:Subnet";

const CERTIFICATES_PER_LISTENER = 25;

/** What load balancing and ACM refuse. */
export const servingRules: readonly Rule[] = [
  {
    id: "DuplicateLoadBalancerName",
    type: LOAD_BALANCER,
    refuses: (call) =>
      nameTaken(call, LOAD_BALANCER)
        ? new Refusal("DuplicateLoadBalancerName", "A load balancer with the same name exists, but with other settings")
        : undefined,
  },
  {
    id: "InvalidConfigurationRequest: two subnets of a zone",
    type: LOAD_BALANCER,
    refuses: (call) => {
      const zones = targets(call, "subnets[*]", SUBNET).map(({ properties }) => properties.availabilityZoneId);
      return new Set(zones).size < zones.length
        ? new Refusal(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
          )
        : undefined;
    },
  },
  {
    id: "InvalidConfigurationRequest: subnets of two VPCs",
    type: LOAD_BALANCER,
    refuses: (call) =>
      new Set(targets(call, "subnets[*]", SUBNET).map(({ properties }) => properties.vpcId)).size > 1
        ? new Refusal("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
        : undefined,
  },
  {
    id: "InvalidConfigurationRequest: subnets of another VPC",
    type: LOAD_BALANCER,
    refuses: (call) => {
      const { former } = call;
      const vpcsOf = (ids: readonly string[]) =>
        call.world
          .inRegion(SUBNET, call.region)
          .filter(({ id }) => ids.includes(id))
          .map(({ properties }) => properties.vpcId);
      const before = former === undefined ? [] : vpcsOf(valuesAt(former.properties, "subnets[*]").map(text));
      const after = vpcsOf(valuesAt(call.inputs, "subnets[*]").map(text));
      return before.length > 0 && after.some((vpc) => !before.includes(vpc))
        ? new Refusal("InvalidConfigurationRequest", "The subnets must be in the VPC of the load balancer")
        : undefined;
    },
  },
  {
    id: "InvalidSubnet: no internet gateway",
    type: LOAD_BALANCER,
    refuses: (call) => {
      const vpcId = targets(call, "subnets[*]", SUBNET)[0]?.properties.vpcId;
      const gateways = call.world.inRegion("aws:ec2/internetGateway:InternetGateway", call.region);
      return call.inputs.internal === true || gateways.some(({ properties }) => properties.vpcId === vpcId)
        ? undefined
        : new Refusal("InvalidSubnet", `VPC ${text(vpcId)} has no internet gateway`);
    },
  },
  {
    id: "InvalidConfigurationRequest: bucket of the access logs",
    type: LOAD_BALANCER,
    refuses: ({ world, inputs }) => deliveryDenied(world, valuesAt(inputs, "accessLogs.bucket").map(text)),
  },
  {
    id: "LogDestinationPermissionIssue",
    type: "aws:ec2/flowLog:FlowLog",
    refuses: ({ world, inputs }) => deliveryDenied(world, [text(inputs.logDestination).split(":").at(-1) ?? ""]),
  },
  {
    id: "DuplicateTargetGroupName",
    type: TARGET_GROUP,
    refuses: (call) =>
      nameTaken(call, TARGET_GROUP)
        ? new Refusal("DuplicateTargetGroupName", "A target group with the same name exists, but with other settings")
        : undefined,
  },
  {
    id: "DuplicateListener",
    type: LISTENER,
    refuses: (call) =>
      others(call, LISTENER).some(
        ({ properties }) =>
          properties.loadBalancerArn === call.inputs.loadBalancerArn && properties.port === call.inputs.port,
      )
        ? new Refusal("DuplicateListener", "A listener already exists on this port for this load balancer")
        : undefined,
  },
  {
    id: "ValidationError: TLS without a certificate",
    type: LISTENER,
    refuses: ({ inputs }) =>
      inputs.protocol === "TLS" && inputs.certificateArn === undefined
        ? new Refusal("ValidationError", "A certificate must be specified for TLS listeners")
        : undefined,
  },
  {
    id: "TargetGroupAssociationLimit",
    type: LISTENER,
    refuses: (call) => {
      const wanted = valuesAt(call.inputs, "defaultActions[*].targetGroupArn");
      return others(call, LISTENER).some(
        ({ properties }) =>
          properties.loadBalancerArn !== call.inputs.loadBalancerArn &&
          valuesAt(properties, "defaultActions[*].targetGroupArn").some((arn) => wanted.includes(arn)),
      )
        ? new Refusal("TargetGroupAssociationLimit", "A target group cannot be associated with two load balancers")
        : undefined;
    },
  },
  ...[LISTENER, "aws:lb/listenerCertificate:ListenerCertificate"].map((type): Rule => ({
    id: `UnsupportedCertificate: not issued, ${type.slice(type.lastIndexOf(":") + 1)}`,
    type,
    refuses: (call) => {
      const pending = targets(call, "certificateArn", CERTIFICATE).find(
        ({ properties }) => properties.status !== "ISSUED",
      );
      return pending === undefined
        ? undefined
        : new Refusal("UnsupportedCertificate", `The certificate '${pending.id}' is not issued yet`);
    },
  })),
  {
    id: "TooManyCertificates",
    type: "aws:lb/listenerCertificate:ListenerCertificate",
    refuses: (call) =>
      others(call, "aws:lb/listenerCertificate:ListenerCertificate").filter(
        ({ properties }) => properties.listenerArn === call.inputs.listenerArn,
      ).length >= CERTIFICATES_PER_LISTENER
        ? new Refusal("TooManyCertificates", `A load balancer takes ${CERTIFICATES_PER_LISTENER} certificates`)
        : undefined,
  },
  {
    id: "PENDING_VALIDATION: the record that proves the name",
    type: "aws:acm/certificateValidation:CertificateValidation",
    refuses: (call) => {
      const [certificate] = targets(call, "certificateArn", CERTIFICATE);
      const [name] = valuesAt(certificate?.properties ?? {}, "domainValidationOptions[*].resourceRecordName").map(text);
      const [value] = valuesAt(certificate?.properties ?? {}, "domainValidationOptions[*].resourceRecordValue");
      const proven = call.world
        .ofType("aws:route53/record:Record")
        .some(
          ({ properties }) =>
            `${text(properties.fqdn)}.` === name?.toLowerCase() &&
            valuesAt(properties, "records[*]").some((each) => each === value),
        );
      return proven
        ? undefined
        : new Refusal(
            "PENDING_VALIDATION",
            `timeout while waiting for state 'ISSUED': no record ${text(name)} proves it`,
          );
    },
  },
];

/** AWS tries the destination of logs at once: its policy must let log delivery write. */
function deliveryDenied(world: Call["world"], buckets: readonly string[]): Refusal | undefined {
  const denied = buckets.find(
    (bucket) =>
      !world
        .ofType("aws:s3/bucketPolicy:BucketPolicy")
        .some(({ id, properties }) => id === bucket && text(properties.policy).includes("delivery.logs.amazonaws.com")),
  );
  return denied === undefined
    ? undefined
    : new Refusal("AccessDenied", `Access Denied for bucket: ${denied}. Please check S3bucket permission`);
}
