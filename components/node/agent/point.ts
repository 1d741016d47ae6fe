import type { MetricName } from "../protocol/metrics";

/** What a node has to say of one metric: each value with how often it came. */
export interface Point {
  readonly name: MetricName;
  /** Host of the site that it is of; else it is of the whole PoP. */
  readonly site?: string;
  readonly values: readonly (readonly [value: number, count: number])[];
}
