import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import { z } from "zod";
import { openHead, openPurge, type Purge } from "../protocol/purgeLog";
import { purgeKey, STORE_KEYS } from "../protocol/storeKeys";
import { writeDurably } from "./durableFile";
import type { Log } from "./log";
import type { PurgeCache } from "./purgeCache";
import type { Store } from "./store";

export interface PurgeFeedOptions {
  readonly store: Pick<Store, "get" | "list">;
  readonly region: string;
  /** Purge keys that are known now. */
  readonly keys: () => readonly string[];
  /** Reads the keys anew; throws when they cannot be had. */
  readonly refreshKeys: () => Promise<void>;
  readonly cache: PurgeCache;
  /** Where position and time of the last look outlive the agent, but not a boot. */
  readonly positionFile: string;
  /** Seconds after which each purge is done once more. */
  readonly repeatAfter: number;
  readonly log: Log;
  /** Milliseconds of a clock that nobody sets; default: since the machine's boot. */
  readonly now?: () => number;
}

/** Something that is to be done once more; without a purge, everything is taken out. */
interface Repeat {
  readonly at: number;
  readonly number: number;
  readonly purge: Purge | undefined;
}

/** Most entries that are fetched at once. */
const BATCH = 16;

const savedSchema = z.object({ position: z.int().min(0), caughtUp: z.number().min(0) });

type Saved = z.output<typeof savedSchema>;

/**
 * Takes the entries of a PoP's purge log out of the cache: each of them, in their order. Whatever fails, the position
 * stays before what was not carried out, and the next call goes on from there; to carry an entry out twice does no harm.
 */
export class PurgeFeed {
  private last = -1;
  private readonly repeats: Repeat[] = [];
  private saved: Saved | undefined;
  private refusedHead: string | undefined;
  private keysAreFresh = false;
  private turn: Promise<void> = Promise.resolve();
  private readonly now: () => number;
  /** By `now`: when it, or a former agent, last knew that there was nothing newer; else when it began. */
  private caughtUp: number;

  /** When it last knew that there was nothing newer. */
  caughtUpAt: Date | null = null;
  /** Entries that no known key had signed for their place. */
  refused = 0;
  carriedOut = 0;

  constructor(private readonly options: PurgeFeedOptions) {
    this.now = options.now ?? (() => uptime() * 1000);
    this.saved = readSaved(options.positionFile);
    this.caughtUp = Math.min(this.now(), this.saved?.caughtUp ?? Infinity);
  }

  /** Number of the last entry that was carried out or refused; -1 before the log was read. */
  get position(): number {
    return this.last;
  }

  /** Seconds for which something newer may have been missed. */
  lagSeconds(): number {
    return (this.now() - this.caughtUp) / 1000;
  }

  /** Goes on where a former agent was, else empties the cache and begins with what comes next. */
  start(): Promise<void> {
    return this.exclusively(async () => {
      await this.begin();
      await this.compareWithHead();
    });
  }

  /** Carries out what is new, and once more what is due. */
  poll(): Promise<void> {
    return this.exclusively(async () => {
      await this.begin();
      await this.repeatDue();
      await this.follow();
    });
  }

  /** Finds out whether entries are missing, and then empties the cache. */
  lookAtHead(): Promise<void> {
    return this.exclusively(async () => {
      await this.begin();
      await this.compareWithHead();
    });
  }

  /** One call at a time: each moves the position. */
  private exclusively(run: () => Promise<void>): Promise<void> {
    const done = this.turn.then(async () => {
      try {
        await run();
      } finally {
        this.save();
      }
    });
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async begin(): Promise<void> {
    if (this.last >= 0) {
      return;
    }
    if (this.saved !== undefined) {
      this.last = this.saved.position;
      return;
    }
    // Read before the cache is emptied: what is published in between is carried out.
    await this.flush((await this.readHead()) ?? (await this.beforeOldest()));
  }

  /** Where to begin without a head: the entries that are there are carried out, which on an empty cache costs nothing. */
  private async beforeOldest(): Promise<number> {
    const [oldest] = (await this.options.store.list(STORE_KEYS.purgeLog))
      .map((key) => key.slice(STORE_KEYS.purgeLog.length))
      .filter((name) => /^\d{12}$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
    return Math.max(0, (oldest ?? 1) - 1);
  }

  /** Carries out all that follows the position. */
  private async follow(): Promise<void> {
    for (let size = 1; ; size = Math.min(2 * size, BATCH)) {
      const [asked, askedAt] = [this.now(), new Date()];
      const next = this.last + 1;
      const entries = await Promise.all(
        Array.from({ length: size }, (_, i) => this.options.store.get(purgeKey(next + i))),
      );
      this.keysAreFresh = false;
      for (const entry of entries) {
        if (entry === undefined) {
          this.caughtUp = asked;
          this.caughtUpAt = askedAt;
          return;
        }
        await this.take(this.last + 1, entry.content.toString());
      }
      await this.repeatDue();
    }
  }

  private async take(number: number, text: string): Promise<void> {
    const { log, region, repeatAfter } = this.options;
    const purge = await this.opened((keys) => openPurge(keys, region, number, text));
    if (purge === undefined) {
      log.error("purge refused: no known key has signed it for its place", { number });
      this.refused += 1;
      this.last = number;
      return;
    }
    await this.carryOut(purge);
    this.last = number;
    this.carriedOut += 1;
    this.repeats.push({ at: this.now() + repeatAfter * 1000, number, purge });
    log.info("purged", { number, soft: purge.soft, targets: purge.targets.length });
  }

  private async carryOut({ soft, targets }: Purge): Promise<void> {
    const { cache } = this.options;
    for (const target of targets) {
      await (target.kind === "all" && !soft ? cache.flush() : cache.purge(target, soft));
    }
  }

  /** A fetch that was under way at the first time may have stored the former response since. */
  private async repeatDue(): Promise<void> {
    for (;;) {
      const due = this.repeats[0];
      if (due === undefined || due.at > this.now()) {
        return;
      }
      await (due.purge === undefined ? this.options.cache.flush() : this.carryOut(due.purge));
      this.repeats.shift();
    }
  }

  private async compareWithHead(): Promise<void> {
    const head = await this.readHead();
    if (head === undefined) {
      return;
    }
    if (head > this.last) {
      // What has been published just now is no loss.
      await this.follow();
      if (head > this.last) {
        await this.startOver(head);
      }
    } else if (head < this.last && (await this.options.store.get(purgeKey(this.last))) === undefined) {
      // A head may lag behind while its entry is there. Without the entry, publishers give the same numbers again.
      await this.startOver(head);
    }
  }

  private async startOver(head: number): Promise<void> {
    this.options.log.warn("purges are missing: everything is taken out", { position: this.last, head });
    await this.flush(head);
  }

  private async flush(position: number): Promise<void> {
    await this.options.cache.flush();
    this.last = position;
    const at = this.now() + this.options.repeatAfter * 1000;
    // It covers what was to be repeated before.
    this.repeats.splice(0, Infinity, { at, number: position, purge: undefined });
  }

  /** The number that the head names; undefined when there is none that can be trusted. */
  private async readHead(): Promise<number | undefined> {
    const { store, region, log } = this.options;
    const found = await store.get(STORE_KEYS.purgeHead);
    if (found === undefined) {
      return undefined;
    }
    const text = found.content.toString();
    this.keysAreFresh = false;
    const number = await this.opened((keys) => openHead(keys, region, text));
    if (number === undefined && text !== this.refusedHead) {
      log.error("purge head refused: no known key has signed it for this region");
      this.refusedHead = text;
    }
    return number;
  }

  /** Opens with the known keys, and with newer ones when that fails: a key may have been changed just now. */
  private async opened<T>(open: (keys: readonly string[]) => T | undefined): Promise<T | undefined> {
    const { keys, refreshKeys } = this.options;
    const known = open(keys());
    if (known !== undefined || this.keysAreFresh) {
      return known;
    }
    await refreshKeys();
    this.keysAreFresh = true;
    return open(keys());
  }

  /** Up to what is done once more already: an agent that goes on from there leaves nothing out. */
  private save(): void {
    const isFlushing = this.repeats.some(({ purge }) => purge === undefined);
    const settled = this.repeats[0] === undefined ? this.last : this.repeats[0].number - 1;
    const { saved, caughtUp } = this;
    if (isFlushing || settled < 0 || (settled === saved?.position && caughtUp === saved.caughtUp)) {
      return;
    }
    this.saved = { position: settled, caughtUp };
    writeDurably(this.options.positionFile, JSON.stringify(this.saved));
  }
}

/** Undefined when there is none that can be read: then nothing is known of what the cache has missed. */
function readSaved(file: string): Saved | undefined {
  try {
    return savedSchema.safeParse(JSON.parse(readFileSync(file, "utf8"))).data;
  } catch {
    return undefined;
  }
}
