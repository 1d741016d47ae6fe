// All that the live page shows, as plain data: whoever has it can serve the page, the lab as well as a real deployment.
// Pure and without imports: the page in the browser reads this very file.

/** A footprint at one moment. What nobody looks at is null or an empty list, and the page then shows nothing of it. */
export interface LiveState {
  /** Name of the footprint: that of its stack. */
  readonly footprint: string;
  /** When it was so, ISO 8601. */
  readonly at: string;
  /** Sorted by region. */
  readonly pops: readonly LivePop[];
  readonly cities: readonly LiveCity[];
  readonly links: readonly LiveLink[];
  readonly origin: LiveOrigin | null;
  /** What needs attention and belongs to no PoP, in sentences. */
  readonly attention: readonly string[];
  /** What happened, oldest first; at most EVENTS_KEPT. */
  readonly events: readonly LiveEvent[];
  /** What the page offers to do; empty for one that only shows. */
  readonly actions: readonly LiveAction[];
  /** What of all this is emulated or computed and not measured, in sentences; and what the figures cost. */
  readonly notes: readonly string[];
}

/**
 * Active: takes users. Drained: takes none, as somebody decided. Warming: on its way to take users. Unhealthy: should take
 * users and does not. Unknown: could not be looked at.
 */
export const POP_CONDITIONS = ["active", "drained", "warming", "unhealthy", "unknown"] as const;

export type PopCondition = (typeof POP_CONDITIONS)[number];

export interface LivePop {
  /** Region code. */
  readonly region: string;
  /** AWS's name of the region. */
  readonly place: string;
  readonly lat: number;
  readonly lon: number;
  readonly state: PopCondition;
  /** Why it is not active, or what needs attention, in sentences. */
  readonly attention: readonly string[];
  /** Nodes that the group wants; null when nobody knows. */
  readonly desired: number | null;
  /** Sorted by zone and id. */
  readonly nodes: readonly LiveNode[];
  /** Part of the requests that its caches answered lately, 0 to 1. */
  readonly hitRatio: number | null;
  /** Requests a second, lately. */
  readonly requests: number | null;
  /** SHA-256 of the configuration that its nodes are to run. */
  readonly wanted: string | null;
}

/** Serving: takes requests. Starting: not yet. Leaving: not for long. Sick: says, or is found, to be unhealthy. Silent: has not reported. */
export type NodeCondition = "serving" | "starting" | "leaving" | "sick" | "silent";

export interface LiveNode {
  /** Instance id. */
  readonly id: string;
  /** Availability zone, such as us-east-1a. */
  readonly zone: string | null;
  readonly state: NodeCondition;
  /** SHA-256 of the configuration that it runs. */
  readonly generation: string | null;
  /** Seconds since it last knew that there was nothing newer to purge. */
  readonly purgeLag: number | null;
}

/** Where clients ask from. */
export interface LiveCity {
  readonly name: string;
  /** ISO 3166 code. */
  readonly country: string;
  readonly lat: number;
  readonly lon: number;
  /** Region of the PoP that answers it; null when none does. */
  readonly answeredBy: string | null;
  /** How long the last answer took, or would take, ms. */
  readonly ms: number | null;
  /** What came of its last request; null where nobody asks. */
  readonly last: "hit" | "miss" | "stale" | "failed" | null;
}

/** A way that is not as it should be: slower, or cut. Ends are names of cities, regions, or "origin". */
export interface LiveLink {
  readonly from: string;
  readonly to: string;
  /** Added to each round trip, ms; null for one that is cut. */
  readonly added: number | null;
}

export interface LiveOrigin {
  /** Where it is, as a person reads it. */
  readonly name: string;
  /** Slow: answers late. Down: answers nothing. */
  readonly state: "up" | "slow" | "down";
}

export interface LiveEvent {
  /** Counts up within a run. */
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  /** Good news, bad news, or neither. */
  readonly kind: "good" | "bad" | "note";
  /** Whose doing: what the page or an operator did, or what came of it. */
  readonly by: "person" | "footprint";
  /** Region of the PoP that it is about; null for all. */
  readonly region: string | null;
  /** A sentence without a full stop. */
  readonly text: string;
}

/** Something that can be done; the page posts its id and one of its targets. */
export interface LiveAction {
  /** Such as kill-node. */
  readonly id: string;
  /** What goes wrong, or what an operator does. */
  readonly group: "fault" | "operator";
  /** What the button says, such as "Kill a node". */
  readonly label: string;
  /** What it can be done to; null for something that needs no choice. An empty list: not now. */
  readonly targets: readonly LiveTarget[] | null;
}

export interface LiveTarget {
  readonly id: string;
  /** As a person reads it. */
  readonly label: string;
}

/** What the page posts. */
export interface LiveOrder {
  readonly action: string;
  readonly target: string | null;
}

/** How many events a state holds: what is older goes. */
export const EVENTS_KEPT = 200;

/** What the page itself holds. */
export interface PageInfo {
  readonly footprint: string;
  /** The server that sent it. A stream of another one wants the page of that one. */
  readonly run: string;
  /** What an order is sent with. */
  readonly token: string;
}
