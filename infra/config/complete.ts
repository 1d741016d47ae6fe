import type { Site } from "../../components/node/site";
import { formatBlock, parseBlock, slotBlock } from "./addresses";
import type { FootprintConfig, PopConfig, SiteConfig, ZoneConfig } from "./model";
import { popDomainOf, primaryZoneOf, zoneOf } from "./names";
import { originTexts, parseOrigin } from "./origins";
import { compare } from "./problems";
import { region, type RegionTable } from "./regions";
import { PLACEHOLDER_BUCKET, PLACEHOLDER_IMAGE, type SiteInput, type StackInput } from "./schema";
import { popSettings } from "./settings";

/** Fills in what a checked configuration leaves out. The result is frozen, and the same for any order of keys. */
export function complete(stack: string, homeRegion: string, input: StackInput, regions: RegionTable): FootprintConfig {
  const zones = sortedEntries(input.zones).map(([name, zone]): ZoneConfig => ({
    name,
    ...(zone.id === undefined ? {} : { id: zone.id }),
    caaAtApex: zone.caaAtApex,
    handOver: zone.handOver ?? false,
  }));
  const zoneNames = zones.map((zone) => zone.name);
  const primaryZone = expected(primaryZoneOf(input));
  return deepFreeze({
    stack,
    homeRegion,
    zones,
    primaryZone,
    popDomain: popDomainOf(input, primaryZone),
    sites: sortedEntries(input.sites).map(([host, site]) => completeSite(host, site, zoneNames)),
    originPorts: [...new Set(input.originPorts)].sort((a, b) => a - b),
    pops: sortedEntries(input.pops).map(([code]) => completePop(code, input, regions)),
    supernet: input.supernet,
    healthCheck: input.healthCheck,
    packagesBucket: input.packages.bucket,
    tlsPolicy: input.tlsPolicy,
    logs: input.logs,
    protection: input.protection,
    purge: input.purge,
    secrets: input.secrets,
    ...(input.permissionsBoundary === undefined ? {} : { permissionsBoundary: input.permissionsBoundary }),
    ...(input.volumeKey === undefined ? {} : { volumeKey: input.volumeKey }),
    tags: Object.fromEntries(sortedEntries(input.tags)),
    metrics: { ...input.metrics, sites: [...input.metrics.sites].sort() },
    objectives: input.alarms.objectives,
    alarmEmails: [...input.alarms.emails].sort(),
  });
}

/** A value that stands in for one that nobody has chosen yet. */
export interface Placeholder {
  readonly path: string;
  readonly problem: string;
  /** The command that comes by the value. */
  readonly command: string;
}

/** What is still a placeholder: the plan reports it, a deployment refuses it. */
export function placeholders({ stack, pops, packagesBucket }: FootprintConfig): readonly Placeholder[] {
  const regions = pops.filter((pop) => pop.image === PLACEHOLDER_IMAGE).map((pop) => pop.region);
  const image: Placeholder = {
    path: "image",
    problem: `no image is chosen for ${regions.join(", ")}`,
    command: `footprint images --stack ${stack} --release latest`,
  };
  const bucket: Placeholder = {
    path: "packages.bucket",
    problem: "no bucket with the nodes' packages is named",
    command: "footprint node publish --bucket NAME",
  };
  return [...(regions.length === 0 ? [] : [image]), ...(packagesBucket === PLACEHOLDER_BUCKET ? [bucket] : [])];
}

function completeSite(host: string, site: SiteInput, zones: readonly string[]): SiteConfig {
  return {
    host,
    zone: expected(zoneOf(host, zones)),
    dns: site.dns,
    origins: originTexts(site.origin).map((text) => {
      const origin = parseOrigin(text);
      if (typeof origin === "string") {
        throw new Error(`an origin was not checked: ${origin}`);
      }
      return origin;
    }),
    ...siteSettings(site),
  };
}

/** How a site is served, apart from where it is and where it comes from. */
export function siteSettings(site: SiteInput): Omit<Site, "host" | "origins"> {
  const { query, headers, cookies } = site.cacheKey;
  return {
    ...(site.shield === undefined ? {} : { shield: site.shield }),
    originHost: site.originHost,
    cacheKey: {
      query: typeof query === "string" ? query : [...query].sort(),
      headers: headers.map((name) => name.toLowerCase()).sort(),
      cookies: [...cookies].sort(),
    },
    stale: site.stale,
    maxAge: site.maxAge,
    methods: [...site.methods].sort(),
    websocket: site.websocket,
    compression: site.compression,
    clientAddress: site.clientAddress,
    redirectStatus: site.redirectStatus,
    tagHeader: site.tagHeader,
  };
}

function completePop(code: string, input: StackInput, regions: RegionTable): PopConfig {
  const pop = expected(input.pops[code]);
  const { zones: all, slot } = region(code, regions);
  const settings = popSettings(input, code, regions);
  return {
    region: code,
    state: settings.state,
    cidr: pop.cidr ?? formatBlock(expected(slotBlock(parseBlock(input.supernet), slot))),
    zones: all.map((zone, number) => ({ id: zone.id, number })).filter((zone) => settings.zones.includes(zone.id)),
    egress: settings.egress,
    crossZone: settings.crossZone,
    cluster: settings.cluster,
    image: expected(input.image[code]),
    nodes: {
      min: settings.min,
      max: settings.max,
      types: [...expected(settings.types)],
      spotShare: settings.spotShare,
      targetUtilization: settings.targetUtilization,
    },
    ...(pop.peak === undefined ? {} : { peak: pop.peak }),
  };
}

function sortedEntries<T>(record: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(record).sort(([a], [b]) => compare(a, b));
}

/** A value that the rules guarantee. */
function expected<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error("the configuration was completed without having been checked");
  }
  return value;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
