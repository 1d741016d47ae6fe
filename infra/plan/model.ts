import type { PairLoss, PopCapacity, PopLoss } from "./capacity";
import type { CostEstimate } from "./cost";
import type { PopUsersSummary, UsersSummary } from "./latency/summary";
import type { Quota } from "./quotas";
import type { TimingSummary } from "./timing";
import type { PopTraffic, TrafficSummary } from "./traffic";
import type { JsonValue } from "./wire";

/** What `footprint plan --json` prints: all that a stack file would deploy, in a stable order. */
export interface Plan {
  readonly stack: string;
  /** What a deployment would refuse or an operator should know; empty when there is nothing. */
  readonly notes: readonly string[];
  /** By region. */
  readonly pops: Readonly<Record<string, PopSummary>>;
  readonly routing: RoutingSummary;
  /** How near the footprint is to its users. */
  readonly users: UsersSummary;
  /** Each two active PoPs lost at once. */
  readonly pairLosses: readonly PairLoss[];
  readonly cost: { readonly footprint: CostEstimate; readonly total: number; readonly partial: boolean };
  /** What goes to clients comes on top of the cost; null where nothing says how much it is. */
  readonly traffic: TrafficSummary | null;
  /** Quotas of the account that are not regional. */
  readonly quotas: readonly Quota[];
  /** Those of each hosted zone, by its name. */
  readonly zoneQuotas: Readonly<Record<string, readonly Quota[]>>;
  /** In the order of their URNs. */
  readonly resources: readonly PlannedResource[];
}

export interface PopSummary {
  readonly place: string;
  readonly state: "active" | "drained";
  readonly cidr: string;
  readonly zones: readonly string[];
  readonly egress: "nat" | "direct" | "both";
  readonly crossZone: boolean;
  readonly image: string;
  readonly nodes: {
    readonly min: number;
    readonly max: number;
    readonly types: readonly string[];
    readonly spotShare: number;
  };
  /** Resources of the PoP with its routing, without components. */
  readonly resources: number;
  readonly capacity: PopCapacity;
  /** Who is answered by this PoP; absent while it is drained. */
  readonly users?: PopUsersSummary;
  /** What the loss of this PoP means for those who take its users; absent while it is drained. */
  readonly loss?: PopLoss;
  readonly cost: CostEstimate;
  /** Absent where nothing says how much it is. */
  readonly traffic?: PopTraffic;
  readonly quotas: readonly Quota[];
}

export interface RoutingSummary {
  /** Regions that answer for each host. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  /** Each PoP's own name, by region. */
  readonly popNames: Readonly<Record<string, string>>;
  readonly healthCheck: { readonly interval: number; readonly threshold: number };
  readonly timing: TimingSummary;
}

export interface PlannedResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly parent: string | null;
  /** Region of the PoP that it belongs to; null for what is global. */
  readonly pop: string | null;
  readonly component: boolean;
  /** Secrets are masked, computed values are markers. */
  readonly inputs: Readonly<Record<string, JsonValue>>;
  readonly options: Readonly<Record<string, JsonValue>>;
  readonly dependencies: readonly string[];
}
