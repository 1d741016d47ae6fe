import { setTimeout as sleep } from "node:timers/promises";
import { METRICS, type MetricName } from "../../../components/node/protocol/metrics";
import { OtlpReceiver } from "../../support/otlpReceiver";
import { describeWith } from "../../support/requirements";
import { some } from "../../support/some";
import { DEBIAN } from "../debianRoot";
import { HOST } from "../origin/rig";
import { ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";
import { AccessLogWriter } from "./accessLogWriter";
import { AgentNode } from "./agentNode";
import { Cloud } from "../../../infra/lab/aws/cloud";
import { Load } from "./load";

// The witnesses are who asks, and the origin: what arrives at CloudWatch and at a collector is what they have counted.
describeWith([DEBIAN], "what a node publishes", () => {
  let cloud: Cloud;
  let collector: OtlpReceiver;
  let origin: ScriptedOrigin;
  let node: AgentNode;
  let writer: AccessLogWriter;

  beforeAll(async () => {
    cloud = await Cloud.start();
    collector = await OtlpReceiver.start();
    origin = await ScriptedOrigin.start();
    writer = new AccessLogWriter();
    node = await AgentNode.start({
      ...{ cloud, origin, timing: { metrics: 0.5 } },
      metrics: { cloudwatch: true, sites: [HOST], otlp: collector.url },
      node: { onAccess: writer.take },
    });
    await writer.start(node.node);
  });

  afterAll(async () => {
    writer.stop();
    await node.stop();
    await origin.stop();
    await collector.stop();
    await cloud.stop();
  });

  const data = (name: MetricName, site?: string) =>
    cloud.metrics.filter((datum) => datum.name === name && datum.dimensions.Site === site);
  const sum = (name: MetricName, site?: string): number =>
    data(name, site)
      .flatMap(({ values }) => values)
      .reduce((total, [value, count]) => total + value * count, 0);

  test("is each request once, though CloudWatch was away and the agent was killed meanwhile", async () => {
    await until("the first period", () => data("Requests").length > 0);
    // The log has a file once something was asked; an agent that finds none yet counts from its end on.
    await node.ask("/first");
    await until("it is counted", () => sum("Requests") > 0);
    const before = { requests: sum("Requests"), fetched: origin.all().length };

    const load = await Load.start(node, origin);
    await until("some of it is counted", () => sum("Requests") > before.requests + 20);
    // An agent that is killed at the moment of an answer publishes again: this one has none to wait for.
    cloud.outage("monitoring", "refuses");
    await until("it has failed", () => node.said.some((line) => line.includes('"metrics failed"')));
    await load.goesOn();
    await node.signalAgent("KILL");
    await node.agentEnded();
    await load.goesOn();
    node.startAgent();
    await until("another agent", () => node.said.filter((line) => line.includes('"agent started"')).length === 2);
    await load.goesOn();
    const { asked, wrong } = await load.stop();
    const dropped = await node.droppedLines();
    cloud.outage("monitoring", undefined);
    // The load asks for what is stored once before it counts.
    const expected = before.requests + asked + 1;
    await until(
      "all of it is counted",
      () => sum("Requests", HOST) >= expected - dropped && sum("AgentRestarts") === 1,
    );
    const periods = data("Requests").length;
    await until("some more periods", () => data("Requests").length > periods + 4);

    expect(wrong).toEqual([]);
    // Lines that HAProxy has dropped are in it, also those of a time without an agent.
    expect(sum("Requests")).toBe(expected);
    expect(sum("Requests", HOST)).toBe(expected - dropped);
    expect(sum("Hits") + sum("Stale") + sum("Misses") + sum("Passes")).toBe(expected - dropped);
    const firstBytes = data("FirstByte").flatMap(({ values }) => values);
    expect(firstBytes.reduce((total, [, count]) => total + count, 0)).toBe(expected - dropped);
    // What HAProxy counts goes on while no agent looks, and the next one goes on from what was published.
    // A machine's first agent has begun with all that was asked of it.
    expect(origin.all().length).toBeGreaterThan(before.fetched);
    expect(sum("OriginRequests")).toBe(origin.all().length);
  });

  test("is at a collector what the agent has counted since it began", async () => {
    const before = { requests: collector.value("footprint.requests") ?? 0, periods: collector.exports.length };
    const seen = collector.value("footprint.site.requests", HOST) ?? 0;
    const former = await node.droppedLines();
    const load = await Load.begin(node);
    const { asked, wrong } = await load.stop();
    const dropped = (await node.droppedLines()) - former;
    const expected = before.requests + asked + 1;
    await until("all of it", () => (collector.value("footprint.requests") ?? 0) >= expected);

    expect(wrong).toEqual([]);
    expect(collector.value("footprint.requests")).toBe(expected);
    const lines = collector.value("footprint.site.requests", HOST);
    expect(Number(collector.metric("footprint.first_byte")?.exponentialHistogram?.dataPoints[0]?.count)).toBe(lines);
    expect(lines).toBe(seen + asked + 1 - dropped);
  });

  // A request lies between what its client has measured and what its origin has waited.
  test("has the percentiles of all requests, to the width of a step", async () => {
    const WAIT = 250;
    origin.on("/slow", async (response) => {
      await sleep(WAIT);
      response.writeHead(200, { "cache-control": "no-store" }).end("slow");
    });
    await until("what came before is counted", () => data("Requests").at(-1)?.values[0]?.[0] === 0);
    const before = data("FirstByte").length;
    // What the agent asks of itself then is no client's.
    await node.adopted(node.publish({ more: { "other.example.com": {} } }));
    const measured: number[] = [];
    for (let n = 0; n < 40; n++) {
      const began = performance.now();
      await node.ask("/slow");
      measured.push(performance.now() - began);
    }
    const found = () =>
      percentiles(
        data("FirstByte")
          .slice(before)
          .flatMap(({ values }) => values),
      );
    await until("all of it is counted", () => found().count >= measured.length);
    measured.sort((a, b) => a - b);

    const { count, of } = found();
    expect(count).toBe(measured.length);
    for (const share of [0.5, 0.95, 0.99]) {
      expect(of(share)).toBeGreaterThan(WAIT * 0.95);
      // HAProxy counts whole milliseconds, rounded by nobody.
      expect(of(share)).toBeLessThan(((measured[Math.ceil(share * count) - 1] ?? 0) + 1) * 1.05);
    }
  });

  test("is all that the table has, by PoP and site, to the node's own region", () => {
    expect([...new Set(cloud.metrics.map(({ name }) => name))].sort()).toEqual(Object.keys(METRICS).sort());
    for (const { region, namespace, dimensions } of some(cloud.metrics)) {
      const pop = { Footprint: "test", Pop: "local" };
      expect({ region, namespace, dimensions }).toEqual({
        region: "local",
        namespace: "Footprint",
        dimensions: dimensions.Site === undefined ? pop : { ...pop, Site: HOST },
      });
    }
  });
});

/** Of values, each with how often it came. */
function percentiles(values: readonly (readonly [value: number, count: number])[]) {
  const sorted = [...values].sort(([a], [b]) => a - b);
  const count = sorted.reduce((total, [, each]) => total + each, 0);
  const of = (share: number): number => {
    let seen = 0;
    return sorted.find(([, each]) => (seen += each) >= Math.ceil(share * count))?.[0] ?? NaN;
  };
  return { count, of };
}
