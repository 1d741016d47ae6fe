import type { MetricName } from "../../components/node/protocol/metrics";
import { runTop, type TopOptions, type TopRow } from "../../infra/operate/top";
import { BUNDLE, Edge, type Region } from "./edge";

let edge: Edge;
beforeEach(async () => {
  edge = await Edge.start();
});
afterEach(() => edge.stop());

function top(options: Partial<TopOptions> = {}) {
  return edge.run((terminal, folder) => runTop({ stack: "edge", outputs: edge.outputs, ...options }, terminal, folder));
}

/** What nodes publish of the last minutes. */
function publish(region: Region, name: MetricName, values: readonly (readonly [number, number])[]): void {
  const minute = Math.floor(Date.now() / 60_000);
  for (const ago of [1, 2, 3]) {
    edge.cloud.metrics.push({
      ...{ region, namespace: "Footprint", name, values },
      at: new Date((minute - ago) * 60_000 + 1000),
      dimensions: { Footprint: "edge", Pop: region },
    });
  }
}

describe("footprint top", () => {
  test("has a line a PoP, from what its nodes publish and report", async () => {
    const region = "eu-central-1";
    publish(region, "Requests", [
      [3000, 1],
      [3000, 1],
    ]);
    publish(region, "Bytes", [[7.5e9, 1]]);
    publish(region, "Hits", [[80, 1]]);
    publish(region, "Stale", [[10, 1]]);
    publish(region, "Misses", [[10, 1]]);
    publish(region, "ServerErrors", [[120, 1]]);
    publish(region, "FirstByte", [
      [1, 989],
      [250, 11],
    ]);
    publish(region, "PurgeLag", [[0.4, 1]]);
    edge.report("us-east-1", "i-us-east-1-1", { health: { node: "disk", pop: "ok" } });

    const { status, out } = await top({ json: true });
    const { pops } = JSON.parse(out) as { pops: TopRow[] };
    expect(status).toBe(0);
    expect(pops.find((row) => row.region === region)).toEqual({
      region,
      rates: {
        minute: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        ...{ requestsPerSecond: 100, gigabitsPerSecond: 1, hitRatio: 0.9, serverErrors: 0.02, p99: 250, purgeLag: 0.4 },
      },
      ...{ inService: 2, configurations: [{ generation: BUNDLE, nodes: 2 }], attention: 0 },
    });
    expect(pops.find((row) => row.region === "us-east-1")).toMatchObject({ rates: null, attention: 1 });

    const lines = (await top()).out.split("\n").map((line) => line.trim().split(/ {2,}/));
    expect(lines[0]).toEqual(["region", "req/s", "Gbit/s", "hits", "5xx", "p99", "nodes", "runs", "lag"]);
    expect(lines[2]).toEqual([region, "100.0", "1.000", "90.0 %", "2.0 %", "250 ms", "2", BUNDLE.slice(0, 8), "0 s"]);
    expect(lines).toContainEqual(["! us-east-1: 1 to look at, which `footprint status` tells"]);
  });

  // What VT100 and each terminal since has at least.
  test("fits into 80 columns, whatever it has to say", async () => {
    const region = "ap-southeast-2";
    publish(region, "Requests", [[5_999_000, 1]]);
    publish(region, "Bytes", [[9e10, 1]]);
    publish(region, "Hits", [[100, 1]]);
    publish(region, "ServerErrors", [[5_999_000, 1]]);
    publish(region, "FirstByte", [[59_900, 1]]);
    publish(region, "PurgeLag", [[59, 1]]);
    edge.report(region, "i-ap-southeast-2-1", {
      configuration: { generation: "b".repeat(64), rejected: null, failing: null },
    });

    const lines = (await top()).out.split("\n");
    expect(lines.find((line) => line.includes(region))).toMatch(
      / ap-southeast-2 +99983 +12\.000 +100 % +100 % +59\.9 s +2 +\w{8} +59 s$/,
    );
    expect(lines).toContain(`! ap-southeast-2: 1 of 2 nodes run ${BUNDLE.slice(0, 8)}`);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  test("says which PoP it cannot look at, and shows the others", async () => {
    publish("eu-central-1", "Requests", [[60, 1]]);
    edge.cloud.outage("monitoring", "refuses", "us-east-1");

    const { status, out } = await top();
    expect(status).toBe(1);
    expect(out).toMatch(/^ {2}eu-central-1 +1\.0 /m);
    expect(out).toMatch(/^! us-east-1: \S/m);
  });
});
