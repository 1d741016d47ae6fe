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
  /** Seconds on a clock that only goes forward. */
  readonly now?: () => number;
}

/**
 * What outlives a node: the rest of its access log, once what its programs said last, and its last metrics. It ends in time and never
 * throws: a node leaves whether S3 is there or not.
 */
export function farewell({ logs, lastWords, metrics, log, now = seconds }: FarewellOptions): () => Promise<void> {
  let failedAt = -Infinity;
  let isSaid = false;

  const send = async (): Promise<void> => {
    const { bucket } = logs;
    if (bucket !== undefined) {
      await logs.shipAll();
      if (!isSaid) {
        await lastWords(bucket);
        isSaid = true;
      }
    }
    await metrics();
  };

  return async () => {
    if (now() - failedAt < RETRY) {
      return;
    }
    const timer = new AbortController();
    const tooLate = sleep(FAREWELL_SECONDS * 1000, undefined, { signal: timer.signal }).then(
      () => Promise.reject(new Error(`not within ${String(FAREWELL_SECONDS)} s`)),
      () => undefined,
    );
    try {
      await Promise.race([send(), tooLate]);
    } catch (error) {
      failedAt = now();
      log.warn("logs or metrics are left behind", { reason: reasonOf(error) });
    } finally {
      timer.abort();
    }
  };
}

function seconds(): number {
  return performance.now() / 1000;
}
