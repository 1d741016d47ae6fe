import * as fs from "node:fs";
import * as path from "node:path";
import type { Dashboard, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { MetricsQuery } from "@grafana/grafana-foundation-sdk/cloudwatch";
import { runDashboard, type DashboardOptions } from "../../../infra/operate/dashboard/run";
import { some } from "../../support/some";
import { Edge, MEASURED } from "../edge";

// eslint-disable-next-line @typescript-eslint/no-deprecated -- the form that every Grafana imports
type GrafanaDashboard = Dashboard;

let edge: Edge;
beforeAll(async () => {
  edge = await Edge.start();
});
afterAll(() => edge.stop());

const given = () => ({ stack: "edge", outputs: edge.outputs });
const run = (options: Pick<DashboardOptions, "grafana" | "out">) =>
  edge.run(async (terminal, folder) => {
    await runDashboard({ ...given(), ...options }, terminal, folder);
    return 0;
  });

const isPanel = (panel: Panel | RowPanel): panel is Panel => panel.type !== "row";

/** What a row of CloudWatch's, or a query of Grafana's, asks for. */
type Asked = readonly [id: string, region: string, what: string, statistic: string];

function askedOfCloudWatch(row: readonly unknown[]): Asked {
  const more = row.at(-1) as { id?: string; region: string; stat?: string; expression?: string };
  const [namespace, name, ...dimensions] = row.slice(0, -1) as string[];
  return [more.id ?? "", more.region, more.expression ?? [namespace, name, ...dimensions].join(" "), more.stat ?? ""];
}

function askedOfGrafana({ id, region, expression, namespace, metricName, dimensions, statistic }: MetricsQuery): Asked {
  const metric = [namespace, metricName, ...Object.entries(dimensions ?? {}).flat()].join(" ");
  return [id, region, expression ?? metric, statistic ?? ""];
}

// By Grafana's own builders (@grafana/grafana-foundation-sdk), whose types these are.
test("Grafana's dashboard has the graphs of CloudWatch's, and asks for the same in each", async () => {
  const { widgets } = JSON.parse((await run({})).out) as {
    widgets: { properties: { title: string; metrics?: unknown[][] } }[];
  };
  const cloudWatch = widgets.flatMap(({ properties: { title, metrics } }) =>
    metrics === undefined ? [] : [[title, metrics.map(askedOfCloudWatch).map(([, ...asked]) => asked)]],
  );

  const dashboard = JSON.parse((await run({ grafana: true })).out) as GrafanaDashboard;
  const grafana = some(dashboard.panels ?? [])
    .filter(isPanel)
    .map(({ title, targets }) => [
      title,
      (targets as MetricsQuery[] | undefined)?.map(askedOfGrafana).map(([, ...asked]) => asked),
    ]);
  expect(grafana).toEqual(cloudWatch);
  expect(dashboard).toMatchObject({ title: "Footprint edge", uid: "footprint-edge" });
});

test("each query has an id of its own in its panel, and each panel one in the dashboard", async () => {
  const { panels = [] } = JSON.parse((await run({ grafana: true })).out) as GrafanaDashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { targets } of some(panels.filter(isPanel))) {
    const ids = some((targets ?? []) as MetricsQuery[]).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  }
});

test("alarms of each PoP can be drawn into the graphs", async () => {
  const { annotations } = JSON.parse((await run({ grafana: true })).out) as GrafanaDashboard;
  expect(annotations.list?.map(({ target }) => target)).toEqual(
    MEASURED.map(({ region }) => expect.objectContaining({ region, alarmNamePrefix: `${region}-` }) as unknown),
  );
});

test.each([
  [
    undefined,
    "widgets",
    (out: string) =>
      `\`aws cloudwatch put-dashboard --dashboard-name footprint-edge --dashboard-body file://${out}\` puts it into the account.`,
  ],
  [true, "panels", () => "in Grafana, Dashboards, New, Import."],
] as const)("it is written to a file where that is wanted (--grafana: %s)", async (grafana, property, next) => {
  const out = path.join(edge.folder, "dashboard.json");
  const { out: printed, err } = await run({ out, ...(grafana === undefined ? {} : { grafana }) });
  expect([printed, err]).toEqual(["", `${out} is written: ${next(out)}\n`]);
  expect(JSON.parse(fs.readFileSync(out, "utf8"))).toHaveProperty(property);
});

test("rejects outputs of a deployment that had no dashboard", async () => {
  const whole = fs.readFileSync(edge.outputs, "utf8");
  edge.writeOutputs({ measured: undefined });
  try {
    await expect(run({})).rejects.toMatchObject({
      message: `--outputs: "${edge.outputs}": lacks measured; must be a file that \`pulumi stack output --json\` printed after an \`up\` with this version`,
      exitCode: 2,
    });
  } finally {
    fs.writeFileSync(edge.outputs, whole);
  }
});
