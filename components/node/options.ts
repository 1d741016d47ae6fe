import { AGENT_METRICS_PORT, METRICS_PORT, NODE_PORTS, PEER_PORTS } from "./ports";
import type { MetricsSettings } from "./protocol/bundleFormat";
import type { Site } from "./site";

/** What the files of a PoP's nodes are rendered from. Nothing here depends on how many nodes there are, or how large. */
export interface NodeOptions {
  /** The PoP's region, which is also its name. */
  readonly region: string;
  /** The PoP's own name, at which it answers its health; also its name in Via, CDN-Loop, Cache-Status, Proxy-Status. */
  readonly popName: string;
  readonly sites: readonly Site[];
  /** The PoP's nodes are one cache: each asks the owner of an object, and the owner the origin. Default: false. */
  readonly cluster?: boolean;
  /** Where a node listens; default: its production ports on every address. */
  readonly listen?: Listen;
  /** Where metrics are published; default: nowhere. */
  readonly metrics?: MetricsSettings;
  /** Seconds after which a node that has read no purge log says that its PoP is unhealthy; default: never. */
  readonly purgeMaxStaleness?: number;
}

export interface Listen {
  /** Empty for every address. Metrics are on the loopback interface in any case. */
  readonly address: "" | "127.0.0.1";
  readonly ports: Readonly<
    Record<keyof typeof NODE_PORTS | keyof typeof PEER_PORTS | "metrics" | "agentMetrics", number>
  >;
}

/** Where a node of a PoP listens. */
export const PRODUCTION: Listen = {
  address: "",
  ports: { ...NODE_PORTS, ...PEER_PORTS, metrics: METRICS_PORT, agentMetrics: AGENT_METRICS_PORT },
};
