import { setTimeout as sleep } from "node:timers/promises";
import type { AccessLogs } from "./accessLogs";
import { reasonOf, type Log } from "./log";

/** Seconds that a node which leaves has for it: after a Spot notice 90 of 120 have gone by then. */
export const FAREWELL_SECONDS = 15;

/** Seconds until it is tried again when it has failed: the node is about to go, and has its group to tell. */
const RETRY = 30;

export interface FarewellOptions {
  readonly logs: Pick<AccessLogs, "bucket" | "shipAll">;
  /** Sends the programs' last words. */
  readonly lastWords: (bucket: string) => Promise<void>;
  /** Publishes what the node has counted. */
  readonly metrics: () => Promise<void>;
  readonly log: Log;
  /** Seconds that it has; default: FAREWELL_SECONDS. */
  readonly patience?: number;
  /** Seconds on a clock that only goes forward. */
  readonly now?: () => number;
}

/**
 * What outlives a node: the rest of its access log, once what its programs said last, and beside these, since CloudWatch may be
 * there while S3 is not, its last metrics. It ends in time and never throws: a node leaves whether they are there or not.
 */
export function farewell(options: FarewellOptions): () => Promise<void> {
  const { logs, lastWords, metrics, log, patience = FAREWELL_SECONDS, now = seconds } = options;
  let failedAt = -Infinity;
  let isSaid = false;

  const sendLogs = async (): Promise<void> => {
    const { bucket } = logs;
    if (bucket !== undefined) {
      await logs.shipAll();
      if (!isSaid) {
        await lastWords(bucket);
        isSaid = true;
      }
    }
  };

  return async () => {
    if (now() - failedAt < RETRY) {
      return;
    }
    const timer = new AbortController();
    const tooLate = sleep(patience * 1000, undefined, { signal: timer.signal }).then(
      () => Promise.reject(new Error(`not within ${String(patience)} s`)),
      () => undefined,
    );
    const [ofLogs, ofMetrics] = await Promise.allSettled([
      Promise.race([sendLogs(), tooLate]),
      Promise.race([metrics(), tooLate]),
    ]);
    timer.abort();
    const reasons = [...failureOf("logs", ofLogs), ...failureOf("metrics", ofMetrics)];
    if (reasons.length > 0) {
      failedAt = now();
      log.warn("logs or metrics are left behind", { reason: reasons.join("; ") });
    }
  };
}

function failureOf(what: string, result: PromiseSettledResult<unknown>): readonly string[] {
  return result.status === "fulfilled" ? [] : [`${what}: ${reasonOf(result.reason)}`];
}

function seconds(): number {
  return performance.now() / 1000;
}
