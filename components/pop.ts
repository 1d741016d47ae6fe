import * as pulumi from "@pulumi/pulumi";
import { AlarmTopic } from "./alarmTopic";
import { Alarms } from "./alarms";
import { CacheFleet, type NodesArgs } from "./cacheFleet";
import { Certificates } from "./certificates";
import { DrainGuard } from "./drainGuard";
import type { HostedName } from "./hostedName";
import { LoadBalancer } from "./loadBalancer";
import { metricsPorts, metricsProblems, metricsSettings, type MetricsArgs, type ObjectivesArgs } from "./metrics";
import { Egress, FlowLogs, Network } from "./network";
import { bootstrap } from "./node/bootstrap";
import { bundle } from "./node/bundle";
import { PACKAGE_LOCK } from "./node/packageLock";
import { NodeStore, type AgentFile } from "./nodeStore";
import { popName, type AliasTarget, type RoutedPop } from "./popRouting";
import { refuse, unlessOneOf } from "./refuse";
import { SecretParameters } from "./secretParameters";
import type { FootprintSecrets } from "./secrets";
import { shippedAgent } from "./shippedAgent";
import { originPorts, siteOf, siteProblems, sitesProblems, type SiteArgs } from "./site";
import { StepGuard } from "./stepGuard";
import { TlsPolicy } from "./tlsPolicies";
import { requireRegion, tagged } from "./transformations";
import type { Zone } from "./zone";

export interface PopArgs {
  /** The PoP's region, which is also its name. */
  region: string;
  /** Name of the footprint that it belongs to. */
  footprint: string;
  /** Default: active. */
  state?: PopState;
  /** Protect what may not be lost while the PoP is active. Default: true. */
  protection?: boolean;
  /** The VPC's IPv4 block, /16 to /24. Changing it replaces the whole network, and asks for a drained PoP. */
  cidr: string;
  /** Zones in use. Taking one in adds subnets and moves no other; giving one up asks for a drained PoP. */
  zones: Zone[];
  /** How nodes reach IPv4. Default: nat. */
  egress?: Egress;
  /** Connections that flow logs record. `all` costs per client connection. Default: rejected. */
  flowLogs?: FlowLogs;
  /** Days that logs are kept. Default: 30. */
  logRetention?: number;
  /** Spread connections over all zones, which AWS bills. Default: while there are fewer than two nodes a zone. */
  crossZone?: boolean;
  /** Make one cache of the PoP's nodes, which ask each other; AWS bills what crosses zones. Default: true. */
  cluster?: boolean;
  /** Default: the policy that AWS advises (2025-09). */
  tlsPolicy?: TlsPolicy;
  /** Id of the machine image, arm64, Debian 13. */
  image: string;
  nodes: NodesArgs;
  sites: SiteArgs[];
  /** The sites' hosts in their zones. */
  hosts: HostedName[];
  /** Ports that nodes may reach beside 443 and those of the sites' origins. Default: none. */
  originPorts?: number[];
  /** Where the per-PoP names live. */
  popDomain: HostedName;
  /** By name, the URN of the CAA record that must stand before the name's certificate is asked for. Default: none. */
  caaRecords?: Record<string, pulumi.Input<string>>;
  secrets: FootprintSecrets;
  /** The agent that nodes run. Default: the one that comes with this package. */
  agent?: AgentFile;
  /** Bucket that holds the archive of the packages in the nodes' lock file (`footprint node publish`). */
  packagesBucket: string;
  /**
   * Seconds after which nodes that cannot read the purge log say that the PoP is unhealthy. Default: an hour, longer
   * than the 43 minutes a month that S3's service level (99.9 %) allows.
   */
  purgeMaxStaleness?: number;
  /** Where nodes publish what they count. Default: CloudWatch. */
  metrics?: MetricsArgs;
  /** What alarms measure the PoP against. Default: 99.9 percent available, 99 percent of first bytes within 1.8 s. */
  objectives?: ObjectivesArgs;
  /** Addresses that are asked to subscribe to alarms. Default: none. */
  alarmEmails?: string[];
  /** ARN of the managed policy that bounds the nodes' role. Default: none does. */
  permissionsBoundary?: string;
  /**
   * Alias of the KMS key that encrypts the nodes' root volumes, such as `alias/edge-volumes`; the region has it, and
   * its policy lets Auto Scaling's service-linked role use it. Default: AWS's own for EBS.
   */
  volumeKey?: string;
}

/** The names by which AWS's own metrics know a PoP's parts. */
export interface PopParts {
  region: string;
  loadBalancerArnSuffix: pulumi.Input<string>;
  /** Of the target group of HTTPS. */
  targetGroupArnSuffix: pulumi.Input<string>;
  /** Absent when nodes have public addresses of their own. */
  natGatewayId?: pulumi.Input<string>;
  nodeGroupName: pulumi.Input<string>;
  logBucketName: pulumi.Input<string>;
}

export const PopState = {
  /** Takes traffic. */
  Active: "active",
  /** Out of DNS, and without protection; all else stays. */
  Drained: "drained",
} as const;
export type PopState = (typeof PopState)[keyof typeof PopState];

/**
 * One Point of Presence: all that serves users in one region, and nothing that another PoP shares.
 *
 * ```ts
 * const pop = new Pop("eu-central-1", { region: "eu-central-1", footprint: "edge", ...settings });
 * ```
 *
 * Creates, in the order in which a packet travels: network, certificates, load balancer, node store, cache fleet; and
 * the alarms on them. Everything below carries the PoP's region, or the PoP throws before it is registered.
 *
 * Costs a month what its parts cost: `footprint plan` adds them up from a dated price table.
 *
 * @throws ResourceError when an argument is none of the values that there are, all of them at once; when a resource
 * below it has another region
 */
export class Pop extends pulumi.ComponentResource implements RoutedPop {
  readonly region: string;
  readonly active: boolean;
  readonly loadBalancer: AliasTarget;
  /** IPv4 addresses from which the PoP's nodes reach origins; empty with direct egress, and with `both` not all. */
  readonly egressAddresses: pulumi.Output<string[]>;
  /** Name of the bucket that holds the PoP's drain switch and purge log. */
  readonly storeBucketName: pulumi.Output<string>;
  /** Name of the bucket that holds the PoP's logs. */
  readonly logBucketName: pulumi.Output<string>;
  /** Name of the nodes' Auto Scaling group. */
  readonly nodeGroupName: pulumi.Output<string>;
  /** What AWS's own metrics know the PoP's parts by. */
  readonly parts: PopParts;
  readonly ready: pulumi.Output<string[]>;
  readonly certificates: Record<string, pulumi.Output<string>>;

  constructor(name: string, args: PopArgs, opts?: pulumi.ComponentResourceOptions) {
    const { region, state = PopState.Active, egress = Egress.Nat, flowLogs = FlowLogs.Rejected } = args;
    const { cluster = true, metrics = {}, objectives = {}, nodes, tlsPolicy = TlsPolicy.ResPq202509 } = args;
    super(
      "footprint:pop:Pop",
      name,
      { region },
      {
        ...opts,
        transformations: [
          ...(opts?.transformations ?? []),
          requireRegion(region),
          tagged({ Footprint: args.footprint, Pop: region }),
        ],
      },
    );
    refuse(this, [
      ...unlessOneOf("state", state, PopState),
      ...unlessOneOf("egress", egress, Egress),
      ...unlessOneOf("flowLogs", flowLogs, FlowLogs),
      ...unlessOneOf("tlsPolicy", tlsPolicy, TlsPolicy),
      ...args.sites.flatMap(siteProblems),
      ...sitesProblems(args.sites),
      ...metricsProblems(metrics, objectives, args.sites),
    ]);
    const child = { parent: this };
    const guarded = (args.protection ?? true) && state === PopState.Active;
    const agent = args.agent ?? shippedAgent(this);
    const usedPorts = originPorts(args.sites);
    const keptPorts = (args.originPorts ?? []).filter((port) => port !== 443);
    const openPorts = [...new Set([...usedPorts, ...keptPorts, ...metricsPorts(metrics)])];

    new DrainGuard(region, { protection: guarded }, child);
    for (const zone of args.zones) {
      new DrainGuard(region, { protection: guarded, zone: zone.id }, child);
    }
    new DrainGuard(region, { protection: guarded, cidr: args.cidr }, child);
    if (egress !== Egress.Direct) {
      // With `both` nothing new goes by it, and once all nodes are new nobody does.
      new StepGuard(`${region}-egress-both`, "nat", { protection: guarded && egress === Egress.Nat }, child);
    }
    for (const port of openPorts) {
      // Nodes reach origins by the former configuration for some minutes, when its security rules are gone already. Where
      // something else has the port no rule goes, and its guard stays.
      const used = usedPorts.includes(port);
      new StepGuard(`${region}-originPorts`, `port-${String(port)}`, { protection: guarded && used }, child);
    }

    const topic = new AlarmTopic(`${name}-alarms`, { region, emails: args.alarmEmails ?? [] }, child);

    const network = new Network(
      `${name}-network`,
      {
        region,
        cidr: args.cidr,
        zones: args.zones,
        egress,
        flowLogs,
        logRetention: args.logRetention ?? 30,
      },
      child,
    );

    const wildcard = { host: `*.${args.popDomain.host}`, zoneId: args.popDomain.zoneId };
    const certificates = new Certificates(
      `${name}-certificate`,
      {
        region,
        names: [wildcard, ...args.hosts],
        after: { ...args.caaRecords, ...entry(wildcard.host, args.caaRecords?.[args.popDomain.host]) },
      },
      child,
    );
    const { [wildcard.host]: defaultCertificateArn, ...certificateArns } = certificates.arns;

    const loadBalancer = new LoadBalancer(
      `${name}-lb`,
      {
        region,
        vpcId: network.vpcId,
        internetGatewayId: network.internetGatewayId,
        subnetIds: network.publicSubnetIds,
        crossZone: args.crossZone ?? nodes.min < 2 * args.zones.length,
        tlsPolicy,
        defaultCertificateArn: required(defaultCertificateArn),
        certificateArns,
        logs: network.logs,
        protection: guarded,
      },
      child,
    );

    const parameters = new SecretParameters(`${name}-secret`, { region, secrets: args.secrets }, child);
    const store = new NodeStore(
      `${name}-store`,
      {
        region,
        bootstrap: bootstrap(PACKAGE_LOCK),
        bundle: bundle({
          region,
          popName: popName(region, args.popDomain.host),
          sites: args.sites.map(siteOf),
          cluster,
          purgeMaxStaleness: args.purgeMaxStaleness ?? 3600,
          metrics: metricsSettings(metrics),
          agentSha256: agent.sha256,
        }),
        agent,
        packages: { bucket: args.packagesBucket, sha256: PACKAGE_LOCK.archive.sha256 },
        logBucket: network.logs.bucketName,
        parameters: parameters.references,
        signing: args.secrets.configuration,
        forceDestroy: !guarded,
      },
      child,
    );

    const alarms = new Alarms(
      `${name}-alarm`,
      {
        region,
        topicArn: topic.arn,
        loadBalancerArnSuffix: loadBalancer.arnSuffix,
        targetGroupArnSuffix: loadBalancer.httpsTargetGroupArnSuffix,
        natGatewayId: network.natGatewayId,
        certificateArns: certificates.arns,
      },
      child,
    );

    const fleet = new CacheFleet(
      `${name}-nodes`,
      {
        region,
        footprint: args.footprint,
        network,
        publicAddresses: egress !== Egress.Nat,
        loadBalancer,
        store,
        logBucketArn: network.logs.bucketArn,
        metrics,
        objectives,
        parameterArns: [...parameters.arns, store.serialArn],
        permissionsBoundary: args.permissionsBoundary,
        volumeKey: args.volumeKey,
        image: args.image,
        ...nodes,
        cluster,
        originPorts: openPorts,
        alarms: { topicArn: topic.arn, stopAlarmName: alarms.unhealthyNodesName },
      },
      child,
    );

    this.region = region;
    this.active = state === PopState.Active;
    this.loadBalancer = { dnsName: loadBalancer.dnsName, zoneId: loadBalancer.zoneId };
    this.egressAddresses = network.egressAddresses;
    this.storeBucketName = store.bucketName;
    this.logBucketName = pulumi.output(network.logs.bucketName);
    this.nodeGroupName = fleet.groupName;
    this.parts = {
      region,
      loadBalancerArnSuffix: loadBalancer.arnSuffix,
      targetGroupArnSuffix: loadBalancer.httpsTargetGroupArnSuffix,
      ...(network.natGatewayId === undefined ? {} : { natGatewayId: network.natGatewayId }),
      nodeGroupName: this.nodeGroupName,
      logBucketName: this.logBucketName,
    };
    this.ready = fleet.ready;
    this.certificates = loadBalancer.certificates;
    this.registerOutputs({
      egressAddresses: this.egressAddresses,
      storeBucketName: this.storeBucketName,
      logBucketName: this.logBucketName,
      nodeGroupName: this.nodeGroupName,
    });
  }
}

/** A record of one entry, or of none. */
function entry<T>(key: string, value: T | undefined): Record<string, T> {
  return value === undefined ? {} : { [key]: value };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error("the certificate of the per-PoP names is missing");
  }
  return value;
}
