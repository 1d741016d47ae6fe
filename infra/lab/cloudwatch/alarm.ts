import { isRecord, text, valuesAt, type Values } from "../../sandbox/aws/values";
import type { Entity } from "../../sandbox/aws/world";
import type { Statistic } from "../aws/series";
import { evaluate } from "./metricMath";

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

/** What an alarm or a policy watches: metrics by their ids, and what is computed from them. */
export interface Watched {
  readonly metrics: Readonly<Record<string, Statistic>>;
  /** Of the ids. */
  readonly expression: string;
  /** Seconds. */
  readonly period: number;
}

/** An alarm as the program declares it. */
export interface Alarm {
  readonly name: string;
  readonly region: string;
  readonly watched: Watched;
  readonly threshold: number;
  readonly breaches: (value: number, threshold: number) => boolean;
  /** Periods that it looks at, and how many of them have to breach. */
  readonly periods: number;
  readonly breaching: number;
  readonly missing: "breaching" | "notBreaching" | "ignore" | "missing";
}

const COMPARISONS: Readonly<Record<string, Alarm["breaches"]>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** @throws Error for a comparison that is not known here */
export function alarmOf({ id, region, properties }: Entity): Alarm {
  const operator = text(properties.comparisonOperator);
  const breaches = COMPARISONS[operator];
  if (breaches === undefined) {
    throw new Error(`${id}: ${operator} is not known here`);
  }
  const periods = Number(properties.evaluationPeriods);
  const missing = text(properties.treatMissingData);
  return {
    ...{ name: text(properties.name), region: region ?? "", breaches, periods },
    watched: watchedBy(region ?? "", properties),
    threshold: Number(properties.threshold),
    breaching: Number(properties.datapointsToAlarm ?? periods),
    missing: missing === "breaching" || missing === "notBreaching" || missing === "ignore" ? missing : "missing",
  };
}

/** Of one metric, or of several and an expression. */
function watchedBy(region: string, properties: Values): Watched {
  const queries = valuesAt(properties, "metricQueries[*]").filter(isRecord);
  if (queries.length === 0) {
    const metric = metricOf(region, properties);
    return { metrics: { metric }, expression: "metric", period: metric.period };
  }
  return watchedByQueries(region, queries, "metric");
}

/**
 * @param queries each a metric or an expression; the one that returns data is what is watched
 * @param key under which a query has its metric
 */
export function watchedByQueries(region: string, queries: readonly Values[], key: "metric" | "metricStat"): Watched {
  const metrics = Object.fromEntries(
    queries.flatMap((query): [string, Statistic][] => {
      const metric = query[key];
      return isRecord(metric) ? [[text(query.id), metricOf(region, metric)]] : [];
    }),
  );
  const result = queries.find(({ returnData }) => returnData === true);
  const period = Math.max(...Object.values(metrics).map((metric) => metric.period));
  return { metrics, expression: text(result?.expression ?? result?.id), period };
}

function metricOf(region: string, properties: Values): Statistic {
  const { metric = properties, period = 60, stat = properties.statistic } = properties;
  const { namespace, metricName, dimensions } = isRecord(metric) ? metric : {};
  // By name in an alarm, each with its name in a policy.
  const byName = isRecord(dimensions)
    ? Object.entries(dimensions)
    : valuesAt(properties, "metric.dimensions[*]")
        .filter(isRecord)
        .map((each) => [text(each.name), each.value] as const);
  return {
    ...{ region, namespace: text(namespace), name: text(metricName), stat: text(stat), period: Number(period) },
    dimensions: Object.fromEntries(byName.map(([name, value]) => [name, text(value)])),
  };
}

/** The same with shorter periods. @param pace how many times shorter */
export function faster({ metrics, period, expression }: Watched, pace: number): Watched {
  return {
    ...{ expression, period: period / pace },
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([id, metric]) => [id, { ...metric, period: metric.period / pace }]),
    ),
  };
}

/** Values of a metric, by the starts of periods. */
export type Read = (metric: Statistic, from: number, to: number) => ReadonlyMap<number, number>;

/** What is watched in the last whole periods before a moment, the newest first; undefined where there is none. */
export function lastValues(
  { metrics, expression, period }: Watched,
  now: number,
  count: number,
  read: Read,
): readonly (number | undefined)[] {
  const end = Math.floor(now / period) * period;
  const all = new Map(
    Object.entries(metrics).map(([id, metric]) => [id, read(metric, end - count * period, end)] as const),
  );
  return Array.from({ length: count }, (_, index) =>
    // "FILL" has nothing to fill where no metric has a value at all.
    [...all.values()].some((each) => each.has(end - (index + 1) * period))
      ? evaluate(expression, (id) => all.get(id)?.get(end - (index + 1) * period))
      : undefined,
  );
}

/**
 * What an alarm says ("Evaluating an alarm", "Configuring how CloudWatch alarms treat missing data"). CloudWatch looks back
 * further where data are missing; this looks at the declared periods alone.
 */
export function stateOf(alarm: Alarm, before: AlarmState, now: number, read: Read): AlarmState {
  const values = lastValues(alarm.watched, now, alarm.periods, read);
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) {
    const states = { breaching: "ALARM", notBreaching: "OK", ignore: before, missing: "INSUFFICIENT_DATA" } as const;
    return states[alarm.missing];
  }
  const breaching = values.filter((value) =>
    value === undefined ? alarm.missing === "breaching" : alarm.breaches(value, alarm.threshold),
  );
  return breaching.length >= alarm.breaching ? "ALARM" : "OK";
}
