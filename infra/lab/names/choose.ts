// Which of several records answers. Pure.

import { answer, type Place } from "../../plan/latency/answers";
import type { RecordSet } from "./declared";

/** Round-trip times of who asks, ms by region; nothing is known of an address that belongs to no place. */
export type Figures = Place["ms"];

/** What is healthy at this moment. */
export interface Health {
  /** Whether a health check succeeds, by its id. */
  readonly check: (id: string) => boolean;
  /** Whether a load balancer is healthy, by its DNS name. */
  readonly loadBalancer: (dnsName: string) => boolean;
}

/**
 * The record of a group of the same name and type that answers who has these figures: of the healthy ones the one with
 * the least latency. A record without a health check or an evaluated target is always healthy, and where none is
 * healthy all count as healthy (AWS: "How Amazon Route 53 chooses records when health checking is configured").
 *
 * Where nobody has a figure it is the first in code-unit order of regions: what Route 53 does then it does not say.
 */
export function chosen(group: readonly RecordSet[], figures: Figures, health: Health): RecordSet | undefined {
  const healthy = group.filter((record) => isHealthy(record, health));
  const candidates = healthy.length === 0 ? group : healthy;
  const regions = candidates.flatMap(({ latencyRegion }) => latencyRegion ?? []);
  const nearest = answer({ ms: figures }, regions)?.pop ?? [...regions].sort()[0];
  return candidates.find(({ latencyRegion }) => latencyRegion === (nearest ?? null));
}

/** Both count where both are declared: the health check by the record's id, and the target that is evaluated. */
function isHealthy({ healthCheckId, value }: RecordSet, { check, loadBalancer }: Health): boolean {
  const passes = healthCheckId === null || check(healthCheckId);
  const stands = value.kind !== "alias" || !value.evaluateTargetHealth || loadBalancer(value.target);
  return passes && stands;
}
