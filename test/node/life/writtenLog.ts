import { BEGINNING, openEntry, sealEntry, type Entry, type Purge } from "../../../components/node/protocol/purgeLog";
import { purgeKey, STORE_KEYS } from "../../../components/node/protocol/storeKeys";
import type { Cloud } from "../../../infra/lab/aws/cloud";

/** A region's purge log, written into its bucket without asking the cloud: also while that is away. */
export interface WrittenLog {
  readonly cloud: Cloud;
  readonly region: string;
  readonly bucket: string;
  /** Purge keys, the one that signs first. */
  readonly keys: readonly [string, ...string[]];
}

/** The newest entry; undefined when there is none. */
export function newestEntry({ cloud, region, bucket, keys }: WrittenLog): Entry | undefined {
  return openEntry(keys, region, cloud.object(bucket, STORE_KEYS.purgeHead) ?? "");
}

/** Adds purges, as a publisher does whom nothing disturbs; returns the number of the last. */
export function write(log: WrittenLog, purges: readonly Purge[]): number {
  let head = newestEntry(log);
  for (const purge of purges) {
    if (head !== undefined) {
      log.cloud.put(log.bucket, purgeKey(head.number), head.text);
    }
    head = sealEntry(log.keys[0], log.region, head ?? BEGINNING, purge);
    log.cloud.put(log.bucket, STORE_KEYS.purgeHead, head.text);
  }
  return head?.number ?? 0;
}
