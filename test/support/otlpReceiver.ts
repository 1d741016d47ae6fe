import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
// Generated from opentelemetry-proto by OpenTelemetry itself; the newer package that the agent has only writes.
import root from "@opentelemetry/otlp-transformer/build/src/generated/root";

/** What of an export is looked at, as OTLP's own messages have it. */
interface Export {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly { readonly metrics: readonly OtlpMetric[] }[];
  }[];
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

interface NumberPoint {
  readonly attributes?: readonly Attribute[];
  readonly asDouble?: number;
  readonly asInt?: number | string;
}

interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly NumberPoint[]; readonly isMonotonic: boolean };
  readonly gauge?: { readonly dataPoints: readonly NumberPoint[] };
  readonly exponentialHistogram?: { readonly dataPoints: readonly Histogram[] };
}

/** Buckets of a base of 2^(2^-scale); number i is of values above base^i, up to base^(i+1). */
export interface Histogram {
  readonly count: number | string;
  readonly scale: number;
  readonly zeroCount: number | string;
  readonly positive: { readonly offset: number; readonly bucketCounts: readonly (number | string)[] };
}

/** What was generated says of itself only that it is the root of such names. */
interface Generated {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly metrics: {
          readonly v1: { readonly ExportMetricsServiceRequest: { decode(body: Buffer): { toJSON(): unknown } } };
        };
      };
    };
  };
}

const generated: object = root;
const messages = (generated as Generated).opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;

/** A collector on the loopback interface that takes OTLP over HTTP. */
export class OtlpReceiver {
  readonly exports: Export[] = [];
  /** Answers 500 meanwhile, which nobody tries again. */
  away = false;

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<OtlpReceiver> {
    const server = http.createServer();
    const receiver = new OtlpReceiver(server);
    server.on("request", (request, response) => {
      void receiver.take(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** Text attributes of the resource of the last export. */
  get resource(): Readonly<Record<string, string | undefined>> {
    return attributesOf(this.exports.at(-1)?.resourceMetrics[0]?.resource.attributes);
  }

  /** The last export's metric of a name. */
  metric(name: string): OtlpMetric | undefined {
    return this.exports
      .at(-1)
      ?.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      .find((metric) => metric.name === name);
  }

  /** Value of a sum or gauge in the last export, of one site or of all. */
  value(name: string, site?: string): number | undefined {
    const { sum, gauge } = this.metric(name) ?? {};
    const point = (sum ?? gauge)?.dataPoints.find(({ attributes }) => attributesOf(attributes).site === site);
    return point === undefined ? undefined : Number(point.asDouble ?? point.asInt ?? 0);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }

  private async take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await buffer(request);
    const isOtlp = request.url === "/v1/metrics" && request.headers["content-type"] === "application/x-protobuf";
    if (isOtlp && !this.away) {
      const text = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      this.exports.push(messages.decode(text).toJSON() as Export);
    }
    response.writeHead(this.away ? 500 : isOtlp ? 200 : 404, { "content-type": "application/x-protobuf" }).end();
  }
}

function attributesOf(attributes: readonly Attribute[] = []): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
}

/** The value below which a share of a histogram's values is: the middle of its bucket. */
export function percentile({ count, scale, zeroCount, positive }: Histogram, share: number): number {
  const wanted = share * Number(count);
  const base = 2 ** (2 ** -scale);
  let seen = Number(zeroCount);
  for (const [i, each] of positive.bucketCounts.entries()) {
    seen += Number(each);
    if (seen >= wanted) {
      return base ** (positive.offset + i + 0.5);
    }
  }
  return 0;
}
