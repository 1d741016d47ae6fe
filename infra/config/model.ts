import type { Site } from "../../components/node/site";
import type { TlsPolicy } from "../../components/tlsPolicies";

/**
 * The completed configuration of one footprint: what `infra/config` hands to the program and to the plan.
 *
 * Everything here is plain, checked and complete: defaults are applied, zones and addresses are filled in from the
 * region table. Lists are sorted (hosts, regions, zone ids by their number), so that the order of keys in a stack
 * file never shows. The object is frozen.
 */
export interface FootprintConfig {
  /** Name of the stack, and so of the footprint. */
  readonly stack: string;
  /** `aws:region`: home of what is global. */
  readonly homeRegion: string;
  /** Hosted zones, sorted by name. */
  readonly zones: readonly ZoneConfig[];
  /** Name of the zone that holds the names of the single PoPs. */
  readonly primaryZone: string;
  /** Where these names live, in that zone. */
  readonly popDomain: string;
  /** Sites, sorted by host. */
  readonly sites: readonly SiteConfig[];
  /** Ports that nodes may reach beside those of the sites' origins, sorted. */
  readonly originPorts: readonly number[];
  /** PoPs, sorted by region code. */
  readonly pops: readonly PopConfig[];
  /** The block from which every PoP takes its own: slot n is the n-th /20. */
  readonly supernet: string;
  readonly healthCheck: HealthCheckConfig;
  /** Bucket that holds the archive of the nodes' packages, from which each region's store copies it. */
  readonly packagesBucket: string;
  /** Name of the load balancers' TLS security policy. */
  readonly tlsPolicy: TlsPolicy;
  readonly logs: LogConfig;
  /** Protect what may not be lost (load balancers, drain guards, zones made by the stack). */
  readonly protection: boolean;
  readonly purge: {
    /** Seconds after which a PoP that cannot read the purge log takes itself out. */ readonly maxStaleness: number;
  };
  /** Generation of each secret: n is `current`, n + 1 is `next`. Raising one by one rotates it. */
  readonly secrets: { readonly originAuth: number; readonly purge: number; readonly configuration: number };
  /** ARN of the managed policy that bounds the nodes' roles; absent: none does. */
  readonly permissionsBoundary?: string;
  /** Alias of the KMS key of root volumes, which each region has; absent: AWS's own for EBS. */
  readonly volumeKey?: string;
  /** Tags of every resource that takes tags, beside the footprint's own. */
  readonly tags: Readonly<Record<string, string>>;
  /** Where nodes publish what they count. */
  readonly metrics: {
    readonly cloudwatch: boolean;
    /** Hosts of sites that have metrics of their own. */
    readonly sites: readonly string[];
    /** URL of a collector. */
    readonly otlp?: string;
  };
  /** What alarms measure each PoP and each of these sites against. */
  readonly objectives: {
    /** Percent. */
    readonly availability: number;
    /** Milliseconds. */
    readonly firstByte: number;
  };
  /** Addresses that receive alarms. */
  readonly alarmEmails: readonly string[];
}

export interface ZoneConfig {
  readonly name: string;
  /** Id of an existing public hosted zone; absent: the stack creates the zone. */
  readonly id?: string;
  /** Put a CAA record at the apex also (it governs every name of the zone). */
  readonly caaAtApex: boolean;
  /** Its guard lets go, and records that are there already are taken over. */
  readonly handOver: boolean;
}

export interface SiteConfig extends Site {
  /** The zone whose name is the longest suffix of the host. */
  readonly zone: string;
  /** Whether the host's records are the footprint's, or are left alone until a cut-over. */
  readonly dns: "now" | "later";
}

export interface PopConfig {
  readonly region: string;
  readonly state: "active" | "drained";
  /** The VPC's block, /16 to /24. */
  readonly cidr: string;
  /** Zones in use, sorted by `number`, the zone's fixed place in the region table (0-based). */
  readonly zones: readonly { readonly id: string; readonly number: number }[];
  readonly egress: "nat" | "direct" | "both";
  /** Spread connections over all zones (billed between zones). */
  readonly crossZone: boolean;
  /** The PoP's nodes are one cache, and ask each other. */
  readonly cluster: boolean;
  /** Id of the machine image (arm64). */
  readonly image: string;
  readonly nodes: NodesConfig;
  /** Expected peak towards clients, Gbit/s; absent: the plan gives capacities without a verdict. */
  readonly peak?: number;
}

export interface NodesConfig {
  readonly min: number;
  readonly max: number;
  /** Instance types in order of preference; all arm64 and of the same vCPU count. */
  readonly types: readonly string[];
  /** Percentage of the nodes above `min` that are Spot. */
  readonly spotShare: number;
  /** Percentage of CPU and of baseline bandwidth at which the group grows. */
  readonly targetUtilization: number;
}

export interface HealthCheckConfig {
  /** Seconds between two checks of one checker: 10 or 30. */
  readonly interval: 10 | 30;
  /** Failures in a row until a PoP is unhealthy. */
  readonly threshold: number;
}

export interface LogConfig {
  /** Which connections flow logs record. */
  readonly flow: "rejected" | "all";
  /** Days that flow and access logs are kept. */
  readonly retention: number;
}
