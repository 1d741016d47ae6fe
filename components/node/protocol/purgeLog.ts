import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

const host = z.string().regex(/^[a-z0-9.-]{1,253}$/);

/** What one purge takes out. Tags and URLs belong to a site. */
export const targetSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("url"), host, path: z.string().regex(/^\/[!-~]{0,7999}$/) }),
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
});

export type Target = z.output<typeof targetSchema>;
export type Purge = z.output<typeof purgeSchema>;

/** Longest body, characters. As many targets as there may be, each with the longest path of nothing but quotes, fit in. */
const BODY_LIMIT = 2_000_000;

const headSchema = z.object({ number: z.int().min(0) });
const signedSchema = z.object({ body: z.string().max(BODY_LIMIT), signature: z.string().regex(/^[0-9a-f]{64}$/) });

/** The object of an entry. The signature covers region and number too: an entry is good in one place only. */
export function sealPurge(key: string, region: string, number: number, purge: Purge): string {
  return seal(key, entryContext(region, number), purge);
}

/** The object that names the newest entry. */
export function sealHead(key: string, region: string, number: number): string {
  return seal(key, headContext(region), { number });
}

/** The purge that an entry holds, or undefined when none of the keys has signed it for this place. */
export function openPurge(keys: readonly string[], region: string, number: number, text: string): Purge | undefined {
  return open(keys, entryContext(region, number), text, purgeSchema);
}

/** The number of the newest entry, or undefined when none of the keys has signed it for this region. */
export function openHead(keys: readonly string[], region: string, text: string): number | undefined {
  return open(keys, headContext(region), text, headSchema)?.number;
}

const entryContext = (region: string, number: number): string => `entry\n${region}\n${String(number)}`;
const headContext = (region: string): string => `head\n${region}`;

function sign(key: string, context: string, body: string): Buffer {
  return createHmac("sha256", key).update(`${context}\n${body}`).digest();
}

function seal(key: string, context: string, value: unknown): string {
  const body = JSON.stringify(value);
  return JSON.stringify({ body, signature: sign(key, context, body).toString("hex") });
}

function open<T>(keys: readonly string[], context: string, text: string, schema: z.ZodType<T>): T | undefined {
  const signed = parsed(text, signedSchema);
  if (signed === undefined) {
    return undefined;
  }
  const signature = Buffer.from(signed.signature, "hex");
  return keys.some((key) => timingSafeEqual(sign(key, context, signed.body), signature))
    ? parsed(signed.body, schema)
    : undefined;
}

function parsed<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
