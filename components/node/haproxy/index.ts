import type { NodeFiles } from "../nodeFiles";
import type { NodeOptions } from "../options";
import { HAPROXY_FILE, HAPROXY_FOLDER } from "../processes";
import { sections } from "../text";
import { cacheBackend } from "./cache";
import { DIRECTIVES_LUA, directivesLua } from "./directives";
import { egressSections } from "./egress";
import { ENDLESS_LUA, endlessLua } from "./endlessLua";
import { FALSE_ENDS_LUA, falseEndsLua } from "./falseEndsLua";
import { fetchSections } from "./fetch";
import { FINAL_LUA, finalLua } from "./finalLua";
import { globalSections, misses } from "./global";
import { healthSections } from "./health";
import { pastCacheBackends } from "./pastCache";
import { purgeFrontend } from "./purge";
import { redirectFrontend } from "./redirect";
import { RESOLVED } from "./resolving";
import { SITE_LUA, siteLua } from "./siteLua";
import { shieldSections } from "./shield";
import { ringSections } from "./ring";
import { siteMaps } from "./sites";
import { trafficFrontend } from "./traffic";

/** Renders HAProxy's configuration. */
export function haproxyFiles(options: NodeOptions): NodeFiles {
  return {
    [HAPROXY_FILE]: haproxyConfig(options),
    [`${HAPROXY_FOLDER}/${SITE_LUA}`]: siteLua(options.cluster ?? false),
    [`${HAPROXY_FOLDER}/${DIRECTIVES_LUA}`]: directivesLua(),
    [`${HAPROXY_FOLDER}/${FALSE_ENDS_LUA}`]: falseEndsLua(),
    [`${HAPROXY_FOLDER}/${ENDLESS_LUA}`]: endlessLua(),
    [`${HAPROXY_FOLDER}/${FINAL_LUA}`]: finalLua(),
    ...siteMaps(options.sites),
  };
}

/** Renders haproxy.cfg, in the order in which a request travels. */
export function haproxyConfig(options: NodeOptions): string {
  return sections(
    globalSections(options.popName, options.sites),
    trafficFrontend(options),
    redirectFrontend(options),
    cacheBackend(),
    pastCacheBackends(options.popName),
    purgeFrontend(options.popName),
    fetchSections(options.cluster ?? false),
    options.cluster === true ? ringSections(options) : "",
    egressSections(options),
    shieldSections(options, misses(options.popName, options.sites), RESOLVED),
    healthSections(options),
  );
}
