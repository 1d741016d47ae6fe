import table from "./data/regions.json";

/** An AWS region as a place for a PoP; where each number comes from stands in the `source` of the table. */
export interface Region {
  readonly code: string;
  readonly place: string;
  /** The account must enable the region before anything can be created there. */
  readonly optIn: boolean;
  /** Route 53 knows the region in latency records. */
  readonly latencyRouting: boolean;
  /** Availability zones in their fixed order: a zone's place in this list is its number. Never reordered. */
  readonly zones: readonly { readonly id: string; readonly usable: boolean }[];
  /** Zones of a PoP that names none. */
  readonly defaultZones: readonly string[];
  /** Instance types of a PoP that names none; null where nothing is known about the region's offer. */
  readonly defaultTypes: readonly string[] | null;
  /** Number of the region's own /20 in the supernet. Never reused. */
  readonly slot: number;
  readonly lat: number;
  readonly lon: number;
}

/** Regions by code. The rules take it as an argument, so that a test can hold a region that does not exist yet. */
export type RegionTable = ReadonlyMap<string, Region>;

const rows: Readonly<Record<string, Omit<Region, "code">>> = table.regions;

/** The checked-in regions, in the table's order (that of their slots). */
export const REGIONS: RegionTable = new Map(Object.entries(rows).map(([code, row]) => [code, { code, ...row }]));

/** The region of that code; throws for a code that the table does not have, since checked input has none. */
export function region(code: string, regions: RegionTable = REGIONS): Region {
  const found = regions.get(code);
  if (found === undefined) {
    throw new Error(`no region "${code}" in the region table`);
  }
  return found;
}
