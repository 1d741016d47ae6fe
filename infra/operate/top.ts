import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { METRIC_DIMENSIONS, METRICS_NAMESPACE, type MetricName } from "../../components/node/protocol/metrics";
import { awsReason } from "../terminal/awsReason";
import { json, type Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { table } from "../terminal/table";
import { attention } from "./attention";
import { clientOptions, clientsOf } from "./clients";
import { popStatus, type PopStatus } from "./popStatus";
import { deployment, notDeployedText, type DeployedPop, type StackOptions } from "./pops";

export interface TopOptions extends StackOptions {
  readonly json?: true;
  readonly once?: true;
}

/** Seconds between two looks at a terminal: CloudWatch has something new each minute. */
const PACE = 15;

/** Minutes that are looked at: the newest that all nodes had time to publish is among them. */
const MINUTES = 4;

/** What nodes have published of the newest whole minute; null where CloudWatch has nothing. */
export interface PopRates {
  /** ISO 8601. */
  readonly minute: string;
  readonly requestsPerSecond: number;
  readonly gigabitsPerSecond: number;
  /** 0 to 1; null when the cache was asked for nothing. */
  readonly hitRatio: number | null;
  readonly serverErrors: number | null;
  /** Milliseconds until the first byte; null when nobody asked. */
  readonly p99: number | null;
  readonly purgeLag: number | null;
}

export interface TopRow {
  readonly region: string;
  readonly rates: PopRates | null;
  /** Why there are no rates. */
  readonly problem?: string;
  readonly inService: number | null;
  /** Which configurations run, each with how many nodes, the wanted one first. */
  readonly configurations: readonly { readonly generation: string; readonly nodes: number }[];
  readonly attention: number;
}

/** One line a PoP, again and again at a terminal. @returns the exit status: 0 when every PoP could be looked at */
export async function runTop(options: TopOptions, terminal: Terminal, folder?: string): Promise<number> {
  const { stack, pops, notDeployed } = await deployment(options, [], terminal, folder);
  if (notDeployed.length > 0) {
    terminal.say(notDeployedText(notDeployed));
  }
  const live = options.once !== true && options.json !== true && Number.isFinite(terminal.style.width);
  for (;;) {
    const rows = await Promise.all(pops.map((pop) => rowOf(stack, pop)));
    if (!live) {
      terminal.out(options.json === true ? json({ stack, pops: rows }) : text(rows, terminal));
      return rows.every(({ problem }) => problem === undefined) ? exitCodes.ok : exitCodes.failure;
    }
    terminal.out(
      screen(`${terminal.style.bold(stack)}  ${new Date().toISOString()}  Ctrl-C ends it\n\n${text(rows, terminal)}`),
    );
    await sleep(PACE * 1000);
  }
}

/** Over what is there, line by line, so that nothing flickers (ECMA-48: CUP, EL, ED). */
function screen(content: string): string {
  return `\u001b[H${content.replaceAll("\n", "\u001b[K\n")}\u001b[J`;
}

async function rowOf(stack: string, pop: DeployedPop): Promise<TopRow> {
  const [status, rates] = await Promise.all([
    popStatus(pop, clientsOf(pop.region)),
    ratesOf(stack, pop.region).then(
      (found) => ({ found, problem: undefined }),
      (error: unknown) => ({ found: null, problem: awsReason(error) }),
    ),
  ]);
  return {
    region: pop.region,
    rates: rates.found,
    ...(rates.problem === undefined ? {} : { problem: rates.problem }),
    inService: status.group?.inService ?? null,
    configurations: configurationsOf(status),
    attention: attention(status).length,
  };
}

function configurationsOf({ configuration, nodes }: PopStatus): TopRow["configurations"] {
  const counts = new Map<string, number>(configuration === null ? [] : [[configuration.wanted, 0]]);
  for (const { configuration: own } of nodes) {
    if (own?.generation != null) {
      counts.set(own.generation, (counts.get(own.generation) ?? 0) + 1);
    }
  }
  return [...counts].map(([generation, count]) => ({ generation, nodes: count }));
}

const STATS = {
  Requests: "Sum",
  Bytes: "Sum",
  Hits: "Sum",
  Stale: "Sum",
  Misses: "Sum",
  ServerErrors: "Sum",
  FirstByte: "p99",
  PurgeLag: "Maximum",
} as const satisfies Partial<Record<MetricName, string>>;

async function ratesOf(stack: string, region: string): Promise<PopRates | null> {
  const client = new CloudWatchClient(clientOptions("cloudwatch", region));
  const minute = 60_000;
  // The present minute is not over, and the one before may be on its way.
  const end = Math.floor(Date.now() / minute) * minute;
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(end - MINUTES * minute),
      EndTime: new Date(end),
      ScanBy: "TimestampDescending",
      MetricDataQueries: Object.entries(STATS).map(([name, stat]) => query(name as MetricName, stat, stack, region)),
    }),
  );
  const newest = MetricDataResults.find(({ Id }) => Id === idOf("Requests"))?.Timestamps?.[1];
  if (newest === undefined) {
    return null;
  }
  const of = (name: keyof typeof STATS): number | null => {
    const { Timestamps = [], Values = [] } = MetricDataResults.find(({ Id }) => Id === idOf(name)) ?? {};
    return Values[Timestamps.findIndex((at) => at.getTime() === newest.getTime())] ?? null;
  };
  const sum = (name: keyof typeof STATS): number => of(name) ?? 0;
  const asked = sum("Hits") + sum("Stale") + sum("Misses");
  return {
    minute: newest.toISOString(),
    requestsPerSecond: sum("Requests") / 60,
    gigabitsPerSecond: (sum("Bytes") * 8) / 60 / 1e9,
    hitRatio: asked === 0 ? null : (sum("Hits") + sum("Stale")) / asked,
    serverErrors: sum("Requests") === 0 ? null : sum("ServerErrors") / sum("Requests"),
    p99: of("FirstByte"),
    purgeLag: of("PurgeLag"),
  };
}

function query(name: MetricName, stat: string, stack: string, region: string): MetricDataQuery {
  return {
    Id: idOf(name),
    MetricStat: {
      Metric: {
        Namespace: METRICS_NAMESPACE,
        MetricName: name,
        Dimensions: [
          { Name: METRIC_DIMENSIONS.footprint, Value: stack },
          { Name: METRIC_DIMENSIONS.pop, Value: region },
        ],
      },
      Period: 60,
      Stat: stat,
    },
  };
}

/** An id begins with a lower-case letter. */
function idOf(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Narrow enough for 80 columns: what needs attention, and nodes that differ, are told below the table. */
const HEAD = ["region", "req/s", "Gbit/s", "hits", "5xx", "p99", "nodes", "runs", "lag"] as const;

/** Of a configuration's name: as many as tell those of one PoP apart. */
const DIGITS = 8;

function text(rows: readonly TopRow[], { style }: Terminal): string {
  const percent = (share: number | null): string =>
    share === null ? "-" : `${(100 * share).toFixed(share < 0.9995 ? 1 : 0)} %`;
  const lines = rows.map(({ region, rates, inService, configurations }) => [
    region,
    ...(rates === null
      ? ["-", "-", "-", "-", "-"]
      : [
          rates.requestsPerSecond.toFixed(rates.requestsPerSecond < 1000 ? 1 : 0),
          rates.gigabitsPerSecond.toFixed(3),
          percent(rates.hitRatio),
          (rates.serverErrors ?? 0) > 0.01 ? style.red(percent(rates.serverErrors)) : percent(rates.serverErrors),
          time(rates.p99),
        ]),
    inService === null ? style.red("?") : String(inService),
    configurations[0]?.generation.slice(0, DIGITS) ?? "-",
    rates?.purgeLag == null ? "-" : `${String(Math.round(rates.purgeLag))} s`,
  ]);
  const told = rows.flatMap(({ region, problem, configurations, attention: open }) => [
    ...(problem === undefined ? [] : [`${style.yellow("!")} ${region}: ${problem}\n`]),
    ...behind(configurations).map((text) => `${style.yellow("!")} ${region}: ${text}\n`),
    ...(open === 0
      ? []
      : [`${style.yellow("!")} ${region}: ${String(open)} to look at, which \`footprint status\` tells\n`]),
  ]);
  return `${table(HEAD, lines, style)}\n${told.join("")}`;
}

/** How many run what they are wanted to run, where not all do. */
function behind([wanted, ...others]: TopRow["configurations"]): readonly string[] {
  const not = others.reduce((sum, { nodes }) => sum + nodes, 0);
  return wanted === undefined || not === 0
    ? []
    : [`${String(wanted.nodes)} of ${String(wanted.nodes + not)} nodes run ${wanted.generation.slice(0, DIGITS)}`];
}

function time(milliseconds: number | null): string {
  return milliseconds === null
    ? "-"
    : milliseconds < 1000
      ? `${String(Math.round(milliseconds))} ms`
      : `${(milliseconds / 1000).toFixed(1)} s`;
}
