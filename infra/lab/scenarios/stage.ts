import type { Asked, Requests } from "../cities/ask";
import type { City } from "../cities/cities";
import type { OriginState } from "../origin";
import type { Setting } from "../stackText";

/** What a scenario is played on: a lab that serves, or a part of one, as far as scenarios need it. */
export interface Stage {
  /** Of a part those whose PoPs it has. */
  readonly cities: readonly City[];
  /** A site of the footprint. */
  readonly host: string;
  /** All of them. */
  readonly hosts: readonly string[];
  /** Regions of PoPs that took clients when the lab began, sorted. */
  readonly active: readonly string[];
  /** Nodes in all of them that may ask the origin of a site for a page: one where they are one cache, none beside a shield. */
  readonly fetchers: (host: string) => number;
  /** Region of the PoP that asks the origins of a site for all others; undefined: none does. */
  readonly shieldOf: (host: string) => string | undefined;
  /** Nodes of a PoP that are healthy in its load balancer. */
  readonly healthyNodes: (region: string) => number;
  /** Zones of a PoP in which it has nodes, sorted. */
  readonly zonesOf: (region: string) => readonly string[];
  /** Requests that the origin has had. */
  readonly originRequests: () => number;
  /** @param host whose origin it is; default: that of all sites */
  readonly setOrigin: (state: OriginState, host?: string) => void;
  /** Gives the site another version. @returns the bodies of a page as it was and as it is */
  readonly newPages: (path: string) => { readonly former: string; readonly current: string };
  /** Bodies that a page has had, the newest last. @param visitor whom a private page names */
  readonly pages: (host: string, path: string, visitor?: string) => readonly string[];
  readonly visit: (city: City, host: string, requests: Requests) => Promise<readonly Asked[]>;
  readonly failover: Failover;
  /** Share of requests that may be exceptions, as the stack's objective says. */
  readonly errorBudget: number;
  /** Changes the stack's file, which is the lab's own, and deploys it. */
  readonly deploy: (settings: readonly Setting[]) => Promise<Deployed>;
  /** A PoP's group of nodes. @throws Error where there is none */
  readonly group: (region: string) => StageGroup;
  /** Whether Route 53's health checks of a PoP succeed. */
  readonly isHealthy: (region: string) => boolean;
  /** Requests that were made for them until now. */
  readonly checksOf: (region: string) => number;
  /** Throws a PoP's drain switch as an operator does, and waits for its nodes. @returns the command's exit status */
  readonly drain: (region: string) => Promise<number>;
  /** Takes it back. @returns the command's exit status */
  readonly undrain: (region: string) => Promise<number>;
  /** Purges as an operator does, and waits for the nodes. @returns the command's exit status */
  readonly purge: (what: readonly string[]) => Promise<number>;
  /** Ends a PoP at once, as power does: load balancer and nodes. */
  readonly cutPower: (region: string) => Promise<void>;
  /** Ends what is in one zone of a PoP at once: its nodes, and the load balancer's address in it. */
  readonly cutZone: (region: string, zone: string) => Promise<void>;
  /** Makes the way between a city and a region longer by so many ms; 0: as it was. */
  readonly setWay: (city: string, region: string, more: number) => void;
  /** Brings back the power, and nothing is waited for. */
  readonly bringPower: () => Promise<void>;
  /** Undoes what was cut, and waits until everything is healthy. @throws Error when it does not become so */
  readonly restore: () => Promise<void>;
  /** How many times faster than declared AWS's own waits are. */
  readonly pace: number;
}

/** What came of a deployment. */
export interface Deployed {
  /** What went wrong, in sentences; then the file is as it was. */
  readonly broken: readonly string[];
  /** What was changed, as it was: deployed, it undoes it. */
  readonly former: readonly Setting[];
}

/** A group of nodes, as an operator sees and handles it. */
export interface StageGroup {
  readonly name: string;
  readonly desired: number;
  readonly max: number;
  /** Nodes, with the state that Auto Scaling gives them, and whether they are of the group's launch template. */
  readonly nodes: readonly { readonly id: string; readonly state: string; readonly isCurrent: boolean }[];
  /** The last instance refresh. */
  readonly refresh: { readonly status: string; readonly reason: string } | undefined;
  /** Alarms that stop a refresh and sound now. */
  readonly sounding: readonly string[];
  /** Has a node replaced, in order. */
  readonly replace: (id: string) => void;
  readonly resize: (desired: number) => void;
}

/** Until no client is sent to a lost PoP, as the plan says. */
export interface Failover {
  /** Failed checks, of each checker, until Route 53 calls it unhealthy. */
  readonly threshold: number;
  /** Seconds until then. */
  readonly detect: number;
  /** Seconds until answers given before have expired. */
  readonly dnsTtl: number;
}

/** What came of a scenario. */
export interface Outcome {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What else was seen, in sentences. */
  readonly notes: readonly string[];
  /** What was promised and not kept, in sentences; empty: it holds. */
  readonly broken: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What it needs in the stack's file before anything is deployed. */
  readonly prepare?: (text: string) => string;
  /** Leaves the stage as it was. */
  readonly play: (stage: Stage) => Promise<Outcome>;
}

export function urlOf({ host }: Pick<Stage, "host">, path: string): URL {
  return new URL(path, `https://${host}`);
}

/** Waits, and keeps nobody: a process whose lab has ended ends too, whatever scenario was being played. */
export function passed(seconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, seconds * 1000).unref());
}

/** Seconds from one moment to another, both ms since 1970, as a table shows them. */
export function shownSeconds(from: number, to: number): string {
  return `${((to - from) / 1000).toFixed(0)} s`;
}
