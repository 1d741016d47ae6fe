import { z } from "zod";

/** The clocks of an agent, seconds. */
export const agentTimingSchema = z.object({
  /** Between two looks at the purge log. */
  purgePoll: z.number().positive(),
  /** After which a purge is done once more, for a response that was being stored at the very moment of the first time. */
  purgeRepeat: z.number().positive(),
  /** Between two looks at the pointer. */
  pointerPoll: z.number().positive(),
  /** Within which the nodes of a PoP adopt a new bundle, each at its own time. */
  adoptionWindow: z.number().min(0),
  /** In which a node must pass its self-test after it has adopted a bundle. */
  selfTestPatience: z.number().positive(),
  /** After so long in one go a new agent is kept; until then the former one takes its place when it ends too often. */
  probation: z.number().positive(),
  /** Between two looks at the drain switch. */
  drainSwitchPoll: z.number().positive(),
  /** Between two looks at the instance's metadata for a termination or a Spot notice. */
  metadataPoll: z.number().positive(),
  /** Between two looks at disks and programs; three in a row must agree before health changes. */
  healthPoll: z.number().positive(),
  /** Without a request until a draining node counts as idle. */
  drainIdle: z.number().positive(),
  /** A node that leaves without its load balancer's knowing goes on serving at least so long. */
  drainUnannounced: z.number().min(0),
  /** Longest drain before a shutdown. */
  drainLimit: z.number().positive(),
  /** Longest drain after a Spot notice, which leaves 120 s. */
  spotLimit: z.number().positive(),
  /** Between two reports of a node that has nothing new to say. */
  report: z.number().positive(),
});

export type AgentTiming = z.output<typeof agentTimingSchema>;

/** What an agent must know beside what it can look up. */
export const agentSettingsSchema = z.object({
  region: z.string().min(1),
  popName: z.string().min(1),
  /** Hosts of the sites, for the self-test and for purges of everything. */
  hosts: z.array(z.string().min(1)),
  ports: z.object({
    traffic: z.int(),
    health: z.int(),
    /** Where the agent answers /metrics, on the loopback interface. */
    agentMetrics: z.int(),
  }),
  /** Seconds without a look at the purge log after which the PoP's health turns. */
  purgeMaxStaleness: z.number().positive(),
  timing: agentTimingSchema,
});

export type AgentSettings = z.output<typeof agentSettingsSchema>;

/**
 * A configuration bundle: what nodes of a PoP run.
 *
 * `checks` are commands that end with 0 when the files would be taken; in their arguments STAGED stands for the folder
 * below which the files have been put for the check. `reload` are the commands that take the files up without a
 * restart, in order; HAProxy follows after them by its master process.
 */
export const bundleSchema = z.object({
  files: z.record(z.string().regex(/^\/(?!.*\/\.\.?\/)/), z.string()),
  checks: z.array(z.array(z.string()).min(1)),
  reload: z.array(z.array(z.string()).min(1)),
  units: z.array(z.string()),
  agent: z.object({ key: z.string().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  settings: agentSettingsSchema,
});

export type Bundle = z.output<typeof bundleSchema>;

export const STAGED = "{staged}";
