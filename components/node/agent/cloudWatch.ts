import { CloudWatchClient, PutMetricDataCommand, type MetricDatum } from "@aws-sdk/client-cloudwatch";
import { METRIC_DIMENSIONS, METRICS, METRICS_NAMESPACE } from "../protocol/metrics";
import { CLIENT_LIMITS } from "./limits";
import type { Point } from "./point";

/** One call. Throws when CloudWatch cannot be reached, or refuses. */
export type PutMetrics = (data: readonly MetricDatum[]) => Promise<void>;

/** CloudWatch of the node's own region. */
export function putMetrics(region: string): PutMetrics {
  const client = new CloudWatchClient({ region, ...CLIENT_LIMITS });
  return async (data) => {
    await client.send(new PutMetricDataCommand({ Namespace: METRICS_NAMESPACE, MetricData: [...data] }));
  };
}

/**
 * Data of one call. CloudWatch takes 1,000, and 1 MB before the SDK compresses it; a distribution of 150 values is 2 kB.
 * A PoP without sites of its own in it is one call.
 */
const DATA_PER_CALL = 250;

/** Periods that are kept while CloudWatch is away, some 10 kB each. */
const KEPT = 30;

export interface CloudWatchOptions {
  readonly footprint: string;
  readonly region: string;
  readonly put: PutMetrics;
}

interface Waiting {
  readonly calls: (readonly MetricDatum[])[];
  readonly published: () => void;
}

/** Publishes period by period, in order. What cannot be published is kept; beyond a bound the oldest goes, counted. */
export class CloudWatch {
  private readonly waiting: Waiting[] = [];
  /** Periods that were never published, since the agent started. */
  lost = 0;

  constructor(private readonly options: CloudWatchOptions) {}

  /** @param published is called once all of it has been published */
  add(points: readonly Point[], at: Date, published: () => void): void {
    const data = points.map((point) => this.datum(point, at));
    const calls = [];
    for (let from = 0; from < data.length; from += DATA_PER_CALL) {
      calls.push(data.slice(from, from + DATA_PER_CALL));
    }
    this.waiting.push({ calls, published });
    if (this.waiting.length > KEPT) {
      this.waiting.shift();
      this.lost++;
    }
  }

  /** Publishes what waits. Throws when that fails: then the rest waits on. */
  async publish(): Promise<void> {
    for (let [next] = this.waiting; next !== undefined; [next] = this.waiting) {
      for (let [call] = next.calls; call !== undefined; [call] = next.calls) {
        await this.options.put(call);
        next.calls.shift();
      }
      this.waiting.shift();
      next.published();
    }
  }

  private datum({ name, site, values }: Point, at: Date): MetricDatum {
    const { footprint, region } = this.options;
    return {
      MetricName: name,
      Dimensions: [
        { Name: METRIC_DIMENSIONS.footprint, Value: footprint },
        { Name: METRIC_DIMENSIONS.pop, Value: region },
        ...(site === undefined ? [] : [{ Name: METRIC_DIMENSIONS.site, Value: site }]),
      ],
      Timestamp: at,
      Unit: METRICS[name].unit,
      Values: values.map(([value]) => value),
      Counts: values.map(([, count]) => count),
    };
  }
}
