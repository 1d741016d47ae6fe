import { z } from "zod";
import { BLOCK_PATTERN } from "./addresses";

/** What holds for a PoP when neither it nor `defaults` says otherwise, as far as it is a plain number or word. */
export const POP_DEFAULTS = {
  state: "active",
  egress: "nat",
  /** `nodes.min` per zone: with cross-zone off every zone stays served while one of its nodes is replaced. */
  minNodesPerZone: 2,
  /** `nodes.max` as a multiple of `nodes.min`: room for the load of a lost neighbour and for a surge on top. */
  maxOverMin: 4,
  /** The nodes of a PoP are one cache. */
  cluster: true,
  spotShare: 0,
  /** Percent. One zone of three lost raises the load of the rest by half: 60 becomes 90, still below 100. */
  targetUtilization: 60,
} as const;

/** An availability zone's id (not its name, which differs between accounts): `use1-az1`. */
const zoneId = z
  .string()
  .regex(/^[a-z]{2,5}\d-az\d$/, 'must be the id of an availability zone, such as "use1-az1"')
  .meta({ description: "Id of an availability zone." });

// AWS lets an Auto Scaling group span all zones of a region; six is the most that a region has (us-east-1).
const zoneCount = z.int().min(2).max(6);

const egress = z.enum(["nat", "direct", "both"]);

/** An EC2 instance type by its shape; whether it exists is a rule's matter. */
const instanceTypeName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, 'must be an EC2 instance type, such as "m7gd.large"');

/** Sizes of a PoP's group of nodes. */
const nodesSchema = z
  .strictObject({
    min: z
      .int()
      .min(2)
      .max(250)
      .optional()
      .meta({
        description: `Least number of nodes. At least 2: with one, each replacement would empty the PoP. Unset: ${String(POP_DEFAULTS.minNodesPerZone)} per zone.`,
      }),
    max: z
      .int()
      .min(2)
      // 500 targets per zone of a Network Load Balancer, and a node is a target of two groups (AWS, "Quotas for your
      // Network Load Balancers": a target in N groups counts N times).
      .max(250)
      .optional()
      .meta({
        description: `Largest number of nodes, at most 250: a load balancer takes 500 targets per zone and a node counts twice. Unset: ${String(POP_DEFAULTS.maxOverMin)} x min.`,
      }),
    types: z
      .array(instanceTypeName)
      .min(2)
      // Auto Scaling's quota of instance type overrides in a mixed instances policy is 40.
      .max(40)
      .optional()
      .meta({
        description:
          "Instance types in order of preference, arm64, all with the same number of vCPUs (the load balancer spreads connections evenly). Two at least, so that a type that has run out does not stop the PoP. Unset: the region table's types.",
      }),
    spotShare: z
      .int()
      .min(0)
      .max(100)
      .optional()
      .meta({
        description: `Percentage of the nodes above \`min\` that are Spot. Unset: ${String(POP_DEFAULTS.spotShare)}.`,
      }),
    targetUtilization: z
      .int()
      .min(10)
      .max(90)
      .optional()
      .meta({
        description: `Percentage of CPU and of baseline bandwidth at which the group grows. Unset: ${String(POP_DEFAULTS.targetUtilization)}.`,
      }),
  })
  .meta({ description: "Number and kind of the PoP's nodes." });

const crossZone = z.boolean().meta({
  description:
    "Spread connections over the nodes of all zones (AWS bills the traffic between zones). Unset: on while nodes.min is below 2 per zone, else off. Off needs 2 nodes per zone.",
});

const cluster = z.boolean().meta({
  description: `Make one cache of the PoP's nodes: each asks the one that owns an object, and that one the origin (components/node/README.md, "One cache of all nodes"; AWS bills the traffic between zones). Unset: ${String(POP_DEFAULTS.cluster)}.`,
});

/** One PoP: everything in it may be left out. */
export const popSchema = z
  .strictObject({
    state: z
      .enum(["active", "drained"])
      .optional()
      .meta({
        description: `\`active\` serves. \`drained\` takes the PoP out of latency routing and lifts its protection, all else stays. Unset: ${POP_DEFAULTS.state}.`,
      }),
    cidr: z.string().regex(BLOCK_PATTERN, "must be an IPv4 block such as 10.64.0.0/20").optional().meta({
      description: "The VPC's IPv4 block, /16 to /24, within the supernet. Unset: the region's own /20 of it.",
    }),
    zones: z
      .union([zoneCount, z.array(zoneId).min(2).max(6)])
      .optional()
      .meta({
        description:
          "How many availability zones, or their ids. Unset: the region table's default zones (3, or 2 where the region has no third).",
      }),
    egress: egress.optional().meta({
      description: `How nodes reach origins over IPv4: \`nat\` through a regional NAT gateway with fixed addresses, \`direct\` from public addresses of their own (no NAT charge, changing addresses), \`both\` on the way from \`nat\` to \`direct\` (runbook, "An edit that takes two steps"). Unset: ${POP_DEFAULTS.egress}.`,
    }),
    crossZone: crossZone.optional(),
    cluster: cluster.optional(),
    nodes: nodesSchema.optional(),
    peak: z.number().positive().max(10_000).optional().meta({
      description: "Expected peak towards clients, Gbit/s. Unset: the plan shows capacities without a verdict.",
    }),
  })
  .meta({ description: "A PoP, by its region. `{}` takes every default." });

/** What every PoP starts from. */
export const defaultsSchema = z
  .strictObject({
    zones: zoneCount.optional().meta({
      description: "At most this many availability zones per PoP; a region with fewer uses all it has.",
    }),
    egress: egress.optional().meta({ description: "See the same key of a PoP." }),
    crossZone: crossZone.optional(),
    cluster: cluster.optional(),
    nodes: nodesSchema.optional(),
  })
  .prefault({})
  .meta({ description: "Settings of every PoP that does not set them itself." });
