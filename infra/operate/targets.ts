import { targetSchema, TARGETS_LIMIT, type Target } from "../../components/node/protocol/purgeLog";
import { canonicalName } from "../config/names";
import { didYouMean } from "../config/problems";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";

/** What is to be purged, as the command line names it. */
export interface TargetOptions {
  readonly url?: readonly string[];
  readonly prefix?: readonly string[];
  readonly tag?: readonly string[];
  readonly host?: readonly string[];
  readonly all?: true;
  readonly soft?: true;
}

/** A target, or what is wrong with it. */
type Read = Target | { readonly problem: string };

/**
 * The targets that the options name, each once.
 *
 * A URL is taken as a client would send it: nodes bring it into the form of their keys themselves, with the settings
 * that they run at that moment. Tags belong to sites: those of --host, or all.
 *
 * @param hosts hosts of the sites
 * @throws UserError listing everything that is wrong
 */
export function targets(options: TargetOptions, hosts: readonly string[]): readonly Target[] {
  const { url = [], prefix = [], tag = [], host = [], all } = options;
  const sites = host.map((name) => hostOf("--host", name, hosts));
  const named = sites.flatMap((site) => (typeof site === "string" ? [site] : []));
  const read: readonly Read[] = [
    ...sites.flatMap((site) => (typeof site === "string" ? [] : [site])),
    ...url.map((text) => urlTarget("--url", text, hosts)),
    ...prefix.map((text) => prefixTarget(text, hosts, options.soft)),
    ...tag.flatMap((text) => (host.length === 0 ? hosts : named).map((site) => tagTarget(text, site))),
    ...(tag.length === 0 ? named.map((site): Read => ({ kind: "host", host: site })) : []),
    ...(all === true ? [{ kind: "all" } as const] : []),
  ];
  const problems = read.flatMap((each) => ("problem" in each ? [each.problem] : []));
  if (all === true && url.length + prefix.length + tag.length + host.length > 0) {
    problems.push("--all: is everything there is, so that nothing can be named beside it");
  }
  if (read.length === 0) {
    problems.push("name what is to be purged: --url, --prefix, --tag, --host or --all");
  }
  if (problems.length > 0) {
    throw new UserError([...new Set(problems)].join("\n"), exitCodes.usage);
  }
  return unique(read.flatMap((each) => ("problem" in each ? [] : [each])));
}

/** The targets in as many entries of the log as they need. */
export function entries(all: readonly Target[]): readonly (readonly Target[])[] {
  return Array.from({ length: Math.ceil(all.length / TARGETS_LIMIT) }, (_, position) =>
    all.slice(position * TARGETS_LIMIT, (position + 1) * TARGETS_LIMIT),
  );
}

/** A target in words. */
export function targetText(target: Target): string {
  switch (target.kind) {
    case "url":
      return `https://${target.host}${target.path}`;
    case "prefix":
      return `all below https://${target.host}${target.path}`;
    case "tag":
      return `what ${target.host} has tagged ${target.tag}`;
    case "host":
      return `all of ${target.host}`;
    case "all":
      return "everything of every site";
  }
}

function urlTarget(option: "--url" | "--prefix", text: string, hosts: readonly string[]): Read {
  const rule = (what: string): Read => ({ problem: `${option}: ${what}, got "${text}"` });
  const [, authority, rest = ""] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(text) ?? [];
  if (authority === undefined) {
    return rule("must begin with https://");
  }
  if (/[@:]/.test(authority)) {
    return rule("must have a host without a port or a user");
  }
  if (rest.includes("#")) {
    return rule("must have no fragment (#...), which no client sends");
  }
  const host = hostOf(option, authority, hosts);
  if (typeof host !== "string") {
    return host;
  }
  // As a browser sends what is no printable ASCII.
  const sent = rest.replace(/[^!-~]+/g, encodeURIComponent);
  const target = targetSchema.safeParse({ kind: "url", host, path: sent.startsWith("/") ? sent : `/${sent}` });
  return target.data ?? rule("must have at most 8000 characters after the host");
}

/** By the path alone: what of a query counts, and in which order, is the site's affair. */
function prefixTarget(text: string, hosts: readonly string[], soft: true | undefined): Read {
  const read = urlTarget("--prefix", text, hosts);
  if ("problem" in read || read.kind !== "url") {
    return read;
  }
  if (read.path.includes("?")) {
    return { problem: `--prefix: must have no query (?...): a prefix is one of paths, got "${text}"` };
  }
  if (soft === true) {
    return { problem: `--prefix: cannot be made stale, only taken out; leave --soft out, got "${text}"` };
  }
  return { ...read, kind: "prefix" };
}

function tagTarget(tag: string, host: string): Read {
  return (
    targetSchema.safeParse({ kind: "tag", host, tag }).data ?? {
      problem: `--tag: must be 1 to 256 letters, digits or _ . : / @ = ~ + -, got "${tag}"`,
    }
  );
}

function hostOf(option: string, given: string, hosts: readonly string[]): string | { readonly problem: string } {
  const name = canonicalName(given);
  return hosts.includes(name)
    ? name
    : {
        problem: `${option}: must be of a site of the stack, got "${given}"${didYouMean(name, hosts)}; there are: ${hosts.join(", ")}`,
      };
}

function unique(all: readonly Target[]): readonly Target[] {
  return [...new Map(all.map((target) => [JSON.stringify(target), target])).values()];
}
