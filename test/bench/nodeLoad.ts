import { setTimeout as sleep } from "node:timers/promises";
import { PrivateRoot } from "../../infra/edge/privateRoot";
import { reply } from "../node/origin/scripted";
import { get } from "./nodeClient";
import { HOST, type Server, type ServerName } from "./nodeServers";

/** Hits of one object by one protocol. */
export interface Load {
  readonly name: string;
  readonly bytes: number;
  readonly protocol: "h1" | "h2";
}

export const LOADS: readonly Load[] = [
  { name: "1 KB, h1", bytes: 1000, protocol: "h1" },
  { name: "1 KB, h2", bytes: 1000, protocol: "h2" },
  { name: "32 KB, h1", bytes: 32_000, protocol: "h1" },
  { name: "32 KB, h2", bytes: 32_000, protocol: "h2" },
  { name: "1 MB, h1", bytes: 1_000_000, protocol: "h1" },
  { name: "1 MB, h2", bytes: 1_000_000, protocol: "h2" },
];

export interface Rate {
  readonly perSecond: number;
  /** Milliseconds within which 99 of 100 answers were whole. */
  readonly p99: number;
  /** Microseconds that the server's programs had of processors for one, the kernel's work for them included. */
  readonly processorTime: number;
}

/** Servers take turns, so that a disturbance does not hit one alone; of each the best round counts. */
const ROUNDS = 2;
const WARM_UP_MS = 300;
const DURATION_MS = 1300;
/** The middle of that time, in which processor time is counted: the rest is for who starts late. */
const COUNTED_MS = 1000;

/** Requests that are under way at any time. */
const IN_FLIGHT = 32;
const CONNECTIONS = { h1: IN_FLIGHT, h2: 4 } as const;

const LOG = "/tmp/requests.log";

/** Status of a request that was under way at the end, or whose connection was closed. */
const UNFINISHED: readonly (number | undefined)[] = [-1, 0];

/** Hits per second of each server under each load, by h2load on the same machine. */
export async function measureLoads(
  root: string,
  servers: readonly Server[],
  progress: (line: string) => void,
): Promise<ReadonlyMap<Load, ReadonlyMap<ServerName, Rate>>> {
  const generator = await PrivateRoot.start(root);
  const results = new Map<Load, Map<ServerName, Rate>>(LOADS.map((load) => [load, new Map()]));
  try {
    for (const load of LOADS) {
      progress(`hits: ${load.name}`);
      for (const server of servers) {
        await store(server, load);
      }
      for (const server of Array<readonly Server[]>(ROUNDS).fill(servers).flat()) {
        const rates = results.get(load);
        rates?.set(server.name, best(await measure(generator, server, load), rates.get(server.name)));
        await server.emptyLog();
      }
    }
    return results;
  } finally {
    await generator.stop();
  }
}

function pathOf({ bytes }: Load): string {
  return `/object/${bytes}`;
}

async function store(server: Server, load: Load): Promise<void> {
  server.origin.on(pathOf(load), reply(Buffer.alloc(load.bytes, "x"), { "cache-control": "max-age=3600" }));
  await get(server, pathOf(load));
  const before = server.origin.requests(pathOf(load)).length;
  await get(server, pathOf(load));
  if (server.origin.requests(pathOf(load)).length !== before) {
    throw new Error(`${server.name} does not store ${load.bytes} bytes: these would be no hits`);
  }
}

async function measure(generator: PrivateRoot, server: Server, load: Load): Promise<Rate> {
  const connections = CONNECTIONS[load.protocol];
  generator.remove(LOG);
  const run = generator.exec(
    ...["h2load", `--clients=${connections}`, `--max-concurrent-streams=${IN_FLIGHT / connections}`],
    ...[`--duration=${DURATION_MS}ms`, `--warm-up-time=${WARM_UP_MS}ms`, `--log-file=${LOG}`],
    ...(load.protocol === "h1" ? ["--h1"] : []),
    `--connect-to=127.0.0.1:${server.port}`,
    `http://${HOST}:${server.port}${pathOf(load)}`,
  );
  const processors = await usedMeanwhile(server);
  const { status, stdout, stderr } = await run;
  if (status !== 0) {
    throw new Error(`h2load: ${stdout}${stderr}`);
  }
  return rateOf(server, generator.read(LOG), processors);
}

/** Processor time of a server, microseconds, from one moment to another, milliseconds since 1970. */
interface Used {
  readonly from: number;
  readonly to: number;
  readonly microseconds: number;
}

async function usedMeanwhile(server: Server): Promise<Used> {
  await sleep(WARM_UP_MS + (DURATION_MS - COUNTED_MS) / 2);
  const from = Date.now();
  const before = server.processorTime();
  await sleep(COUNTED_MS);
  return { microseconds: server.processorTime() - before, from, to: Date.now() };
}

/** From lines of start (microseconds since 1970), status and duration (microseconds). */
function rateOf({ name }: Server, log: string, used: Used): Rate {
  const requests = log
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t").map(Number));
  const answers = requests.filter(([, status]) => !UNFINISHED.includes(status));
  if (requests.length - answers.length > IN_FLIGHT) {
    throw new Error(`${name}: ${requests.length - answers.length} requests were broken off`);
  }
  const bad = answers.flatMap(([, status]) => (status === 200 ? [] : [status]));
  if (bad.length > 0) {
    throw new Error(`${name}: of ${answers.length} answers ${bad.length} were not 200 but ${[...new Set(bad)].join()}`);
  }
  const durations = answers.map(([, , duration = 0]) => duration).sort((a, b) => a - b);
  const counted = answers.filter(([start = 0, , duration = 0]) => {
    const end = (start + duration) / 1000;
    return used.from <= end && end < used.to;
  });
  return {
    perSecond: answers.length / (DURATION_MS / 1000),
    p99: (durations[Math.floor(durations.length * 0.99)] ?? 0) / 1000,
    processorTime: used.microseconds / counted.length,
  };
}

function best(one: Rate, other: Rate = one): Rate {
  return {
    perSecond: Math.max(one.perSecond, other.perSecond),
    p99: Math.min(one.p99, other.p99),
    processorTime: Math.min(one.processorTime, other.processorTime),
  };
}
