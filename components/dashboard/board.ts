import { METRIC_DIMENSIONS, METRICS_NAMESPACE, METRICS_PERIOD, type MetricName } from "../node/protocol/metrics";
import { ROUTE53_METRICS_REGION } from "../route53";

/** What an operator looks at, as data: CloudWatch's dashboard and Grafana's are made of the same. */
export interface Board {
  readonly title: string;
  /** Of the PoPs. */
  readonly regions: readonly string[];
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  readonly graphs: readonly Graph[];
}

/** Lines over the time. */
export interface Graph {
  readonly title: string;
  readonly unit: Unit;
  readonly series: readonly Series[];
  readonly stacked?: true;
}

export type Unit = "perSecond" | "percent" | "milliseconds" | "seconds" | "count" | "bytes" | "bitsPerSecond";

/** One line: a metric, or metric math in which `$name` stands for one of several metrics, all of one region. */
export type Series = { readonly label: string } & (
  | { readonly metric: MetricStatistic }
  | { readonly math: string; readonly of: Readonly<Record<string, MetricStatistic>> }
);

export interface MetricStatistic {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Sum" | "Average" | "Minimum" | "Maximum" | "p50" | "p95" | "p99";
}

/** A PoP, and the names by which AWS's own metrics know its parts (`PopParts` of `../pop.ts`, once they are known). */
export interface MeasuredPop {
  readonly region: string;
  readonly loadBalancerArnSuffix: string;
  readonly targetGroupArnSuffix: string;
  readonly natGatewayId?: string | undefined;
  readonly nodeGroupName: string;
  readonly logBucketName: string;
  readonly healthCheckId: string;
}

export interface Measured {
  readonly footprint: string;
  readonly pops: readonly MeasuredPop[];
}

/**
 * The world at the top, then each PoP, then origins, then what costs.
 *
 * A rate is a sum divided by its period, so that it is per second however far one looks back.
 */
export function board({ footprint, pops }: Measured): Board {
  const measured = pops.map((pop) => ({ ...pop, own: ownMetrics(footprint, pop.region) }));
  return {
    title: `Footprint ${footprint}`,
    regions: pops.map(({ region }) => region),
    sections: [
      { title: "World", graphs: worldGraphs(measured) },
      ...measured.map((pop) => ({ title: pop.region, graphs: popGraphs(pop) })),
      { title: "Origins", graphs: originGraphs(measured) },
      { title: "What costs", graphs: costGraphs(measured) },
    ],
  };
}

type Own = (name: MetricName, statistic: MetricStatistic["statistic"]) => MetricStatistic;
type Pop = MeasuredPop & { readonly own: Own };

function ownMetrics(footprint: string, region: string): Own {
  const dimensions = { [METRIC_DIMENSIONS.footprint]: footprint, [METRIC_DIMENSIONS.pop]: region };
  return (name, statistic) => ({ region, namespace: METRICS_NAMESPACE, name, dimensions, statistic });
}

function worldGraphs(pops: readonly Pop[]): readonly Graph[] {
  return [
    graph(
      "Requests",
      "perSecond",
      byPop(pops, ({ own }) => rate(own("Requests", "Sum"))),
      { stacked: true },
    ),
    graph(
      "Hit ratio",
      "percent",
      byPop(pops, ({ own }) => ({
        math: "100 * ($hits + $stale) / ($hits + $stale + $misses)",
        of: { hits: own("Hits", "Sum"), stale: own("Stale", "Sum"), misses: own("Misses", "Sum") },
      })),
    ),
    graph(
      "Answered with 500 and above",
      "percent",
      byPop(pops, ({ own }) => share(own("ServerErrors", "Sum"), own("Requests", "Sum"))),
    ),
    ...percentiles(pops, "First byte", "FirstByte"),
    graph(
      "Healthy for Route 53 (1) or not (0)",
      "count",
      byPop(pops, ({ healthCheckId }) => ({
        metric: {
          region: ROUTE53_METRICS_REGION,
          namespace: "AWS/Route53",
          name: "HealthCheckStatus",
          dimensions: { HealthCheckId: healthCheckId },
          statistic: "Minimum",
        },
      })),
    ),
    graph(
      "Nodes in service",
      "count",
      byPop(pops, (pop) => ({ metric: group(pop, "GroupInServiceInstances") })),
      {
        stacked: true,
      },
    ),
  ];
}

function percentiles(pops: readonly Pop[], title: string, name: MetricName): readonly Graph[] {
  return (["p50", "p99"] as const).map((which) =>
    graph(
      `${title}, ${which}`,
      "milliseconds",
      byPop(pops, ({ own }) => ({ metric: own(name, which) })),
    ),
  );
}

function popGraphs(pop: Pop): readonly Graph[] {
  const { own } = pop;
  const rates = (names: Readonly<Partial<Record<MetricName, string>>>): readonly Series[] =>
    Object.entries(names).map(([name, label]) => ({ label, ...rate(own(name as MetricName, "Sum")) }));
  return [
    nodes(pop),
    graph("Requests", "perSecond", rates({ Hits: "hits", Stale: "stale", Misses: "misses", Passes: "passes" }), {
      stacked: true,
    }),
    graph(
      "Answers that are no success",
      "perSecond",
      rates({ Redirections: "300 to 399", ClientErrors: "400 to 499", ServerErrors: "500 and above" }),
    ),
    graph("First byte", "milliseconds", [
      { label: "p50", metric: own("FirstByte", "p50") },
      { label: "p95", metric: own("FirstByte", "p95") },
      { label: "p99", metric: own("FirstByte", "p99") },
    ]),
    graph("Cache", "perSecond", rates({ Evictions: "evicted", Coalesced: "waited for another's fetch" })),
    graph("Objects of a node", "count", [
      { label: "on average", metric: own("Objects", "Average") },
      { label: "most", metric: own("Objects", "Maximum") },
    ]),
    graph("Memory of a node's cache", "bytes", [
      { label: "on average", metric: own("Memory", "Average") },
      { label: "most", metric: own("Memory", "Maximum") },
    ]),
    graph("Purge log not read for", "seconds", [{ label: "longest", metric: own("PurgeLag", "Maximum") }]),
    graph("Configuration", "count", [
      { label: "oldest number", metric: own("ConfigurationSerial", "Minimum") },
      { label: "newest number", metric: own("ConfigurationSerial", "Maximum") },
    ]),
    graph("Age of the packages of a node", "seconds", [{ label: "oldest", metric: own("SoftwareAge", "Maximum") }]),
    graph("What should not be", "count", [
      { label: "trouble with the configuration", metric: own("ConfigurationTrouble", "Maximum") },
      { label: "agents started again", metric: own("AgentRestarts", "Sum") },
      { label: "purges refused", metric: own("PurgesRefused", "Sum") },
      { label: "bytes of log lost", metric: own("LogsLost", "Sum") },
    ]),
    connections(pop),
  ];
}

function nodes(pop: Pop): Graph {
  return graph("Nodes", "count", [
    { label: "in service", metric: group(pop, "GroupInServiceInstances") },
    { label: "wanted", metric: group(pop, "GroupDesiredCapacity") },
    { label: "at least", metric: group(pop, "GroupMinSize") },
    { label: "at most", metric: group(pop, "GroupMaxSize") },
    {
      label: "unhealthy",
      metric: loadBalancer(pop, "UnHealthyHostCount", "Maximum", { TargetGroup: pop.targetGroupArnSuffix }),
    },
    // Each adds one in that time.
    {
      label: "publishing",
      math: `${String(METRICS_PERIOD)} * $sum / PERIOD($sum)`,
      of: { sum: pop.own("Reporting", "Sum") },
    },
  ]);
}

function connections(pop: Pop): Graph {
  return graph("Connections of clients", "count", [
    { label: "open", metric: loadBalancer(pop, "ActiveFlowCount", "Average") },
    { label: "new, per second", ...rate(loadBalancer(pop, "NewFlowCount", "Sum")) },
    { label: "reset by the load balancer, per second", ...rate(loadBalancer(pop, "TCP_ELB_Reset_Count", "Sum")) },
    { label: "of a node, on average", metric: pop.own("Connections", "Average") },
  ]);
}

function originGraphs(pops: readonly Pop[]): readonly Graph[] {
  return [
    graph(
      "Requests to origins",
      "perSecond",
      byPop(pops, ({ own }) => rate(own("OriginRequests", "Sum"))),
      {
        stacked: true,
      },
    ),
    graph(
      "Without an answer, or with 500 and above",
      "percent",
      byPop(pops, ({ own }) => share(own("OriginFailures", "Sum"), own("OriginRequests", "Sum"))),
    ),
    ...percentiles(pops, "Waited for an origin's first byte", "OriginFirstByte"),
  ];
}

function costGraphs(pops: readonly Pop[]): readonly Graph[] {
  const bits = (of: MetricStatistic) => ({ math: "8 * $bytes / PERIOD($bytes)", of: { bytes: of } });
  const nat = ({ region }: Pop, NatGatewayId: string, name: string): MetricStatistic => ({
    region,
    namespace: "AWS/NATGateway",
    name,
    dimensions: { NatGatewayId },
    statistic: "Sum",
  });
  const gateways = pops.flatMap((pop): readonly Series[] =>
    pop.natGatewayId === undefined
      ? []
      : [
          {
            label: pop.region,
            math: "8 * ($out + $back) / PERIOD($out)",
            of: {
              out: nat(pop, pop.natGatewayId, "BytesInFromSource"),
              back: nat(pop, pop.natGatewayId, "BytesInFromDestination"),
            },
          },
        ],
  );
  return [
    graph(
      "Sent to clients",
      "bitsPerSecond",
      byPop(pops, ({ own }) => bits(own("Bytes", "Sum"))),
    ),
    graph(
      "Processed by load balancers",
      "bitsPerSecond",
      byPop(pops, (pop) => bits(loadBalancer(pop, "ProcessedBytes", "Sum"))),
    ),
    graph(
      "Capacity units of load balancers (LCU)",
      "count",
      byPop(pops, (pop) => ({ metric: loadBalancer(pop, "ConsumedLCUs", "Average") })),
    ),
    ...(gateways.length === 0 ? [] : [graph("Processed by NAT gateways", "bitsPerSecond", gateways)]),
    graph(
      "Logs kept (once a day: look at a week)",
      "bytes",
      byPop(pops, ({ region, logBucketName }) => ({
        metric: {
          region,
          namespace: "AWS/S3",
          name: "BucketSizeBytes",
          dimensions: { BucketName: logBucketName, StorageType: "StandardStorage" },
          statistic: "Average",
        },
      })),
      { stacked: true },
    ),
  ];
}

type Line =
  { readonly metric: MetricStatistic } | { readonly math: string; readonly of: Record<string, MetricStatistic> };

function byPop(pops: readonly Pop[], line: (pop: Pop) => Line): readonly Series[] {
  return pops.map((pop) => ({ label: pop.region, ...line(pop) }));
}

function rate(sum: MetricStatistic): Line {
  return { math: "$sum / PERIOD($sum)", of: { sum } };
}

function share(part: MetricStatistic, all: MetricStatistic): Line {
  return { math: "100 * $part / $all", of: { part, all } };
}

function group({ region, nodeGroupName }: Pop, name: string): MetricStatistic {
  const dimensions = { AutoScalingGroupName: nodeGroupName };
  return { region, namespace: "AWS/AutoScaling", name, dimensions, statistic: "Average" };
}

function loadBalancer(
  { region, loadBalancerArnSuffix }: Pop,
  name: string,
  statistic: MetricStatistic["statistic"],
  more: Readonly<Record<string, string>> = {},
): MetricStatistic {
  return {
    region,
    namespace: "AWS/NetworkELB",
    name,
    dimensions: { LoadBalancer: loadBalancerArnSuffix, ...more },
    statistic,
  };
}

function graph(title: string, unit: Unit, series: readonly Series[], options: { readonly stacked?: true } = {}): Graph {
  return { title, unit, series, ...options };
}

/** The expression of a graph's line of this number, and its metrics by ids that no other line has. */
export function mathOf(
  { math, of }: Extract<Series, { math: string }>,
  number: number,
): {
  readonly expression: string;
  readonly metrics: readonly { readonly id: string; readonly metric: MetricStatistic }[];
} {
  const idOf = (name: string): string => `m${String(number)}${name}`;
  return {
    expression: math.replace(/\$([a-z]+)/g, (_, name: string) => idOf(name)),
    metrics: Object.entries(of).map(([name, metric]) => ({ id: idOf(name), metric })),
  };
}

/** Where a line's metrics are. */
export function regionOf(series: Series): string | undefined {
  return "metric" in series ? series.metric.region : Object.values(series.of)[0]?.region;
}
