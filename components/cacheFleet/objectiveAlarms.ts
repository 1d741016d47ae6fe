import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ObjectivesArgs } from "../metrics";
import { METRIC_DIMENSIONS, METRICS_NAMESPACE, type MetricName } from "../node/protocol/metrics";

export interface ObjectiveAlarmOptions {
  readonly region: string;
  readonly footprint: string;
  readonly group: aws.autoscaling.Group;
  readonly topicArn: pulumi.Input<string>;
  readonly objectives: Required<ObjectivesArgs>;
  /** Hosts of sites that have alarms of their own, beside the PoP's. */
  readonly sites: readonly string[];
}

/**
 * How fast the budget of a month burns when somebody is told, over a long window and, so that it ends soon after the
 * trouble, a short one, seconds (Google, The Site Reliability Workbook, chapter 5, table 5-8): 2 % of the budget in an hour
 * and 5 % in six call somebody, 10 % in three days are work for the day.
 */
const FAST = [
  { name: "1h", long: 3600, short: 300, rate: 14.4 },
  { name: "6h", long: 21_600, short: 1800, rate: 6 },
] as const;
const SLOW = [{ name: "3d", long: 259_200, short: 21_600, rate: 1 }] as const;

type Window = (typeof FAST | typeof SLOW)[number];

/** Exceptions in the long window below which their share says nothing: one of two requests at night is no trouble. */
const FEW = 10;

/** Percent of requests that have their first byte in time. */
const IN_TIME = 99;

interface Objective {
  readonly role: string;
  readonly page: string;
  readonly promise: string;
  /** Share of requests that may be exceptions. */
  readonly budget: number;
  readonly metrics: Readonly<Record<string, { readonly metricName: MetricName; readonly stat: string }>>;
  /** Share of exceptions, 0 when there are fewer than so many. */
  readonly share: (few: number) => string;
}

function objectivesOf({ availability, firstByte }: Required<ObjectivesArgs>): readonly Objective[] {
  return [
    {
      role: "errors",
      page: "Clients get errors",
      promise: `${String(availability)} % without a status of 500 and above`,
      budget: 1 - availability / 100,
      metrics: {
        requests: { metricName: "Requests", stat: "Sum" },
        errors: { metricName: "ServerErrors", stat: "Sum" },
      },
      share: (few) => `IF(errors >= ${String(few)}, errors / requests, 0)`,
    },
    {
      role: "slow",
      page: "The edge is slow",
      promise: `${String(IN_TIME)} % with a first byte within ${String(firstByte)} ms`,
      budget: 1 - IN_TIME / 100,
      metrics: {
        requests: { metricName: "FirstByte", stat: "SampleCount" },
        // Percentile rank: percent of values up to that.
        intime: { metricName: "FirstByte", stat: `PR(:${String(firstByte)})` },
      },
      share: (few) => `IF(requests * (100 - intime) >= ${String(100 * few)}, (100 - intime) / 100, 0)`,
    },
  ];
}

/** One alarm that tells the topic, and what it is composed of. */
interface Burning {
  readonly role: string;
  /** Whose budget. */
  readonly whose: string;
  readonly site?: string;
  readonly windows: readonly Window[];
  readonly objective: Objective;
}

/**
 * Alarms on what users feel, for a PoP and for sites of it. An alarm of CloudWatch has one period, so each window is one,
 * which tells nobody, and what tells the topic is composed of them.
 */
export function objectiveAlarms(name: string, options: ObjectiveAlarmOptions, parent: pulumi.Resource): void {
  const pop = `PoP ${options.region}`;
  for (const objective of objectivesOf(options.objectives)) {
    const { role } = objective;
    const all: readonly Burning[] = [
      { role, whose: pop, windows: FAST, objective },
      { role: `${role}-slowly`, whose: pop, windows: SLOW, objective },
      ...options.sites.map((site) => ({
        role: `${role}-${site}`,
        whose: `Site ${site} in ${pop}`,
        site,
        windows: FAST,
        objective,
      })),
    ];
    for (const each of all) {
      burning(name, each, options, parent);
    }
  }
}

function burning(
  name: string,
  { role, whose, site, windows, objective }: Burning,
  { region, footprint, group, topicArn }: ObjectiveAlarmOptions,
  parent: pulumi.Resource,
): void {
  const { page, promise, budget, metrics, share } = objective;
  const dimensions = {
    [METRIC_DIMENSIONS.footprint]: footprint,
    [METRIC_DIMENSIONS.pop]: region,
    ...(site === undefined ? {} : { [METRIC_DIMENSIONS.site]: site }),
  };
  const see = `See the runbook, "${page}".`;
  const over = (window: string, period: number, rate: number, few: number) =>
    new aws.cloudwatch.MetricAlarm(
      `${name}-${role}-${window}`,
      {
        region,
        alarmDescription: `${whose}: the budget burns ${String(rate)} times too fast over ${String(period / 60)} minutes. Part of ${role}; it tells nobody. ${see}`,
        comparisonOperator: "GreaterThanThreshold",
        threshold: rate * budget,
        evaluationPeriods: 1,
        // A PoP that nobody asks has no exceptions, and no alarm rings before the first minute was published.
        treatMissingData: "notBreaching",
        metricQueries: [
          { id: "share", expression: share(few), label: "Share of exceptions", returnData: true },
          ...Object.entries(metrics).map(([id, metric]) => ({
            id,
            metric: { namespace: METRICS_NAMESPACE, dimensions, period, ...metric },
            returnData: false,
          })),
        ],
      },
      { parent },
    );
  const rules = windows.map(({ name: window, long, short, rate }) => {
    const both = [over(window, long, rate, FEW), over(`${window}-now`, short, rate, 1)];
    return pulumi.interpolate`(${allOf(
      both.map((alarm) => pulumi.interpolate`ALARM("${alarm.name}")`),
      " AND ",
    )})`;
  });
  const rates = windows.map(({ name: window, rate }) => `${String(rate)} times over ${window}`);
  new aws.cloudwatch.CompositeAlarm(
    `${name}-${role}`,
    {
      region,
      // As unique as the group's name.
      alarmName: pulumi.interpolate`${group.name}-${role}`,
      alarmDescription: `${whose}: the budget of 30 days burns too fast, ${rates.join(" or ")} (objective: ${promise}). ${see}`,
      alarmRule: allOf(rules, " OR "),
      alarmActions: [topicArn],
      okActions: [topicArn],
    },
    { parent },
  );
}

function allOf(parts: pulumi.Output<string>[], between: string): pulumi.Output<string> {
  return pulumi.all(parts).apply((all) => all.join(between));
}
