import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { TrafficSource } from "./loadBalancer";
import { nodePolicy } from "./nodePolicy";
import { NODE_PORTS } from "./node/ports";
import { LIFECYCLE_HOOKS as HOOK_NAMES } from "./node/protocol/lifecycle";
import { STORE_KEYS } from "./node/protocol/storeKeys";
import { TIMING } from "./node/timing";
import { userData, USER_DATA_LIMIT } from "./node/userData";

export interface CacheFleetArgs {
  region: string;
  /** Name of the footprint, for the node's identity. */
  footprint: string;
  network: {
    readonly vpcId: pulumi.Input<string>;
    /** One subnet per zone. */
    readonly nodeSubnetIds: readonly pulumi.Input<string>[];
    readonly s3PrefixListId: pulumi.Input<string>;
    readonly ready: readonly pulumi.Resource[];
  };
  /** Give nodes public IPv4 addresses: they have no other way out. */
  publicAddresses: boolean;
  loadBalancer: TrafficSource;
  store: {
    readonly bucketName: pulumi.Input<string>;
    readonly bucketArn: pulumi.Input<string>;
    readonly bootstrapSha256: string;
    readonly ready: readonly pulumi.Resource[];
  };
  /** ARNs of the parameters that a node reads. */
  parameterArns: readonly pulumi.Input<string>[];
  /** Id of the machine image, arm64. */
  image: string;
  /** Nodes at least; the group counts as made when so many are healthy in the load balancer. */
  min: number;
  max: number;
  /** Instance types in order of preference, at least two. */
  types: readonly string[];
  /** Percentage of the nodes above `min` that are Spot. */
  spotShare: number;
  /** Averages per node at which the group grows. */
  target: { readonly cpuPercent: number; readonly networkOutMbps: number };
  /** Ports of origins, beside 443. */
  originPorts: readonly number[];
  alarms: {
    /** Topic that hears when the group is at its maximum. */
    readonly topicArn: pulumi.Input<string>;
    /** Alarm that turns an instance refresh back. */
    readonly rollbackAlarmName: pulumi.Input<string>;
  };
}

/**
 * A PoP's nodes: an Auto Scaling group that replaces what is sick, grows with the traffic, and never has fewer healthy
 * nodes during a change than before it.
 *
 * ```ts
 * const fleet = new CacheFleet("edge-nodes", {
 *   region: "eu-central-1", footprint: "europe", network, publicAddresses: false, loadBalancer, store,
 *   parameterArns: [], image: "ami-0123456789abcdef0", min: 6, max: 24, types: ["m7gd.large", "m6gd.large"],
 *   spotShare: 0, target: { cpuPercent: 60, networkOutMbps: 450 }, originPorts: [], alarms,
 * });
 * ```
 *
 * Creates the nodes' security group and its rules, their role and instance profile, a launch template, the group with
 * its lifecycle hooks and scaling policies, and an alarm for a group at its maximum. A new image or bootstrap starts
 * an instance refresh, which is turned back when the rollback alarm sounds.
 *
 * Costs a month: `min` instances on demand and an 8 GB gp3 volume each, at the region's prices (`footprint plan`).
 *
 * @throws ResourceError when the user data would exceed what EC2 takes
 */
export class CacheFleet extends pulumi.ComponentResource {
  readonly groupName: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  /** Stands when `min` nodes are healthy in the load balancer. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: CacheFleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:cacheFleet:CacheFleet", name, {}, opts);
    const { region, network } = args;
    const child = { parent: this };
    const bootData = (bucket: string) =>
      userData({
        footprint: args.footprint,
        region,
        bucket,
        pointer: STORE_KEYS.pointer,
        bootstrap: `${STORE_KEYS.bootstrap}${args.store.bootstrapSha256}`,
        bootstrapSha256: args.store.bootstrapSha256,
      });
    checkUserData(this, bootData("x".repeat(LONGEST_BUCKET_NAME)));

    const securityGroup = new aws.ec2.SecurityGroup(
      name,
      { region, vpcId: network.vpcId, description: "Nodes: reached by the load balancer only" },
      child,
    );
    const rules = [
      ...Object.entries(NODE_PORTS).flatMap(([role, port]) =>
        this.allowFromLoadBalancer(name, args, securityGroup, role, port),
      ),
      ...this.allowOut(name, args, securityGroup),
    ];

    const role = new aws.iam.Role(
      name,
      { description: `Nodes of footprint ${args.footprint} in ${region}`, assumeRolePolicy: ASSUMED_BY_EC2 },
      child,
    );
    const rolePolicy = new aws.iam.RolePolicy(
      name,
      {
        role: role.id,
        policy: nodePolicy({
          region,
          bucketArn: args.store.bucketArn,
          parameterArns: args.parameterArns,
          groupNamePrefix: name,
        }),
      },
      child,
    );
    const profile = new aws.iam.InstanceProfile(name, { role: role.name }, child);

    const template = new aws.ec2.LaunchTemplate(
      name,
      {
        region,
        imageId: args.image,
        iamInstanceProfile: { arn: profile.arn },
        userData: pulumi
          .output(args.store.bucketName)
          .apply((bucket) => Buffer.from(bootData(bucket)).toString("base64")),
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          // One hop: nothing behind a forwarding proxy on the node can ask for the role's credentials.
          httpPutResponseHopLimit: 1,
          // The node learns the name of its group from its tags.
          instanceMetadataTags: "enabled",
        },
        monitoring: { enabled: true },
        blockDeviceMappings: [
          {
            // The root device of Debian's images.
            deviceName: "/dev/xvda",
            ebs: { volumeType: "gp3", volumeSize: NODE_ROOT_VOLUME_GB, encrypted: "true", deleteOnTermination: "true" },
          },
        ],
        networkInterfaces: [
          {
            deviceIndex: 0,
            securityGroups: [securityGroup.id],
            associatePublicIpAddress: args.publicAddresses ? "true" : "false",
            ipv6AddressCount: 1,
            deleteOnTermination: "true",
          },
        ],
        tagSpecifications: [{ resourceType: "volume", tags: { Name: name, Footprint: args.footprint, Pop: region } }],
        updateDefaultVersion: true,
      },
      child,
    );

    const group = new aws.autoscaling.Group(
      name,
      {
        region,
        minSize: args.min,
        maxSize: args.max,
        vpcZoneIdentifiers: [...network.nodeSubnetIds],
        targetGroupArns: [...args.loadBalancer.targetGroupArns],
        healthCheckType: "ELB",
        // The launching hook covers the installation; what remains is until the checks have passed.
        healthCheckGracePeriod: TIMING.instanceWarmup,
        defaultInstanceWarmup: TIMING.instanceWarmup,
        minElbCapacity: args.min,
        waitForCapacityTimeout: "20m",
        capacityRebalance: true,
        mixedInstancesPolicy: {
          launchTemplate: {
            launchTemplateSpecification: {
              launchTemplateId: template.id,
              // A number: automatic rollback is refused with $Latest or $Default.
              version: pulumi.interpolate`${template.latestVersion}`,
            },
            overrides: args.types.map((instanceType) => ({ instanceType })),
          },
          instancesDistribution: {
            onDemandAllocationStrategy: "prioritized",
            onDemandBaseCapacity: args.min,
            onDemandPercentageAboveBaseCapacity: 100 - args.spotShare,
            spotAllocationStrategy: "price-capacity-optimized",
          },
        },
        instanceMaintenancePolicy: LAUNCH_BEFORE_TERMINATE,
        instanceRefresh: {
          strategy: "Rolling",
          preferences: {
            ...LAUNCH_BEFORE_TERMINATE,
            instanceWarmup: String(TIMING.instanceWarmup),
            skipMatching: true,
            autoRollback: true,
            alarmSpecification: { alarms: [args.alarms.rollbackAlarmName] },
          },
        },
        // Hooks of their own come after the first launches; these are there from the start.
        initialLifecycleHooks: LIFECYCLE_HOOKS,
        enabledMetrics: [
          "GroupDesiredCapacity",
          "GroupInServiceInstances",
          "GroupMaxSize",
          "GroupMinSize",
          "GroupPendingInstances",
          "GroupTerminatingInstances",
        ],
      },
      {
        ...child,
        dependsOn: [...network.ready, ...args.loadBalancer.ready, ...args.store.ready, ...rules, rolePolicy],
        // Nodes drain before they go: deregistration and the terminating hook, and then some for EC2.
        customTimeouts: { create: "30m", update: "30m", delete: "30m" },
        // They count at creation only, and the provider would replace the group for a change of them.
        ignoreChanges: ["initialLifecycleHooks"],
      },
    );
    for (const hook of LIFECYCLE_HOOKS) {
      new aws.autoscaling.LifecycleHook(
        `${name}-${hook.name}`,
        { region, autoscalingGroupName: group.name, ...hook },
        child,
      );
    }
    this.scale(name, args, group);

    new aws.cloudwatch.MetricAlarm(
      `${name}-at-maximum`,
      {
        region,
        alarmDescription: `Group ${name} is at its maximum size: it cannot grow with its traffic. Raise nodes.max.`,
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        evaluationPeriods: 15,
        // Measured against the group's own maximum, so that resizing a PoP changes nothing but its group.
        threshold: 0,
        metricQueries: [
          { id: "room", expression: "desired - maximum", label: "Nodes above the maximum", returnData: true },
          groupMetric("desired", "GroupDesiredCapacity", group),
          groupMetric("maximum", "GroupMaxSize", group),
        ],
        treatMissingData: "notBreaching",
        alarmActions: [args.alarms.topicArn],
        okActions: [args.alarms.topicArn],
      },
      child,
    );

    this.groupName = group.name;
    this.securityGroupId = securityGroup.id;
    this.ready = [group];
    this.registerOutputs({ groupName: this.groupName });
  }

  /** Both halves of a rule: what the load balancer may send, and what the nodes take. Health checks obey both. */
  private allowFromLoadBalancer(
    name: string,
    { region, loadBalancer }: CacheFleetArgs,
    securityGroup: aws.ec2.SecurityGroup,
    role: string,
    port: number,
  ): pulumi.Resource[] {
    const tcp = { region, ipProtocol: "tcp", fromPort: port, toPort: port };
    return [
      new aws.vpc.SecurityGroupEgressRule(
        `${name}-to-nodes-${role}`,
        {
          ...tcp,
          securityGroupId: loadBalancer.securityGroupId,
          referencedSecurityGroupId: securityGroup.id,
          description: `To the nodes: ${role}`,
        },
        { parent: this },
      ),
      new aws.vpc.SecurityGroupIngressRule(
        `${name}-from-load-balancer-${role}`,
        {
          ...tcp,
          securityGroupId: securityGroup.id,
          referencedSecurityGroupId: loadBalancer.securityGroupId,
          description: `From the load balancer: ${role}`,
        },
        { parent: this },
      ),
    ];
  }

  /** Out: AWS's endpoints and origins on 443, origins on the ports that they are configured with, the store. */
  private allowOut(
    name: string,
    { region, network, originPorts }: CacheFleetArgs,
    securityGroup: aws.ec2.SecurityGroup,
  ): pulumi.Resource[] {
    const rule = (role: string, port: number, to: Partial<aws.vpc.SecurityGroupEgressRuleArgs>, description: string) =>
      new aws.vpc.SecurityGroupEgressRule(
        `${name}-to-${role}`,
        {
          region,
          securityGroupId: securityGroup.id,
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
          description,
          ...to,
        },
        { parent: this },
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
      rule("s3", 443, { prefixListId: network.s3PrefixListId }, "The store, by the gateway endpoint"),
    ];
  }

  /** Two limits, whichever comes first: a cache node runs out of baseline bandwidth more often than of CPU. */
  private scale(name: string, { region, target }: CacheFleetArgs, group: aws.autoscaling.Group): void {
    const policy = (
      role: string,
      targetTrackingConfiguration: aws.types.input.autoscaling.PolicyTargetTrackingConfiguration,
    ) =>
      new aws.autoscaling.Policy(
        `${name}-${role}`,
        { region, autoscalingGroupName: group.name, policyType: "TargetTrackingScaling", targetTrackingConfiguration },
        { parent: this },
      );
    policy("cpu", {
      predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
      targetValue: target.cpuPercent,
    });
    policy("bandwidth", {
      customizedMetricSpecification: {
        metrics: [
          {
            id: "bytes",
            metricStat: {
              metric: {
                namespace: "AWS/EC2",
                metricName: "NetworkOut",
                dimensions: [{ name: "AutoScalingGroupName", value: group.name }],
              },
              stat: "Average",
              // Detailed monitoring: one value a minute.
              period: 60,
            },
            returnData: false,
          },
          { id: "mbps", expression: "bytes * 8 / 60 / 1000000", label: "Mbit/s out per node", returnData: true },
        ],
      },
      targetValue: target.networkOutMbps,
    });
  }
}

/** Size of a node's root volume, GB: the system and its logs; what is cached is in memory and on instance storage. */
export const NODE_ROOT_VOLUME_GB = 8;

/** Longest name of a bucket: with it the user data is as long as it can become. */
const LONGEST_BUCKET_NAME = 63;

const ASSUMED_BY_EC2 = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** A node is started before one is taken away, in an instance refresh, a rebalance or the group's own maintenance. */
const LAUNCH_BEFORE_TERMINATE = { minHealthyPercentage: 100, maxHealthyPercentage: 150 };

const LIFECYCLE_HOOKS = [
  {
    // The agent reports for service; a node that does not is never seen by the load balancer.
    name: HOOK_NAMES.launching,
    lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
    heartbeatTimeout: TIMING.launchingHeartbeat,
    defaultResult: "ABANDON",
  },
  {
    // Begins after deregistration: time for what is still under way. The node ends it itself when it is idle.
    name: HOOK_NAMES.terminating,
    lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
    heartbeatTimeout: TIMING.terminatingHeartbeat,
    defaultResult: "CONTINUE",
  },
];

function groupMetric(id: string, metricName: string, group: aws.autoscaling.Group) {
  return {
    id,
    metric: {
      namespace: "AWS/AutoScaling",
      metricName,
      dimensions: { AutoScalingGroupName: group.name },
      period: 60,
      stat: "Maximum",
    },
    returnData: false,
  };
}

function checkUserData(component: pulumi.Resource, text: string): void {
  const size = Buffer.byteLength(text);
  if (size > USER_DATA_LIMIT) {
    throw new pulumi.ResourceError(
      `user data: must be at most ${String(USER_DATA_LIMIT)} bytes, got ${String(size)}: shorten the footprint's name`,
      component,
      true,
    );
  }
}
