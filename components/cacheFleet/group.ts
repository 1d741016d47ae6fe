import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { LIFECYCLE_HOOKS as HOOK_NAMES } from "../node/protocol/lifecycle";
import { TIMING } from "../node/timing";

export interface GroupOptions {
  readonly region: string;
  readonly min: number;
  readonly max: number;
  readonly types: readonly string[];
  readonly spotShare: number;
  readonly vpcId: pulumi.Input<string>;
  readonly subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  readonly targetGroupArns: pulumi.Input<pulumi.Input<string>[]>;
  readonly template: aws.ec2.LaunchTemplate;
  /** Alarms that stop an instance refresh. */
  readonly stopAlarmNames: pulumi.Input<string>[];
  readonly dependsOn: pulumi.Input<pulumi.Input<pulumi.Resource>[]>;
}

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

/** The Auto Scaling group: how many nodes, of which kind, where, and how one takes another's place. */
export function nodeGroup(name: string, options: GroupOptions, parent: pulumi.Resource): aws.autoscaling.Group {
  const { region, template } = options;
  const group = new aws.autoscaling.Group(
    name,
    {
      region,
      minSize: options.min,
      maxSize: options.max,
      vpcZoneIdentifiers: options.subnetIds,
      targetGroupArns: options.targetGroupArns,
      healthCheckType: "ELB",
      // The launching hook covers the installation; what remains is until the checks have passed.
      healthCheckGracePeriod: TIMING.instanceWarmup,
      defaultInstanceWarmup: TIMING.instanceWarmup,
      minElbCapacity: options.min,
      waitForCapacityTimeout: "20m",
      // A launch that fails is tried again by the group: one type or zone without capacity is no reason to give up.
      ignoreFailedScalingActivities: true,
      capacityRebalance: true,
      mixedInstancesPolicy: {
        launchTemplate: {
          launchTemplateSpecification: {
            launchTemplateId: template.id,
            // A number: with $Latest any new version would reach nodes at the next launch, without a refresh.
            version: pulumi.interpolate`${template.latestVersion}`,
          },
          overrides: options.types.map((instanceType) => ({ instanceType })),
        },
        instancesDistribution: {
          onDemandAllocationStrategy: "prioritized",
          // Any change in here starts an instance refresh, which ends a running one: without Spot the size stays out.
          onDemandBaseCapacity: options.spotShare === 0 ? 0 : options.min,
          onDemandPercentageAboveBaseCapacity: 100 - options.spotShare,
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
          // An alarm stops the refresh. It is not turned back: "back" would be what the group had when the refresh
          // began, and the provider saves the new version in the group before that (terraform-provider-aws #34189).
          alarmSpecification: { alarms: options.stopAlarmNames },
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
      parent,
      dependsOn: options.dependsOn,
      // Nodes drain before they go: deregistration and the terminating hook, and then some for EC2. The provider knows
      // no timeout for creation, which waits as long as `waitForCapacityTimeout` says.
      customTimeouts: { update: "30m", delete: "30m" },
      // They count at creation only, and the provider would replace the group for a change of them.
      ignoreChanges: ["initialLifecycleHooks"],
      // Nodes do not move: in another network they are healthy in its load balancer before the former ones go.
      replacementTrigger: options.vpcId,
    },
  );
  for (const hook of LIFECYCLE_HOOKS) {
    new aws.autoscaling.LifecycleHook(
      `${name}-${hook.name}`,
      { region, autoscalingGroupName: group.name, ...hook },
      // They go with their group: taken away before it, nodes of a PoP that goes would not be waited for.
      { parent, deletedWith: group },
    );
  }
  return group;
}
