import { instanceType } from "../config/instanceTypes";
import type { FootprintConfig, PopConfig } from "../config/model";
import type { Place } from "./latency/answers";
import { baseline, carries, type Loss, lose, type PopLoad, type Taker } from "./latency/loads";
import { takerBounds } from "./latency/sensitivity";

/**
 * Bytes of a response, where requests are to be counted: the median page of 2024 had 2,652 KB in 71 requests on desktops
 * (HTTP Archive, Web Almanac 2024, "Page Weight").
 */
export const RESPONSE_BYTES = 37_352;

/**
 * What a PoP carries towards its clients, Gbit/s, counted with the baseline bandwidth of its weakest instance type, or what
 * its processors send of `RESPONSE_BYTES`, if that is less: a load balancer spreads flows evenly, so the weakest node is
 * full first, and bursts are paid from credits that run out.
 */
export interface PopCapacity {
  readonly region: string;
  readonly weakestType: string;
  /** What a node of that type sends, to clients and to other nodes. */
  readonly perNode: number;
  readonly bound: "bandwidth" | "processor";
  /** Part of it that goes to clients, with `nodes.min` nodes: less than 1 where the nodes are one cache. */
  readonly toClients: number;
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

/**
 * The loss of a PoP: each place that it answers goes to the PoP that is nearest then, by the latency table, and its load
 * with it, in proportion to its users.
 */
export interface PopLoss extends Omit<Loss, "lost" | "takers"> {
  readonly region: string;
  readonly takers: readonly JudgedTaker[];
  /** Whether the loads are configured peaks, or stand-ins (the capacity at minimum size) for at least one. */
  readonly basis: "peak" | "minimum size";
  /** Every taker carries its load at maximum size; null where nothing says who would take all of it. */
  readonly withinMax: boolean | null;
  /** Static stability: carried without adding a node. */
  readonly withinMin: boolean | null;
  /** PoPs that carry too much for their maximum, or for their minimum alone, if figures are off by the tolerance, but not as they stand. */
  readonly hangsOn: readonly string[];
}

export interface JudgedTaker extends Taker {
  /** Least and most of the lost load, as parts of it, if figures are off by the tolerance. */
  readonly least: number;
  readonly most: number;
}

/** Two PoPs lost at once. */
export interface PairLoss {
  readonly lost: readonly string[];
  /** Who cannot carry its load even at maximum size. */
  readonly overMax: readonly string[];
  /** All users' latency then. */
  readonly latency: Loss["latency"];
  readonly unplaced: number;
}

/** Nodes that go with the fullest of `zones` zones, when `nodes` are spread evenly. */
export function nodesOfFullestZone(nodes: number, zones: number): number {
  return Math.ceil(nodes / zones);
}

/**
 * Microseconds of a processor for a hit: for each, and for each 1,000 bytes of it. HAProxy, Varnish and the access log, the
 * kernel's work for them included, by `npm run bench -- node` (test/README.md, "Figures"): on x86-64, and counted for a vCPU
 * of any kind.
 */
const HIT = { each: 80, perKB: 0.75 } as const;

/** What the processors of a machine send, Gbit/s, when they do nothing else. */
function processorGbps(vcpu: number): number {
  const microseconds = HIT.each + (HIT.perKB * RESPONSE_BYTES) / 1000;
  return (vcpu * RESPONSE_BYTES * 8) / microseconds / 1000;
}

/**
 * Part of what a node sends that goes to clients, when there are so many. Where n nodes are one cache, n - 1 of n bytes have
 * another owner, which has sent them before: 82 of 100 were seen with six nodes, with the copies that they keep
 * (test/README.md, "Figures").
 */
function toClients(nodes: number, cluster: boolean): number {
  return cluster && nodes > 0 ? nodes / (2 * nodes - 1) : 1;
}

export function popCapacity(pop: PopConfig): PopCapacity {
  const { type: weakestType, gbps: perNode, bound } = weakest(pop.nodes.types);
  const zones = pop.zones.length;
  const nodesLost = nodesOfFullestZone(pop.nodes.min, zones);
  const carriedBy = (nodes: number): number => nodes * perNode * toClients(nodes, pop.cluster);
  const remaining = carriedBy(pop.nodes.min - nodesLost);
  return {
    region: pop.region,
    weakestType,
    perNode,
    bound,
    toClients: toClients(pop.nodes.min, pop.cluster),
    atMin: carriedBy(pop.nodes.min),
    atMax: carriedBy(pop.nodes.max),
    zoneLoss: { nodesLost, remaining, factor: zones / (zones - 1) },
    peak: pop.peak ?? null,
    carriesPeak: pop.peak === undefined ? null : pop.peak <= remaining,
  };
}

/** What each active PoP has to carry and can; drained ones take no part. Without a peak it is taken for as busy as its minimum size allows. */
export function popLoads(config: Pick<FootprintConfig, "pops">): readonly PopLoad[] {
  return config.pops
    .filter((pop) => pop.state === "active")
    .map((pop) => {
      const { region, peak, atMin, atMax } = popCapacity(pop);
      return { region, load: peak ?? atMin, atMin, atMax };
    });
}

/** The loss of each active PoP in turn. */
export function popLosses(config: Pick<FootprintConfig, "pops">, places: readonly Place[]): readonly PopLoss[] {
  const pops = popLoads(config);
  const base = baseline(places, pops);
  const peaks = new Map(config.pops.map(({ region, peak }) => [region, peak]));
  return pops.map(({ region, load }): PopLoss => {
    const { takers, unplaced, latency, moved } = lose(base, [region]);
    const others = pops.filter((pop) => pop.region !== region);
    const basis = [region, ...takers.map((taker) => taker.region)].some((code) => peaks.get(code) === undefined);
    return {
      region,
      load,
      unplaced,
      takers: takers.map((taker) => ({ ...taker, ...boundsOf(taker.region) })),
      latency,
      moved,
      basis: basis ? "minimum size" : "peak",
      withinMax: verdict(
        takers.map(({ withinMax }) => withinMax),
        unplaced,
      ),
      withinMin: verdict(
        takers.map(({ withinMin }) => withinMin),
        unplaced,
      ),
      hangsOn: others.filter((pop) => hangs(pop, load, boundsOf(pop.region))).map((pop) => pop.region),
    };

    function boundsOf(taker: string) {
      return takerBounds(
        places,
        pops.map((pop) => pop.region),
        region,
        taker,
      );
    }
  });
}

/** The loss of each two active PoPs at once. */
export function pairLosses(config: Pick<FootprintConfig, "pops">, places: readonly Place[]): readonly PairLoss[] {
  const pops = popLoads(config);
  const base = baseline(places, pops);
  return pops.flatMap((first, index) =>
    pops.slice(index + 1).map((second): PairLoss => {
      const { lost, takers, latency, unplaced } = lose(base, [first.region, second.region]);
      const overMax = takers.filter(({ withinMax }) => !withinMax).map(({ region }) => region);
      return { lost, overMax, latency, unplaced };
    }),
  );
}

/** False when one cannot, null when it is not known of all. */
function verdict(each: readonly boolean[], unplaced: number): boolean | null {
  return each.includes(false) ? false : unplaced > 0 ? null : true;
}

/** Does another verdict on the PoP come out at the least and at the most that it may have to take. */
function hangs(
  { load, atMin, atMax }: PopLoad,
  lost: number,
  { least, most }: { readonly least: number; readonly most: number },
): boolean {
  return [atMin, atMax].some(
    (capacity) => carries(capacity, load + least * lost) !== carries(capacity, load + most * lost),
  );
}

/** The type that sends least. Checked input names known types only. */
function weakest(
  types: readonly string[],
): Pick<PopCapacity, "bound"> & { readonly type: string; readonly gbps: number } {
  const all = types.map((type) => {
    const found = instanceType(type);
    if (found === undefined) {
      throw new Error(`no instance type "${type}" in the instance table`);
    }
    const processor = processorGbps(found.vcpu);
    return processor < found.baselineGbps
      ? { type, gbps: processor, bound: "processor" as const }
      : { type, gbps: found.baselineGbps, bound: "bandwidth" as const };
  });
  return all.reduce((least, next) => (next.gbps < least.gbps ? next : least));
}
