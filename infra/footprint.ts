import type { FootprintArgs, FootprintPop } from "../components/footprint";
import type { AgentFile } from "../components/nodeStore";
import { CacheKeyQuery, type SiteArgs } from "../components/site";
import { instanceType } from "./config/instanceTypes";
import type { FootprintConfig, NodesConfig, PopConfig, SiteConfig } from "./config/model";

/** What a stack file says, as the component takes it. The agent is the same for every PoP. */
export function footprintArgs(config: FootprintConfig, agent: AgentFile): FootprintArgs {
  return {
    footprint: config.stack,
    zones: [...config.zones],
    primaryZone: config.primaryZone,
    popDomain: config.popDomain,
    sites: config.sites.map(siteArgs),
    originPorts: [...config.originPorts],
    pops: config.pops.map(popArgs),
    healthCheck: config.healthCheck,
    packagesBucket: config.packagesBucket,
    tlsPolicy: config.tlsPolicy,
    flowLogs: config.logs.flow,
    logRetention: config.logs.retention,
    protection: config.protection,
    purgeMaxStaleness: config.purge.maxStaleness,
    secrets: config.secrets,
    permissionsBoundary: config.permissionsBoundary,
    volumeKey: config.volumeKey,
    tags: config.tags,
    metrics: { ...config.metrics, sites: [...config.metrics.sites] },
    objectives: config.objectives,
    alarmEmails: [...config.alarmEmails],
    agent,
  };
}

function siteArgs({ origins, cacheKey, methods, ...site }: SiteConfig): SiteArgs {
  const { query, headers, cookies } = cacheKey;
  return {
    ...site,
    origins: [...origins],
    cacheKey: {
      ...(typeof query === "string" ? { query } : { query: CacheKeyQuery.Named, queryNames: [...query] }),
      headers: [...headers],
      cookies: [...cookies],
    },
    methods: [...methods],
  };
}

function popArgs({ zones, nodes, region, state, cidr, egress, crossZone, cluster, image }: PopConfig): FootprintPop {
  const { min, max, types, spotShare } = nodes;
  return {
    ...{ region, state, cidr, egress, crossZone, cluster, image },
    zones: [...zones],
    nodes: { min, max, types: [...types], spotShare, target: scalingTarget(nodes) },
  };
}

/** The group grows at a share of what its weakest type can do for hours, not of what it can burst to. */
function scalingTarget({ types, targetUtilization }: NodesConfig) {
  const weakest = Math.min(...types.map((type) => instanceType(type)?.baselineGbps ?? 0));
  return {
    cpuPercent: targetUtilization,
    networkOutMbps: Math.round(weakest * 1000 * (targetUtilization / 100)),
  };
}
