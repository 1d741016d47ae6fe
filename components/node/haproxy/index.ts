import type { NodeOptions } from "../options";
import { sections } from "../text";
import { cacheBackend } from "./cache";
import { egressSections } from "./egress";
import { globalSections } from "./global";
import { healthSections } from "./health";
import { redirectFrontend } from "./redirect";
import { trafficFrontend } from "./traffic";

/** Renders /etc/haproxy/haproxy.cfg, in the order in which a request travels. */
export function haproxyConfig(options: NodeOptions): string {
  return sections(
    globalSections(options.popName, options.sites),
    trafficFrontend(options),
    redirectFrontend(options),
    cacheBackend(),
    egressSections(options.sites),
    healthSections(options),
  );
}
