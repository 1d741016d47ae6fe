import { isRecord, text, valuesAt, type Values } from "../sandbox/aws/values";
import type { Entity, World } from "../sandbox/aws/world";
import type { GroupSettings, Hook, Template } from "./scalingGroup";
import type { TargetGroupSettings } from "./targetGroup";

/** Types of what comes to life. */
export const TYPES = {
  alarm: "aws:cloudwatch/metricAlarm:MetricAlarm",
  bucket: "aws:s3/bucket:Bucket",
  certificate: "aws:acm/certificate:Certificate",
  group: "aws:autoscaling/group:Group",
  listener: "aws:lb/listener:Listener",
  listenerCertificate: "aws:lb/listenerCertificate:ListenerCertificate",
  loadBalancer: "aws:lb/loadBalancer:LoadBalancer",
  object: "aws:s3/bucketObjectv2:BucketObjectv2",
  parameter: "aws:ssm/parameter:Parameter",
  policy: "aws:autoscaling/policy:Policy",
  record: "aws:route53/record:Record",
  /** What the types of Route 53 begin with. */
  route53: "aws:route53/",
  subnet: "aws:ec2/subnet:Subnet",
  subscription: "aws:sns/topicSubscription:TopicSubscription",
  targetGroup: "aws:lb/targetGroup:TargetGroup",
  template: "aws:ec2/launchTemplate:LaunchTemplate",
} as const;

const SPECIFICATION = "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification";

/** Name of a launch template's version, as a group names it. */
export function templateName(id: string, version: unknown): string {
  return `${id}:${String(version)}`;
}

/** What it is the name of. */
export function templateNamed(name: string): { readonly id: string; readonly version: string } {
  const [id = "", version = ""] = name.split(":");
  return { id, version };
}

/**
 * @param templates versions of launch templates by their names
 * @param pace how many times faster than declared AWS's own waits are; what nodes have for their own work is as declared
 */
export function groupSettings(
  world: Pick<World, "ofType">,
  { id, region, properties }: Entity,
  templates: ReadonlyMap<string, Template>,
  pace: number,
): GroupSettings {
  const name = templateName(
    first(properties, `${SPECIFICATION}.launchTemplateId`),
    first(properties, `${SPECIFICATION}.version`),
  );
  const template = templates.get(name);
  if (template === undefined) {
    throw new Error(`${id}: the launch template ${name} is not known`);
  }
  const subnets = valuesAt(properties, "vpcZoneIdentifiers[*]").map(text);
  const hooks = valuesAt(properties, "initialLifecycleHooks[*]").filter(isRecord);
  const hook = (transition: string): Hook | undefined => {
    const found = hooks.find(({ lifecycleTransition }) => text(lifecycleTransition).endsWith(transition));
    return found === undefined
      ? undefined
      : {
          name: text(found.name),
          heartbeat: Number(found.heartbeatTimeout),
          defaultResult: found.defaultResult === "CONTINUE" ? "CONTINUE" : "ABANDON",
        };
  };
  const [launching, terminating] = [hook("LAUNCHING"), hook("TERMINATING")];
  const warmup = Number(first(properties, "instanceRefresh.preferences.instanceWarmup"));
  return {
    name: id,
    region: region ?? "",
    min: Number(properties.minSize),
    max: Number(properties.maxSize),
    zones: zonesOf(world, subnets),
    template,
    hooks: {
      ...(launching === undefined ? {} : { launching }),
      ...(terminating === undefined ? {} : { terminating }),
    },
    gracePeriod: Number(properties.healthCheckGracePeriod) / pace,
    warmup: warmup / pace,
    minHealthyPercentage: Number(first(properties, "instanceRefresh.preferences.minHealthyPercentage")),
    maxHealthyPercentage: Number(first(properties, "instanceRefresh.preferences.maxHealthyPercentage")),
    stopAlarms: valuesAt(properties, "instanceRefresh.preferences.alarmSpecification.alarms[*]").map(text),
  };
}

/** @param pace how many times faster than declared AWS's own waits are; checks are made as declared */
export function targetGroupSettings({ id, properties }: Entity, pace: number): TargetGroupSettings {
  const check = isRecord(properties.healthCheck) ? properties.healthCheck : {};
  return {
    arn: id,
    port: Number(properties.port),
    proxyProtocol: properties.proxyProtocolV2 === true,
    deregistrationDelay: Number(properties.deregistrationDelay) / pace,
    check: {
      port: Number(check.port),
      path: text(check.path),
      matcher: text(check.matcher),
      interval: Number(check.interval),
      timeout: Number(check.timeout),
      healthyThreshold: Number(check.healthyThreshold),
      unhealthyThreshold: Number(check.unhealthyThreshold),
    },
  };
}

/** Availability zones of subnets, in their order. */
export function zonesOf(world: Pick<World, "ofType">, subnets: readonly string[]): readonly string[] {
  const known = new Map(
    world.ofType(TYPES.subnet).map(({ id, properties }) => [id, text(properties.availabilityZone)]),
  );
  return subnets.map((id) => known.get(id) ?? "");
}

/** ARN of the target group to which a listener forwards. */
export function forwardedTo(properties: Values): string {
  return first(properties, "defaultActions[*].targetGroupArn");
}

function first(properties: Values, path: string): string {
  return text(valuesAt(properties, path)[0]);
}
