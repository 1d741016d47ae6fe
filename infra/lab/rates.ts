import { METRIC_DIMENSIONS, METRICS_NAMESPACE, type MetricName } from "../../components/node/protocol/metrics";
import { series, type Datum } from "./aws/series";

/** Minutes that are looked at: nodes publish once a minute, and each at its own moment. */
const MINUTES = 3;

/** What the live page says of a PoP's requests. */
export interface Rates {
  /** Part of what its caches were asked for that they had, 0 to 1; null: they were asked for nothing. */
  readonly hitRatio: number | null;
  /** Requests a second; null while nothing is published. */
  readonly requests: number | null;
}

/** What a PoP's nodes have published of the last whole minutes. @param now ms since 1970 */
export function ratesOf(data: readonly Datum[], footprint: string, region: string, now: number): Rates {
  const to = Math.floor(now / 60_000) * 60;
  const dimensions = { [METRIC_DIMENSIONS.footprint]: footprint, [METRIC_DIMENSIONS.pop]: region };
  const byMinute = (name: MetricName) =>
    series(
      data,
      { region, namespace: METRICS_NAMESPACE, name, dimensions, stat: "Sum", period: 60 },
      to - MINUTES * 60,
      to,
    );
  const sum = (name: MetricName): number => [...byMinute(name).values()].reduce((all, each) => all + each, 0);
  const minutes = byMinute("Requests").size;
  const had = sum("Hits") + sum("Stale");
  const asked = had + sum("Misses");
  return {
    hitRatio: asked === 0 ? null : had / asked,
    requests: minutes === 0 ? null : sum("Requests") / (60 * minutes),
  };
}
