import { brokenNodeBounds } from "./nodeBounds";
import type { ServerFigures } from "./nodePart";

type Given = Parameters<typeof brokenNodeBounds>[0];

function server(name: ServerFigures["name"], perSecond = 1000): ServerFigures {
  return {
    name,
    loads: [
      { name: "small", bytes: 1000, protocol: "h1", perSecond, p99: 1, processorTime: 50 },
      { name: "large", bytes: 1_000_000, protocol: "h2", perSecond, p99: 1, processorTime: 50 },
    ],
    behaviour: {
      coalescing: 1,
      stale: { served: 200, originRequests: 5, milliseconds: 5000 },
      whileRevalidate: 50,
      noStore: 4500,
    },
    hitRatio: 0.6,
  };
}

function clustered(originRequests: number): Given["cluster"]["one"] {
  const times = { p50: 1, p99: 2 };
  return {
    hitRatio: 0.9,
    byteHitRatio: 0.9,
    originRequests,
    hops: 0.5,
    hopBytes: 0.5,
    busiest: 1,
    hit: times,
    hop: times,
  };
}

const KEPT: Given = {
  node: server("footprint"),
  purge: { objects: 10_000, soft: 200, hard: 200 },
  cluster: { one: clustered(300), apart: clustered(900) },
  spread: { purges: 100, nodes: 6, p50: 1000, p95: 2000, max: 9000 },
  others: [server("nginx", 500), server("varnish", 1000)],
};

function withBehaviour(changes: Partial<ServerFigures["behaviour"]>): Given {
  return { ...KEPT, node: { ...KEPT.node, behaviour: { ...KEPT.node.behaviour, ...changes } } };
}

test("bounds that are kept are not mentioned", () => {
  expect(brokenNodeBounds(KEPT)).toEqual([]);
});

const stale = KEPT.node.behaviour.stale;

test.each<[Given, string]>([
  [withBehaviour({ coalescing: 2 }), "a cold object: 2 requests at the origin, not 1"],
  [
    { ...KEPT, cluster: { ...KEPT.cluster, one: clustered(301) } },
    "origin requests of six nodes that are one cache: 301, more than a third of 900",
  ],
  [withBehaviour({ coalescing: 0 }), "a cold object: 0 requests at the origin, not 1"],
  [
    withBehaviour({ stale: { ...stale, served: 199 } }),
    "a stale object, the origin fails: 199 of 200 clients are served",
  ],
  [
    withBehaviour({ stale: { ...stale, originRequests: 6 } }),
    "a stale object, the origin fails: 6 requests at the origin, more than 5",
  ],
  [
    withBehaviour({ stale: { ...stale, milliseconds: 5001 } }),
    "a stale object, the origin fails: 5001.0 ms, more than 5000 ms",
  ],
  [withBehaviour({ whileRevalidate: 50.5 }), "a stale object that is revalidated: 50.5 ms, more than 50 ms"],
  [withBehaviour({ noStore: 4501 }), "50 clients on what is not stored: 4501.0 ms, more than 4500 ms"],
  [{ ...KEPT, purge: { ...KEPT.purge, hard: 201 } }, "a purge by tag: 201.0 ms, more than 200 ms"],
  [{ ...KEPT, purge: { ...KEPT.purge, soft: 201 } }, "a soft purge by tag: 201.0 ms, more than 200 ms"],
  [{ ...KEPT, spread: { ...KEPT.spread, p95: 2001 } }, "a purge until the last node, p95: 2001 ms, more than 2000 ms"],
  [
    { ...KEPT, others: [server("nginx", 6000), server("varnish")] },
    "hits per second, large: 0.17 of the best other, less than 0.2",
  ],
  [{ ...KEPT, node: { ...KEPT.node, hitRatio: 0.36 } }, "hit ratio: 0.60 of the best other, less than 0.65"],
])("rejects a bound that is broken: %#", (figures, line) => {
  expect(brokenNodeBounds(figures)).toEqual([line]);
});

test("rejects every bound that is broken, small objects by a bound of their own", () => {
  const others = [server("haproxy", 14_000)];

  expect(brokenNodeBounds({ ...KEPT, others })).toEqual([
    "hits per second, small: 0.07 of the best other, less than 0.08",
    "hits per second, large: 0.07 of the best other, less than 0.2",
  ]);
});
