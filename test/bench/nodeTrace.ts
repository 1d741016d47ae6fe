import { reply } from "../node/origin/scripted";
import { randomOf } from "../../infra/lab/chaos/random";
import { walk } from "./nodeClient";
import type { Server } from "./nodeServers";

/** Objects that there are, and requests for them. What is asked for is over twice what the caches have room for. */
const OBJECTS = 12_000;
const REQUESTS = 14_000;

/** What was asked before it fills the cache; hits are counted from there on. */
const WARM_UP = REQUESTS / 2;

/** Of a Zipf distribution; traces of web caches have 0.6 to 1 (Breslau and others, INFOCOM 1999). */
const EXPONENT = 0.8;

/** Bytes. */
const SMALLEST = 2000;
const LARGEST = 200_000;

/** Share of requests that the origin did not see. */
export async function measureHitRatio(server: Server): Promise<number> {
  let misses = 0;
  const random = randomOf(1);
  const paths = Array.from({ length: OBJECTS }, (_, i) => `/trace/${i}`);
  for (const path of paths) {
    const answer = reply(body(random), { "cache-control": "max-age=3600" });
    server.origin.on(path, (response, request) => {
      misses += 1;
      return answer(response, request);
    });
  }
  const asked = trace(paths, REQUESTS);
  await walk(server, asked.slice(0, WARM_UP));
  misses = 0;
  await walk(server, asked.slice(WARM_UP));
  return 1 - misses / (REQUESTS - WARM_UP);
}

const LONGEST = Buffer.alloc(LARGEST, "x");

/** Most are small, some large: evenly distributed on a logarithmic scale would be too many large ones. */
export function body(random: () => number): Buffer {
  return LONGEST.subarray(0, Math.round(SMALLEST * (LARGEST / SMALLEST) ** (random() ** 2)));
}

/** Requests for some of these paths. The same each time. */
export function trace(paths: readonly string[], requests: number): readonly string[] {
  const random = randomOf(2);
  let sum = 0;
  const cumulated = paths.map((_, i) => (sum += 1 / (i + 1) ** EXPONENT));
  return Array.from({ length: requests }, () => {
    const at = random() * sum;
    return paths[lowerBound(cumulated, at)] ?? "";
  });
}

/** Index of the first value that is not below the wanted one. */
function lowerBound(values: readonly number[], wanted: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
