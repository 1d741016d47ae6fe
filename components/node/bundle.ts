import { nodeFiles } from "./files";
import { PACKAGE_LOCK } from "./packageLock";
import { PRODUCTION, type NodeOptions } from "./options";
import type { AgentTiming, Bundle } from "./protocol/bundleFormat";
import { STORE_KEYS } from "./protocol/storeKeys";
import { UNITS } from "./systemd";
import { AGENT_TIMING, RING_POLL } from "./timing";

export interface BundleOptions extends NodeOptions {
  /** Seconds after which nodes that cannot read the purge log say that their PoP is unhealthy. */
  readonly purgeMaxStaleness: number;
  /** SHA-256 of the agent's file, which stands in the store below `agents/`. */
  readonly agentSha256: string;
  /** Clocks of the agent; default: AGENT_TIMING. */
  readonly agentTiming?: AgentTiming;
}

/**
 * The configuration of a PoP's nodes as one text: the files with their contents, the units to start, the agent and
 * its settings. Running nodes adopt a new one; nothing in it is secret, and
 * nothing in it depends on how many nodes there are.
 */
export function bundle(options: BundleOptions): string {
  const { ports } = options.listen ?? PRODUCTION;
  const content: Bundle = {
    files: nodeFiles(options),
    units: [...UNITS],
    agent: { key: `${STORE_KEYS.agents}${options.agentSha256}`, sha256: options.agentSha256 },
    settings: {
      region: options.region,
      popName: options.popName,
      hosts: options.sites.map(({ host }) => host),
      ports: { traffic: ports.traffic, health: ports.health, agentMetrics: ports.agentMetrics },
      purgeMaxStaleness: options.purgeMaxStaleness,
      metrics: options.metrics ?? { cloudwatch: false, sites: [] },
      packagesLocked: PACKAGE_LOCK.snapshot,
      ...(options.cluster === true ? { ring: { peers: ports.peers, ownPeer: ports.ownPeer, poll: RING_POLL } } : {}),
      timing: options.agentTiming ?? AGENT_TIMING,
    },
  };
  return JSON.stringify(content, null, 1);
}
