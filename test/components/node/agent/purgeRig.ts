import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../../../../components/node/agent/log";
import type { StoredObject } from "../../../../components/node/agent/store";
import { PurgeFeed } from "../../../../components/node/agent/purgeFeed";
import {
  BEGINNING,
  sealEntry,
  type Entry,
  type Purge,
  type Target,
} from "../../../../components/node/protocol/purgeLog";
import { purgeKey, STORE_KEYS } from "../../../../components/node/protocol/storeKeys";

export const REGION = "eu-west-1";
export const KEY = "purge-key-1";
export const REPEAT_AFTER = 5;

export const url = (path: string): Target => ({ kind: "url", host: "www.example.com", path });

export function purgeOf(target: Target, soft = false): Purge {
  return { at: "2026-11-23T00:00:00Z", soft, targets: [target] };
}

type Part = "store" | "cache" | "keys";

/** A purge feed over a store, a cache and a clock that are variables of the test. */
export class PurgeRig {
  readonly objects = new Map<string, string>();
  /** The newest entry that was published. */
  head: Entry | undefined;
  /** What was taken out of the cache, in order. */
  readonly done: string[] = [];
  refuseMarks = false;
  /** How far the node has said to be, and what it needs of others, with how much it had taken out by then. */
  readonly marks: { readonly done: string; readonly needs: string; readonly taken: number }[] = [];
  /** Keys that were asked of the store. */
  readonly asked: string[] = [];
  /** What was logged beside single purges. */
  readonly logged: string[] = [];
  readonly away = new Set<Part>();
  keys: readonly string[] = [KEY];
  /** What the keys are once they are read anew. */
  newKeys: readonly string[] | undefined;
  refreshes = 0;
  seconds = 1000;
  /** Called before each answer of the store. */
  onGet: (key: string) => void = () => undefined;
  feed: PurgeFeed;
  private readonly folder = mkdtempSync(join(tmpdir(), "purge-"));

  constructor() {
    this.feed = this.newFeed();
  }

  /** The next agent on the same machine. */
  restartAgent(): void {
    this.feed = this.newFeed();
  }

  /** A reboot takes the position away, with the cache. */
  reboot(): void {
    rmSync(join(this.folder, "purge.json"), { force: true });
    this.restartAgent();
  }

  /** Publishes purges, as a publisher does whom nothing disturbs. */
  publish(purges: readonly Purge[], key = KEY): void {
    for (const purge of purges) {
      if (this.head !== undefined) {
        this.objects.set(purgeKey(this.head.number), this.head.text);
      }
      this.head = sealEntry(key, REGION, this.head ?? BEGINNING, purge);
      this.objects.set(STORE_KEYS.purgeHead, this.head.text);
    }
  }

  /** The log as it is now: to be restored some time. */
  backUp(): () => void {
    const [objects, head] = [new Map(this.objects), this.head];
    return () => {
      this.objects.clear();
      objects.forEach((text, key) => this.objects.set(key, text));
      this.head = head;
    };
  }

  /** Deletes entries, as the log's expiry does. */
  expire(from: number, to: number): void {
    for (let number = from; number <= to; number += 1) {
      this.objects.delete(purgeKey(number));
    }
  }

  /** What was taken out since the last call. */
  taken(): readonly string[] {
    return this.done.splice(0);
  }

  stop(): void {
    rmSync(this.folder, { recursive: true });
  }

  private require(part: Part): void {
    if (this.away.has(part)) {
      throw new Error(`${part} is away`);
    }
  }

  private newFeed(): PurgeFeed {
    const say = (event: string): void => {
      this.logged.push(event);
    };
    const log: Log = { info: () => undefined, warn: say, error: say };
    return new PurgeFeed({
      store: {
        get: (key) => this.object(key),
        getUnless: async (key, etag) => {
          const found = await this.object(key);
          return found !== undefined && found.etag === etag ? "unchanged" : found;
        },
      },
      region: REGION,
      keys: () => this.keys,
      refreshKeys: () =>
        this.promised("keys", () => {
          this.refreshes += 1;
          this.keys = this.newKeys ?? this.keys;
        }),
      cache: {
        purge: (target, soft) =>
          this.promised("cache", () => {
            const what = "path" in target ? target.path : target.kind === "tag" ? target.tag : "";
            const host = target.kind === "all" ? "" : target.host;
            this.done.push(`${soft ? "soft" : "hard"} ${target.kind} ${host}${what}`);
            return target.kind === "prefix" ? null : 3;
          }),
        flush: () =>
          this.promised("cache", () => {
            this.done.push("flush");
          }),
        mark: ({ done, needs }) =>
          this.promised("cache", () => {
            if (this.refuseMarks) {
              throw new Error("marks are refused");
            }
            const last = this.marks.at(-1);
            if (last?.done !== done || last.needs !== needs) {
              this.marks.push({ done, needs, taken: this.done.length });
            }
          }),
      },
      positionFile: join(this.folder, "purge.json"),
      repeatAfter: REPEAT_AFTER,
      log,
      now: () => this.seconds * 1000,
    });
  }

  private object(key: string): Promise<StoredObject | undefined> {
    this.asked.push(key);
    this.onGet(key);
    return this.promised("store", () => {
      const text = this.objects.get(key);
      const etag = createHash("md5")
        .update(text ?? "")
        .digest("hex");
      return text === undefined ? undefined : { content: Buffer.from(text), etag };
    });
  }

  private async promised<T>(part: Part, value: () => T): Promise<T> {
    await Promise.resolve();
    this.require(part);
    return value();
  }
}
