import { METRICS_PERIOD } from "../node/protocol/metrics";
import {
  mathOf,
  regionOf,
  type Board,
  type Graph,
  type MetricStatistic,
  type Section,
  type Series,
  type Unit,
} from "./board";

/*
 * CloudWatch's form of a board: Amazon CloudWatch User Guide, "Dashboard body structure and syntax". A dashboard takes 500
 * widgets and 2,500 metrics, a widget 500 metrics (CloudWatch User Guide, "CloudWatch service quotas"): a footprint in
 * every region stays below that.
 */

interface Widget {
  readonly type: "text" | "metric";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Columns of CloudWatch's grid. */
const COLUMNS = 24;
/** Four graphs beside each other: on a wide screen the whole of a PoP is in sight. */
const PANEL = { width: 6, height: 6 } as const;
const HEADING = 1;

/** The body of the dashboard. */
export function cloudWatchBody({ sections }: Board): string {
  const widgets: Widget[] = [];
  let y = 0;
  for (const section of sections) {
    widgets.push(heading(section, y));
    section.graphs.forEach((graph, i) => {
      const at = i * PANEL.width;
      const place = { x: at % COLUMNS, y: y + HEADING + Math.floor(at / COLUMNS) * PANEL.height };
      widgets.push({ type: "metric", ...place, ...PANEL, properties: properties(graph) });
    });
    y += HEADING + Math.ceil((section.graphs.length * PANEL.width) / COLUMNS) * PANEL.height;
  }
  return JSON.stringify({ widgets });
}

function heading({ title }: Section, y: number): Widget {
  const markdown = `## ${title}`;
  const place = { x: 0, y, width: COLUMNS, height: HEADING };
  return { type: "text", ...place, properties: { markdown, background: "transparent" } };
}

const AXES: Readonly<Record<Unit, string>> = {
  perSecond: "per second",
  percent: "%",
  milliseconds: "ms",
  seconds: "s",
  count: "",
  bytes: "bytes",
  bitsPerSecond: "bit/s",
};

function properties({ title, unit, series, stacked }: Graph) {
  const [first] = series;
  return {
    title,
    view: "timeSeries",
    stacked: stacked === true,
    // Each line says its own, but there must be one.
    region: first === undefined ? undefined : regionOf(first),
    period: METRICS_PERIOD,
    yAxis: { left: { min: 0, label: AXES[unit], showUnits: false } },
    metrics: series.flatMap(rows),
  };
}

/** A line's row; of math, its metrics' rows too, hidden. */
function rows(series: Series, number: number): readonly (readonly unknown[])[] {
  const { label } = series;
  if ("metric" in series) {
    return [metricRow(series.metric, { label })];
  }
  const { expression, metrics } = mathOf(series, number);
  return [
    ...metrics.map(({ id, metric }) => metricRow(metric, { id, visible: false })),
    [{ expression, label, id: `e${String(number)}`, region: regionOf(series) }],
  ];
}

function metricRow({ region, namespace, name, dimensions, statistic }: MetricStatistic, more: object) {
  return [namespace, name, ...Object.entries(dimensions).flat(), { region, stat: statistic, ...more }];
}
