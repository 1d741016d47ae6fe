import * as os from "node:os";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { table } from "../../infra/terminal/table";
import { DEBIAN } from "../node/debianRoot";
import { measureBehaviour, measurePurge, type Behaviour, type Purges } from "./nodeBehaviour";
import { brokenNodeBounds } from "./nodeBounds";
import { LOADS, measureLoads, type Load, type Rate } from "./nodeLoad";
import { measureCluster, type ClusterFigures } from "./nodeCluster";
import { measurePurgeSpread, type PurgeSpread } from "./nodePurge";
import { CACHE_MEGABYTES, startServers, stopServers, type Server, type ServerName } from "./nodeServers";
import { measureHitRatio } from "./nodeTrace";
import type { Part } from "./part";

export interface ServerFigures {
  readonly name: ServerName;
  readonly loads: readonly (Load & Rate)[];
  readonly behaviour: Behaviour;
  /** Share of a trace's requests that the origin did not see. */
  readonly hitRatio: number;
}

export interface Figures {
  readonly node: ServerFigures;
  readonly purge: Purges;
  readonly spread: PurgeSpread;
  readonly cluster: { readonly one: ClusterFigures; readonly apart: ClusterFigures };
  readonly others: readonly ServerFigures[];
}

/**
 * A node beside the stock nginx, Varnish and HAProxy of the same Debian, on one machine in one run: each as Debian sets
 * it up, with the least that makes it a cache. The load balancer and its TLS are left out for all.
 */
export const NODE: Part = {
  name: "node",
  requirements: [DEBIAN],
  measure: async (progress) => {
    const figures = await measure(progress);
    return { text: textOf(figures), figures, broken: brokenNodeBounds(figures) };
  },
};

async function measure(progress: (line: string) => void): Promise<Figures> {
  progress("node: purges of three PoPs with two nodes each");
  const spread = await measurePurgeSpread();
  const cluster = await measureCluster(progress);
  const root = debianRootFolder();
  progress("node: starting four servers");
  const servers = await startServers(root);
  try {
    const behaviours = await inTurn(servers, "behaviour", measureBehaviour, progress);
    progress("node: purge");
    const purge = await purgeOf(servers);
    const hitRatios = await inTurn(servers, "hit ratio", measureHitRatio, progress);
    const rates = await measureLoads(root, servers, (line) => {
      progress(`node: ${line}`);
    });
    const of = (name: ServerName): ServerFigures => ({
      name,
      loads: LOADS.map((load) => ({ ...load, ...known(rates.get(load)?.get(name)) })),
      behaviour: known(behaviours.get(name)),
      hitRatio: known(hitRatios.get(name)),
    });
    return { node: of("footprint"), purge, spread, cluster, others: OTHERS.map(of) };
  } finally {
    await stopServers(servers);
  }
}

const OTHERS = ["nginx", "varnish", "haproxy"] as const;

async function inTurn<T>(
  servers: readonly Server[],
  what: string,
  each: (server: Server) => Promise<T>,
  progress: (line: string) => void,
): Promise<ReadonlyMap<ServerName, T>> {
  const results = new Map<ServerName, T>();
  for (const server of servers) {
    progress(`node: ${what} of ${server.name}`);
    results.set(server.name, await each(server));
    await server.emptyLog();
  }
  return results;
}

async function purgeOf(servers: readonly Server[]): Promise<Purges> {
  const node = known(servers.find(({ purgeSocket }) => purgeSocket !== undefined));
  return measurePurge(node, known(node.purgeSocket));
}

function known<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error("a server was not measured");
  }
  return value;
}

interface Row {
  readonly title: string;
  readonly value: (figures: ServerFigures) => number;
  readonly text: (value: number) => string;
}

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const tenths = (value: number): string => value.toFixed(1);
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

const ROWS: readonly Row[] = [
  ...LOADS.flatMap(({ name }, i): Row[] => [
    { title: `hits/s, ${name}`, value: ({ loads }) => loads[i]?.perSecond ?? 0, text: whole },
    { title: `  p99, ms`, value: ({ loads }) => loads[i]?.p99 ?? 0, text: tenths },
    { title: `  processor time, us`, value: ({ loads }) => loads[i]?.processorTime ?? 0, text: whole },
  ]),
  {
    title: `hit ratio, Zipf trace, ${CACHE_MEGABYTES} MB`,
    value: ({ hitRatio }) => hitRatio,
    text: percent,
  },
  { title: "200 clients, cold object: origin requests", value: ({ behaviour }) => behaviour.coalescing, text: whole },
  {
    title: "200 clients, stale object, origin fails: served",
    value: ({ behaviour }) => behaviour.stale.served,
    text: whole,
  },
  { title: "  origin requests", value: ({ behaviour }) => behaviour.stale.originRequests, text: whole },
  { title: "  until all are answered, ms", value: ({ behaviour }) => behaviour.stale.milliseconds, text: whole },
  {
    title: "stale-while-revalidate, origin takes 500 ms: ms",
    value: ({ behaviour }) => behaviour.whileRevalidate,
    text: tenths,
  },
  {
    title: "50 clients, no-store, origin takes 300 ms: ms",
    value: ({ behaviour }) => behaviour.noStore,
    text: whole,
  },
];

function textOf({ node, purge, spread, cluster, others }: Figures): string {
  const rows = ROWS.map(({ title, value, text }) => [
    title,
    text(value(node)),
    ...others.map((other) => `${text(value(other))} (${ratio(value(node), value(other))})`),
  ]);
  return [
    `A node beside stock servers of the same Debian 13, ${os.availableParallelism()} cores shared with load and origin`,
    "(in brackets: the node's figure divided by theirs)",
    table(["", "footprint", ...OTHERS], rows, PLAIN),
    `Purge of ${purge.objects} objects by tag: ${tenths(purge.hard)} ms, soft ${tenths(purge.soft)} ms`,
    `${spread.purges} purges, each until the last of ${spread.nodes} nodes of three PoPs serves the new body: ` +
      `p50 ${whole(spread.p50)} ms, p95 ${whole(spread.p95)} ms, max ${whole(spread.max)} ms`,
    ...clusterText(cluster),
    "",
  ].join("\n");
}

function clusterText({ one, apart }: Figures["cluster"]): readonly string[] {
  return [
    `Six nodes, a Zipf trace over three times what one holds: hit ratio ${percent(one.hitRatio)} as one cache, ` +
      `${percent(apart.hitRatio)} apart (by bytes ${percent(one.byteHitRatio)}, ${percent(apart.byteHitRatio)}); ` +
      `origin requests ${whole(one.originRequests)} and ${whole(apart.originRequests)} (${ratio(one.originRequests, apart.originRequests)})`,
    `from another node ${percent(one.hops)} of requests, ${percent(one.hopBytes)} of bytes; the busiest owner answers ` +
      `${one.busiest.toFixed(2)} times the mean; a hit p50 ${tenths(one.hit.p50)} p99 ${tenths(one.hit.p99)} ms, ` +
      `of another node p50 ${tenths(one.hop.p50)} p99 ${tenths(one.hop.p99)} ms; ` +
      `apart p50 ${tenths(apart.hit.p50)} p99 ${tenths(apart.hit.p99)} ms`,
  ];
}

function ratio(own: number, other: number): string {
  return other === 0 ? "-" : (own / other).toFixed(2);
}

const same = (text: string): string => text;
const PLAIN = { bold: same, dim: same, green: same, yellow: same, red: same, width: Infinity };
