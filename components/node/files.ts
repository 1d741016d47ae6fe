import { haproxyFiles } from "./haproxy";
import { kernelFiles } from "./kernel";
import type { NodeFiles } from "./nodeFiles";
import type { NodeOptions } from "./options";
import { startScripts } from "./startScripts";
import { systemdFiles } from "./systemd";
import { timeFiles } from "./time";
import { varnishFiles } from "./varnish";

/** Everything that a node of a PoP is configured with, as files. The same options always give the same text. */
export function nodeFiles(options: NodeOptions): NodeFiles {
  return {
    ...haproxyFiles(options),
    ...varnishFiles(options),
    ...startScripts(options.cluster ?? false),
    ...systemdFiles(options),
    ...kernelFiles(),
    ...timeFiles(),
    "/etc/footprint/sites.json": `${JSON.stringify(options.sites, null, 2)}\n`,
  };
}
