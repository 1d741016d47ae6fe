import { METRICS, METRICS_PERIOD } from "../../components/node/protocol/metrics";
import type { FootprintConfig, HealthCheckConfig, PopConfig } from "../config/model";
import { globalPrice, instanceHour, itemPrice, type Price, type PricedItem } from "./prices";

/** Hours of an average month, as AWS's own calculator counts. */
const HOURS = 730;

const ALARM_METRICS = "metrics in CloudWatch alarms";
const COMPOSITES = "composite CloudWatch alarms";

/** What the components decide and the configuration does not say. */
export interface CostBasis {
  /** Size of a node's root volume (gp3), GB. */
  readonly rootVolume: number;
  /** Where nodes publish what they count. */
  readonly metrics: Pick<FootprintConfig["metrics"], "cloudwatch" | "sites">;
  /** What CloudWatch bills for the alarms of one PoP. */
  readonly alarms: AlarmsBilled;
}

export interface AlarmsBilled {
  /** Metrics that alarms watch: one, or as many as an expression takes. */
  readonly metrics: number;
  /** Alarms that are composed of others. */
  readonly composites: number;
}

/** One line of an estimate, in US dollars; price, source and amount are null where the table has no price. */
export interface CostLine {
  readonly item: string;
  /** Units billed in a month, for instance node-hours. */
  readonly quantity: number;
  readonly unit: string;
  readonly unitPrice: number | null;
  readonly source: string | null;
  readonly date: string | null;
  readonly monthly: number | null;
}

export interface CostEstimate {
  readonly lines: readonly CostLine[];
  /** Sum of the lines that have a price. */
  readonly total: number;
  /** True when a line has no price: then the total is too low. */
  readonly partial: boolean;
  /** The items without a price. */
  readonly missing: readonly string[];
}

/** A charge that is in no estimate of the minimum, with its price per unit where one is known. */
export interface LeftOut {
  readonly what: string;
  readonly unit: string | null;
  readonly price: Price | null;
}

/** What a PoP costs a month before the first byte of traffic: its minimum size, on demand. */
export function popCost(pop: PopConfig, check: HealthCheckConfig, basis: CostBasis): CostEstimate {
  const { region } = pop;
  const nodes = pop.nodes.min;
  const zones = pop.zones.length;
  const type = pop.nodes.types[0] ?? "";
  // Beyond the plain check: HTTPS, and the fast interval.
  const options = check.interval === 10 ? 2 : 1;
  const hasNat = pop.egress !== "direct";
  const addresses = zones + (hasNat ? zones : 0) + (pop.egress === "nat" ? 0 : nodes);

  return estimate([
    line(`${type} on demand`, nodes * HOURS, "node-hour", instanceHour(type, region)),
    line("Network Load Balancer", HOURS, "hour", itemPrice("nlb-hour", region)),
    // A regional NAT gateway is billed for every zone that it serves.
    ...(hasNat ? [line("NAT gateway", zones * HOURS, "zone-hour", itemPrice("nat-zone-hour", region))] : []),
    // The load balancer has one address per zone; so has the NAT gateway, or else every node has its own.
    line("public IPv4 addresses", addresses * HOURS, "address-hour", itemPrice("ipv4-hour", region)),
    line("root volumes (gp3)", nodes * basis.rootVolume, "GB-month", itemPrice("gp3-gb-month", region)),
    line("Route 53 health check", 1, "month", globalPrice("health-check-month")),
    line("Route 53 health check options", options, "month", globalPrice("health-check-option-month")),
    ...(basis.metrics.cloudwatch
      ? [
          line("CloudWatch metrics", metricsOf(basis.metrics.sites.length), "month", itemPrice("metric-month", region)),
          line("CloudWatch calls", nodes * CALLS, "call", itemPrice("put-metric-call", region)),
        ]
      : []),
    line(ALARM_METRICS, basis.alarms.metrics, "month", itemPrice("alarm-month", region)),
    ...(basis.alarms.composites === 0
      ? []
      : [line(COMPOSITES, basis.alarms.composites, "month", itemPrice("composite-alarm-month", region))]),
  ]);
}

/** Calls of a node a month, one each period; more than a dozen sites with metrics of their own take two. */
const CALLS = (HOURS * 3600) / METRICS_PERIOD;

/** Metrics of a PoP, which all of its nodes share. */
function metricsOf(sites: number): number {
  const all = Object.values(METRICS);
  return all.length + sites * all.filter((metric) => "bySite" in metric).length;
}

/** What was billed for alarms in an estimate. */
export function alarmsIn({ lines }: CostEstimate): AlarmsBilled {
  const of = (item: string): number => lines.find((one) => one.item === item)?.quantity ?? 0;
  return { metrics: of(ALARM_METRICS), composites: of(COMPOSITES) };
}

/** What belongs to no PoP: the hosted zones that the stack makes, and the dashboard. */
export function globalCost({ zones, metrics }: Pick<FootprintConfig, "zones" | "metrics">): CostEstimate {
  const made = zones.filter((zone) => zone.id === undefined).length;
  return estimate([
    ...(made === 0 ? [] : [line("hosted zones", made, "month", globalPrice("hosted-zone-month"))]),
    ...(metrics.cloudwatch ? [line("CloudWatch dashboard", 1, "month", globalPrice("dashboard-month"))] : []),
  ]);
}

/** What no estimate holds: charges that depend on traffic or on the account, and what is small beside them. */
export function leftOut(region: string): readonly LeftOut[] {
  const priced = (what: string, item: PricedItem): LeftOut => ({
    what,
    unit: "GB",
    price: itemPrice(item, region) ?? null,
  });
  const plain = (what: string): LeftOut => ({ what, unit: null, price: null });
  return [
    plain("data transfer to the internet and between regions"),
    priced("data transfer between zones, each direction", "inter-zone-gb"),
    priced("data processed by the NAT gateway", "nat-gb"),
    plain("load balancer capacity units (LCU)"),
    plain("Route 53 queries"),
    plain("S3 storage and requests"),
    plain("flow logs and access logs"),
    plain("nodes above the minimum size, and those that a refresh adds for a while"),
    plain("free tiers, discounts, commitments and taxes"),
  ];
}

/** Several estimates as one. */
export function sum(estimates: readonly CostEstimate[]): Pick<CostEstimate, "total" | "partial" | "missing"> {
  const missing = [...new Set(estimates.flatMap((one) => one.missing))];
  return {
    total: cents(estimates.reduce((total, one) => total + one.total, 0)),
    partial: missing.length > 0,
    missing,
  };
}

function line(item: string, quantity: number, unit: string, price: Price | undefined): CostLine {
  if (price === undefined) {
    return { item, quantity, unit, unitPrice: null, source: null, date: null, monthly: null };
  }
  const { usd, source, date } = price;
  return { item, quantity, unit, unitPrice: usd, source, date, monthly: cents(quantity * usd) };
}

function estimate(lines: readonly CostLine[]): CostEstimate {
  const missing = lines.filter((one) => one.monthly === null).map((one) => one.item);
  return {
    lines,
    total: cents(lines.reduce((total, one) => total + (one.monthly ?? 0), 0)),
    partial: missing.length > 0,
    missing,
  };
}

function cents(usd: number): number {
  return Math.round(usd * 100) / 100;
}
