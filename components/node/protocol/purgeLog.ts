import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/*
 * The purge log of a region. Its newest entry is the object `purge-head`, and those before it are `purge/<number>`:
 *
 *   a publisher   1. reads the head, and keeps a copy of it under its number
 *                 2. replaces the head, if it is still the one that was read, by the entry that follows it
 *   a node        reads the head; what it has missed in between it reads from the copies
 *
 * The second step is the only one that counts: one conditional write that happens or does not. What breaks off before it
 * has published nothing, and what is tried again after a lost answer finds its own entry. Each entry names the one before
 * it by its digest. So a node knows whether what it reads follows what it has carried out: numbers that are given again
 * (the head was deleted, or the bucket was restored), copies that have expired and copies that somebody has changed all
 * end in the same way: the node cannot know what it has missed, and empties its cache.
 *
 * Nodes fetch from each other, so a node that has carried out a purge must not be filled again from one that has not. A
 * number says how far a node is in its own region's log. An entry for other regions says how far a node of a PoP that is
 * asked by them (a shield) must be (`after`); marks.ts says how nodes compare.
 */

const host = z.string().regex(/^[a-z0-9.-]{1,253}$/);

const path = z.string().regex(/^\/[!-~]{0,7999}$/);

/** What one purge takes out. Tags, URLs and prefixes of paths belong to a site. */
export const targetSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("url"), host, path }),
  z.object({ kind: z.literal("prefix"), host, path }),
  z.object({ kind: z.literal("tag"), host, tag: z.string().regex(/^[A-Za-z0-9_.:/@=~+-]{1,256}$/) }),
  z.object({ kind: z.literal("host"), host }),
  z.object({ kind: z.literal("all") }),
]);

/** Most targets of one entry. */
export const TARGETS_LIMIT = 100;

export const purgeSchema = z.object({
  /** When it was published, ISO 8601. */
  at: z.iso.datetime(),
  /** Soft: made stale, so that it is validated, or used while its origin fails. */
  soft: z.boolean(),
  targets: z.array(targetSchema).min(1).max(TARGETS_LIMIT),
  /**
   * By region: the number of the newest entry of that region's log when this one was written, to which the same purge had
   * been published before. A node that fetches from there after this entry wants an answer of a node that has carried out
   * as much. Null: it could not be read, so nothing there is known to be new enough. Missing: nobody fetches from there.
   */
  after: z.record(z.string().regex(/^[a-z0-9-]{1,32}$/), z.int().min(0).nullable()).optional(),
});

export type Target = z.output<typeof targetSchema>;
export type Purge = z.output<typeof purgeSchema>;
export type After = NonNullable<Purge["after"]>;

/** Longest body, characters. As many targets as there may be, each with the longest path of nothing but quotes, fit in. */
const BODY_LIMIT = 2_000_000;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const placeSchema = z.object({ number: z.int().min(1), previous: digest });
const signedSchema = z.object({ body: z.string().max(BODY_LIMIT), signature: digest });

/** A place in a log. */
export interface Place {
  /** Of its newest entry; 0 when there is none. */
  readonly number: number;
  /** SHA-256 of what that entry says, and by it of all before. */
  readonly digest: string;
}

/** Where a log is to which nothing was published. */
export const BEGINNING: Place = { number: 0, digest: "0".repeat(64) };

/** An entry of the log. */
export interface Entry extends Place {
  /** Digest of the entry before. */
  readonly previous: string;
  /** Undefined for one of a later version: whoever does not understand what is to be forgotten forgets everything. */
  readonly purge: Purge | undefined;
  readonly text: string;
}

/** The entry that follows a place. */
export function sealEntry(key: string, region: string, after: Place, purge: Purge): Entry {
  const { number, previous } = { number: after.number + 1, previous: after.digest };
  const body = JSON.stringify({ number, previous, ...purge });
  return { number, previous, purge, digest: digestOf(body), text: signed(key, region, body) };
}

/** The entry that a text holds, or undefined when none of the keys has signed it for this region. */
export function openEntry(keys: readonly string[], region: string, text: string): Entry | undefined {
  const found = parsed(text, signedSchema);
  const signature = Buffer.from(found?.signature ?? "", "hex");
  if (found === undefined || !keys.some((key) => timingSafeEqual(sign(key, region, found.body), signature))) {
    return undefined;
  }
  const place = parsed(found.body, placeSchema);
  return place && { ...place, purge: parsed(found.body, purgeSchema), digest: digestOf(found.body), text };
}

/** The text of the same entry, signed with another key. */
export function signedAnew(key: string, region: string, { text }: Entry): string {
  return signed(key, region, signedSchema.parse(JSON.parse(text)).body);
}

function digestOf(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}

function signed(key: string, region: string, body: string): string {
  return JSON.stringify({ body, signature: sign(key, region, body).toString("hex") });
}

/** For its region alone: an entry is good in one log. */
function sign(key: string, region: string, body: string): Buffer {
  return createHmac("sha256", key).update(`purge\n${region}\n${body}`).digest();
}

function parsed<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
