import { nodeFiles } from "./files";
import type { NodeOptions } from "./options";
import { NODE_HEALTH_PATH, NODE_PORTS } from "./ports";
import { HAPROXY, VARNISH } from "./processes";
import { UNITS } from "./systemd";

export interface BundleOptions extends NodeOptions {
  /** Seconds after which nodes that cannot read the purge log say that their PoP is unhealthy. */
  readonly purgeMaxStaleness: number;
}

/**
 * The configuration of a PoP's nodes as one text: the files with their contents, the commands that check them, the
 * units to start, how stale content may become, and where a node answers its health. Running nodes adopt a new one;
 * nothing in it is secret, and nothing in it depends on how many nodes there are.
 */
export function bundle(options: BundleOptions): string {
  return JSON.stringify(
    {
      files: nodeFiles(options),
      checks: [HAPROXY.check, VARNISH.check],
      units: UNITS,
      purge: { maxStaleness: options.purgeMaxStaleness },
      health: { port: NODE_PORTS.health, path: NODE_HEALTH_PATH },
    },
    null,
    1,
  );
}
