import { region } from "../../infra/config/regions";
import { IMAGE, PACKAGES, type StackInput } from "../support/stacks";
import { at, atEach, generations, list, named, onlyTrue, optional, required, type Place, type Way } from "./edit";

const HOST = "cdn.example.com";
export const OTHER_HOST = "shop.example.net";
const ORIGIN = "https://origin.example.org";
/** Ids of hosted zones, which must be there for the engine. */
export const ZONES = {
  primary: "Z0123456789ABCDEFGHIJ",
  other: "Z0123456789NETZONE000",
  new: "Z0123456789NEWZONE000",
  extra: "Z0123456789XTRZONE000",
  spare: "Z0123456789ORGZONE000",
} as const;
const OTHER_IMAGE = "ami-0fedcba9876543210";

/** A PoP of each state and egress. */
export const POPS = {
  "eu-west-1": { egress: "nat" },
  "us-west-2": { state: "drained", egress: "nat" },
  "eu-central-1": { egress: "direct" },
  "sa-east-1": { state: "drained", egress: "direct" },
  "us-east-1": { egress: "both" },
  "ap-northeast-1": { state: "drained", egress: "both" },
} as const;
export type Region = keyof typeof POPS;
const REGIONS = Object.keys(POPS) as Region[];

const ENTRIES = { "eu-north-1": {}, "eu-west-3": {} };

/** What is edited: two zones a PoP, two hosts, two hosted zones. */
export function footprint(regions: readonly Region[] = REGIONS): StackInput {
  return {
    zones: { "example.com": { id: ZONES.primary, primary: true }, "example.net": { id: ZONES.other } },
    sites: { [HOST]: { origin: ORIGIN }, [OTHER_HOST]: { origin: ORIGIN } },
    image: Object.fromEntries([...REGIONS, ...Object.keys(ENTRIES)].map((code) => [code, IMAGE])),
    packages: PACKAGES,
    defaults: { zones: 2, nodes: { min: 6, max: 12 } },
    pops: Object.fromEntries(regions.map((code) => [code, POPS[code]])),
  };
}

/** Is it one of those that serve? */
function isActive(code: string, { pops }: StackInput = footprint()): boolean {
  return (pops[code] as { readonly state?: string } | undefined)?.state !== "drained";
}

const inPops = (...path: readonly string[]): Place => atEach(REGIONS, ...path);
const site = (...path: readonly string[]): Place => at("sites", HOST, ...path);
const SITES = footprint().sites as object;
const IMAGES = footprint().image as object;
const TYPES = ["m7gd.xlarge", "m6gd.xlarge", "c7gd.xlarge"];
const BOUNDARY = "arn:aws:iam::111122223333:policy/";

/** A value that each PoP has of its own. */
const each =
  (of: (code: string) => unknown): unknown =>
  (code: string) =>
    of(code);
/** Zones of a region by their places in its table. */
const zones = (...places: readonly number[]): unknown =>
  each((code) => places.map((place) => region(code).zones.filter(({ usable }) => usable)[place]?.id));
/** Blocks that no region has of itself. */
const block = (first: number): unknown =>
  each((code) => `10.67.${String(16 * (first + REGIONS.indexOf(code as Region)))}.0/20`);

/** In the order of the schema. */
export const WAYS: readonly Way[] = [
  required("aws:region", at("aws:region"), "us-east-1", "eu-west-1"),
  named("zones", at("zones"), footprint().zones as object, [
    { "example.org": { id: ZONES.extra } },
    { "example.info": { id: ZONES.extra } },
  ]),
  {
    key: "zones",
    what: "a zone below one, with a host of its own",
    apart: "guarded",
    place: at("zones", OTHER_HOST),
    steps: [
      ["add", { id: ZONES.new, delegated: true }],
      ["remove", undefined],
    ],
  },
  {
    key: "zones.*.id",
    what: "of a zone with hosts",
    apart: "guarded",
    // A zone has one of the two.
    place: (input, id) => at("zones", "example.net")(input, id === undefined ? { create: true } : { id }),
    start: ZONES.other,
    steps: [
      ["replace", ZONES.new],
      ["remove", undefined],
      ["add", ZONES.other],
    ],
  },
  {
    key: "zones.*.id",
    what: "of a zone whose apex alone is a host",
    apart: "guarded",
    place: (input, id) => {
      const edited = at("zones", "example.net")(input, id === undefined ? { create: true } : { id });
      return at("sites", "example.net")(at("sites", OTHER_HOST)(edited, undefined), { origin: ORIGIN });
    },
    start: ZONES.other,
    steps: [
      ["replace", ZONES.new],
      ["remove", undefined],
      ["add", ZONES.other],
    ],
  },
  {
    key: "zones.*.id",
    what: "while it is handed over",
    apart: "sequence",
    place: (input, id) => at("zones", "example.net")(input, { id, handOver: true }),
    start: ZONES.other,
    steps: [
      ["replace", ZONES.new],
      ["replace", ZONES.other],
    ],
  },
  {
    key: "zones.*.create",
    what: "of a zone without hosts",
    place: (input, create) =>
      at("zones", "example.org")(input, create === undefined ? { id: ZONES.spare } : { create: true }),
    apart: "guarded",
    steps: [
      ["add", true],
      ["remove", undefined],
    ],
  },
  onlyTrue("zones.*.primary", (input, value) => {
    const isOther = value === true;
    const edited = at("zones", "example.net")(input, { id: ZONES.other, ...(isOther ? { primary: true } : {}) });
    return at("zones", "example.com")(edited, { id: ZONES.primary, ...(isOther ? {} : { primary: true }) });
  }),
  onlyTrue("zones.*.handOver", at("zones", "example.net", "handOver")),
  {
    key: "zones.*.delegated",
    what: "a zone below one, without hosts",
    place: (input, value) =>
      at("zones", "img.example.net")(input, value === undefined ? undefined : { id: ZONES.new, delegated: true }),
    steps: [
      ["add", true],
      ["remove", undefined],
    ],
  },
  optional("zones.*.caaAtApex", at("zones", "example.net", "caaAtApex"), true, false),

  {
    ...named("sites", at("sites"), SITES, [
      { "www.example.com": { origin: ORIGIN } },
      { "img.example.com": { origin: ORIGIN } },
    ]),
    apart: "guarded",
  },
  {
    ...named("sites", at("sites"), SITES, [
      { "www.example.com": { origin: ORIGIN, dns: "later" } },
      { "img.example.com": { origin: ORIGIN, dns: "later" } },
    ]),
    what: "that have no answer yet",
  },
  {
    key: "sites.*.origin",
    place: site("origin"),
    start: ORIGIN,
    steps: [
      ["replace", "https://other.example.org"],
      ["add", ["https://other.example.org", "https://third.example.org"]],
      ["reorder", ["https://third.example.org", "https://other.example.org"]],
      ["remove", "https://third.example.org"],
      ["replace", ORIGIN],
    ],
  },
  {
    key: "sites.*.origin",
    what: "its port",
    apart: "guarded",
    place: site("origin"),
    start: ORIGIN,
    steps: [
      ["replace", `${ORIGIN}:8443`],
      ["replace", ORIGIN],
    ],
  },
  {
    key: "sites.*.origin",
    what: "its scheme",
    apart: "guarded",
    place: site("origin"),
    start: ORIGIN,
    steps: [
      ["replace", ORIGIN.replace("https:", "http:")],
      ["replace", ORIGIN],
    ],
  },
  optional("sites.*.originHost", site("originHost"), "site", "origin"),
  optional("sites.*.shield", site("shield"), "eu-west-1", "eu-central-1"),
  { ...optional("sites.*.dns", site("dns"), "later", "now"), ends: [HOST] },
  {
    key: "sites.*.cacheKey.query",
    place: site("cacheKey", "query"),
    steps: [
      ["add", ["page", "language"]],
      ["reorder", ["language", "page"]],
      ["replace", "none"],
      ["remove", undefined],
    ],
  },
  list("sites.*.cacheKey.headers", site("cacheKey", "headers"), "Accept-Language", "X-Currency", "X-Country"),
  list("sites.*.cacheKey.cookies", site("cacheKey", "cookies"), "currency", "language", "country"),
  optional("sites.*.stale.whileRevalidate", site("stale", "whileRevalidate"), 0, 120),
  optional("sites.*.stale.ifError", site("stale", "ifError"), 0, 3600),
  optional("sites.*.maxAge", site("maxAge"), 600, 3600),
  {
    key: "sites.*.methods",
    place: site("methods"),
    steps: [
      ["add", ["GET", "HEAD", "POST"]],
      ["reorder", ["POST", "HEAD", "GET"]],
      ["replace", ["GET", "HEAD", "PUT"]],
      ["remove", undefined],
    ],
  },
  optional("sites.*.websocket", site("websocket"), true, false),
  optional("sites.*.compression", site("compression"), false, true),
  optional("sites.*.clientAddress", site("clientAddress"), "truncated", "none"),
  optional("sites.*.redirectStatus", site("redirectStatus"), 301, 308),
  optional("sites.*.tagHeader", site("tagHeader"), "Cache-Tag", "Xkey"),

  optional("popDomain", at("popDomain"), "one.pop.example.com", "two.pop.example.com"),
  list("originPorts", at("originPorts"), 8443, 9443, 10_443),
  {
    key: "image",
    place: at("image"),
    start: IMAGES,
    steps: [
      ["add", { ...IMAGES, "eu-west-2": IMAGE }],
      ["reorder", { "eu-west-2": IMAGE, ...IMAGES }],
      ["replace", { ...IMAGES, "ca-central-1": IMAGE }],
      ["remove", IMAGES],
    ],
  },
  required("image.*", at("image", "eu-west-1"), IMAGE, OTHER_IMAGE),
  required("packages.bucket", at("packages", "bucket"), PACKAGES.bucket, "other-edge-packages"),

  {
    key: "defaults.zones",
    place: at("defaults", "zones"),
    apart: "guarded",
    start: 2,
    steps: [
      ["replace", 3],
      ["remove", undefined],
      ["add", 2],
    ],
  },
  optional(
    "defaults.egress",
    (input, value) => at("defaults", "egress")(inPops("egress")(input, undefined), value),
    "both",
    "direct",
  ),
  optional("defaults.crossZone", at("defaults", "crossZone"), true, false),
  optional("defaults.cluster", at("defaults", "cluster"), false, true),
  {
    key: "defaults.nodes.min",
    place: at("defaults", "nodes", "min"),
    start: 6,
    steps: [
      ["replace", 8],
      ["remove", undefined],
      ["add", 6],
    ],
  },
  {
    key: "defaults.nodes.max",
    place: at("defaults", "nodes", "max"),
    start: 12,
    steps: [
      ["replace", 16],
      ["remove", undefined],
      ["add", 12],
    ],
  },
  list("defaults.nodes.types", at("defaults", "nodes", "types"), TYPES[0], TYPES[1], TYPES[2]),
  optional("defaults.nodes.spotShare", at("defaults", "nodes", "spotShare"), 30, 60),
  optional("defaults.nodes.targetUtilization", at("defaults", "nodes", "targetUtilization"), 50, 70),

  {
    key: "pops",
    place: (input, more) => ({ ...input, pops: (more as (pops: object) => StackInput["pops"])(input.pops) }),
    apart: "guarded",
    start: (pops: object) => pops,
    steps: [
      ["add", (pops: object) => ({ ...pops, "eu-north-1": {} })],
      ["reorder", (pops: object) => ({ "eu-north-1": {}, ...pops })],
      ["replace", (pops: object) => ({ ...pops, "eu-west-3": {} })],
      ["remove", (pops: object) => pops],
    ],
  },
  {
    key: "pops",
    what: "drained ones",
    place: (input, more) => ({ ...input, pops: { ...input.pops, ...(more as object) } }),
    start: {},
    steps: [
      ["add", { "eu-north-1": { state: "drained" } }],
      ["replace", { "eu-west-3": { state: "drained" } }],
      ["remove", {}],
    ],
  },
  {
    key: "pops.*.state",
    place: inPops("state"),
    start: each((code) => (isActive(code) ? "active" : "drained")),
    steps: [
      ["replace", each((code) => (isActive(code) ? "drained" : "active"))],
      ["remove", undefined],
      ["add", each((code) => (isActive(code) ? "active" : "drained"))],
    ],
  },
  { ...optional("pops.*.cidr", inPops("cidr"), block(0), block(8)), apart: "guarded" },
  {
    key: "pops.*.zones",
    apart: "guarded",
    place: inPops("zones"),
    steps: [
      ["add", 3],
      ["replace", zones(0, 1, 2)],
      ["reorder", zones(2, 0, 1)],
      ["remove", undefined],
    ],
  },
  {
    key: "pops.*.zones",
    apart: "guarded",
    what: "one exchanged for another",
    place: inPops("zones"),
    start: zones(0, 1),
    steps: [
      ["replace", zones(0, 2)],
      ["replace", zones(0, 1)],
    ],
  },
  {
    key: "pops.*.egress",
    apart: "guarded",
    place: inPops("egress"),
    start: each((code) => POPS[code as Region].egress),
    steps: [
      ["replace", "nat"],
      ["replace", "direct"],
      ["replace", "both"],
      ["remove", undefined],
      ["add", each((code) => POPS[code as Region].egress)],
    ],
  },
  optional("pops.*.crossZone", inPops("crossZone"), true, false),
  optional("pops.*.cluster", inPops("cluster"), false, true),
  optional("pops.*.nodes.min", inPops("nodes", "min"), 8, 4),
  optional("pops.*.nodes.max", inPops("nodes", "max"), 24, 8),
  list("pops.*.nodes.types", inPops("nodes", "types"), TYPES[0], TYPES[1], TYPES[2]),
  optional("pops.*.nodes.spotShare", inPops("nodes", "spotShare"), 30, 60),
  optional("pops.*.nodes.targetUtilization", inPops("nodes", "targetUtilization"), 50, 70),
  optional("pops.*.peak", inPops("peak"), 1, 2),

  { ...optional("supernet", at("supernet"), "10.64.0.0/13", "10.128.0.0/14"), apart: "guarded" },
  optional("healthCheck.interval", at("healthCheck", "interval"), 30, 10),
  optional("healthCheck.threshold", at("healthCheck", "threshold"), 2, 5),
  optional(
    "tlsPolicy",
    at("tlsPolicy"),
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
  ),
  optional("logs.flow", at("logs", "flow"), "all", "rejected"),
  optional("logs.retention", at("logs", "retention"), 7, 90),
  optional("protection", at("protection"), false, true),
  optional("purge.maxStaleness", at("purge", "maxStaleness"), 7200, 600),
  ...["originAuth", "purge", "configuration"].flatMap((role) => generations(`secrets.${role}`, at("secrets", role))),
  optional("volumeKey", at("volumeKey"), "alias/one", "alias/two"),
  optional("permissionsBoundary", at("permissionsBoundary"), `${BOUNDARY}one`, `${BOUNDARY}two`),
  named("tags", at("tags"), { team: "edge" }, [{ environment: "test" }, { stage: "test" }]),
  required("tags.*", at("tags", "team"), "edge", "delivery"),
  optional("metrics.cloudwatch", at("metrics", "cloudwatch"), false, true),
  {
    key: "metrics.sites",
    place: at("metrics", "sites"),
    steps: [
      ["add", [HOST]],
      ["replace", [OTHER_HOST]],
      ["add", [OTHER_HOST, HOST]],
      ["reorder", [HOST, OTHER_HOST]],
      ["remove", undefined],
    ],
  },
  optional("metrics.otlp", at("metrics", "otlp"), "https://otel.example.com:4318", "https://collector.example.net"),
  list("alarms.emails", at("alarms", "emails"), "one@example.com", "two@example.com", "three@example.com"),
  optional("alarms.objectives.availability", at("alarms", "objectives", "availability"), 99.5, 99.95),
  optional("alarms.objectives.firstByte", at("alarms", "objectives", "firstByte"), 500, 5000),
  list("acknowledge.optInRegions", at("acknowledge", "optInRegions"), "af-south-1", "ap-east-1", "me-south-1"),
  optional(
    "acknowledge.quotas.certificatesPerLoadBalancer",
    at("acknowledge", "quotas", "certificatesPerLoadBalancer"),
    50,
    100,
  ),
];
