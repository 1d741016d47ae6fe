import type { NodeOptions } from "../../components/node/options";
import type { Origin } from "../../components/node/site";
import { popName } from "../../components/popRouting";
import { siteSettings } from "../config/complete";
import type { FootprintConfig } from "../config/model";
import { configOfStack } from "../config/ofStack";
import { didYouMean } from "../config/problems";
import { siteSchema } from "../config/schemaSite";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";

/** What the nodes of one PoP of a stack are rendered from. */
export function nodeOptions(stack: string, pop: string): NodeOptions {
  const config = configOfStack(stack);
  const regions = config.pops.map(({ region }) => region);
  return optionsOf(config, oneOf("--pop", "a PoP of the stack", pop, regions));
}

/** The same for a PoP of its own, which serves one site from one origin. */
export function edgeOptions(origin: Origin, stack?: string, host?: string): NodeOptions {
  if (stack === undefined) {
    if (host !== undefined) {
      throw new UserError(`--site: needs --stack, the stack that has the site, got only "${host}"`, exitCodes.usage);
    }
    const site = { host: "localhost", ...siteSettings(siteSchema.parse({ origin: "" })), origins: [origin] };
    return { region: "local", popName: "local.pop.localhost", sites: [site] };
  }
  const config = configOfStack(stack);
  const hosts = config.sites.map((site) => site.host);
  const [only, ...others] = hosts;
  if (host === undefined && others.length > 0) {
    throw new UserError(`--site: the stack has several, name one of them: ${hosts.join(", ")}`, exitCodes.usage);
  }
  const chosen = oneOf("--site", "a site of the stack", host ?? only ?? "", hosts);
  // A PoP of its own asks no other one.
  const sites = config.sites
    .filter((site) => site.host === chosen)
    .map(({ shield, ...site }) => ({ ...site, origins: [origin] }));
  const [first] = config.pops;
  return { ...optionsOf(config, first?.region ?? ""), sites, cluster: false };
}

function optionsOf(config: FootprintConfig, region: string): NodeOptions {
  const cluster = config.pops.find((pop) => pop.region === region)?.cluster ?? false;
  return { region, popName: popName(region, config.popDomain), sites: config.sites, cluster };
}

function oneOf(option: string, meaning: string, given: string, allowed: readonly string[]): string {
  if (!allowed.includes(given)) {
    throw new UserError(
      `${option}: must be ${meaning}, got "${given}"${didYouMean(given, allowed)}; there are: ${allowed.join(", ")}`,
      exitCodes.usage,
    );
  }
  return given;
}
