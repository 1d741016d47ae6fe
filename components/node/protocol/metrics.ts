/**
 * What nodes publish to CloudWatch, in the region of their PoP: one time series a metric and PoP, to which each of its
 * nodes adds once a minute. Alarms, dashboard, `footprint top` and price go by this table.
 */
export const METRICS_NAMESPACE = "Footprint";

/** Seconds between two data points of a node. */
export const METRICS_PERIOD = 60;

/** Dimensions of a metric: those of a PoP, and with `site` those of one site of it. Values: stack, region, host. */
export const METRIC_DIMENSIONS = { footprint: "Footprint", pop: "Pop", site: "Site" } as const;

/**
 * Methods of requests without a body: of these alone the time until the first byte is one of cache or origin. HAProxy's
 * timer (`Tr`, Configuration Manual, 8.4) runs while a client still sends its body, and "it's generally wise not to trust
 * too much this field for POST requests".
 */
export const TIMED_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/**
 * How what nodes publish becomes the PoP's.
 *
 * - `count`: how much it has grown in a minute; `Sum` is the PoP's.
 * - `level`: what it is at the moment, of each node; `Sum` over one minute, `Average`, `Maximum` as it suits.
 * - `distribution`: each value with how often it came; any percentile is that of all that came, to 4.5 %.
 */
export type MetricKind = "count" | "level" | "distribution";

export interface Metric {
  readonly kind: MetricKind;
  /** As CloudWatch calls it. */
  readonly unit: "Count" | "Bytes" | "Milliseconds" | "Seconds";
  /** Whether it is published by site, too, where the stack file wants that. */
  readonly bySite?: true;
  readonly meaning: string;
}

export const METRICS = {
  Requests: {
    kind: "count",
    unit: "Count",
    bySite: true,
    meaning: "requests of clients, answered or broken off; without those for health",
  },
  Bytes: { kind: "count", unit: "Bytes", bySite: true, meaning: "sent to clients, with header fields" },
  Hits: { kind: "count", unit: "Count", bySite: true, meaning: "answered from the cache, fresh" },
  Stale: { kind: "count", unit: "Count", bySite: true, meaning: "answered from the cache, stale" },
  Misses: { kind: "count", unit: "Count", bySite: true, meaning: "asked of an origin, to be stored" },
  Passes: { kind: "count", unit: "Count", meaning: "gone past the cache" },
  Redirections: { kind: "count", unit: "Count", meaning: "answered with 300 to 399" },
  ClientErrors: { kind: "count", unit: "Count", bySite: true, meaning: "answered with 400 to 499" },
  ServerErrors: { kind: "count", unit: "Count", bySite: true, meaning: "answered with 500 and above, whoever's fault" },
  FirstByte: {
    kind: "distribution",
    unit: "Milliseconds",
    bySite: true,
    meaning: "of GET and HEAD, from the whole request to the first byte of its answer",
  },
  OriginRequests: { kind: "count", unit: "Count", meaning: "requests to origins, each attempt" },
  OriginFailures: { kind: "count", unit: "Count", meaning: "of these, without an answer or with 500 and above" },
  OriginFirstByte: {
    kind: "distribution",
    unit: "Milliseconds",
    meaning: "the same as FirstByte, of misses and passes alone: what an origin was waited for",
  },
  Coalesced: { kind: "count", unit: "Count", meaning: "requests that waited for what another was fetching" },
  Evictions: { kind: "count", unit: "Count", meaning: "objects thrown out of the cache for want of room" },
  Objects: { kind: "level", unit: "Count", meaning: "objects in a node's cache" },
  Memory: { kind: "level", unit: "Bytes", meaning: "that a node's cache has in use" },
  Connections: { kind: "level", unit: "Count", meaning: "clients' connections to a node" },
  PurgeLag: { kind: "level", unit: "Seconds", meaning: "since a node last knew that there was no newer purge" },
  PurgesRefused: { kind: "count", unit: "Count", meaning: "heads of the purge log that no key had signed" },
  ConfigurationSerial: {
    kind: "level",
    unit: "Count",
    meaning:
      "number of the configuration that a node runs: it grows with each; nodes of a PoP differ while they adopt one",
  },
  ConfigurationTrouble: {
    kind: "level",
    unit: "Count",
    meaning: "1 of a node that has refused a configuration, waits with it, or cannot adopt it; else 0",
  },
  AgentRestarts: { kind: "count", unit: "Count", meaning: "agents that have started, but for a boot's first" },
  SoftwareAge: {
    kind: "level",
    unit: "Seconds",
    meaning: "since the packages were locked that a node was installed from",
  },
  LogsLost: { kind: "count", unit: "Bytes", meaning: "access log that went before it was sent" },
  Reporting: { kind: "level", unit: "Count", meaning: "1 of each node that publishes: their Sum over a minute" },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

/** What a metric is called over OTLP: those of sites have names of their own, so that no sum counts a request twice. */
export function otlpName(name: MetricName, bySite: boolean): string {
  const words = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
  return `footprint.${bySite ? "site." : ""}${words}`;
}
