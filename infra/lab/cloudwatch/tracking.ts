import { isRecord, text, valuesAt } from "../../sandbox/aws/values";
import type { Entity } from "../../sandbox/aws/world";
import { lastValues, watchedByQueries, type Read, type Watched } from "./alarm";

/** A target tracking policy with a metric of its own. */
export interface Tracking {
  readonly group: string;
  readonly watched: Watched;
  readonly target: number;
}

/** Minutes above its target after which a group grows: the alarm that such a policy makes for itself. */
const MINUTES = 3;

/** Undefined for a policy of which the lab has no data: processors are shared by all nodes here. */
export function trackingOf({ region, properties }: Entity): Tracking | undefined {
  const [configuration] = valuesAt(properties, "targetTrackingConfiguration").filter(isRecord);
  const queries = valuesAt(configuration ?? {}, "customizedMetricSpecification.metrics[*]").filter(isRecord);
  return queries.length === 0
    ? undefined
    : {
        group: text(properties.autoscalingGroupName),
        watched: watchedByQueries(region ?? "", queries, "metricStat"),
        target: Number(configuration?.targetValue),
      };
}

/**
 * How many nodes a policy wants: of an average that has been above the target for three minutes, as many as bring it there.
 *
 * @param serving nodes that the average is of
 * @returns undefined for no more than there are
 */
export function wantedNodes(
  { watched, target }: Tracking,
  serving: number,
  now: number,
  read: Read,
): number | undefined {
  const values = lastValues(watched, now, MINUTES, read).map((value) => value ?? -Infinity);
  const [newest = -Infinity] = values;
  return values.every((value) => value > target) ? Math.ceil((serving * newest) / target) : undefined;
}
