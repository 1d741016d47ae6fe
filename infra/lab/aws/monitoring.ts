import { gunzipSync } from "node:zlib";
import type { Answer, Request } from "./wire";

/** What was published of a metric: each value with how often it came. */
export interface Datum {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly at: Date;
  readonly values: readonly (readonly [value: number, count: number])[];
}

/** With what the target of a call to CloudWatch begins, in AWS's JSON protocol 1.0, which the SDK speaks. */
export const MONITORING = "GraniteServiceVersion20100801.";

interface Published {
  readonly Namespace: string;
  readonly MetricData: readonly {
    readonly MetricName: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
    /** Seconds since 1970. */
    readonly Timestamp: number;
    readonly Value?: number;
    readonly Values?: readonly number[];
    readonly Counts?: readonly number[];
  }[];
}

interface Asked {
  readonly StartTime: number;
  readonly EndTime: number;
  readonly MetricDataQueries: readonly {
    readonly Id: string;
    readonly MetricStat: {
      readonly Metric: Pick<Published["MetricData"][number], "MetricName" | "Dimensions"> & {
        readonly Namespace: string;
      };
      readonly Period: number;
      readonly Stat: string;
    };
  }[];
}

/** CloudWatch, as far as nodes and operators call it: PutMetricData within its documented limits, GetMetricData. */
export function monitoring(published: Datum[], target: string, { headers, body, region }: Request): Answer {
  const text = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  const content = JSON.parse(text.toString()) as unknown;
  switch (target) {
    case `${MONITORING}PutMetricData`:
      return put(published, content as Published, region, body.length);
    case `${MONITORING}GetMetricData`:
      return answered({ MetricDataResults: results(published, content as Asked, region) });
    default:
      return refused(`no ${target}`);
  }
}

function put(published: Datum[], { Namespace, MetricData }: Published, region: string, size: number): Answer {
  // API reference, PutMetricData: 1,000 metrics and 1 MB a request, 150 values a metric.
  const most = Math.max(...MetricData.map(({ Values = [] }) => Values.length));
  if (MetricData.length > 1000 || size > 1_000_000 || most > 150) {
    return refused("too much for one request");
  }
  for (const { MetricName, Dimensions, Timestamp, Value, Values = [], Counts } of MetricData) {
    published.push({
      ...{ region, namespace: Namespace, name: MetricName, at: new Date(Timestamp * 1000) },
      dimensions: dimensionsOf(Dimensions),
      values: Value === undefined ? Values.map((value, i) => [value, Counts?.[i] ?? 1]) : [[Value, 1]],
    });
  }
  return answered({});
}

/** Newest first, as TimestampDescending has it. */
function results(published: readonly Datum[], { StartTime, EndTime, MetricDataQueries }: Asked, region: string) {
  return MetricDataQueries.map(({ Id, MetricStat: { Metric, Period, Stat } }) => {
    const wanted = JSON.stringify(dimensionsOf(Metric.Dimensions));
    const periods = new Map<number, [number, number][]>();
    for (const { at, values, ...datum } of published) {
      const isAsked =
        datum.region === region &&
        datum.namespace === Metric.Namespace &&
        datum.name === Metric.MetricName &&
        JSON.stringify(datum.dimensions) === wanted &&
        at.getTime() >= StartTime * 1000 &&
        at.getTime() < EndTime * 1000;
      if (isAsked) {
        const start = Math.floor(at.getTime() / 1000 / Period) * Period;
        periods.set(start, [
          ...(periods.get(start) ?? []),
          ...values.map(([value, n]): [number, number] => [value, n]),
        ]);
      }
    }
    const newestFirst = [...periods].sort(([a], [b]) => b - a);
    return {
      Id,
      StatusCode: "Complete",
      Timestamps: newestFirst.map(([start]) => start),
      Values: newestFirst.map(([, values]) => statistic(Stat, values)),
    };
  });
}

function statistic(name: string, values: readonly [number, number][]): number {
  const sorted = [...values].sort(([a], [b]) => a - b);
  const all = sorted.reduce((count, [, n]) => count + n, 0);
  switch (name) {
    case "Sum":
      return sorted.reduce((sum, [value, n]) => sum + value * n, 0);
    case "Maximum":
      return sorted.at(-1)?.[0] ?? NaN;
    case "p99": {
      let seen = 0;
      return sorted.find(([, n]) => (seen += n) >= 0.99 * all)?.[0] ?? NaN;
    }
    default:
      throw new Error(`${name} is no statistic here`);
  }
}

function dimensionsOf(dimensions: Published["MetricData"][number]["Dimensions"] = []): Datum["dimensions"] {
  return Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value]));
}

function answered(content: object): Answer {
  return { status: 200, headers: HEADERS, body: JSON.stringify(content) };
}

const HEADERS = { "content-type": "application/x-amz-json-1.0" };

function refused(message: string): Answer {
  const error = { __type: "com.amazonaws.cloudwatch#InvalidParameterValueException", message };
  return { status: 400, headers: HEADERS, body: JSON.stringify(error) };
}
