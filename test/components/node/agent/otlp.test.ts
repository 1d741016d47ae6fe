import type { Point } from "../../../../components/node/agent/point";
import { Otlp } from "../../../../components/node/agent/otlp";
import { METRICS, otlpName, type MetricName } from "../../../../components/node/protocol/metrics";
import { OtlpReceiver, percentile, type Histogram } from "../../../support/otlpReceiver";

let collector: OtlpReceiver;
let otlp: Otlp;
beforeEach(async () => {
  collector = await OtlpReceiver.start();
  otlp = new Otlp({ endpoint: `${collector.url}/`, footprint: "edge", region: "eu-west-1", instance: "i-1" });
});
afterEach(() => collector.stop());

const one = (name: MetricName, value: number, site?: string): Point => ({
  name,
  values: [[value, 1]],
  ...(site === undefined ? {} : { site }),
});

describe("a collector", () => {
  test("gets totals that grow, levels as they are, and sites under names of their own", async () => {
    otlp.add([one("Requests", 5), one("Requests", 3, "www.example.com"), one("PurgeLag", 4)]);
    await otlp.publish();
    otlp.add([one("Requests", 2), one("Requests", 1, "www.example.com"), one("PurgeLag", 1)]);
    await otlp.publish();

    expect(collector.value("footprint.requests")).toBe(7);
    expect(collector.value("footprint.site.requests", "www.example.com")).toBe(4);
    expect(collector.value("footprint.purge_lag")).toBe(1);
    expect(collector.metric("footprint.requests")).toMatchObject({ unit: "1", sum: { isMonotonic: true } });
    expect(collector.metric("footprint.purge_lag")).toMatchObject({ unit: "s" });
    expect(collector.resource).toMatchObject({
      "service.name": "footprint",
      "service.namespace": "edge",
      "service.instance.id": "i-1",
      "cloud.region": "eu-west-1",
    });
  });

  test("gets percentiles that are right to some percent", async () => {
    otlp.add([
      {
        name: "FirstByte",
        values: [
          [20, 900],
          [500, 80],
          [3000, 20],
        ],
      },
    ]);
    await otlp.publish();

    const [histogram] = collector.metric("footprint.first_byte")?.exponentialHistogram?.dataPoints ?? [];
    expect(Number(histogram?.count)).toBe(1000);
    for (const [share, value] of [
      [0.5, 20],
      [0.95, 500],
      [0.99, 3000],
    ] as const) {
      expect(Math.abs(percentile(histogram as Histogram, share) / value - 1)).toBeLessThan(0.05);
    }
  });

  // OpenTelemetry, "Metrics Data Model", Gauge: "a sampled value at a given time".
  test("gets a level while it is read, and none of another time", async () => {
    otlp.add([one("Objects", 1234), one("Requests", 5)]);
    await otlp.publish();
    otlp.add([one("Requests", 5)]);
    await otlp.publish();
    expect(collector.value("footprint.requests")).toBe(10);
    expect(collector.metric("footprint.objects")).toBeUndefined();

    otlp.add([one("Objects", 1235)]);
    await otlp.publish();
    expect(collector.value("footprint.objects")).toBe(1235);
  });

  test("gets later what it has missed", async () => {
    collector.away = true;
    otlp.add([one("Requests", 5)]);
    await expect(otlp.publish()).rejects.toThrow();
    collector.away = false;
    otlp.add([one("Requests", 2)]);
    await otlp.publish();

    expect(collector.value("footprint.requests")).toBe(7);
  });

  test("gets each metric of the table, none under another's name", () => {
    const names = Object.keys(METRICS).flatMap((name) => [
      otlpName(name as MetricName, false),
      otlpName(name as MetricName, true),
    ]);

    expect(new Set(names).size).toBe(names.length);
    // OpenTelemetry, "Naming": lower case, words joined by underscores, namespaces by dots.
    expect(names.filter((name) => !/^footprint(\.[a-z]+(_[a-z]+)*)+$/.test(name))).toEqual([]);
  });
});
