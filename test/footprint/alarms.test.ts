import { readFileSync } from "node:fs";
import * as path from "node:path";
import { ringsAt, type AlarmInputs, type Minute, type Series } from "../support/alarmEvaluator";
import { some } from "../support/some";
import { ofType, preview, shipped, SHIPPED } from "../support/stacks";
import { repository } from "../support/tree";

const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";

const minutes = (count: number, value: Minute): readonly Minute[] => Array.from({ length: count }, () => value);
const then = (...parts: readonly (readonly Minute[])[]): readonly Minute[] => parts.flat();

const asAlarm = (inputs: unknown) => inputs as AlarmInputs;

/** Names of the metrics that an alarm looks at. */
function metricsOf({ metricName, metricQueries = [] }: AlarmInputs): readonly string[] {
  const queried = metricQueries.flatMap(({ metric }) => (metric === undefined ? [] : [metric.metricName]));
  return metricName === undefined ? queried : [metricName, ...queried];
}

// CloudWatch, "Configuring how CloudWatch alarms treat missing data": a new alarm has no data, and goes to ALARM at once
// when missing data is breaching.
test.each(SHIPPED)("no alarm of %s rings at its birth", async (stack) => {
  const alarms = ofType(await preview(shipped(stack), stack), ALARM).map(({ inputs }) => asAlarm(inputs));
  const ringing = some(alarms).filter((alarm) => {
    const nothing = Object.fromEntries(metricsOf(alarm).map((name) => [name, minutes(60, undefined)]));
    return ringsAt(alarm, nothing).length > 0;
  });

  expect(ringing).toEqual([]);
});

// Who is woken by an alarm has its name and what it says, and nothing else.
test.each(SHIPPED)("every alarm of %s names a page of the runbook that is there", async (stack) => {
  const runbook = readFileSync(path.join(repository, "infra", "operate", "RUNBOOK.md"), "utf8");
  const pages = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  const named = some(ofType(await preview(shipped(stack), stack), ALARM)).map(
    ({ inputs }) => /See the runbook, "(.+)"\.$/.exec(inputs.alarmDescription as string)?.[1] ?? "none",
  );

  expect(named.filter((page) => !pages.includes(page))).toEqual([]);
});

describe("an alarm of a PoP", () => {
  const POP = "eu-central-1";
  let alarms: ReadonlyMap<string, AlarmInputs>;
  beforeAll(async () => {
    const made = ofType(await preview(shipped("europe"), "europe"), ALARM);
    alarms = new Map(made.map(({ name, inputs }) => [name.replace(POP, "pop"), asAlarm(inputs)]));
  });
  const rings = (name: string, series: Series): readonly number[] => {
    const [, alarm] = [...alarms].find(([each]) => each.startsWith(name)) ?? [];
    if (alarm === undefined) {
      throw new Error(`there is no alarm ${name}; there are ${[...alarms.keys()].join(", ")}`);
    }
    return ringsAt(alarm, series);
  };
  /** In service, of four to eight. */
  const group = (inService: readonly Minute[], desired: readonly Minute[] = inService): Series => ({
    GroupInServiceInstances: inService,
    GroupDesiredCapacity: desired,
    GroupMinSize: minutes(inService.length, 4),
    GroupMaxSize: minutes(inService.length, 8),
  });
  const DAY = 1440;

  test.each<[string, string, Series]>([
    ["pop-alarm-unhealthy-nodes", "a node that stays unhealthy", { UnHealthyHostCount: minutes(10, 1) }],
    [
      "pop-alarm-load-balancer-ports",
      "a connection that found no port",
      { PortAllocationErrorCount: [0, 0, 1, 0, 0, 0] },
    ],
    ["pop-alarm-nat-ports", "a connection that found no port", { ErrorPortAllocation: [0, 0, 1, 0, 0, 0] }],
    ["pop-alarm-certificate", "twenty days to go", { DaysToExpiry: minutes(2 * DAY, 20) }],
    ["pop-nodes-at-maximum", "a group that has grown to its maximum", group(minutes(40, 8))],
    ["pop-nodes-below-minimum", "launches that fail", group(minutes(40, 3), minutes(40, 4))],
    ["footprint-routing-pop-unhealthy", "a PoP that Route 53 has left", { HealthCheckStatus: minutes(10, 0) }],
  ])("(%s) rings for %s", (name, _, series) => {
    expect(rings(name, series)).not.toEqual([]);
  });

  test.each<[string, string, Series]>([
    [
      "pop-alarm-unhealthy-nodes",
      "a node that leaves",
      { UnHealthyHostCount: then(minutes(9, 0), [1, 1], minutes(9, 0)) },
    ],
    ["pop-alarm-load-balancer-ports", "connections that find ports", { PortAllocationErrorCount: minutes(30, 0) }],
    ["pop-alarm-nat-ports", "connections that find ports", { ErrorPortAllocation: minutes(30, 0) }],
    ["pop-alarm-certificate", "a certificate that AWS is about to renew", { DaysToExpiry: minutes(2 * DAY, 45) }],
    [
      "pop-alarm-certificate",
      "a day without a report",
      { DaysToExpiry: then(minutes(DAY, 45), minutes(DAY, undefined)) },
    ],
    ["pop-nodes-at-maximum", "a group with room for one more", group(minutes(40, 7))],
    [
      "pop-nodes-at-maximum",
      "a group of a fixed size",
      { ...group(minutes(40, 8)), GroupMinSize: minutes(40, 8), GroupMaxSize: minutes(40, 8) },
    ],
    [
      "pop-nodes-below-minimum",
      "a node that is being replaced",
      group(then(minutes(20, 4), minutes(10, 3), minutes(20, 4))),
    ],
    ["footprint-routing-pop-unhealthy", "a PoP that answers", { HealthCheckStatus: minutes(30, 1) }],
  ])("(%s) does not ring for %s", (name, _, series) => {
    expect(rings(name, series)).toEqual([]);
  });
});
