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
  /** Until a bundle that could not be adopted is tried again; twice as long each time, eight times so when it did harm. */
  retryPause: z.number().positive(),
  /** Longest of these pauses. */
  retryLongest: z.number().positive(),
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
  /** Between two shipments of the access log; bundles of former versions do not say it. */
  accessLog: z.number().positive().default(300),
  /** Between two times that metrics are published; bundles of former versions do not say it. */
  metrics: z.number().positive().default(60),
  /** Between two reports of a node that has nothing new to say. */
  report: z.number().positive(),
});

export type AgentTiming = z.output<typeof agentTimingSchema>;

export const metricsSettingsSchema = z.object({
  /** To CloudWatch of the node's region. */
  cloudwatch: z.boolean(),
  /** Hosts of sites that have metrics of their own. */
  sites: z.array(z.string().min(1)),
  /** URL of a collector that takes OTLP over HTTP. */
  otlp: z.url().optional(),
});

export type MetricsSettings = z.output<typeof metricsSettingsSchema>;

/** Of a PoP whose nodes are one cache (haproxy/ring.ts). */
export const ringSettingsSchema = z.object({
  /** Port at which other nodes of the PoP are asked. */
  peers: z.int(),
  /** Port at which a node asks itself. */
  ownPeer: z.int(),
  /** Seconds between two looks at which nodes there are. */
  poll: z.number().positive(),
});

export type RingSettings = z.output<typeof ringSettingsSchema>;

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
  /** Where metrics are published; bundles of former versions do not say it. */
  metrics: metricsSettingsSchema.default({ cloudwatch: false, sites: [] }),
  /** When the packages were locked that nodes are installed from; likewise. */
  packagesLocked: z.iso.datetime().optional(),
  /** Missing: each node is a cache of its own. */
  ring: ringSettingsSchema.optional(),
  timing: agentTimingSchema,
});

export type AgentSettings = z.output<typeof agentSettingsSchema>;

/** Where a bundle's files may be: below the programs' own folders. Who the node is, and its agent, come by the boot. */
const FILE =
  /^(?:\/etc\/(?:haproxy|varnish|footprint|sysctl\.d|chrony\/sources\.d|systemd\/(?:system|timesyncd\.conf\.d))|\/usr\/local\/lib\/footprint)\/(?!identity\.json$|agent(?:-former|-refused)?\.js$|boot$)[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** A unit's name, which is a word of commands. */
const UNIT = /^[a-z][a-z0-9-]*\.(?:service|socket|timer|mount)$/;

/**
 * A configuration bundle: what nodes of a PoP run. It is data: by which commands it is checked and taken up is the
 * agent's own affair.
 */
export const bundleSchema = z.object({
  /** Text by absolute path. */
  files: z.record(z.string().regex(FILE), z.string()),
  /** Units among the files, in the order in which they start. */
  units: z.array(z.string().regex(UNIT)),
  agent: z.object({ key: z.string().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  settings: agentSettingsSchema,
});

export type Bundle = z.output<typeof bundleSchema>;
