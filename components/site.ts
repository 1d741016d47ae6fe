import { FIELD_NAME, noTags, notInKey } from "./node/fieldNames";
import { ORIGINS_LIMIT, SITES_LIMIT, type Site } from "./node/site";
import { unlessOneOf } from "./refuse";

/** A site, and how it is cached. */
export interface SiteArgs {
  /** Host name, lower case, without a trailing dot. */
  host: string;
  /** Name of the hosted zone that the host is in, for a `Footprint`. Default: its primary zone. */
  zone?: string;
  /**
   * Whether a `Footprint` writes the host's records. Later: all else stands, certificates too, and whoever serves the
   * host today goes on. Default: now.
   */
  dns?: SiteDns;
  /** In failover order: the first healthy one is used. */
  origins: OriginArgs[];
  /**
   * Region of the PoP by which all others ask the origins: of what it has stored an origin hears once. While it does not
   * answer, they ask the origins themselves. Default: none.
   */
  shield?: string;
  /** The Host that origins are asked by: their own name, or the site's. Default: their own. */
  originHost?: OriginHost;
  cacheKey?: CacheKeyArgs;
  stale?: StaleArgs;
  /** Upper bound of a stored response's freshness lifetime, seconds. Default: a day. */
  maxAge?: number;
  /** Methods that the site answers; any other is refused with 405. Default: GET and HEAD. */
  methods?: string[];
  /** Pass WebSocket and server-sent events on to the origin. Default: false. */
  websocket?: boolean;
  /**
   * Compress (gzip) text of 1,000 bytes and more that the origin sends uncompressed, stored or not, for clients that take
   * it. Its ETag becomes weak, for these clients; where `methods` has PUT, PATCH or DELETE, what has a strong ETag is not
   * compressed. Default: true.
   */
  compression?: boolean;
  /**
   * What of a client's address the access log gets: all of it, its network (/24 of IPv4, /48 of IPv6), or nothing
   * (0.0.0.0). The load balancer's own log is another one. Default: full.
   */
  clientAddress?: ClientAddress;
  /** Status with which port 80 redirects to https. Default: 308. */
  redirectStatus?: RedirectStatus;
  /** Response header in which the origin names the tags of a response, for purging. Default: Surrogate-Key. */
  tagHeader?: string;
}

export interface OriginArgs {
  scheme: Scheme;
  host: string;
  port: number;
}

export const SiteDns = { Now: "now", Later: "later" } as const;
export type SiteDns = (typeof SiteDns)[keyof typeof SiteDns];

export const OriginHost = { Origin: "origin", Site: "site" } as const;
export type OriginHost = (typeof OriginHost)[keyof typeof OriginHost];

export const Scheme = { Https: "https", Http: "http" } as const;
export type Scheme = (typeof Scheme)[keyof typeof Scheme];

/** What of a request tells stored responses apart, beside host and path. */
export interface CacheKeyArgs {
  /** Query parameters. Default: all. */
  query?: CacheKeyQuery;
  /** Names of the query parameters, with `query: "named"`. */
  queryNames?: string[];
  /** Names of request headers, lower case, beside what Vary names. Default: none. */
  headers?: string[];
  /** Names of cookies. Default: none. */
  cookies?: string[];
}

export const CacheKeyQuery = { All: "all", None: "none", Named: "named" } as const;
export type CacheKeyQuery = (typeof CacheKeyQuery)[keyof typeof CacheKeyQuery];

/** Seconds for which a stale response may be used (RFC 5861), unless the response says otherwise. */
export interface StaleArgs {
  /** While a fresh one is fetched. Default: 60. */
  whileRevalidate?: number;
  /** When the origin fails. Default: a day. */
  ifError?: number;
}

export const ClientAddress = { Full: "full", Truncated: "truncated", None: "none" } as const;
export type ClientAddress = (typeof ClientAddress)[keyof typeof ClientAddress];

export const RedirectStatus = { MovedPermanently: 301, PermanentRedirect: 308 } as const;
export type RedirectStatus = (typeof RedirectStatus)[keyof typeof RedirectStatus];

const DAY = 86_400;

/** What nodes serve. The defaults are those of a stack file, and a test holds the two together. */
export function siteOf({ host, zone, ...args }: SiteArgs): Site {
  return {
    host,
    ...(zone === undefined ? {} : { zone }),
    origins: args.origins,
    ...(args.shield === undefined ? {} : { shield: args.shield }),
    originHost: args.originHost ?? OriginHost.Origin,
    cacheKey: {
      query: queryOf(args.cacheKey),
      headers: args.cacheKey?.headers ?? [],
      cookies: args.cacheKey?.cookies ?? [],
    },
    stale: { whileRevalidate: args.stale?.whileRevalidate ?? 60, ifError: args.stale?.ifError ?? DAY },
    maxAge: args.maxAge ?? DAY,
    methods: args.methods ?? ["GET", "HEAD"],
    websocket: args.websocket ?? false,
    compression: args.compression ?? true,
    clientAddress: args.clientAddress ?? ClientAddress.Full,
    redirectStatus: args.redirectStatus ?? RedirectStatus.PermanentRedirect,
    tagHeader: args.tagHeader ?? "Surrogate-Key",
  };
}

function queryOf({ query = CacheKeyQuery.All, queryNames = [] }: CacheKeyArgs = {}): Site["cacheKey"]["query"] {
  return query === CacheKeyQuery.Named ? queryNames : query;
}

/** What is wrong with a site that TypeScript's types would not let pass. */
export function siteProblems(args: SiteArgs): string[] {
  const { host, dns, origins, originHost, cacheKey, clientAddress, redirectStatus, tagHeader } = args;
  const at = `sites.${host}`;
  const { query = CacheKeyQuery.All, queryNames } = cacheKey ?? {};
  return [
    ...(origins.length > 0 ? [] : [`${at}.origins: must have at least one, got []`]),
    ...origins.flatMap(({ scheme }, index) => unlessOneOf(`${at}.origins[${String(index)}].scheme`, scheme, Scheme)),
    ...unlessOneOf(`${at}.dns`, dns ?? SiteDns.Now, SiteDns),
    ...unlessOneOf(`${at}.originHost`, originHost ?? OriginHost.Origin, OriginHost),
    ...unlessOneOf(`${at}.cacheKey.query`, query, CacheKeyQuery),
    ...((query === CacheKeyQuery.Named) === (queryNames ?? []).length > 0
      ? []
      : [
          `${at}.cacheKey.queryNames: must be given with the query "named", and only with it, got ${JSON.stringify(queryNames ?? [])}`,
        ]),
    ...(cacheKey?.headers ?? []).flatMap((name, index) =>
      unlessField(`${at}.cacheKey.headers[${String(index)}]`, name, notInKey(name)),
    ),
    ...(tagHeader === undefined ? [] : unlessField(`${at}.tagHeader`, tagHeader, noTags(tagHeader))),
    ...unlessOneOf(`${at}.clientAddress`, clientAddress ?? ClientAddress.Full, ClientAddress),
    ...unlessOneOf(`${at}.redirectStatus`, redirectStatus ?? RedirectStatus.PermanentRedirect, RedirectStatus),
  ];
}

/** The reasons are those of a stack file. */
function unlessField(path: string, name: string, reason: string | undefined): string[] {
  if (!FIELD_NAME.test(name)) {
    return [`${path}: must be the name of an HTTP field, of letters, digits and hyphens, got ${JSON.stringify(name)}`];
  }
  return reason === undefined ? [] : [`${path}: must be another field, got ${JSON.stringify(name)}, which ${reason}`];
}

/** Ports of the sites' origins beside 443, which every node may reach, each once. */
export function originPorts(sites: readonly SiteArgs[]): number[] {
  const ports = sites.flatMap(({ origins }) => origins.map(({ port }) => port));
  return [...new Set(ports)].filter((port) => port !== 443).sort((a, b) => a - b);
}

/** What is wrong with all sites together. */
export function sitesProblems(sites: readonly SiteArgs[]): string[] {
  const origins = sites.flatMap((site) => site.origins).length;
  return [
    ...(sites.length <= SITES_LIMIT
      ? []
      : [`sites: must be at most ${String(SITES_LIMIT)}, got ${String(sites.length)}`]),
    ...(origins <= ORIGINS_LIMIT
      ? []
      : [`sites: must have at most ${String(ORIGINS_LIMIT)} origins all together, got ${String(origins)}`]),
  ];
}
