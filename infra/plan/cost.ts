import { METRICS, METRICS_PERIOD } from "../../components/node/protocol/metrics";
import { AGENT_TIMING, RING_POLL } from "../../components/node/timing";
import type { FootprintConfig, HealthCheckConfig, PopConfig } from "../config/model";
import type { Price, PriceBook, PricedItem } from "./prices";

/** Hours of an average month, as AWS's own calculator counts. */
export const HOURS = 730;

/** What AWS bills as a gigabyte. */
export const BYTES_OF_A_GB = 2 ** 30;

/** Metrics of a node under detailed monitoring (Amazon CloudWatch pricing: seven for an instance, each as a custom one). */
const DETAILED_METRICS = 7;

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
  /** Whether root volumes have a key of the user's own. */
  readonly ownKey: boolean;
  readonly prices: PriceBook;
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

/** What a PoP costs a month before the first byte of traffic: its minimum size, on demand. */
export function popCost(pop: PopConfig, check: HealthCheckConfig, basis: CostBasis): CostEstimate {
  const { region } = pop;
  const { prices } = basis;
  const itemPrice = (item: PricedItem): Price | undefined => prices.item(item, region);
  const nodes = pop.nodes.min;
  const zones = pop.zones.length;
  const type = pop.nodes.types[0] ?? "";
  // Beyond the plain check: HTTPS, and the fast interval.
  const options = check.interval === 10 ? 2 : 1;
  const hasNat = pop.egress !== "direct";
  const addresses = zones + (hasNat ? zones : 0) + (pop.egress === "nat" ? 0 : nodes);

  return estimate([
    line(`${type} on demand`, nodes * HOURS, "node-hour", prices.instanceHour(type, region)),
    line("Network Load Balancer", HOURS, "hour", itemPrice("nlb-hour")),
    // A regional NAT gateway is billed for every zone that it serves.
    ...(hasNat ? [line("NAT gateway", zones * HOURS, "zone-hour", itemPrice("nat-zone-hour"))] : []),
    // The load balancer has one address per zone; so has the NAT gateway, or else every node has its own.
    line("public IPv4 addresses", addresses * HOURS, "address-hour", itemPrice("ipv4-hour")),
    line("root volumes (gp3)", nodes * basis.rootVolume, "GB-month", itemPrice("gp3-gb-month")),
    line("Route 53 health check", 1, "month", prices.global("health-check-month")),
    line("Route 53 health check options", options, "month", prices.global("health-check-option-month")),
    line("EC2 detailed monitoring", nodes * DETAILED_METRICS, "metric-month", itemPrice("metric-month")),
    line("S3 requests: GET", nodes * CALLS.get, "call", itemPrice("get-call")),
    line("S3 requests: PUT", nodes * CALLS.put, "call", itemPrice("put-call")),
    // Each node looks which nodes there are, and reads what each of the others reports: S3 bills a LIST as a PUT.
    ...(pop.cluster
      ? [
          line("S3 requests: LIST, of nodes that are one cache", nodes * CALLS.peers, "call", itemPrice("put-call")),
          line(
            "S3 requests: GET, of nodes that are one cache",
            nodes * (nodes - 1) * CALLS.peers,
            "call",
            itemPrice("get-call"),
          ),
        ]
      : []),
    // The account has it for what it holds elsewhere, too; each region has one of its own.
    ...(basis.ownKey ? [line("key of root volumes", 1, "month", itemPrice("key-month"))] : []),
    ...(basis.metrics.cloudwatch
      ? [
          line("CloudWatch metrics", metricsOf(basis.metrics.sites.length), "month", itemPrice("metric-month")),
          line("CloudWatch calls", nodes * CALLS.metrics, "call", itemPrice("put-metric-call")),
        ]
      : []),
    line(ALARM_METRICS, basis.alarms.metrics, "month", itemPrice("alarm-month")),
    ...(basis.alarms.composites === 0
      ? []
      : [line(COMPOSITES, basis.alarms.composites, "month", itemPrice("composite-alarm-month"))]),
  ]);
}

/**
 * Calls of a node a month. It asks for pointer, purges and drain switch at their pace, also where nothing changes, and says
 * how it is; what is logged and what is fetched come on top. Metrics: more than a dozen sites of their own take two calls.
 */
const CALLS = {
  get: monthly(AGENT_TIMING.pointerPoll) + monthly(AGENT_TIMING.purgePoll) + monthly(AGENT_TIMING.drainSwitchPoll),
  put: monthly(AGENT_TIMING.report),
  metrics: monthly(METRICS_PERIOD),
  peers: monthly(RING_POLL),
} as const;

function monthly(seconds: number): number {
  return (HOURS * 3600) / seconds;
}

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
export function globalCost(
  { zones, metrics }: Pick<FootprintConfig, "zones" | "metrics">,
  prices: PriceBook,
): CostEstimate {
  const made = zones.filter((zone) => zone.id === undefined).length;
  return estimate([
    ...(made === 0 ? [] : [line("hosted zones", made, "month", prices.global("hosted-zone-month"))]),
    ...(metrics.cloudwatch ? [line("CloudWatch dashboard", 1, "month", prices.global("dashboard-month"))] : []),
  ]);
}

/** What no estimate holds: charges that depend on the account or on what is asked for, and what is small beside them. */
export function leftOut(hasTraffic: boolean): readonly string[] {
  return [
    ...(hasTraffic
      ? ["data between regions"]
      : ["data to the Internet, between regions and between zones, load balancer capacity units (--traffic GB)"]),
    "data processed by the NAT gateway",
    "data events of CloudTrail and S3 protection of GuardDuty, where the account has them",
    "Route 53 queries",
    "S3 storage, and requests for what has changed",
    "flow logs and access logs",
    "nodes above the minimum size, and those that a refresh adds for a while",
    "free tiers, discounts, commitments and taxes",
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

/** One line; without a price it is known to lack one. */
export function line(item: string, quantity: number, unit: string, price: Price | undefined): CostLine {
  if (price === undefined) {
    return { item, quantity, unit, unitPrice: null, source: null, date: null, monthly: null };
  }
  const { usd, source, date } = price;
  return { item, quantity, unit, unitPrice: usd, source, date, monthly: cents(quantity * usd) };
}

/** The sum of lines, as far as they have prices. */
export function estimate(lines: readonly CostLine[]): CostEstimate {
  const missing = lines.filter((one) => one.monthly === null).map((one) => one.item);
  return {
    lines,
    total: cents(lines.reduce((total, one) => total + (one.monthly ?? 0), 0)),
    partial: missing.length > 0,
    missing,
  };
}

export function cents(usd: number): number {
  return Math.round(usd * 100) / 100;
}
