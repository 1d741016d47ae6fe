import type { FootprintConfig, PopConfig } from "../config/model";
import { popCapacity } from "./capacity";
import { BYTES_OF_A_GB, cents, type CostEstimate, type CostLine, estimate, HOURS, line, sum } from "./cost";
import { type ManagedCdn, managedCdn } from "./managedCdn";
import { priceOf, type PriceBook, type TieredPrice } from "./prices";

/**
 * Part of a peak that the mean of a month is taken to be. Over a day it was 67 % at AMS-IX (375 of 560 Gbit/s) and 65 % at
 * DE-CIX (299 of 460) in December 2008; who has a peak a month that is no day like others has less.
 */
export const MEAN_OF_PEAK = 0.65;

/** What nodes of a PoP that are one cache send each other between zones. */
export const BETWEEN_NODES = "data between zones of one cache, at most";

/** What a PoP sends to clients in a month, and what that costs. */
export interface PopTraffic {
  readonly gb: number;
  readonly cost: CostEstimate;
  /** See `paidByNat`. */
  readonly paidByNat: number | null;
}

/** Traffic of the footprint, beside the cost without any. */
export interface TrafficSummary {
  readonly from: TrafficGiven["from"];
  readonly gb: number;
  readonly total: number;
  readonly partial: boolean;
  readonly missing: readonly string[];
  /** Null where it lacks a price. */
  readonly managed: ManagedCdn | null;
}

/** Gigabytes of a month by region, and what says so. Drained PoPs send nothing. */
export interface TrafficGiven {
  readonly from: "peak" | "--traffic";
  readonly byRegion: ReadonlyMap<string, number>;
}

/**
 * What each PoP sends in a month: its part of the whole by its users where the whole is given, else by its `peak`. Null where
 * neither is.
 *
 * @param whole gigabytes of the footprint
 * @param shares of all users by region; a PoP without has none
 */
export function trafficGiven(
  { pops }: Pick<FootprintConfig, "pops">,
  whole: number | undefined,
  shares: ReadonlyMap<string, number | null>,
): TrafficGiven | null {
  const active = pops.filter(({ state }) => state === "active");
  if (whole !== undefined) {
    const all = active.reduce((sum, { region }) => sum + (shares.get(region) ?? 0), 0);
    const part = ({ region }: PopConfig): number =>
      all > 0 ? (shares.get(region) ?? 0) / all : 1 / Math.max(1, active.length);
    return { from: "--traffic", byRegion: new Map(active.map((pop) => [pop.region, whole * part(pop)])) };
  }
  const peaks = active.flatMap(({ region, peak }) => (peak === undefined ? [] : [[region, gbOfPeak(peak)] as const]));
  return peaks.length === 0 ? null : { from: "peak", byRegion: new Map(peaks) };
}

/** @param peak Gbit/s */
function gbOfPeak(peak: number): number {
  return (peak * 1e9 * MEAN_OF_PEAK * HOURS * 3600) / 8 / BYTES_OF_A_GB;
}

/** What the traffic of a PoP costs in a month, beside what it costs without any. */
export function trafficCost(pop: PopConfig, gb: number, prices: PriceBook): CostEstimate {
  const { region, zones, crossZone, nodes } = pop;
  const { zoneLoss, weakestType } = popCapacity(pop);
  // As many as carry it through the loss of a zone.
  const more = Math.ceil((nodes.min * gb) / gbOfPeak(zoneLoss.remaining)) - nodes.min;
  return estimate([
    ...(more > 0
      ? [line("nodes above the minimum size", more * HOURS, "node-hour", prices.instanceHour(weakestType, region))]
      : []),
    tieredLine("data to the Internet", gb, prices.internet(region)),
    // Of the measures of a unit the one that is certain: one is 1 GB an hour where TLS ends (Elastic Load Balancing pricing).
    line("load balancer capacity units", gb, "unit-hour", prices.item("nlb-lcu-hour", region)),
    // The load balancer takes any node of any zone for a connection, and AWS bills the sender and the receiver.
    ...(crossZone
      ? [line("data between zones", 2 * gb * betweenZones(zones.length), "GB", prices.item("inter-zone-gb", region))]
      : []),
    // What is asked of a node belongs to one of any zone: at most all of it comes from there, by the copies that a node has less.
    ...(pop.cluster
      ? [line(BETWEEN_NODES, 2 * gb * betweenZones(zones.length), "GB", prices.item("inter-zone-gb", region))]
      : []),
  ]);
}

/** Part of what is sent evenly between the zones that goes from one to another. */
function betweenZones(zones: number): number {
  return (zones - 1) / zones;
}

/**
 * Part of what a PoP sends that its origins must send less, by its being one cache, to pay for the data between its zones by what
 * the NAT gateway bills for a gigabyte. Null where there is no such gateway, or a price is missing: what is spared is the origins'
 * own then.
 */
export function paidByNat({ region, zones, cluster, egress }: PopConfig, prices: PriceBook): number | null {
  const [between, nat] = [prices.item("inter-zone-gb", region), prices.item("nat-gb", region)];
  return !cluster || egress === "direct" || between === undefined || nat === undefined
    ? null
    : (2 * betweenZones(zones.length) * between.usd) / nat.usd;
}

function tieredLine(item: string, gb: number, price: TieredPrice | undefined): CostLine {
  if (price === undefined) {
    return line(item, gb, "GB", undefined);
  }
  const { source, date } = price;
  const monthly = priceOf(gb, price);
  return {
    item,
    quantity: gb,
    unit: "GB",
    unitPrice: gb > 0 ? monthly / gb : 0,
    source,
    date,
    monthly: cents(monthly),
  };
}

/**
 * The traffic of all PoPs together, and what the same would cost at a managed CDN.
 *
 * @param base cost of the footprint without traffic
 */
export function trafficSummary(
  { from, byRegion }: TrafficGiven,
  pops: readonly PopConfig[],
  base: { readonly total: number; readonly partial: boolean },
  prices: PriceBook,
): TrafficSummary {
  const costs = (times: number) =>
    sum(
      pops.flatMap((pop) => {
        const gb = byRegion.get(pop.region);
        return gb === undefined ? [] : [trafficCost(pop, gb * times, prices)];
      }),
    );
  const { total, partial, missing } = costs(1);
  const whole = base.partial || partial ? null : (times: number): number => base.total + costs(times).total;
  return {
    from,
    gb: Math.round([...byRegion.values()].reduce((all, gb) => all + gb, 0)),
    ...{ total, partial, missing },
    managed: managedCdn(byRegion, prices, whole),
  };
}
