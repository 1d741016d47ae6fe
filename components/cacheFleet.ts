import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { nodeGroup } from "./cacheFleet/group";
import { nodeAlarms } from "./cacheFleet/nodeAlarms";
import { objectiveAlarms } from "./cacheFleet/objectiveAlarms";
import { nodeRole } from "./cacheFleet/role";
import { scaling, type ScalingTarget } from "./cacheFleet/scaling";
import { securityRules } from "./cacheFleet/securityRules";
import { sizeAlarms } from "./cacheFleet/sizeAlarms";
import { launchTemplate, userDataProblems } from "./cacheFleet/template";
import type { TrafficSource } from "./loadBalancer";
import { OBJECTIVES, type MetricsArgs, type ObjectivesArgs } from "./metrics";
import { allOf, standing } from "./order";
import { refuse } from "./refuse";

/** Number and kind of a PoP's nodes. */
export interface NodesArgs {
  /** Nodes at least; the group counts as made when so many are healthy in the load balancer. */
  min: number;
  max: number;
  /** Instance types in order of preference, at least two. */
  types: string[];
  /** Percentage of the nodes above `min` that are Spot. Default: 0. */
  spotShare?: number;
  target: ScalingTarget;
}

export interface CacheFleetArgs extends NodesArgs {
  region: string;
  /** Name of the footprint, for the node's identity. */
  footprint: string;
  network: FleetNetwork;
  /** Give nodes public IPv4 addresses: they have no other way out. */
  publicAddresses: boolean;
  loadBalancer: TrafficSource;
  store: FleetStore;
  /** ARN of the bucket for the nodes' access logs. */
  logBucketArn: pulumi.Input<string>;
  /** Where nodes publish what they count. Default: CloudWatch. */
  metrics?: MetricsArgs;
  /** Default: 99.9 percent available, 99 percent of first bytes within 1.8 s. */
  objectives?: ObjectivesArgs;
  /** ARNs of the parameters that a node reads. Default: it reads none. */
  parameterArns?: pulumi.Input<pulumi.Input<string>[]>;
  /** ARN of the managed policy that bounds the nodes' role. Default: none does. */
  permissionsBoundary?: string;
  /**
   * Alias of the KMS key that encrypts the nodes' root volumes, such as `alias/edge-volumes`; the region has it, and
   * its policy lets Auto Scaling's service-linked role use it. Default: AWS's own for EBS.
   */
  volumeKey?: string;
  /** Id of the machine image, arm64. */
  image: string;
  /** Nodes ask each other. Default: true. */
  cluster?: boolean;
  /** Ports of origins, beside 443. */
  originPorts: number[];
  alarms: FleetAlarms;
}

/** What nodes need of their network. */
export interface FleetNetwork {
  readonly vpcId: pulumi.Input<string>;
  /** One subnet per zone. */
  readonly nodeSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  readonly s3PrefixListId: pulumi.Input<string>;
  /** URNs of what must stand before a node starts. */
  readonly ready: pulumi.Input<string[]>;
}

/** What nodes need of their store. */
export interface FleetStore {
  readonly bucketName: pulumi.Input<string>;
  readonly bucketArn: pulumi.Input<string>;
  readonly bootstrapSha256: string;
  /** What verifies the store's pointer. */
  readonly configurationKeys: pulumi.Input<string[]>;
  /** URNs of what must stand before a node starts. */
  readonly ready: pulumi.Input<string[]>;
}

export interface FleetAlarms {
  /** Topic that hears when the group is at its maximum, or below its minimum. */
  readonly topicArn: pulumi.Input<string>;
  /** Alarm that stops an instance refresh, beside the fleet's own on too few nodes. */
  readonly stopAlarmName: pulumi.Input<string>;
}

/**
 * A PoP's nodes: an Auto Scaling group that replaces what is sick, grows with the traffic, and never has fewer healthy
 * nodes during a change than before it.
 *
 * ```ts
 * const fleet = new CacheFleet("edge-nodes", {
 *   region: "eu-central-1", footprint: "europe", network, publicAddresses: false, loadBalancer, store,
 *   logBucketArn: network.logs.bucketArn, parameterArns, image: "ami-0123456789abcdef0", min: 6, max: 24,
 *   types: ["m7gd.large", "m6gd.large"], spotShare: 0, target: { cpuPercent: 60, networkOutMbps: 450 }, originPorts: [], alarms,
 * });
 * ```
 *
 * Creates the nodes' security group and its rules, their role and instance profile, a launch template, the group with
 * its lifecycle hooks and scaling policies, alarms for a group at its maximum and for one below its minimum, and on what
 * nodes publish to CloudWatch: objectives of the PoP and of sites, failing origins, silent nodes, evictions, configuration,
 * purges, old software. A new image or bootstrap starts an instance refresh, which stops when the stop alarm sounds or
 * nodes are too few for long: the way back is the former image.
 *
 * Costs a month: `min` instances on demand and an 8 GB gp3 volume each, at the region's prices (`footprint plan`).
 *
 * @throws ResourceError when the user data would exceed what EC2 takes
 */
export class CacheFleet extends pulumi.ComponentResource {
  readonly groupName: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  /** URNs of what stands when `min` nodes are healthy in the load balancer. */
  readonly ready: pulumi.Output<string[]>;

  constructor(name: string, args: CacheFleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:cacheFleet:CacheFleet", name, {}, opts);
    const { region, footprint, network, loadBalancer, store } = args;
    const { bootstrapSha256 } = store;
    const cloudwatch = args.metrics?.cloudwatch ?? true;
    refuse(this, userDataProblems({ region, footprint, bootstrapSha256 }));

    const securityGroup = new aws.ec2.SecurityGroup(
      name,
      { region, vpcId: network.vpcId, description: "Nodes: reached by the load balancer only" },
      { parent: this },
    );
    const rules = securityRules(
      name,
      {
        region,
        securityGroupId: securityGroup.id,
        loadBalancerSecurityGroupId: loadBalancer.securityGroupId,
        s3PrefixListId: network.s3PrefixListId,
        originPorts: args.originPorts,
        cluster: args.cluster ?? true,
      },
      this,
    );

    const role = nodeRole(
      name,
      {
        region,
        footprint,
        bucketArn: store.bucketArn,
        logBucketArn: args.logBucketArn,
        metrics: cloudwatch,
        parameterArns: args.parameterArns,
        permissionsBoundary: args.permissionsBoundary,
      },
      this,
    );

    const template = launchTemplate(
      name,
      {
        region,
        footprint,
        image: args.image,
        publicAddresses: args.publicAddresses,
        bucketName: store.bucketName,
        bootstrapSha256,
        configurationKeys: store.configurationKeys,
        roleId: role.uniqueId,
        securityGroupId: securityGroup.id,
        profileArn: role.profile.arn,
        volumeKey: args.volumeKey,
      },
      this,
    );

    // The group names the alarm that stops its refresh, and the alarm measures the group: a name that both know.
    const belowMinimumName = pulumi.interpolate`${template.name}-below-minimum`;
    const group = nodeGroup(
      name,
      {
        region,
        min: args.min,
        max: args.max,
        types: args.types,
        spotShare: args.spotShare ?? 0,
        vpcId: network.vpcId,
        subnetIds: network.nodeSubnetIds,
        targetGroupArns: loadBalancer.targetGroupArns,
        template,
        stopAlarmNames: [args.alarms.stopAlarmName, belowMinimumName],
        dependsOn: allOf(network.ready, loadBalancer.ready, store.ready, standing([...rules, role.policy])),
      },
      this,
    );
    scaling(name, { region, group, target: args.target }, this);
    if (cloudwatch) {
      const common = { region, footprint, group, topicArn: args.alarms.topicArn };
      const objectives = { ...OBJECTIVES, ...args.objectives };
      objectiveAlarms(name, { ...common, objectives, sites: args.metrics?.sites ?? [] }, this);
      nodeAlarms(name, common, this);
    }
    sizeAlarms(name, { region, group, belowMinimumName, topicArn: args.alarms.topicArn }, this);

    this.groupName = group.name;
    this.securityGroupId = securityGroup.id;
    this.ready = standing([group]);
    this.registerOutputs({ groupName: this.groupName });
  }
}
