import { randomOf } from "../../infra/lab/chaos/random";
import type { Answer } from "../node/origin/client";
import { reply } from "../node/origin/scripted";
import { cachesOf, Pool } from "../node/pooled";
import { body, trace } from "./nodeTrace";
import { percentile } from "./percentile";

const NODES = 6;
/** Of each node, MB. */
const CACHE = 32;
/** Bytes of all objects, as parts of one node's cache. */
const WORKING_SET = 3;

/** What was asked before it fills the caches; all else is counted from there on. */
const WARM_UP = 15_000;
const COUNTED = 9_000;
const AT_ONCE = 12;

/** What a PoP did for the same trace. */
export interface ClusterFigures {
  /** Shares of the requests, and of the bytes, that the origin did not see. */
  readonly hitRatio: number;
  readonly byteHitRatio: number;
  readonly originRequests: number;
  /** Shares of the requests, and of the bytes, that one node got from another. */
  readonly hops: number;
  readonly hopBytes: number;
  /** Requests that the busiest owner answered for others, by the mean of all. */
  readonly busiest: number;
  /** Of what a node had itself, and of what it got from its owner's cache, ms. */
  readonly hit: Percentiles;
  readonly hop: Percentiles;
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** Six nodes that are one cache, and six that are not: a trace of which each node alone has room for a third. */
export async function measureCluster(
  progress: (line: string) => void,
): Promise<{ readonly one: ClusterFigures; readonly apart: ClusterFigures }> {
  progress("node: six nodes apart");
  const apart = await measure(false);
  progress("node: six nodes that are one cache");
  return { apart, one: await measure(true) };
}

interface Seen {
  readonly answer: Answer;
  readonly milliseconds: number;
}

async function measure(cluster: boolean): Promise<ClusterFigures> {
  const pool = await Pool.start(NODES, { cluster, cacheMemory: CACHE });
  try {
    const asked = trace(serve(pool), WARM_UP + COUNTED);
    await walk(pool, asked.slice(0, WARM_UP), 0);
    const before = cluster ? await answered(pool) : [];
    const seen = await walk(pool, asked.slice(WARM_UP), WARM_UP);
    const answers = cluster ? (await answered(pool)).map((n, i) => n - (before[i] ?? 0)) : [];
    return figuresOf(seen, answers);
  } finally {
    await pool.stop();
  }
}

/** Has the origin serve so many objects that they are as large as the working set. */
function serve(pool: Pool): readonly string[] {
  const random = randomOf(1);
  const paths: string[] = [];
  for (let bytes = 0; bytes < WORKING_SET * CACHE * 1024 ** 2;) {
    const content = body(random);
    const path = `/cluster/${String(paths.length)}`;
    pool.origin.on(path, reply(content, { "cache-control": "max-age=3600" }));
    paths.push(path);
    bytes += content.length;
  }
  return paths;
}

/** In order, a few at a time, each at a node by chance. */
async function walk(pool: Pool, paths: readonly string[], seed: number): Promise<readonly Seen[]> {
  const random = randomOf(seed + 3);
  const rest = paths.values();
  const seen: Seen[] = [];
  const worker = async (): Promise<void> => {
    for (const path of rest) {
      const started = performance.now();
      const answer = await pool.ask(Math.floor(random() * NODES), path);
      if (answer.status !== 200 || !answer.isWhole) {
        throw new Error(`${path} is answered with ${String(answer.status)}`);
      }
      seen.push({ answer, milliseconds: performance.now() - started });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return seen;
}

/** How many requests each node has answered for others. */
async function answered(pool: Pool): Promise<readonly number[]> {
  const asked = await Promise.all(pool.nodes.map((_, i) => pool.asked(i)));
  return pool.addresses.map((address, i) =>
    asked.reduce((sum, of, j) => sum + (i === j ? 0 : (of.get(address) ?? 0)), 0),
  );
}

function figuresOf(seen: readonly Seen[], answers: readonly number[]): ClusterFigures {
  const isMiss = ({ answer }: Seen): boolean => cachesOf(answer)[0]?.startsWith("fwd") === true;
  const isHop = ({ answer }: Seen): boolean => cachesOf(answer).length === 2;
  const bytes = (some: readonly Seen[]): number => some.reduce((sum, { answer }) => sum + answer.body.length, 0);
  const misses = seen.filter(isMiss);
  const hops = seen.filter(isHop);
  const mean = answers.reduce((sum, n) => sum + n, 0) / Math.max(1, answers.length);
  return {
    hitRatio: 1 - misses.length / seen.length,
    byteHitRatio: 1 - bytes(misses) / bytes(seen),
    originRequests: misses.length,
    hops: hops.length / seen.length,
    hopBytes: bytes(hops) / bytes(seen),
    busiest: mean === 0 ? 0 : Math.max(...answers) / mean,
    hit: percentiles(seen.filter((each) => !isMiss(each) && !isHop(each))),
    hop: percentiles(hops.filter((each) => !isMiss(each))),
  };
}

function percentiles(seen: readonly Seen[]): Percentiles {
  const times = seen.map(({ milliseconds }) => milliseconds);
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}
