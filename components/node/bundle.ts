import { haproxyConfig, type HaproxyOptions } from "./haproxy";
import { NODE_HEALTH_PATH, NODE_PORTS } from "./ports";

export interface BundleOptions extends HaproxyOptions {
  /** Seconds after which nodes that cannot read the purge log say that their PoP is unhealthy. */
  readonly purgeMaxStaleness: number;
}

/**
 * The configuration of a PoP's nodes as one text: the files with their contents, the sites' settings, how stale content
 * may become, and where a node answers its health. Running nodes adopt a new one; nothing in it is secret, and nothing in it depends on how many
 * nodes there are.
 */
export function bundle(options: BundleOptions): string {
  return JSON.stringify(
    {
      files: {
        "/etc/haproxy/haproxy.cfg": haproxyConfig(options),
        "/etc/footprint/sites.json": `${JSON.stringify(options.sites, null, 2)}\n`,
      },
      purge: { maxStaleness: options.purgeMaxStaleness },
      health: { port: NODE_PORTS.health, path: NODE_HEALTH_PATH },
    },
    null,
    1,
  );
}
