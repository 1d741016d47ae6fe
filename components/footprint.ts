import * as pulumi from "@pulumi/pulumi";
import { AlarmTopic } from "./alarmTopic";
import type { NodesArgs } from "./cacheFleet";
import { Dashboard } from "./dashboard";
import type { HostedName } from "./hostedName";
import { HostedZones } from "./hostedZones";
import { LatencyRouting } from "./latencyRouting";
import type { MetricsArgs, ObjectivesArgs } from "./metrics";
import type { Egress, FlowLogs } from "./network";
import type { AgentFile } from "./nodeStore";
import { Pop, PopState, type PopParts } from "./pop";
import { popName, type HealthCheckArgs } from "./popRouting";
import { refuse } from "./refuse";
import { ROUTE53_METRICS_REGION } from "./route53";
import { configurationKeys, Secrets, type SecretsArgs } from "./secrets";
import { SiteDns, type SiteArgs } from "./site";
import { StepGuard } from "./stepGuard";
import type { TlsPolicy } from "./tlsPolicies";
import { tagged } from "./transformations";
import type { Zone } from "./zone";

export interface FootprintArgs {
  /** Name of the footprint: a tag of all that it has, and part of each node's identity. */
  footprint: string;
  /** Public hosted zones. */
  zones: FootprintZone[];
  /** Name of the zone that holds the names of the single PoPs. Default: the first. */
  primaryZone?: string;
  /** Where these names live: below that, in the primary zone. Default: `pop.<primary zone>`. */
  popDomain?: string;
  sites: SiteArgs[];
  /** Ports that nodes may reach beside 443 and those of the sites' origins. Default: none. */
  originPorts?: number[];
  pops: FootprintPop[];
  /** Default: every 10 seconds, three failures. */
  healthCheck?: HealthCheckArgs;
  /** Bucket that holds the archive of the packages in the nodes' lock file (`footprint node publish`). */
  packagesBucket: string;
  /** Default: the policy that AWS advises (2025-09). */
  tlsPolicy?: TlsPolicy;
  /** Connections that flow logs record. `all` costs per client connection. Default: rejected. */
  flowLogs?: FlowLogs;
  /** Days that logs are kept. Default: 30. */
  logRetention?: number;
  /** Protect what may not be lost: load balancers, drain guards, zones that are made here. Default: true. */
  protection?: boolean;
  /** Seconds after which a PoP that cannot read the purge log takes itself out. Default: an hour. */
  purgeMaxStaleness?: number;
  /** Generations of the secrets; raising one by one rotates it. Default: the first of each. */
  secrets?: SecretsArgs;
  /** ARN of the managed policy that bounds the nodes' roles. Default: none does. */
  permissionsBoundary?: string;
  /**
   * Alias of the KMS key that encrypts the nodes' root volumes, such as `alias/edge-volumes`; each region has it, and
   * its policy lets Auto Scaling's service-linked role use it. Default: AWS's own for EBS.
   */
  volumeKey?: string;
  /**
   * Tags of every resource that takes tags, beside the footprint's own. Objects in buckets have none; zones and health
   * checks take ten and have these only when all fit; launch templates keep those that they were made with. Default:
   * none.
   */
  tags?: Record<string, string>;
  /** Where nodes publish what they count. Default: CloudWatch. */
  metrics?: MetricsArgs;
  /** What alarms measure each PoP against. Default: 99.9 percent available, 99 percent of first bytes within 1.8 s. */
  objectives?: ObjectivesArgs;
  /** Addresses that are asked to subscribe to alarms. Default: none. */
  alarmEmails?: string[];
  /** The agent that nodes run. Default: the one that comes with this package. */
  agent?: AgentFile;
}

export interface FootprintZone {
  name: string;
  /** Id of a zone that exists. Default: the zone is made. */
  id?: string;
  /** Put a CAA record at the apex also: it governs every name of the zone. Default: false. */
  caaAtApex?: boolean;
  /** Let the zone go, and take records over that are there already. Default: false. */
  handOver?: boolean;
}

/** What one PoP has of its own. */
export interface FootprintPop {
  region: string;
  /** Default: active. */
  state?: PopState;
  /** The VPC's IPv4 block, /16 to /24, which no other PoP overlaps. */
  cidr: string;
  /** Zones in use. */
  zones: Zone[];
  /** How nodes reach IPv4. Default: nat. */
  egress?: Egress;
  /** Spread connections over all zones, which AWS bills. Default: while there are fewer than two nodes a zone. */
  crossZone?: boolean;
  /** Make one cache of the PoP's nodes, which ask each other; AWS bills what crosses zones. Default: true. */
  cluster?: boolean;
  /** Id of the machine image, arm64, Debian 13. */
  image: string;
  nodes: NodesArgs;
}

/**
 * One deployment footprint: what is global once, and a PoP per region.
 *
 * ```ts
 * new Footprint("edge", {
 *   footprint: "edge", zones: [{ name: "example.com", id: "Z0123456789ABCDEFGHIJ" }], sites, pops,
 *   packagesBucket: "my-edge-packages",
 * });
 * ```
 *
 * Creates the hosted zones without an id and the CAA records, the secrets, a `Pop` per region, and the latency routing
 * between them with its alarms, and a dashboard while nodes publish to CloudWatch. A PoP shares nothing with another PoP but these, and IAM. Costs what its parts cost:
 * `footprint plan` adds them up from a dated price table.
 *
 * @throws ResourceError when a site or the primary zone names a zone that is not listed, and when no PoP is active
 */
export class Footprint extends pulumi.ComponentResource {
  /** URL of each site. */
  readonly endpoints: string[];
  /** The name of each PoP, by region: for tests of one PoP, and for its health. */
  readonly popNames: Record<string, string>;
  /** Addresses of each PoP, by region, that an origin must let in; empty for PoPs with direct egress, with `both` not all. */
  readonly egressAddresses: Record<string, pulumi.Output<string[]>>;
  /** Bucket of each PoP, by region: an object `drain` in it takes the PoP out of service. */
  readonly storeBuckets: Record<string, pulumi.Output<string>>;
  /** Bucket of each PoP's logs, by region. */
  readonly logBuckets: Record<string, pulumi.Output<string>>;
  /** Auto Scaling group of each PoP's nodes, by region. */
  readonly nodeGroups: Record<string, pulumi.Output<string>>;
  /** What AWS's own metrics know the parts of each PoP by, by region. */
  readonly popParts: Record<string, PopParts>;
  /** Health check of each PoP, by region. */
  readonly healthCheckIds: Record<string, pulumi.Output<string>>;
  /** Name servers of zones that were made here, to delegate to. */
  readonly nameServers: Record<string, pulumi.Output<string[]>>;
  /** What verifies the pointers of all PoPs; no secret. */
  readonly configurationKeys: pulumi.Output<string[]>;

  constructor(name: string, args: FootprintArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "footprint:footprint:Footprint",
      name,
      {},
      {
        ...opts,
        transformations: [...(opts?.transformations ?? []), tagged({ Footprint: args.footprint }, args.tags)],
      },
    );
    const child = { parent: this };
    const { protection = true, alarmEmails = [] } = args;
    const primaryZone = args.primaryZone ?? args.zones[0]?.name ?? "";
    const { popDomain = `pop.${primaryZone}` } = args;
    refuse(this, [
      ...unlistedZones(args, primaryZone),
      ...outside(popDomain, primaryZone),
      ...shieldsThatAreNone(args),
    ]);

    // Not those with a CAA record: an apex has none of itself, and is served all the same.
    const inUse = new Set([primaryZone, ...args.sites.filter(leadsHere).map(({ zone = primaryZone }) => zone)]);
    const zones = new HostedZones(
      `${name}-zones`,
      {
        zones: args.zones.map(({ name, id, handOver }) => ({ name, id, handOver, answers: inUse.has(name) })),
        caa: caaNames(args, primaryZone, popDomain),
        protection,
      },
      child,
    );
    const inZone = (host: string, zone: string): HostedName => ({
      host,
      zoneId: listed(zones.ids[zone]),
      takeOver: args.zones.find(({ name }) => name === zone)?.handOver,
    });
    const hostsOf = (sites: readonly SiteArgs[]) => sites.map(({ host, zone = primaryZone }) => inZone(host, zone));
    const hosts = hostsOf(args.sites);
    const popDomainInZone = inZone(popDomain, primaryZone);

    const generations = args.secrets ?? { originAuth: 1, purge: 1 };
    const secrets = new Secrets(`${name}-secrets`, { protection, ...generations }, child);

    const pops = args.pops.map(
      (pop) =>
        new Pop(
          pop.region,
          {
            ...pop,
            footprint: args.footprint,
            protection,
            flowLogs: args.flowLogs,
            logRetention: args.logRetention,
            tlsPolicy: args.tlsPolicy,
            sites: args.sites,
            originPorts: args.originPorts,
            hosts,
            popDomain: popDomainInZone,
            caaRecords: zones.caaRecords,
            secrets,
            agent: args.agent,
            packagesBucket: args.packagesBucket,
            purgeMaxStaleness: args.purgeMaxStaleness,
            metrics: args.metrics,
            objectives: args.objectives,
            alarmEmails,
            permissionsBoundary: args.permissionsBoundary,
            volumeKey: args.volumeKey,
          },
          child,
        ),
    );

    const topic = new AlarmTopic(`${name}-alarms`, { region: ROUTE53_METRICS_REGION, emails: alarmEmails }, child);
    const routing = new LatencyRouting(
      `${name}-routing`,
      {
        hosts: hostsOf(args.sites.filter(leadsHere)),
        popDomain: popDomainInZone,
        pops,
        healthCheck: args.healthCheck ?? { interval: 10, threshold: 3 },
        alarmTopicArn: topic.arn,
      },
      child,
    );

    for (const site of args.sites) {
      new StepGuard(`${site.host}-dns-later`, "site", { protection: protection && leadsHere(site) }, child);
    }

    this.endpoints = args.sites.map((site) => `https://${site.host}/`);
    this.popNames = byRegion(pops, (pop) => popName(pop.region, popDomain));
    this.egressAddresses = byRegion(pops, (pop) => pop.egressAddresses);
    this.storeBuckets = byRegion(pops, (pop) => pop.storeBucketName);
    this.logBuckets = byRegion(pops, (pop) => pop.logBucketName);
    this.nodeGroups = byRegion(pops, (pop) => pop.nodeGroupName);
    this.popParts = byRegion(pops, (pop) => pop.parts);
    this.healthCheckIds = routing.healthCheckIds;
    if (args.metrics?.cloudwatch ?? true) {
      new Dashboard(
        `${name}-dashboard`,
        {
          footprint: args.footprint,
          pops: pops.map(({ region, parts }) => ({ ...parts, healthCheckId: listed(routing.healthCheckIds[region]) })),
        },
        child,
      );
    }
    this.nameServers = zones.nameServers;
    this.configurationKeys = configurationKeys(secrets.configuration);
    this.registerOutputs({});
  }
}

/** Names of zones that somebody uses and nobody lists. */
function unlistedZones({ zones, sites }: FootprintArgs, primaryZone: string): string[] {
  const names = zones.map(({ name }) => name);
  const used = [
    { path: "primaryZone", zone: primaryZone },
    ...sites.map(({ host, zone = primaryZone }) => ({ path: `sites.${host}.zone`, zone })),
  ];
  return used
    .filter(({ zone }) => !names.includes(zone))
    .map(({ path, zone }) => `${path}: must be one of ${names.join(", ")}, got ${JSON.stringify(zone)}`);
}

function shieldsThatAreNone({ sites, pops }: FootprintArgs): string[] {
  const active = pops.filter(({ state = PopState.Active }) => state === PopState.Active).map(({ region }) => region);
  return sites.flatMap(({ host, shield }) =>
    shield === undefined || active.includes(shield)
      ? []
      : [
          `sites.${host}.shield: must be the region of an active PoP (${active.join(", ")}), got ${JSON.stringify(shield)}`,
        ],
  );
}

function leadsHere({ dns = SiteDns.Now }: SiteArgs): boolean {
  return dns === SiteDns.Now;
}

function outside(popDomain: string, primaryZone: string): string[] {
  return popDomain.endsWith(`.${primaryZone}`)
    ? []
    : [`popDomain: must lie below the primary zone ${primaryZone}, got ${JSON.stringify(popDomain)}`];
}

/** A CAA record governs all names below it: at an apex it stands only where that is asked for. */
function caaNames({ zones, sites }: FootprintArgs, primaryZone: string, popDomain: string) {
  const atApex = new Set(zones.filter((zone) => zone.caaAtApex).map((zone) => zone.name));
  const isApex = new Set(zones.map((zone) => zone.name));
  return [
    { host: popDomain, zone: primaryZone },
    ...sites
      .filter((site) => leadsHere(site) && !isApex.has(site.host))
      .map(({ host, zone = primaryZone }) => ({ host, zone })),
    ...[...atApex].map((zone) => ({ host: zone, zone })),
  ];
}

function listed<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error("a zone or a PoP was used without having been checked");
  }
  return value;
}

function byRegion<T>(pops: readonly Pop[], value: (pop: Pop) => T): Record<string, T> {
  return Object.fromEntries(pops.map((pop) => [pop.region, value(pop)]));
}
