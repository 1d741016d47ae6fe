import { z } from "zod";

const versions = z.object({ current: z.int(), next: z.int() });

/** What a node says of itself in `nodes/<instance>.json`: at once when something changes, else every half a minute. */
export const nodeReportSchema = z.object({
  instance: z.string().min(1),
  region: z.string().min(1),
  /** When it was written, ISO 8601. */
  at: z.iso.datetime(),
  state: z.enum(["starting", "serving", "draining"]),
  /** Where the PoP's other nodes ask it; missing where each is a cache of its own. */
  address: z.ipv4().optional(),
  configuration: z.object({
    /** SHA-256 of the bundle that the node runs. */
    generation: z.string().nullable(),
    /**
     * The last bundle of which a parser has said that it is wrong, and what; null once the node has adopted another. It
     * holds for the software (versions of what parses) that has said so.
     */
    rejected: z
      .object({ sha256: z.string(), reason: z.string(), at: z.iso.datetime(), software: z.string().default("") })
      .nullable(),
    /**
     * The bundle that could not be adopted for any other reason, why the last time, and how often; it is tried again.
     * Harmful: while it was in use clients got wrong answers, or the agent did not live.
     */
    failing: z
      .object({
        sha256: z.string(),
        reason: z.string(),
        at: z.iso.datetime(),
        times: z.int().min(1),
        harmful: z.boolean(),
      })
      .nullable()
      // Agents of former versions do not say it.
      .default(null),
    /** Number of the pointer that the node follows; missing before the first. */
    serial: z.int().optional(),
    /** Why the pointer that is in the store is not followed. */
    refused: z.string().optional(),
    /** Why the bundle that the pointer names waits: another node has refused it, or answers wrongly with it. */
    halted: z.string().optional(),
  }),
  purge: z.object({
    /** Number of the last entry that was carried out; -1 before the log was first read. */
    position: z.int(),
    /** When the node last knew that there was nothing newer, ISO 8601; null before that. */
    caughtUpAt: z.iso.datetime().nullable(),
    /** Heads of the log that no key had signed for the region, since the agent started. */
    refused: z.int(),
    /** How many objects the newest purges have taken out, by number of their entry; null when nobody counted. */
    taken: z.array(z.object({ number: z.int(), objects: z.int().nullable() })).optional(),
  }),
  /** The access log on its way to the log bucket; missing with agents of former versions. */
  logs: z
    .object({
      /** When all that there was had been sent, ISO 8601; null before the first time. */
      shippedAt: z.iso.datetime().nullable(),
      /** Bytes that have not been sent yet. */
      waiting: z.int(),
      /** Bytes that went before they were sent, or were no whole line. */
      lost: z.int(),
      /** Why the last shipment failed. */
      failing: z.string().optional(),
    })
    .optional(),
  /** What the node counts, on its way to CloudWatch and to a collector; missing where it publishes nothing, or not yet. */
  metrics: z
    .object({
      /** When all that was to be sent had been sent, ISO 8601; null before the first time. */
      publishedAt: z.iso.datetime().nullable(),
      /** Minutes that went before CloudWatch took them, since the agent started. */
      lost: z.int(),
      /** What could not be read or not be sent the last time, and why. */
      failing: z.string().optional(),
    })
    .optional(),
  /** Versions of the parameters that the node knows. */
  secrets: z.object({ "origin-auth": versions, purge: versions }).nullable(),
  /** "ok", or why not. */
  health: z.object({ node: z.string(), pop: z.string() }),
});

export type NodeReport = z.output<typeof nodeReportSchema>;

/** Seconds after which a report that was not renewed says nothing any more: three were missed. */
export const REPORT_EXPIRES = 100;
