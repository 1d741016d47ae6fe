import * as pulumi from "@pulumi/pulumi";
import { AlarmTopic } from "../components/alarmTopic";
import type { HostedName } from "../components/hostedName";
import { HostedZones } from "../components/hostedZones";
import { LatencyRouting } from "../components/latencyRouting";
import { Pop } from "../components/pop";
import { popName, ROUTE53_METRICS_REGION } from "../components/popRouting";
import { Secrets } from "../components/secrets";
import { tagged } from "../components/transformations";
import type { AgentFile } from "./agentFile";
import { instanceType } from "./config/instanceTypes";
import type { FootprintConfig, NodesConfig } from "./config/model";

export interface FootprintArgs extends FootprintConfig {
  /** What the nodes' agent is; every PoP gets the same. */
  readonly agent: AgentFile;
}

/**
 * One deployment footprint: what is global once, and a PoP per region of its configuration.
 *
 * Global are the hosted zones with their records, the health checks, IAM and the secrets' values. A PoP shares nothing
 * with another PoP but these.
 */
export class Footprint extends pulumi.ComponentResource {
  /** URL of each site. */
  readonly endpoints: readonly string[];
  /** The name of each PoP, by region: for tests of one PoP, and for its health. */
  readonly popNames: Readonly<Record<string, string>>;
  /** Addresses of each PoP, by region, that an origin must let in; empty for PoPs with direct egress. */
  readonly egressAddresses: Readonly<Record<string, pulumi.Output<string[]>>>;
  /** Bucket of each PoP, by region: an object `drain` in it takes the PoP out of service. */
  readonly storeBuckets: Readonly<Record<string, pulumi.Output<string>>>;
  /** Auto Scaling group of each PoP's nodes, by region. */
  readonly nodeGroups: Readonly<Record<string, pulumi.Output<string>>>;
  /** Name servers of zones that this stack made, to delegate to. */
  readonly nameServers: Readonly<Record<string, pulumi.Output<string[]>>>;

  constructor(name: string, config: FootprintArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "footprint:footprint:Footprint",
      name,
      {},
      {
        ...opts,
        transformations: [...(opts?.transformations ?? []), tagged({ ...config.tags, Footprint: config.stack })],
      },
    );
    const child = { parent: this };
    const popDomain = `pop.${config.primaryZone}`;

    const zones = new HostedZones(
      `${name}-zones`,
      {
        zones: config.zones,
        caa: caaNames(config, popDomain),
        protection: config.protection,
      },
      child,
    );
    const inZone = (host: string, zone: string): HostedName => {
      const zoneId = zones.ids[zone];
      if (zoneId === undefined) {
        throw new pulumi.ResourceError(`zones: "${zone}" of host "${host}" is not listed`, this, true);
      }
      return { host, zoneId };
    };
    const hosts = config.sites.map((site) => inZone(site.host, site.zone));
    const popDomainInZone = inZone(popDomain, config.primaryZone);

    const secrets = new Secrets(`${name}-secrets`, config.secrets, child);

    const pops = config.pops.map(
      (pop) =>
        new Pop(
          pop.region,
          {
            region: pop.region,
            footprint: config.stack,
            state: pop.state,
            protection: config.protection,
            cidr: pop.cidr,
            zones: pop.zones,
            egress: pop.egress,
            flowLogs: config.logs.flow,
            logRetention: config.logs.retention,
            crossZone: pop.crossZone,
            tlsPolicy: config.tlsPolicy,
            image: pop.image,
            nodes: { ...pop.nodes, target: scalingTarget(pop.nodes) },
            sites: config.sites,
            hosts,
            popDomain: popDomainInZone,
            caaRecords: zones.caaRecords,
            secrets: { "origin-auth": secrets.originAuth, purge: secrets.purge },
            agent: config.agent,
            packagesBucket: config.packagesBucket,
            purgeMaxStaleness: config.purge.maxStaleness,
            alarmEmails: config.alarmEmails,
          },
          child,
        ),
    );

    const topic = new AlarmTopic(
      `${name}-alarms`,
      { region: ROUTE53_METRICS_REGION, emails: config.alarmEmails },
      child,
    );
    new LatencyRouting(
      `${name}-routing`,
      { hosts, popDomain: popDomainInZone, pops, healthCheck: config.healthCheck, alarmTopicArn: topic.arn },
      child,
    );

    this.endpoints = config.sites.map((site) => `https://${site.host}/`);
    this.popNames = byRegion(pops, (pop) => popName(pop.region, popDomain));
    this.egressAddresses = byRegion(pops, (pop) => pop.egressAddresses);
    this.storeBuckets = byRegion(pops, (pop) => pop.storeBucketName);
    this.nodeGroups = byRegion(pops, (pop) => pop.nodeGroupName);
    this.nameServers = zones.nameServers;
    this.registerOutputs({});
  }
}

/** A CAA record governs all names below it: at an apex it stands only where the stack file asks for it. */
function caaNames({ zones, sites, primaryZone }: FootprintConfig, popDomain: string) {
  const atApex = new Set(zones.filter((zone) => zone.caaAtApex).map((zone) => zone.name));
  const isApex = new Set(zones.map((zone) => zone.name));
  return [
    { host: popDomain, zone: primaryZone },
    ...sites.filter((site) => !isApex.has(site.host)).map(({ host, zone }) => ({ host, zone })),
    ...[...atApex].map((zone) => ({ host: zone, zone })),
  ];
}

/** The group grows at a share of what its weakest type can do for hours, not of what it can burst to. */
function scalingTarget({ types, targetUtilization }: NodesConfig) {
  const weakest = Math.min(...types.map((type) => instanceType(type)?.baselineGbps ?? 0));
  return {
    cpuPercent: targetUtilization,
    networkOutMbps: Math.round(weakest * 1000 * (targetUtilization / 100)),
  };
}

function byRegion<T>(pops: readonly Pop[], value: (pop: Pop) => T): Record<string, T> {
  return Object.fromEntries(pops.map((pop) => [pop.region, value(pop)]));
}
