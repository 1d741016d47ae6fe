/** One bound of a node, as a sum over its machine or over bounds above it; its name is that of a variable. */
export interface Bound {
  /** Whole numbers, as a shell counts: MEMORY in kB, PROCESSORS, FILES (open files of one program), bounds above. */
  readonly sum: string;
  /** What it is on the smallest machine, SMALLEST. A program that was started before a bound existed has this one. */
  readonly smallest: number;
  readonly meaning: string;
}

/** A machine of 4 GB, the least that carries a node. */
export const SMALLEST = { MEMORY: 4_000_000, PROCESSORS: 2, FILES: 1_048_576 } as const;

/**
 * Fields of a request or a response as they come: HAProxy's own bound for what it takes. A node adds some of its own on
 * the way, and both programs take these, too: else a response could be stored that cannot be delivered any more.
 */
export const FIELDS_LIMIT = 100;
/** What HAProxy and Varnish take from each other: the above, some twenty of the node's, and Varnish's first line (five). */
export const FIELDS_WITHIN = 160;

/**
 * Bytes of the keys by which one response is purged: its tags, each with the host before it. Varnish makes some copies of
 * them in the workspace of a fetch (160 kB); from about 96 kB on the fetch would fail. What has more is not stored.
 */
export const TAGS_LIMIT = 32_768;

/**
 * Variants of one URL (Vary) that are stored. Varnish goes through them one by one at each request for the URL, and has
 * no bound of its own.
 */
export const VARIANTS_LIMIT = 256;

/**
 * What memory the cache takes besides what Varnish counts of it, in parts of that: 1.8 KB an object, and a twelfth of all that
 * sizes are rounded up to (jemalloc's own statistics, varnish 7.7, 2026-11-29). That is a quarter where objects have 13 KB
 * on average. Of small objects it is more than what is counted, so there the agent sees to it (agent/cacheRoom.ts).
 */
export const UNCOUNTED = 1 / 4;

/** Percent of the memory that Varnish may have; then the kernel ends its cache, and its manager starts another one. */
export const VARNISH_MEMORY_PERCENT = 80;

/** Bytes below which a response counts as small: what it takes besides is a fifth of it or more. */
export const SMALL_OBJECT = 8192;

/** Where the sums are done at the start of a program. What the environment says already is left: tests are small. */
export const LIMITS_SCRIPT = "/usr/local/lib/footprint/limits";

/**
 * What a node lets in, derived from its machine in this one place. In percent of the memory: 44 the cache, and 11 what that
 * takes besides (UNCOUNTED); 10 what passes through Varnish without being stored; 4 idle connections (10 KB each, with the kernel's part); 13 requests in flight
 * (208 KB each: buffers of HAProxy, workspace and stack of a thread, a socket between them; what is held has no thread,
 * and TLS to an origin instead); 8 misses (480 KB more: a second thread, three hops' buffers and TLS to the origin). The
 * rest is the kernel's, the agent's and its compiler's.
 *
 * A side has its own bound, and the bound of all is above their sum: so no side takes another's room. Where many share a
 * bound, a quarter is kept in equal parts for those who have little: haproxy/shares.ts has the rule.
 */
export const BOUNDS = {
  CONNECTIONS: {
    sum: "MEMORY / 264 < FILES / 4 ? MEMORY / 264 : FILES / 4",
    smallest: 15151,
    meaning: "connections of all clients",
  },
  CROWDED: { sum: "CONNECTIONS / 2", smallest: 7575, meaning: "connections above which clients may have fewer" },
  CLIENT_CONNECTIONS: { sum: "CONNECTIONS / 32 + 1", smallest: 474, meaning: "connections of one client" },
  CLIENT_CONNECTIONS_CROWDED: {
    sum: "CONNECTIONS / 256 + 1",
    smallest: 60,
    meaning: "connections of one client while clients are many",
  },
  REDIRECT_CONNECTIONS: { sum: "CONNECTIONS / 8", smallest: 1893, meaning: "connections to port 80" },
  CLIENT_REQUESTS: {
    sum: "PROCESSORS * 5000",
    smallest: 10000,
    meaning: "requests of one client within ten seconds: a twentieth of what the processors answer",
  },
  IN_FLIGHT: {
    sum: "MEMORY / 1600 < FILES / 16 ? MEMORY / 1600 : FILES / 16",
    smallest: 2500,
    meaning: "requests that are being answered, a thread of Varnish each, or an origin past it",
  },
  IN_FLIGHT_SHARED: {
    sum: "IN_FLIGHT * 3 / 4",
    smallest: 1875,
    meaning: "requests in flight above which a site has its own part alone",
  },
  SITE_IN_FLIGHT: { sum: "IN_FLIGHT / 2", smallest: 1250, meaning: "requests in flight of one site" },
  SITE_IN_FLIGHT_HITS: {
    sum: "IN_FLIGHT * 3 / 8",
    smallest: 937,
    meaning: "requests in flight of one site above which it gets hits alone",
  },
  CLIENT_IN_FLIGHT: { sum: "IN_FLIGHT / 8", smallest: 312, meaning: "requests in flight of one client" },
  CLIENT_IN_FLIGHT_CROWDED: {
    sum: "IN_FLIGHT / 64 + 1",
    smallest: 40,
    meaning: "requests in flight of one client while half of all are taken",
  },
  IN_FLIGHT_CROWDED: { sum: "IN_FLIGHT / 2", smallest: 1250, meaning: "requests in flight that are half of all" },
  MISSES: { sum: "IN_FLIGHT / 4", smallest: 625, meaning: "requests to all origins, a second thread of Varnish each" },
  MISSES_SHARED: {
    sum: "MISSES * 3 / 4",
    smallest: 468,
    meaning: "requests to origins above which an origin has its own part alone",
  },
  ORIGIN_CONNECTIONS: {
    sum: "MISSES / 3 < 256 ? MISSES / 3 : 256",
    smallest: 208,
    meaning: "connections to one origin",
  },
  ORIGIN_MISSES: {
    sum: "ORIGIN_CONNECTIONS * 5 / 4",
    smallest: 260,
    meaning: "requests to one origin, with those that wait for a connection",
  },
  ORIGIN_BUSY: {
    sum: "ORIGIN_CONNECTIONS / 2",
    smallest: 104,
    meaning: "requests to one origin above which a client has its share alone",
  },
  CLIENT_MISSES: {
    sum: "ORIGIN_CONNECTIONS / 16 + 1",
    smallest: 14,
    meaning: "a client's share of requests to an origin that is busy",
  },
  ORIGIN_CROWDED: {
    sum: "ORIGIN_CONNECTIONS * 3 / 4",
    smallest: 156,
    meaning: "requests to one origin above which the rest is for clients that have few",
  },
  CLIENT_MISSES_CROWDED: {
    sum: "ORIGIN_CONNECTIONS / 128 + 1",
    smallest: 2,
    meaning: "a client's share of requests to an origin that is crowded",
  },
  EGRESS_CONNECTIONS: { sum: "MISSES * 2", smallest: 1250, meaning: "connections to each part of the egress side" },
  HELD: {
    sum: "IN_FLIGHT / 4",
    smallest: 625,
    meaning: "requests in flight that may be WebSockets or server-sent events, with a connection to an origin each",
  },
  SITE_HELD: { sum: "HELD / 2", smallest: 312, meaning: "the same of one site" },
  CLIENT_HELD: { sum: "HELD / 32 + 1", smallest: 20, meaning: "the same of one client" },
  OWN_CONNECTIONS: { sum: "64", smallest: 64, meaning: "connections to each of health and metrics" },
  ALL_CONNECTIONS: {
    sum: "CONNECTIONS + REDIRECT_CONNECTIONS + 3 * EGRESS_CONNECTIONS + HELD + 4 * OWN_CONNECTIONS + 100",
    smallest: 21775,
    meaning: "connections that HAProxy takes, all sides together",
  },
  CACHE_MEMORY: { sum: "MEMORY / 25 * 11 / 1024", smallest: 1718, meaning: "MB of the cache" },
  ENDLESS: {
    sum: "CACHE_MEMORY * 262144",
    smallest: 450363392,
    meaning: "bytes of a response without a length that is stored: a quarter of the cache",
  },
  DISPLACED: {
    sum: "CACHE_MEMORY * 2048",
    smallest: 3518464,
    meaning:
      "objects that a new one may displace: all of the cache, at 512 bytes each, which is less than any takes; or what a tenth of a disk has of 64 kB",
  },
  TRANSIENT_MEMORY: {
    sum: "MEMORY / 10 / 1024",
    smallest: 390,
    meaning: "MB of what is never stored but passes through Varnish, half of it for responses",
  },
  TRANSIT: {
    sum: "TRANSIENT_MEMORY * 512 / MISSES",
    smallest: 319,
    meaning: "kB that a response which is not stored may be ahead of its reader; then its origin's connection is held",
  },
  THREADS: {
    sum: "(IN_FLIGHT + MISSES + 1) / 2 + 200",
    smallest: 1763,
    meaning: "threads in each of Varnish's two pools: for all that is let in, and for what is refused meanwhile",
  },
} as const satisfies Readonly<Record<string, Bound>>;

export type BoundName = keyof typeof BOUNDS;

/**
 * What comes to it where the nodes of a PoP are one cache. A request that another node asks for takes a thread here as a
 * client's does (208 KB), and one that is asked of another node takes what a miss does (480 KB): an eighth of the cache is
 * left to them.
 */
export const RING_BOUNDS = {
  PEERS: {
    sum: "MISSES / 2",
    smallest: 312,
    meaning: "requests of the PoP's other nodes that are being answered, a thread of Varnish each",
  },
  // A crowd of 200 clients on one cold object costs its origin one request.
  PEERS_CROWDED: {
    sum: "MISSES / 3",
    smallest: 208,
    meaning: "the same above which they may be half as many again as what this node asks of others, and no more",
  },
  HOPS: {
    sum: "MISSES / 2",
    smallest: 312,
    meaning: "requests to the PoP's other nodes, a second thread of Varnish each",
  },
  // Within what ALL_CONNECTIONS has above its sides: a HAProxy that runs already does not get another bound for all.
  PEER_CONNECTIONS: {
    sum: "100",
    smallest: 100,
    meaning: "connections of the PoP's nodes, each for up to 256 requests at a time",
  },
  RING_CACHE_MEMORY: { sum: "CACHE_MEMORY * 7 / 8", smallest: 1503, meaning: "MB of the cache then" },
  COPIES_MEMORY: {
    sum: "RING_CACHE_MEMORY / 10",
    smallest: 150,
    meaning: "MB of these for copies of what other nodes own",
  },
  // A copy is worth the hops that it spares, and costs its bytes. So what fills the storage spares 5,000 hops a minute at
  // least, however large its pieces are; without that a few large ones take the room of what is asked for all the time.
  COPY_STEP: {
    sum: "COPIES_MEMORY * 1048576 / 5000",
    smallest: 31457,
    meaning: "bytes of an object for which it must be asked for once more a minute to be copied",
  },
  COPY_LIMIT: {
    sum: "COPIES_MEMORY * 1024 / 256",
    smallest: 600,
    meaning: "kB of the largest copy",
  },
  RING_TRANSIT: {
    sum: "TRANSIENT_MEMORY * 512 / (MISSES + HOPS)",
    smallest: 213,
    meaning: "kB that a response which is not stored may be ahead of its reader then",
  },
  RING_THREADS: {
    sum: "THREADS + (PEERS + HOPS + 1) / 2",
    smallest: 2075,
    meaning: "threads in each of Varnish's two pools then: also for what nodes ask each other",
  },
} as const satisfies Readonly<Record<string, Bound>>;

export type RingBoundName = keyof typeof RING_BOUNDS;

/** One of these as HAProxy's configuration takes it from the environment. */
export function ringBound(name: RingBoundName): string {
  return fromEnvironment(name, RING_BOUNDS[name]);
}

/** A bound as HAProxy's configuration takes it from the environment. */
export function bound(name: BoundName): string {
  return fromEnvironment(name, BOUNDS[name]);
}

function fromEnvironment(name: string, { smallest }: Bound): string {
  return `"\${${name}-${String(smallest)}}"`;
}

/** Renders LIMITS_SCRIPT, which is read by those that start a program. */
export function limitsScript(cluster: boolean): string {
  const sums = Object.entries({ ...BOUNDS, ...(cluster ? RING_BOUNDS : {}) }).map(
    ([name, { sum, meaning }]) => `# ${meaning}\n: "\${${name}:=$((${sum}))}"\nexport ${name}\n`,
  );
  return `# What this node lets in, from the size of its machine. components/node/README.md has the reasons.
: "\${MEMORY:=$(($(getconf _PHYS_PAGES) * ($(getconf PAGE_SIZE) / 1024)))}"
: "\${PROCESSORS:=$(getconf _NPROCESSORS_ONLN)}"
: "\${FILES:=$(ulimit -n)}"
[ "$FILES" != unlimited ] || FILES=1048576

${sums.join("\n")}`;
}
