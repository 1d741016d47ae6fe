// What checkers make of what they see. Pure.

/** What one checker believes of an endpoint. */
export interface Opinion {
  readonly healthy: boolean;
  /** Answers in a row that say otherwise. */
  readonly against: number;
}

/** "Route 53 considers a new health check to be healthy until there's enough data to determine the actual status." */
export const AT_FIRST: Opinion = { healthy: true, against: 0 };

/** @param threshold answers in a row that change its mind, in either direction */
export function after({ healthy, against }: Opinion, succeeded: boolean, threshold: number): Opinion {
  if (succeeded === healthy) {
    return { healthy, against: 0 };
  }
  return against + 1 >= threshold ? { healthy: succeeded, against: 0 } : { healthy, against: against + 1 };
}

/** "If more than 18% of health checkers report that an endpoint is healthy, Route 53 considers it healthy." */
const NEEDED = 0.18;

/** What Route 53 makes of its checkers' opinions ("How Amazon Route 53 determines whether a health check is healthy"). */
export function verdict(opinions: readonly Opinion[]): boolean {
  return opinions.filter(({ healthy }) => healthy).length > NEEDED * opinions.length;
}
