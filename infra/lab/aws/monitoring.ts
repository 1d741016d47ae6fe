import { gunzipSync } from "node:zlib";
import { series, type Datum } from "./series";
import type { Answer, Request } from "./wire";

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
    const { Namespace: namespace, MetricName: name } = Metric;
    const dimensions = dimensionsOf(Metric.Dimensions);
    const wanted = { region, namespace, name, dimensions, stat: Stat, period: Period };
    const newestFirst = [...series(published, wanted, StartTime, EndTime)].sort(([a], [b]) => b - a);
    return {
      Id,
      StatusCode: "Complete",
      Timestamps: newestFirst.map(([start]) => start),
      Values: newestFirst.map(([, value]) => value),
    };
  });
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
