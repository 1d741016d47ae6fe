import * as cloudwatch from "@grafana/grafana-foundation-sdk/cloudwatch";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import * as units from "@grafana/grafana-foundation-sdk/units";
import {
  mathOf,
  regionOf,
  type Board,
  type Graph,
  type MetricStatistic,
  type Series,
  type Unit,
} from "../../../components/dashboard/board";

/** Whoever opens the dashboard chooses which of their CloudWatch data sources it asks. */
const SOURCE = { type: "cloudwatch", uid: "${cloudwatch}" } as const;

/** Columns and rows of Grafana's grid of 24 columns: four graphs beside each other, as in CloudWatch. */
const PANEL = { span: 6, height: 7 } as const;

const UNITS: Readonly<Record<Unit, string>> = {
  perSecond: units.CountsPerSecond,
  percent: units.Percent,
  milliseconds: units.Milliseconds,
  seconds: units.Seconds,
  count: units.Short,
  bytes: units.BytesSI,
  bitsPerSecond: units.BitsPerSecondSI,
};

/**
 * A board as Grafana imports it, by Grafana's own builders. Alarms can be drawn into the graphs, PoP by PoP.
 */
export function grafanaDashboard({ title, regions, sections }: Board, uid: string): string {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- every Grafana imports this form, the next one only the newest
  const built = new dashboard.DashboardBuilder(title)
    .uid(uid)
    .timezone("utc")
    .time({ from: "now-3h", to: "now" })
    .refresh("1m")
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .withVariable(new dashboard.DatasourceVariableBuilder("cloudwatch").label("CloudWatch").type("cloudwatch"))
    .annotations(regions.map(alarmsOf));
  let id = 0;
  for (const section of sections) {
    built.withRow(new dashboard.RowBuilder(section.title).id(++id));
    for (const graph of section.graphs) {
      built.withPanel(panelOf(graph).id(++id));
    }
  }
  return `${JSON.stringify(built.build(), null, 2)}\n`;
}

/** When alarms of a PoP rang, and ended: their names begin with its region. */
function alarmsOf(region: string): dashboard.AnnotationQueryBuilder {
  return new dashboard.AnnotationQueryBuilder()
    .name(`Alarms of ${region}`)
    .datasource(SOURCE)
    .enable(false)
    .iconColor("red")
    .target(
      new cloudwatch.AnnotationQueryBuilder()
        .queryMode(cloudwatch.QueryMode.Annotations)
        .refId("alarms")
        .region(region)
        .namespace("")
        .prefixMatching(true)
        .actionPrefix("")
        .alarmNamePrefix(`${region}-`),
    );
}

function panelOf({ title, unit, series, stacked }: Graph): timeseries.PanelBuilder {
  return new timeseries.PanelBuilder()
    .title(title)
    .datasource(SOURCE)
    .span(PANEL.span)
    .height(PANEL.height)
    .unit(UNITS[unit])
    .min(0)
    .fillOpacity(stacked === true ? 30 : 0)
    .stacking(
      new common.StackingConfigBuilder().mode(stacked === true ? common.StackingMode.Normal : common.StackingMode.None),
    )
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    )
    .targets(series.flatMap(queries));
}

function queries(series: Series, number: number): readonly cloudwatch.MetricsQueryBuilder[] {
  const { label } = series;
  if ("metric" in series) {
    return [metricQuery(series.metric, `s${String(number)}`).label(label)];
  }
  const { expression, metrics } = mathOf(series, number);
  return [
    ...metrics.map(({ id, metric }) => metricQuery(metric, id).hide(true)),
    query(`e${String(number)}`, regionOf(series) ?? "")
      .metricEditorMode(cloudwatch.MetricEditorMode.Code)
      .expression(expression)
      .label(label),
  ];
}

function metricQuery({ region, namespace, name, dimensions, statistic }: MetricStatistic, id: string) {
  return query(id, region)
    .metricEditorMode(cloudwatch.MetricEditorMode.Builder)
    .namespace(namespace)
    .metricName(name)
    .dimensions({ ...dimensions })
    .matchExact(true)
    .statistic(statistic);
}

function query(id: string, region: string): cloudwatch.MetricsQueryBuilder {
  return new cloudwatch.MetricsQueryBuilder()
    .datasource(SOURCE)
    .queryMode(cloudwatch.QueryMode.Metrics)
    .metricQueryType(cloudwatch.MetricQueryType.Search)
    .refId(id)
    .id(id)
    .region(region);
}
