import { alarmOf, faster, stateOf, type AlarmState } from "../../../infra/lab/cloudwatch/alarm";
import { trackingOf, wantedNodes } from "../../../infra/lab/cloudwatch/tracking";
import { series, type Datum } from "../../../infra/lab/aws/series";
import type { Values } from "../../../infra/sandbox/aws/values";
import type { Entity } from "../../../infra/sandbox/aws/world";

// Amazon CloudWatch, "Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data"; Auto Scaling,
// "Target tracking scaling policies". The alarm is the group's own, as the stand-in keeps it.

const GROUP = { AutoScalingGroupName: "nodes" };

const entity = (properties: Values): Entity => ({
  ...{ type: "", id: "it", region: "eu-west-1", urn: "", given: [], secrets: [] },
  properties,
});

const BELOW_MINIMUM: Values = {
  ...{ name: "below-minimum", comparisonOperator: "LessThanThreshold", threshold: 0, evaluationPeriods: 3 },
  treatMissingData: "notBreaching",
  metricQueries: [
    { id: "spare", expression: "inservice - minimum", returnData: true },
    ...[
      ["inservice", "GroupInServiceInstances"],
      ["minimum", "GroupMinSize"],
    ].map(([id = "", metricName = ""]) => ({
      id,
      metric: { namespace: "AWS/AutoScaling", metricName, dimensions: GROUP, period: 60, stat: "Maximum" },
      returnData: false,
    })),
  ],
};

/** One value a minute, the last of the minute before `NOW`; undefined: none. */
const NOW = 6000;
const data = (name: string, ...values: readonly (number | undefined)[]): Datum[] =>
  values.flatMap((value, index) =>
    value === undefined
      ? []
      : {
          ...{ region: "eu-west-1", namespace: name.startsWith("Group") ? "AWS/AutoScaling" : "AWS/EC2", name },
          ...{ dimensions: GROUP, values: [[value, 1]] as const },
          at: new Date((NOW - (values.length - index) * 60 + 10) * 1000),
        },
  );

const state = (all: readonly Datum[], more: Values = {}, before: AlarmState = "OK") =>
  stateOf(alarmOf(entity({ ...BELOW_MINIMUM, ...more })), before, NOW, (metric, from, to) =>
    series(all, metric, from, to),
  );

const sizes = (...inService: readonly (number | undefined)[]) => [
  ...data("GroupInServiceInstances", ...inService),
  ...data("GroupMinSize", ...inService.map(() => 2)),
];

test("an alarm sounds when every period breaches, and not before", () => {
  expect(state(sizes(1, 1, 1))).toBe("ALARM");
  expect(state(sizes(1, 2, 1))).toBe("OK");
  expect(state(sizes(1, 1, 2), {}, "ALARM")).toBe("OK");
  expect(state(sizes(1, 2, 1), { datapointsToAlarm: 2 })).toBe("ALARM");
});

test("missing data are what the alarm takes them for", () => {
  expect(state(sizes(1, undefined, 1))).toBe("OK");
  expect(state(sizes(1, undefined, 1), { treatMissingData: "breaching" })).toBe("ALARM");
  expect(state([])).toBe("OK");
  expect(state([], { treatMissingData: "missing" })).toBe("INSUFFICIENT_DATA");
  expect(state([], { treatMissingData: "ignore" }, "ALARM")).toBe("ALARM");
});

test("an alarm of one metric goes by its statistic", () => {
  const one = {
    ...BELOW_MINIMUM,
    metricQueries: [],
    namespace: "AWS/EC2",
    metricName: "NetworkOut",
    dimensions: GROUP,
  };
  const all = [...data("NetworkOut", 3, 3, 3), ...data("NetworkOut", 9, 9, 9)];
  const of = (statistic: string, threshold: number) =>
    state(all, { ...one, statistic, period: 60, comparisonOperator: "GreaterThanThreshold", threshold });

  expect(of("Maximum", 8)).toBe("ALARM");
  expect(of("Minimum", 3)).toBe("OK");
  expect(of("Average", 5)).toBe("ALARM");
  expect(of("Average", 6)).toBe("OK");
  expect(of("Sum", 11)).toBe("ALARM");
});

describe("a target tracking policy", () => {
  const policy: Values = {
    autoscalingGroupName: "nodes",
    targetTrackingConfiguration: {
      targetValue: 10,
      customizedMetricSpecification: {
        metrics: [
          {
            id: "bytes",
            metricStat: {
              metric: {
                namespace: "AWS/EC2",
                metricName: "NetworkOut",
                dimensions: [{ name: "AutoScalingGroupName", value: "nodes" }],
              },
              ...{ stat: "Average", period: 60 },
            },
            returnData: false,
          },
          { id: "mbps", expression: "bytes * 8 / 60 / 1000000", returnData: true },
        ],
      },
    },
  };
  const megabits = (...values: readonly number[]) => data("NetworkOut", ...values.map((each) => (each * 60e6) / 8));
  const wanted = (all: readonly Datum[], serving = 2) => {
    const tracking = trackingOf(entity(policy));
    return tracking && wantedNodes(tracking, serving, NOW, (metric, from, to) => series(all, metric, from, to));
  };

  test("wants as many nodes as bring the average to its target, after three minutes above it", () => {
    expect(wanted(megabits(15, 15, 15))).toBe(3);
    expect(wanted(megabits(12, 20, 31))).toBe(7);
    expect(wanted(megabits(15, 15))).toBeUndefined();
    expect(wanted(megabits(15, 9, 15))).toBeUndefined();
  });

  test("is none here where AWS's own figures of processors are its metric", () => {
    const predefined = { predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" } };
    expect(trackingOf(entity({ ...policy, targetTrackingConfiguration: predefined }))).toBeUndefined();
  });
});

test("an alarm of minutes that are ten times shorter sounds after the same number of them", () => {
  const inSeconds = (every: number, ...values: readonly number[]): Datum[] =>
    ["GroupInServiceInstances", "GroupMinSize"].flatMap((name) =>
      values.map((value, index) => ({
        ...{ region: "eu-west-1", namespace: "AWS/AutoScaling", name, dimensions: GROUP },
        ...{ values: [[name === "GroupMinSize" ? 2 : value, 1]] as const },
        at: new Date((NOW - (values.length - index) * every + 1) * 1000),
      })),
    );
  const alarm = alarmOf(entity(BELOW_MINIMUM));
  const after = (...inService: readonly number[]) =>
    stateOf({ ...alarm, watched: faster(alarm.watched, 10) }, "OK", NOW, (metric, from, to) =>
      series(inSeconds(6, ...inService), metric, from, to),
    );

  expect(after(1, 1, 1)).toBe("ALARM");
  expect(after(1, 1, 2)).toBe("OK");
});
