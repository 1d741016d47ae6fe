import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "./log";
import type { RelievedCache } from "./purgeCache";

/** Varnish's control group, as systemd calls it. */
const GROUP = "/sys/fs/cgroup/system.slice/varnish.service";

/** Part of the limit of the group from which on memory is short. The rest is for what comes until it has become less. */
const SHORT = 7 / 8;

/** Milliseconds in which it has become less: Varnish's allocator gives back what has not been used for 10 s. */
const RELIEF_MS = 60_000;

export interface CacheRoomOptions {
  readonly cache: Pick<RelievedCache, "relieve">;
  readonly log: Log;
  /** Default: that of Varnish under systemd. */
  readonly group?: string;
  /** Milliseconds, of a clock that never jumps. */
  readonly now?: () => number;
}

/**
 * Keeps Varnish within its memory. Varnish bounds what it counts of objects, and not what it takes besides: 1.8 KB for each,
 * and for each of its keys. Who asks for a million small things would have all of it end, and the whole cache be lost. So
 * these go first, when memory is short, and what is large stays.
 */
export class CacheRoom {
  private relieved = -Infinity;

  constructor(private readonly options: CacheRoomOptions) {}

  async look(): Promise<void> {
    const { cache, log, group = GROUP, now = () => performance.now() } = this.options;
    const room = readRoom(group);
    if (room === undefined || room.used < room.limit * SHORT || now() - this.relieved < RELIEF_MS) {
      return;
    }
    this.relieved = now();
    const count = await cache.relieve();
    log.info("Varnish's memory is short: small responses are let go", { count, ...room });
  }
}

/** Bytes that programs of the group have asked for, and how many they may have; undefined where nothing limits them. */
function readRoom(group: string): { readonly used: number; readonly limit: number } | undefined {
  const used = /^anon (\d+)$/m.exec(read(join(group, "memory.stat")))?.[1];
  const limit = Number(read(join(group, "memory.max")).trim() || NaN);
  return used === undefined || Number.isNaN(limit) ? undefined : { used: Number(used), limit };
}

/** Empty where there is no such file: systemd does not run there, or not with a limit. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
