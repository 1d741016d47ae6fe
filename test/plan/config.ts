import type { PopConfig, SiteConfig, ZoneConfig } from "../../infra/config/model";
import { region, REGIONS } from "../../infra/config/regions";

/** A completed PoP with the region's default zones; types that every test can count with. */
export function pop(code: string, overrides: Partial<PopConfig> = {}): PopConfig {
  const { defaultZones, slot, zones } = region(code);
  return {
    region: code,
    state: "active",
    cidr: `10.${String(slot)}.0.0/20`,
    zones: defaultZones.map((id) => ({ id, number: zones.findIndex((zone) => zone.id === id) })),
    egress: "nat",
    crossZone: false,
    cluster: false,
    image: "ami-0123456789abcdef0",
    nodes: nodes({}),
    ...overrides,
  };
}

export function nodes(overrides: Partial<PopConfig["nodes"]>): PopConfig["nodes"] {
  return { min: 6, max: 24, types: ["m7gd.large", "m6gd.large"], spotShare: 0, targetUtilization: 60, ...overrides };
}

/** `count` zones of a PoP, for tests in which only their number matters. */
export function zones(count: number): PopConfig["zones"] {
  return Array.from({ length: count }, (_, number) => ({ id: `use1-az${String(number + 1)}`, number }));
}

export function site(host: string): SiteConfig {
  return {
    host,
    zone: "example.com",
    dns: "now",
    origins: [{ scheme: "https", host: "origin.example.net", port: 443 }],
    originHost: "origin",
    cacheKey: { query: "all", headers: [], cookies: [] },
    stale: { whileRevalidate: 60, ifError: 3600 },
    maxAge: 86400,
    methods: ["GET", "HEAD"],
    websocket: false,
    compression: true,
    clientAddress: "full",
    redirectStatus: 301,
    tagHeader: "Cache-Tag",
  };
}

export function zone(name: string, id?: string): ZoneConfig {
  return id === undefined
    ? { name, caaAtApex: false, handOver: false }
    : { name, id, caaAtApex: false, handOver: false };
}

/** Regions for which the table knows instance types. */
export const POP_REGIONS: readonly string[] = [...REGIONS.values()]
  .filter(({ defaultTypes }) => defaultTypes !== null)
  .map(({ code }) => code);
