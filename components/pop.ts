import * as pulumi from "@pulumi/pulumi";
import { AlarmTopic } from "./alarmTopic";
import { Alarms } from "./alarms";
import { CacheFleet, type CacheFleetArgs } from "./cacheFleet";
import { Certificates } from "./certificates";
import { DrainGuard } from "./drainGuard";
import type { HostedName } from "./hostedName";
import { LoadBalancer } from "./loadBalancer";
import { Network, type NetworkArgs } from "./network";
import { bootstrap } from "./node/bootstrap";
import { bundle } from "./node/bundle";
import { PACKAGE_LOCK } from "./node/packageLock";
import type { Site } from "./node/site";
import { NodeStore, type NodeStoreArgs } from "./nodeStore";
import { popName, type RoutedPop } from "./popRouting";
import { SecretParameters, type SecretParametersArgs } from "./secretParameters";
import type { TlsPolicy } from "./tlsPolicies";
import { requireRegion, tagged } from "./transformations";

export interface PopArgs extends Pick<NetworkArgs, "cidr" | "zones" | "egress" | "flowLogs" | "logRetention"> {
  /** The PoP's region, which is also its name. */
  region: string;
  /** Name of the footprint that it belongs to. */
  footprint: string;
  /** `drained` takes it out of DNS and lifts its protection; all else stays. */
  state: "active" | "drained";
  /** Protect what may not be lost while the PoP is active. */
  protection: boolean;
  crossZone: boolean;
  tlsPolicy: TlsPolicy;
  image: string;
  nodes: Pick<CacheFleetArgs, "min" | "max" | "types" | "spotShare" | "target">;
  sites: readonly Site[];
  /** The sites' hosts in their zones. */
  hosts: readonly HostedName[];
  /** Where the per-PoP names live. */
  popDomain: HostedName;
  /** CAA record of each name that has one: it must stand before the name's certificate is asked for. */
  caaRecords: Readonly<Record<string, pulumi.Resource>>;
  secrets: SecretParametersArgs["secrets"];
  /** The agent that nodes run, and the bucket that holds the archive of the packages in the nodes' lock file. */
  agent: NodeStoreArgs["agent"];
  packagesBucket: string;
  /** Seconds after which nodes that cannot read the purge log say that the PoP is unhealthy. */
  purgeMaxStaleness: number;
  alarmEmails: readonly string[];
}

/**
 * One Point of Presence: all that serves users in one region, and nothing that another PoP shares.
 *
 * ```ts
 * const pop = new Pop("eu-central-1", { region: "eu-central-1", state: "active", ...settings });
 * ```
 *
 * Creates, in the order in which a packet travels: network, certificates, load balancer, node store, cache fleet; and
 * the alarms on them. Everything below carries the PoP's region, or the PoP throws before it is registered.
 *
 * Costs a month what its parts cost: `footprint plan` adds them up from a dated price table.
 */
export class Pop extends pulumi.ComponentResource implements RoutedPop {
  readonly region: string;
  readonly active: boolean;
  readonly loadBalancer: { readonly dnsName: pulumi.Output<string>; readonly zoneId: pulumi.Output<string> };
  /** IPv4 addresses from which the PoP's nodes reach origins; empty with direct egress. */
  readonly egressAddresses: pulumi.Output<string[]>;
  /** Name of the bucket that holds the PoP's drain switch and purge log. */
  readonly storeBucketName: pulumi.Output<string>;
  /** Name of the nodes' Auto Scaling group. */
  readonly nodeGroupName: pulumi.Output<string>;
  readonly ready: readonly pulumi.Resource[];
  readonly certificates: Readonly<Record<string, pulumi.Resource>>;

  constructor(name: string, args: PopArgs, opts?: pulumi.ComponentResourceOptions) {
    const { region, protection } = args;
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
    const child = { parent: this };
    const guarded = protection && args.state === "active";

    new DrainGuard(region, { protection: guarded }, child);

    const topic = new AlarmTopic(`${name}-alarms`, { region, emails: args.alarmEmails }, child);

    const network = new Network(
      `${name}-network`,
      {
        region,
        cidr: args.cidr,
        zones: args.zones,
        egress: args.egress,
        flowLogs: args.flowLogs,
        logRetention: args.logRetention,
      },
      child,
    );

    const wildcard = { host: `*.${args.popDomain.host}`, zoneId: args.popDomain.zoneId };
    const certificates = new Certificates(
      `${name}-certificate`,
      {
        region,
        names: [wildcard, ...args.hosts],
        after: { ...args.caaRecords, ...only(wildcard.host, args.caaRecords[args.popDomain.host]) },
      },
      child,
    );
    const { [wildcard.host]: defaultCertificateArn, ...certificateArns } = certificates.arns;

    const loadBalancer = new LoadBalancer(
      `${name}-lb`,
      {
        region,
        vpcId: network.vpcId,
        internetGateway: network.internetGateway,
        subnetIds: network.publicSubnetIds,
        crossZone: args.crossZone,
        tlsPolicy: args.tlsPolicy,
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
          sites: args.sites,
          purgeMaxStaleness: args.purgeMaxStaleness,
          agentSha256: args.agent.sha256,
        }),
        agent: args.agent,
        packages: { bucket: args.packagesBucket, sha256: PACKAGE_LOCK.archive.sha256 },
        parameters: parameters.references,
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
        publicAddresses: args.egress === "direct",
        loadBalancer,
        store,
        parameterArns: parameters.arns,
        image: args.image,
        ...args.nodes,
        originPorts: args.sites.flatMap((site) => site.origins.map((origin) => origin.port)),
        alarms: { topicArn: topic.arn, rollbackAlarmName: alarms.unhealthyNodesName },
      },
      child,
    );

    this.region = region;
    this.active = args.state === "active";
    this.loadBalancer = { dnsName: loadBalancer.dnsName, zoneId: loadBalancer.zoneId };
    this.egressAddresses = network.egressAddresses;
    this.storeBucketName = store.bucketName;
    this.nodeGroupName = fleet.groupName;
    this.ready = fleet.ready;
    this.certificates = loadBalancer.certificates;
    this.registerOutputs({
      egressAddresses: this.egressAddresses,
      storeBucketName: this.storeBucketName,
      nodeGroupName: this.nodeGroupName,
    });
  }
}

/** A record of one entry, or of none. */
function only<T>(key: string, value: T | undefined): Record<string, T> {
  return value === undefined ? {} : { [key]: value };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error("the certificate of the per-PoP names is missing");
  }
  return value;
}
