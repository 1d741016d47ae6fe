import { instanceType } from "../config/instanceTypes";
import type { FootprintConfig, PopConfig } from "../config/model";
import { type Neighbour, neighbours } from "./geo";

/**
 * What a PoP carries towards its clients, Gbit/s, counted with the baseline bandwidth of its weakest instance type: a
 * load balancer spreads flows evenly, so the weakest node is full first, and bursts are paid from credits that run out.
 */
export interface PopCapacity {
  readonly region: string;
  readonly weakestType: string;
  readonly perNode: number;
  /** With `nodes.min` and with `nodes.max` nodes. */
  readonly atMin: number;
  readonly atMax: number;
  readonly zoneLoss: ZoneLoss;
  readonly peak: number | null;
  /** Does the minimum size carry the peak after losing a zone; null without a peak. */
  readonly carriesPeak: boolean | null;
}

/** The loss of a zone at minimum size, before the group has replaced a node. */
export interface ZoneLoss {
  /** Nodes are spread evenly and the fullest zone is the one that is lost. */
  readonly nodesLost: number;
  /** What remains: the largest peak that the minimum size carries through the loss. */
  readonly remaining: number;
  /** Size for the peak over the peak itself, Z / (Z - 1), when every zone has the same number of nodes. */
  readonly factor: number;
}

/** The loss of a PoP: Route 53 sends nearly all of its clients to the nearest remaining one, so all is counted there. */
export interface PopLoss {
  readonly region: string;
  /** The PoP that takes the load, and the one that comes next; null when none is left. */
  readonly takenBy: Neighbour | null;
  readonly second: Neighbour | null;
  /** Load of the lost PoP, Gbit/s. */
  readonly load: number;
  /** The neighbour's own load plus the lost one's; null without a neighbour. */
  readonly total: number | null;
  /** Whether the two loads are configured peaks, or stand-ins (the capacity at minimum size) for at least one. */
  readonly basis: "peak" | "minimum size";
  readonly withinMax: boolean | null;
  /** Static stability: carried without adding a node. */
  readonly withinMin: boolean | null;
}

/** Nodes that go with the fullest of `zones` zones, when `nodes` are spread evenly. */
export function nodesOfFullestZone(nodes: number, zones: number): number {
  return Math.ceil(nodes / zones);
}

export function popCapacity(pop: PopConfig): PopCapacity {
  const { type: weakestType, gbps: perNode } = weakest(pop.nodes.types);
  const zones = pop.zones.length;
  const nodesLost = nodesOfFullestZone(pop.nodes.min, zones);
  const remaining = (pop.nodes.min - nodesLost) * perNode;
  return {
    region: pop.region,
    weakestType,
    perNode,
    atMin: pop.nodes.min * perNode,
    atMax: pop.nodes.max * perNode,
    zoneLoss: { nodesLost, remaining, factor: zones / (zones - 1) },
    peak: pop.peak ?? null,
    carriesPeak: pop.peak === undefined ? null : pop.peak <= remaining,
  };
}

/** The loss of each active PoP in turn; drained ones take no part. */
export function popLosses(config: Pick<FootprintConfig, "pops">): readonly PopLoss[] {
  const active = config.pops.filter((pop) => pop.state === "active");
  const byRegion = new Map(active.map((pop) => [pop.region, popCapacity(pop)]));
  return active.map(({ region: lost }) => popLoss(lost, byRegion));
}

/** Gbit/s for a reader: one decimal, whole numbers from 100. */
export function showGbps(gbps: number): string {
  return gbps >= 100 ? gbps.toFixed(0) : gbps.toFixed(1);
}

function popLoss(lost: string, active: ReadonlyMap<string, PopCapacity>): PopLoss {
  const own = known(active, lost);
  const [takenBy, second] = neighbours(lost, [...active.keys()]);
  const load = own.peak ?? own.atMin;
  const common = { region: lost, takenBy: takenBy ?? null, second: second ?? null, load };
  if (takenBy === undefined) {
    const basis = own.peak === null ? "minimum size" : "peak";
    return { ...common, total: null, basis, withinMax: null, withinMin: null };
  }
  const neighbour = known(active, takenBy.region);
  const total = load + (neighbour.peak ?? neighbour.atMin);
  return {
    ...common,
    total,
    basis: own.peak === null || neighbour.peak === null ? "minimum size" : "peak",
    withinMax: total <= neighbour.atMax,
    withinMin: total <= neighbour.atMin,
  };
}

function known(active: ReadonlyMap<string, PopCapacity>, code: string): PopCapacity {
  const found = active.get(code);
  if (found === undefined) {
    throw new Error(`no active PoP "${code}"`);
  }
  return found;
}

/** The type with the least baseline bandwidth. Checked input names known types only. */
function weakest(types: readonly string[]): { readonly type: string; readonly gbps: number } {
  const all = types.map((type) => {
    const found = instanceType(type);
    if (found === undefined) {
      throw new Error(`no instance type "${type}" in the instance table`);
    }
    return { type, gbps: found.baselineGbps };
  });
  return all.reduce((least, next) => (next.gbps < least.gbps ? next : least));
}
