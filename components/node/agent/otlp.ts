import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  MeterProvider,
  MetricReader,
  type PushMetricExporter,
} from "@opentelemetry/sdk-metrics";
import { METRICS, otlpName, type MetricName } from "../protocol/metrics";
import type { Point } from "./point";

/** An export that takes longer has failed, ms; the SDK tries again within it. */
const PATIENCE_MS = 10_000;

type Attributes = Readonly<Record<string, string>>;

export interface OtlpOptions {
  /** Of a collector: OTLP over HTTP, metrics below `/v1/metrics`. */
  readonly endpoint: string;
  readonly footprint: string;
  readonly region: string;
  readonly instance: string;
}

/**
 * Hands metrics to OpenTelemetry's SDK, which sends them to a collector. Totals grow from when the agent started
 * (cumulative temporality), so what a collector misses while it is away is in the next export, and nothing is kept. A level
 * is in the export after it was read, and in no other: what cannot be read has no value.
 */
export class Otlp {
  private readonly reader: OnDemand;
  private readonly record: (point: Point) => void;

  constructor({ endpoint, footprint, region, instance }: OtlpOptions) {
    this.reader = new OnDemand(
      new OTLPMetricExporter({ url: `${endpoint.replace(/\/$/, "")}/v1/metrics`, timeoutMillis: PATIENCE_MS }),
    );
    const provider = new MeterProvider({
      resource: resourceFromAttributes({
        // OpenTelemetry's semantic conventions, "Service" and "Cloud".
        "service.name": "footprint",
        "service.namespace": footprint,
        "service.instance.id": instance,
        "cloud.provider": "aws",
        "cloud.region": region,
      }),
      readers: [this.reader],
      views: [
        {
          instrumentName: "*",
          instrumentType: InstrumentType.HISTOGRAM,
          // Buckets that follow the values: a percentile is right to some percent, whatever an origin takes.
          aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
        },
      ],
    });
    const meter = provider.getMeter("footprint");
    const instruments = new Map<string, (point: Point, attributes: Attributes) => void>();
    this.record = (point) => {
      const bySite = point.site !== undefined;
      const key = otlpName(point.name, bySite);
      const found = instruments.get(key) ?? instrument(meter, point.name, bySite);
      instruments.set(key, found);
      found(point, bySite ? { site: point.site } : {});
    };
  }

  add(points: readonly Point[]): void {
    points.forEach(this.record);
  }

  /** Sends everything as it stands. Throws when the collector cannot be reached. */
  publish(): Promise<void> {
    return this.reader.forceFlush();
  }
}

/** UCUM's codes, which OpenTelemetry asks for, of CloudWatch's units. */
const UNITS = { Count: "1", Bytes: "By", Milliseconds: "ms", Seconds: "s" } as const;

function instrument(
  meter: ReturnType<MeterProvider["getMeter"]>,
  name: MetricName,
  bySite: boolean,
): (point: Point, attributes: Attributes) => void {
  const { kind, unit, meaning } = METRICS[name];
  const options = { unit: UNITS[unit], description: meaning };
  const full = otlpName(name, bySite);
  switch (kind) {
    case "count": {
      const counter = meter.createCounter(full, options);
      return ({ values }, attributes) => {
        counter.add(
          values.reduce((sum, [value, count]) => sum + value * count, 0),
          attributes,
        );
      };
    }
    case "level": {
      const gauge = meter.createGauge(full, options);
      return ({ values }, attributes) => {
        values.forEach(([value]) => {
          gauge.record(value, attributes);
        });
      };
    }
    case "distribution": {
      const histogram = meter.createHistogram(full, options);
      return ({ values }, attributes) => {
        for (const [value, count] of values) {
          for (let i = 0; i < count; i++) {
            histogram.record(value, attributes);
          }
        }
      };
    }
  }
}

/** Exports when it is told to, so that an export holds whole periods, and its failure is the agent's to report. */
class OnDemand extends MetricReader {
  constructor(private readonly exporter: PushMetricExporter) {
    super({
      // To the SDK a level has a temporality, too: a cumulative one would be exported anew each time, as of now.
      aggregationTemporalitySelector: (type) =>
        type === InstrumentType.GAUGE ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
    });
  }

  protected override async onForceFlush(): Promise<void> {
    const { resourceMetrics } = await this.collect();
    await new Promise<void>((resolve, reject) => {
      this.exporter.export(resourceMetrics, ({ error }) => {
        if (error === undefined) {
          resolve();
        } else {
          reject(error);
        }
      });
    });
  }

  protected override onShutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}
