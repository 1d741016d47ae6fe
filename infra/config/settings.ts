import type { RegionTable } from "./regions";
import { region } from "./regions";
import { POP_DEFAULTS } from "./schemaPop";
import type { StackInput } from "./schema";

/** A PoP's settings with `defaults`, the region table and POP_DEFAULTS applied: what the rules look at. */
export interface PopSettings {
  readonly state: "active" | "drained";
  /** Ids of the zones in use, as far as the region has them. */
  readonly zones: readonly string[];
  readonly egress: "nat" | "direct" | "both";
  readonly crossZone: boolean;
  readonly cluster: boolean;
  readonly min: number;
  readonly max: number;
  /** Undefined: neither the file nor the region table names any. */
  readonly types: readonly string[] | undefined;
  readonly spotShare: number;
  readonly targetUtilization: number;
}

/** The settings of the PoP in that region: its own, else those of `defaults`, else those that follow from the rest. */
export function popSettings(input: StackInput, code: string, regions: RegionTable): PopSettings {
  const pop = input.pops[code] ?? {};
  const shared = input.defaults;
  const zones = popZones(input, code, regions);
  const nodes = { ...shared.nodes, ...definedOnly(pop.nodes ?? {}) };
  const min = nodes.min ?? POP_DEFAULTS.minNodesPerZone * zones.length;
  return {
    state: pop.state ?? POP_DEFAULTS.state,
    zones,
    egress: pop.egress ?? shared.egress ?? POP_DEFAULTS.egress,
    crossZone: pop.crossZone ?? shared.crossZone ?? min < POP_DEFAULTS.minNodesPerZone * zones.length,
    cluster: pop.cluster ?? shared.cluster ?? POP_DEFAULTS.cluster,
    min,
    max: nodes.max ?? POP_DEFAULTS.maxOverMin * min,
    types: nodes.types ?? region(code, regions).defaultTypes ?? undefined,
    spotShare: nodes.spotShare ?? POP_DEFAULTS.spotShare,
    targetUtilization: nodes.targetUtilization ?? POP_DEFAULTS.targetUtilization,
  };
}

/** Zones of a region that can be used, the default ones first: a count takes from the front. */
export function usableZones(code: string, regions: RegionTable): readonly string[] {
  const { zones, defaultZones } = region(code, regions);
  const usable = zones.filter((zone) => zone.usable).map((zone) => zone.id);
  return [...defaultZones, ...usable.filter((id) => !defaultZones.includes(id))];
}

function popZones(input: StackInput, code: string, regions: RegionTable): readonly string[] {
  const own = input.pops[code]?.zones;
  if (Array.isArray(own)) {
    return own;
  }
  const count = own ?? input.defaults.zones ?? region(code, regions).defaultZones.length;
  return usableZones(code, regions).slice(0, count);
}

function definedOnly<T extends object>(settings: T): Partial<T> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Partial<T>;
}
