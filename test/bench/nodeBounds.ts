import type { Figures } from "./nodePart";

/**
 * What a node has to reach on an idle machine of two cores, and how many times that is let pass: the machine may be
 * doing something else too.
 */
const MILLISECONDS = {
  stale: { target: 1000, headroom: 5 },
  whileRevalidate: { target: 5, headroom: 10 },
  // Below it one could not tell a node that lets all through at once from one that lets through one after the other,
  // which takes 15 s.
  noStore: { target: 1500, headroom: 3 },
  purge: { target: 50, headroom: 4 },
} as const;

/** From publish to the last node, 95th percentile. No ratio, since it is the time between two polls that sets it. */
const SPREAD_MS = 2000;

const STALE_ORIGIN_REQUESTS = 5;

/** Of what the same nodes cause apart, over a working set of three times what one holds. */
const CLUSTER_ORIGIN_REQUESTS = 1 / 3;

/**
 * Hits per second and hit ratio as shares of the best of the others. The node is two programs where they are one, which
 * costs most where a request is nothing but overhead; nginx looks only now and then whether its cache is too large.
 */
const SHARES = { small: 0.08, large: 0.2, hitRatio: 0.65 } as const;

/** The bounds that a node breaks, in words. */
export function brokenNodeBounds({ node, purge, spread, cluster, others }: Figures): string[] {
  const { behaviour, loads, hitRatio } = node;
  const best = (of: (figures: (typeof others)[number]) => number): number => Math.max(...others.map(of));
  const time = (bound: keyof typeof MILLISECONDS, what: string, milliseconds: number) => {
    const limit = MILLISECONDS[bound].target * MILLISECONDS[bound].headroom;
    return [milliseconds <= limit, `${what}: ${milliseconds.toFixed(1)} ms, more than ${limit} ms`] as const;
  };
  const share = (what: string, own: number, other: number, least: number) =>
    [own >= least * other, `${what}: ${(own / other).toFixed(2)} of the best other, less than ${least}`] as const;
  const { stale } = behaviour;
  const bounds: readonly (readonly [kept: boolean, text: string])[] = [
    [behaviour.coalescing === 1, `a cold object: ${behaviour.coalescing} requests at the origin, not 1`],
    [stale.served === 200, `a stale object, the origin fails: ${stale.served} of 200 clients are served`],
    [
      stale.originRequests <= STALE_ORIGIN_REQUESTS,
      `a stale object, the origin fails: ${stale.originRequests} requests at the origin, more than ${STALE_ORIGIN_REQUESTS}`,
    ],
    time("stale", "a stale object, the origin fails", stale.milliseconds),
    time("whileRevalidate", "a stale object that is revalidated", behaviour.whileRevalidate),
    time("noStore", "50 clients on what is not stored", behaviour.noStore),
    time("purge", "a purge by tag", purge.hard),
    time("purge", "a soft purge by tag", purge.soft),
    [
      spread.p95 <= SPREAD_MS,
      `a purge until the last node, p95: ${spread.p95.toFixed(0)} ms, more than ${SPREAD_MS} ms`,
    ],
    [
      cluster.one.originRequests <= CLUSTER_ORIGIN_REQUESTS * cluster.apart.originRequests,
      `origin requests of six nodes that are one cache: ${cluster.one.originRequests}, more than a third of ${cluster.apart.originRequests}`,
    ],
    ...loads.map(({ name, bytes, perSecond }, i) =>
      share(
        `hits per second, ${name}`,
        perSecond,
        best((other) => other.loads[i]?.perSecond ?? 0),
        bytes > 100_000 ? SHARES.large : SHARES.small,
      ),
    ),
    share(
      "hit ratio",
      hitRatio,
      best((other) => other.hitRatio),
      SHARES.hitRatio,
    ),
  ];
  return bounds.flatMap(([kept, text]) => (kept ? [] : [text]));
}
