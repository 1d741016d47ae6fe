import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import { z } from "zod";
import { doneText, needsText, type Mark } from "../protocol/marks";
import {
  BEGINNING,
  openEntry,
  purgeSchema,
  type After,
  type Entry,
  type Place,
  type Purge,
} from "../protocol/purgeLog";
import { purgeKey, STORE_KEYS } from "../protocol/storeKeys";
import { writeDurably } from "./durableFile";
import type { Log } from "./log";
import type { PurgeCache } from "./purgeCache";
import type { Store } from "./store";

export interface PurgeFeedOptions {
  readonly store: Pick<Store, "get" | "getUnless">;
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

/** What a purge has taken out, by the number of its entry; null when nobody counted. */
export interface Taken {
  readonly number: number;
  readonly objects: number | null;
}

/** Something that is to be done once more; without a purge, everything is taken out. */
interface Repeat {
  readonly at: number;
  readonly number: number;
  readonly purge: Purge | undefined;
  readonly after: After;
}

/** Most entries that are fetched at once. */
const BATCH = 16;

/** Of so many purges it is kept how many objects they have taken out: for those who have just published one. */
const COUNTED = 64;

const savedSchema = z.object({
  number: z.int().min(0),
  digest: z.string().min(1),
  caughtUp: z.number().min(0),
  // Agents of former versions have not kept it.
  after: purgeSchema.shape.after,
});

type Saved = z.output<typeof savedSchema>;

/**
 * Takes the entries of a PoP's purge log out of the cache: each of them, in their order (protocol/purgeLog.ts). Whatever
 * fails, the place stays before what was not carried out, and the next call goes on from there; to carry an entry out
 * twice does no harm.
 */
export class PurgeFeed {
  private last: Place | undefined;
  /** What the last entries say that were carried out once, and for the second time. */
  private after: { first: After; again: After } = { first: {}, again: {} };
  /** Number of the last entry that was carried out for the second time. */
  private repeated = 0;
  private readonly repeats: Repeat[] = [];
  private saved: Saved | undefined;
  /** Of the head that was carried out. */
  private etag: string | undefined;
  private refusedHead: string | undefined;
  private keysAreFresh = false;
  private turn: Promise<void> = Promise.resolve();
  private readonly now: () => number;
  /** By `now`: when it, or a former agent, last knew that there was nothing newer; else when it began. */
  private caughtUp: number;

  /** When it last knew that there was nothing newer. */
  caughtUpAt: Date | null = null;
  /** Heads that no known key had signed. */
  refused = 0;
  carriedOut = 0;
  /** The newest purges, the oldest first. */
  readonly taken: Taken[] = [];

  constructor(private readonly options: PurgeFeedOptions) {
    this.now = options.now ?? (() => uptime() * 1000);
    this.saved = readSaved(options.positionFile);
    this.caughtUp = Math.min(this.now(), this.saved?.caughtUp ?? Infinity);
  }

  /** Number of the last entry that was carried out; -1 before the log was read. */
  get position(): number {
    return this.last?.number ?? -1;
  }

  /** Seconds for which something newer may have been missed. */
  lagSeconds(): number {
    return (this.now() - this.caughtUp) / 1000;
  }

  /** Carries out what is new, and once more what is due. One call at a time: each moves the place. */
  poll(): Promise<void> {
    const done = this.turn.then(async () => {
      try {
        // A cache that was started anew knows of none.
        await this.tell();
        await this.repeatDue();
        await this.follow();
      } finally {
        this.save();
      }
    });
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async follow(): Promise<void> {
    const { log, store } = this.options;
    const [asked, askedAt] = [this.now(), new Date()];
    const found = await store.getUnless(STORE_KEYS.purgeHead, this.etag);
    this.keysAreFresh = false;
    if (found !== "unchanged") {
      const head = found === undefined ? undefined : await this.headIn(found.content.toString());
      if (found !== undefined && head === undefined) {
        return;
      }
      this.last ??= (await this.goOn()) ?? (await this.flush(head ?? BEGINNING));
      if (head !== undefined) {
        await this.goTo(head);
      } else if (this.etag !== undefined) {
        // Whoever publishes next begins a log that does not follow what this node knows.
        log.error("the purge head is gone", { position: this.last.number });
      }
      this.etag = found?.etag;
    }
    this.caughtUp = asked;
    this.caughtUpAt = askedAt;
  }

  /** The entry in the head; undefined when it cannot be trusted. */
  private async headIn(text: string): Promise<Entry | undefined> {
    const head = await this.opened(text);
    if (head === undefined && text !== this.refusedHead) {
      this.options.log.error("purge head refused: no known key has signed it for this region");
      this.refused += 1;
      this.refusedHead = text;
    }
    return head;
  }

  /** Carries out all up to the head, or takes everything out when it cannot be known what that is. */
  private async goTo(head: Entry): Promise<void> {
    while (this.last !== undefined && this.last.number < head.number - 1) {
      const next = this.last.number + 1;
      const size = Math.min(BATCH, head.number - next);
      const texts = await Promise.all(
        Array.from({ length: size }, async (_, i) =>
          (await this.options.store.get(purgeKey(next + i)))?.content.toString(),
        ),
      );
      for (const text of texts) {
        const entry = text === undefined ? undefined : await this.opened(text);
        if (entry === undefined || !(await this.take(entry))) {
          return this.startOver(head);
        }
        await this.repeatDue();
      }
    }
    if (this.last?.digest !== head.digest && !(await this.take(head))) {
      await this.startOver(head);
    }
  }

  /** @returns false when the entry does not follow what was carried out last */
  private async take({ number, previous, digest, purge }: Entry): Promise<boolean> {
    if (number !== this.position + 1 || previous !== this.last?.digest) {
      return false;
    }
    const after = purge?.after ?? {};
    await this.need({ first: number, again: this.repeated }, { ...this.after, first: after });
    const objects = purge === undefined ? await this.flushOnce() : await this.carryOut(purge);
    this.repeats.push({ at: this.now() + this.options.repeatAfter * 1000, number, purge, after });
    await this.arrive({ number, digest }, objects);
    this.carriedOut += 1;
    this.options.log.info("purged", { number, soft: purge?.soft, targets: purge?.targets.length, objects });
    return true;
  }

  private async startOver(head: Entry): Promise<void> {
    this.options.log.warn("purges are missing: everything is taken out", {
      position: this.position,
      head: head.number,
    });
    await this.flush(head);
  }

  private async flush({ number, digest, purge }: Place & Partial<Pick<Entry, "purge">>): Promise<Place> {
    const after = purge?.after ?? {};
    // Numbers may have begun anew.
    this.repeated = Math.min(this.repeated, number);
    await this.need({ first: number, again: this.repeated }, { ...this.after, first: after });
    await this.flushOnce();
    // It covers what was to be repeated before.
    const at = this.now() + this.options.repeatAfter * 1000;
    this.repeats.splice(0, Infinity, { at, number, purge: undefined, after });
    return this.arrive({ number, digest }, null);
  }

  /** From where a former agent was; undefined when nothing is known of it. What it had to repeat is not known. */
  private async goOn(): Promise<Place | undefined> {
    if (this.saved !== undefined) {
      const { number, after = {} } = this.saved;
      this.last = this.saved;
      this.repeated = number;
      await this.need(this.done(), { first: after, again: after });
    }
    return this.saved;
  }

  private async arrive(place: Place, objects: number | null): Promise<Place> {
    this.last = place;
    this.taken.push({ number: place.number, objects });
    this.taken.splice(0, this.taken.length - COUNTED);
    await this.tell();
    return place;
  }

  private done(): Mark {
    return { first: this.position, again: this.repeated };
  }

  /** Before anything is taken out: from now on what is fetched must come from nodes that are as far. */
  private async need(own: Mark, after: PurgeFeed["after"]): Promise<void> {
    this.after = after;
    await this.mark(own);
  }

  /** What is done. When it fails, nobody is told more than is true, and the next call tells it. */
  private async tell(): Promise<void> {
    if (this.last !== undefined) {
      await this.mark(this.done()).catch(() => undefined);
    }
  }

  private mark(own: Mark): Promise<void> {
    const needs = needsText(this.options.region, own, this.after.first, this.after.again);
    return this.options.cache.mark({ done: doneText(this.done()), needs });
  }

  private async flushOnce(): Promise<null> {
    await this.options.cache.flush();
    return null;
  }

  private async carryOut({ soft, targets }: Purge): Promise<number | null> {
    const { cache } = this.options;
    let all: number | null = 0;
    for (const target of targets) {
      const objects: number | null =
        target.kind === "all" && !soft ? await this.flushOnce() : await cache.purge(target, soft);
      all = all === null || objects === null ? null : all + objects;
    }
    return all;
  }

  /** For a response that was being stored at the very moment of the first time (varnish/inFlight.ts). */
  private async repeatDue(): Promise<void> {
    for (;;) {
      const due = this.repeats[0];
      if (due === undefined || due.at > this.now()) {
        return;
      }
      await this.need({ first: this.position, again: due.number }, { ...this.after, again: due.after });
      await (due.purge === undefined ? this.flushOnce() : this.carryOut(due.purge));
      this.repeats.shift();
      this.repeated = due.number;
      await this.tell();
      this.options.log.info("purged again", { number: due.number });
    }
  }

  /** Opens with the known keys, and with newer ones when that fails: a key may have been changed just now. */
  private async opened(text: string): Promise<Entry | undefined> {
    const { keys, refreshKeys, region } = this.options;
    const known = openEntry(keys(), region, text);
    if (known !== undefined || this.keysAreFresh) {
      return known;
    }
    await refreshKeys();
    this.keysAreFresh = true;
    return openEntry(keys(), region, text);
  }

  private save(): void {
    const { last, saved, caughtUp } = this;
    if (last === undefined || (last.digest === saved?.digest && caughtUp === saved.caughtUp)) {
      return;
    }
    const { number, digest } = last;
    this.saved = { number, digest, caughtUp, after: this.after.first };
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
