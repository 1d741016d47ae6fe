import { noTags, notInKey } from "../../components/node/fieldNames";
import { ORIGINS_LIMIT, SITES_LIMIT, type Origin } from "../../components/node/site";
import { asciiHint, canonicalName, isHostName, isWithin, zoneOf } from "./names";
import { formatOrigin, originTexts, parseOrigin, type OriginFault } from "./origins";
import type { Path } from "./problems";
import { repeated, twice, type Rule, type RuleContext } from "./rule";
import type { SiteInput, StackInput } from "./schema";

/** The domain name of an ACM certificate has at most 64 characters (RequestCertificate, after RFC 5280). */
const HOST_LIMIT = 64;

/** A rule about each host name. */
function hostRule(id: string, message: (host: string, context: RuleContext) => string | undefined): Rule {
  return {
    id,
    check: (context) =>
      Object.keys(context.input.sites).flatMap((host) => {
        const text = message(host, context);
        return text === undefined ? [] : [{ path: ["sites", host], message: text }];
      }),
  };
}

const hostWildcard = hostRule("host-wildcard", (host) =>
  host.includes("*") ? `must be one host, since each has its own certificate and records, got "${host}"` : undefined,
);

const hostName = hostRule("host-name", (host) =>
  host.includes("*") || isHostName(host)
    ? undefined
    : `must be a host name in lower case without a final dot, such as "cdn.example.com", got "${host}"${asciiHint(host)}`,
);

const hostLength = hostRule("host-length", (host) =>
  host.length > HOST_LIMIT
    ? `must have at most ${String(HOST_LIMIT)} characters, the limit of an ACM certificate's name, got ${String(host.length)}`
    : undefined,
);

const hostZone = hostRule("host-zone", (host, { input, entire }) => {
  const zones = Object.keys(input.zones);
  return zones.length === 0 || !entire("zones") || zoneOf(canonicalName(host), zones.map(canonicalName)) !== undefined
    ? undefined
    : `must lie in one of the zones (${zones.sort().join(", ")}), got "${host}"`;
});

const hostPop = hostRule("host-pop", (host, { input }) =>
  isPopName(canonicalName(host), input)
    ? `must not lie at or below ${input.popDomain === undefined ? "" : "popDomain or "}pop.<zone>: those names belong to the single PoPs, got "${host}"`
    : undefined,
);

function isPopName(name: string, { zones, popDomain }: Pick<StackInput, "zones" | "popDomain">): boolean {
  const taken = Object.keys(zones).map((zone) => `pop.${zone}`);
  return [...taken, ...(popDomain === undefined ? [] : [popDomain])].some((domain) => isWithin(name, domain));
}

const hostTwice: Rule = {
  id: "host-twice",
  check: ({ input }) =>
    repeated(Object.keys(input.sites).map(canonicalName)).map((host) => ({
      path: ["sites"],
      message: `must name a host once, got "${host}" in several spellings`,
    })),
};

interface GivenOrigin {
  readonly path: Path;
  readonly text: string;
  readonly parsed: Origin | OriginFault;
}

function originsOf(host: string, site: SiteInput): readonly GivenOrigin[] {
  return originTexts(site.origin).map((text, position) => ({
    path: typeof site.origin === "string" ? ["sites", host, "origin"] : ["sites", host, "origin", position],
    text,
    parsed: parseOrigin(text),
  }));
}

/** A rule about each origin's text. A password in it is not repeated. */
function faultRule(id: OriginFault, allowed: string): Rule {
  return {
    id,
    check: ({ input }) =>
      Object.entries(input.sites)
        .flatMap(([host, site]) => originsOf(host, site))
        .filter(({ parsed }) => parsed === id)
        .map(({ path, text }) => ({
          path,
          message: `must ${allowed}, got "${text.replace(/\/\/.*@/s, "//...@")}"${id === "origin-host" ? asciiHint(hostIn(text)) : ""}`,
        })),
  };
}

function hostIn(origin: string): string {
  return /\/\/([^/:]*)/.exec(origin)?.[1] ?? "";
}

const ORIGIN_FAULTS: readonly Rule[] = [
  faultRule("origin-scheme", "begin with https:// (or http://)"),
  faultRule("origin-credentials", "have no user name or password (the origin knows us by the originAuth secret)"),
  faultRule("origin-path", "have no path (a request's own path is passed on), not even a final /"),
  faultRule("origin-query", "have no query and no fragment"),
  faultRule("origin-port", "have a port of 1 to 65535"),
  faultRule("origin-address", "name its host: an address has no certificate to verify and no SNI"),
  faultRule("origin-host", "have a host name in lower case without a final dot, of two labels or more"),
];

/** A request to an origin that is one of our own names would come back to us. */
const originLoop: Rule = {
  id: "origin-loop",
  check: ({ input }) => {
    const hosts = new Set(Object.keys(input.sites).map(canonicalName));
    return Object.entries(input.sites)
      .flatMap(([host, site]) => originsOf(host, site))
      .filter(({ parsed }) => typeof parsed === "object" && (hosts.has(parsed.host) || isPopName(parsed.host, input)))
      .map(({ path, text }) => ({
        path,
        message: `must not be one of the footprint's own names, which would be a loop, got "${text}"`,
      }));
  },
};

const originTwice: Rule = {
  id: "origin-twice",
  check: ({ input }) =>
    Object.entries(input.sites).flatMap(([host, site]) => {
      const origins = originsOf(host, site).flatMap(({ parsed }) =>
        typeof parsed === "object" ? formatOrigin(parsed) : [],
      );
      return twice(["sites", host, "origin"], "an origin", origins);
    }),
};

/** A rule that refuses an entry which stands twice in one of a site's lists. */
const listTwice: Rule = {
  id: "list-twice",
  check: ({ input }) =>
    Object.entries(input.sites).flatMap(([host, site]) => {
      const { query, headers, cookies } = site.cacheKey;
      return [
        ...twice(["sites", host, "cacheKey", "query"], "each", typeof query === "string" ? [] : query),
        // Field names are the same in any case (RFC 9110, section 5.1); parameters and cookies are not.
        ...twice(
          ["sites", host, "cacheKey", "headers"],
          "each",
          headers.map((name) => name.toLowerCase()),
        ),
        ...twice(["sites", host, "cacheKey", "cookies"], "each", cookies),
        ...twice(["sites", host, "methods"], "each", site.methods),
      ];
    }),
};

const methodsRequired: Rule = {
  id: "methods-required",
  check: ({ input }) =>
    Object.entries(input.sites)
      .filter(([, { methods }]) => !methods.includes("GET") || !methods.includes("HEAD"))
      .map(([host, { methods }]) => ({
        path: ["sites", host, "methods"],
        message: `must include GET and HEAD, which every server supports (RFC 9110, section 9.1), got ${JSON.stringify(methods)}`,
      })),
};

const fieldInKey: Rule = {
  id: "field-in-key",
  check: ({ input }) =>
    Object.entries(input.sites).flatMap(([host, { cacheKey }]) =>
      cacheKey.headers.flatMap((name, position) => {
        const reason = notInKey(name);
        return reason === undefined
          ? []
          : [
              {
                path: ["sites", host, "cacheKey", "headers", position],
                message: `must be a request field that origins see as clients send it, got "${name}", which ${reason}`,
              },
            ];
      }),
    ),
};

const fieldOfTags: Rule = {
  id: "field-of-tags",
  check: ({ input }) =>
    Object.entries(input.sites).flatMap(([host, { tagHeader }]) => {
      const reason = noTags(tagHeader);
      return reason === undefined
        ? []
        : [
            {
              path: ["sites", host, "tagHeader"],
              message: `must be a response field that holds tags and nothing else, such as "Surrogate-Key", got "${tagHeader}", which ${reason}`,
            },
          ];
    }),
};

/** A PoP that takes no clients is about to go, and its caches with it. */
const shieldPop: Rule = {
  id: "shield-pop",
  check: ({ input, entire }) =>
    Object.entries(input.sites).flatMap(([host, { shield }]) => {
      const path = ["sites", host, "shield"];
      if (shield === undefined || !entire("pops")) {
        return [];
      }
      const active = Object.keys(input.pops)
        .filter((region) => input.pops[region]?.state !== "drained")
        .sort();
      return active.includes(shield)
        ? []
        : [
            {
              path,
              message:
                `must be the region of an active PoP of this stack (${active.join(", ")}), got "${shield}"` +
                (shield in input.pops ? ", which is drained: name another one first, or none" : ""),
            },
          ];
    }),
};

/** Every node of a footprint serves all of its sites. */
const sitesLimit: Rule = {
  id: "sites-limit",
  check: ({ input }) => {
    const hosts = Object.keys(input.sites).length;
    return hosts <= SITES_LIMIT
      ? []
      : [
          {
            path: ["sites"],
            message: `must be at most ${String(SITES_LIMIT)}, as many as a node was measured with: put the others into another footprint, got ${String(hosts)}`,
          },
        ];
  },
};

const originsLimit: Rule = {
  id: "origins-limit",
  check: ({ input }) => {
    const origins = Object.values(input.sites).flatMap(({ origin }) => originTexts(origin)).length;
    return origins <= ORIGINS_LIMIT
      ? []
      : [
          {
            path: ["sites"],
            message: `must have at most ${String(ORIGINS_LIMIT)} origins all together, as many as a node was measured with (one that serves several sites counts for each), got ${String(origins)}`,
          },
        ];
  },
};

/** Rules about sites and their origins. */
export const SITE_RULES: readonly Rule[] = [
  hostWildcard,
  hostName,
  hostLength,
  hostZone,
  hostPop,
  hostTwice,
  ...ORIGIN_FAULTS,
  originLoop,
  originTwice,
  listTwice,
  methodsRequired,
  fieldInKey,
  fieldOfTags,
  shieldPop,
  sitesLimit,
  originsLimit,
];
