import Ajv from "ajv";
import { board, type Graph, type Measured, type MetricStatistic } from "../../../components/dashboard/board";
import { cloudWatchBody } from "../../../components/dashboard/cloudWatch";
import {
  METRIC_DIMENSIONS,
  METRICS,
  METRICS_NAMESPACE,
  type MetricName,
} from "../../../components/node/protocol/metrics";
import { REGIONS } from "../../../infra/config/regions";
import { some } from "../../support/some";
import { BODY, METRICS_OF_A_DASHBOARD, PUBLISHED_BY_AWS } from "./documented";

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly metrics?: readonly (readonly unknown[])[];
  };
}

function measured(regions: readonly string[]): Measured {
  return {
    footprint: "edge",
    pops: regions.map((region) => ({
      region,
      loadBalancerArnSuffix: `net/${region}/1`,
      targetGroupArnSuffix: `targetgroup/${region}/2`,
      natGatewayId: `nat-${region}`,
      nodeGroupName: `${region}-nodes`,
      logBucketName: `${region}-logs`,
      healthCheckId: `check-${region}`,
    })),
  };
}

const widgets = (of: Measured): readonly Widget[] =>
  (JSON.parse(cloudWatchBody(board(of))) as { widgets: readonly Widget[] }).widgets;
const graphs = (of: Measured): readonly Graph[] => board(of).sections.flatMap((section) => section.graphs);
const metricsOf = (of: Measured): readonly MetricStatistic[] =>
  graphs(of).flatMap(({ series }) =>
    series.flatMap((line) => ("metric" in line ? [line.metric] : Object.values(line.of))),
  );

const TWO = measured(["eu-central-1", "us-east-1"]);
/** A footprint with a PoP in each region that there is. */
const EVERYWHERE = measured([...REGIONS.keys()]);

describe("the board", () => {
  test("has the world at the top, then each PoP, then origins, then what costs", () => {
    expect(board(TWO).sections.map(({ title }) => title)).toEqual([
      ...["World", "eu-central-1", "us-east-1", "Origins", "What costs"],
    ]);
    expect(board(TWO).sections[0]?.graphs.map(({ title }) => title)).toEqual([
      ...["Requests", "Hit ratio", "Answered with 500 and above", "First byte, p50", "First byte, p99"],
      ...["Healthy for Route 53 (1) or not (0)", "Nodes in service"],
    ]);
  });

  test("names metrics alone that nodes publish or AWS documents, by their dimensions and by a fitting statistic", () => {
    const fitting = {
      count: ["Sum"],
      level: ["Sum", "Average", "Minimum", "Maximum"],
      distribution: ["p50", "p95", "p99"],
    };
    for (const { namespace, name, dimensions, statistic, region } of some(metricsOf(TWO))) {
      if (namespace === METRICS_NAMESPACE) {
        expect(Object.keys(METRICS)).toContain(name);
        expect(fitting[METRICS[name as MetricName].kind]).toContain(statistic);
        expect(dimensions).toEqual({ [METRIC_DIMENSIONS.footprint]: "edge", [METRIC_DIMENSIONS.pop]: region });
      } else {
        const by = Object.keys(dimensions).sort().join(" ");
        expect(PUBLISHED_BY_AWS[namespace]?.[by] ?? `no metrics of ${namespace} by ${by}`).toContain(name);
      }
    }
  });

  test("shows each metric that nodes publish", () => {
    const shown = new Set(
      metricsOf(TWO).flatMap(({ namespace, name }) => (namespace === METRICS_NAMESPACE ? [name] : [])),
    );
    expect(Object.keys(METRICS).filter((name) => !shown.has(name))).toEqual([]);
  });

  test("has metrics of one region in each line, Route 53's where they are", () => {
    for (const { series } of some(graphs(TWO))) {
      for (const line of series) {
        const regions = new Set(
          ("metric" in line ? [line.metric] : Object.values(line.of)).map(({ region }) => region),
        );
        expect(regions.size).toBe(1);
      }
    }
    const health = metricsOf(TWO).filter(({ namespace }) => namespace === "AWS/Route53");
    expect(some(health).map(({ region }) => region)).toEqual(["us-east-1", "us-east-1"]);
  });

  test("has no NAT gateway where there is none", () => {
    const [pop] = measured(["eu-central-1"]).pops;
    const { natGatewayId: _, ...direct } = pop!;
    const titles = graphs({ footprint: "edge", pops: [direct] }).map(({ title }) => title);
    expect(titles).not.toContain("Processed by NAT gateways");
    expect(graphs(TWO).map(({ title }) => title)).toContain("Processed by NAT gateways");
  });
});

describe("CloudWatch's form of it", () => {
  test.each([
    ["two PoPs", TWO],
    ["every region", EVERYWHERE],
  ])("is as AWS documents it, of %s", (_, of) => {
    const validate = new Ajv({ strict: false }).compile(BODY);
    expect(validate(JSON.parse(cloudWatchBody(board(of)))) ? [] : validate.errors).toEqual([]);
  });

  test("stays below CloudWatch's limits with a PoP in every region", () => {
    expect(EVERYWHERE.pops.length).toBeGreaterThan(25);
    const rows = widgets(EVERYWHERE).flatMap(({ properties }) => properties.metrics ?? []);
    expect(rows.filter(([first]) => typeof first === "string").length).toBeLessThan(METRICS_OF_A_DASHBOARD);
  });

  test("computes with metrics of the same widget alone, each by an id of its own", () => {
    for (const { properties } of some(widgets(TWO).filter(({ type }) => type === "metric"))) {
      const rows = properties.metrics ?? [];
      const ids = rows.flatMap((row) => (row.at(-1) as { id?: string }).id ?? []);
      expect(new Set(ids).size).toBe(ids.length);
      for (const [first] of rows) {
        if (typeof first !== "string") {
          const { expression } = first as { expression: string };
          const names = expression.match(/[A-Za-z_]\w*/g) ?? [];
          expect(names.filter((name) => name !== "PERIOD" && !ids.includes(name))).toEqual([]);
        }
      }
    }
  });

  test("has no widget over another, and none beside the grid", () => {
    const taken = new Set<string>();
    for (const { x, y, width, height } of some(widgets(TWO))) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column++) {
        for (let row = y; row < y + height; row++) {
          expect(taken).not.toContain(`${String(column)} ${String(row)}`);
          taken.add(`${String(column)} ${String(row)}`);
        }
      }
    }
  });
});
