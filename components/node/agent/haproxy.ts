import * as net from "node:net";
import { text } from "node:stream/consumers";
import { CLIENT_BACKENDS } from "../clientBackends";
import { SOCKETS } from "../sockets";

export interface HaproxyActivity {
  /** Requests that are not answered in full, those of former workers too. */
  readonly inFlight: number;
  /**
   * Requests of clients that all of its workers have taken, but for those that traffic answers by itself: such are the
   * agent's own and Route 53's, which never end. It falls when a former worker ends.
   */
  readonly requests: number;
  /** HTTP/2 connections that the present worker keeps: only another reload ends them in order. */
  readonly http2: number;
}

export interface WorkerTotals {
  /** Requests to origins since the worker was started, each attempt. */
  readonly originRequests: number;
  /** Of these, those without an answer or with 500 and above. */
  readonly originFailures: number;
  /** Clients' connections now. */
  readonly connections: number;
  /** Lines of the access log that were dropped since the worker was started, because the writer was too slow. */
  readonly droppedLines: number;
}

/** HAProxy does not answer: it is being started again, or hangs. */
export class HaproxyAway extends Error {
  override readonly name = "HaproxyAway";
}

/** An answer takes milliseconds; a reload starts a worker, which reads certificates and resolves names. */
const ANSWER_MS = 3000;
const RELOAD_MS = 60_000;

/** HAProxy as it runs: its runtime API and its master process, on their unix sockets. */
export class HaproxyRuntime {
  constructor(private readonly sockets: { readonly admin: string; readonly master: string } = SOCKETS) {}

  /**
   * Gives a command to the runtime API and returns the answer.
   *
   * @throws HaproxyAway when there is none
   */
  say(command: string): Promise<string> {
    return ask(this.sockets.admin, command, ANSWER_MS);
  }

  /**
   * Gives a key of a map its value in the running process; the map is named by its file.
   *
   * @throws Error when HAProxy does not have it afterwards; it does not hold the value, which may be a secret
   */
  async setMap(file: string, key: string, value: string): Promise<void> {
    const entry = `${escaped(key)} ${escaped(value)}`;
    for (const map of await this.maps(file)) {
      // `set map` refuses a key that is not there, and `add map` would add it a second time.
      if ((await this.say(`set map ${map} ${entry}`)).trim() !== "") {
        await this.say(`add map ${map} ${entry}`);
      }
      if ((await this.valueIn(map, key)) !== value) {
        throw new Error(`HAProxy has not taken the value of ${key} into its map ${file}`);
      }
    }
  }

  /** The keys that HAProxy itself has in a map; undefined when the running configuration does not use it. */
  async keysOf(file: string): Promise<ReadonlySet<string> | undefined> {
    const maps = mapsIn(await this.say("show map"), file);
    const entries = await Promise.all(maps.map((map) => this.say(`show map ${map}`)));
    return maps.length === 0
      ? undefined
      : new Set(entries.flatMap((text) => [...text.matchAll(/^0x[0-9a-f]+ (\S+) /gm)].map(([, key = ""]) => key)));
  }

  /** Takes a key out of a map, where it is there. Throws when HAProxy has it afterwards. */
  async deleteMap(file: string, key: string): Promise<void> {
    for (const map of await this.maps(file)) {
      await this.say(`del map ${map} ${escaped(key)}`);
      if ((await this.valueIn(map, key)) !== undefined) {
        throw new Error(`HAProxy has not taken ${key} out of its map ${file}`);
      }
    }
  }

  /**
   * Has the master process start a worker on the files as they are. The former one ends with its last request.
   *
   * @throws Error with HAProxy's words when it does not; the former worker goes on
   */
  async reload(): Promise<void> {
    const answer = await ask(this.sockets.master, "reload", RELOAD_MS);
    if (!answer.startsWith("Success=1")) {
      throw new Error(`HAProxy has not reloaded: ${answer.trim()}`);
    }
  }

  async activity(): Promise<HaproxyActivity> {
    const workers = workersOf(await this.master("show proc"));
    const tables = await Promise.all(workers.map(({ pid }) => this.master(`@!${pid} show stat`)));
    const stats = tables.map((table) => statistics(table));
    const present = stats[workers.findIndex(({ isFormer }) => !isFormer)];
    if (present === undefined) {
      throw new HaproxyAway("HAProxy has no worker");
    }
    return {
      inFlight: sum(stats.flatMap((each) => CLIENT_BACKENDS.map((backend) => each(backend, "BACKEND", "scur")))),
      requests: sum(
        stats.flatMap((each) => [
          each("redirect", "FRONTEND", "req_tot"),
          ...CLIENT_BACKENDS.map((backend) => each(backend, "BACKEND", "stot")),
        ]),
      ),
      http2: present("traffic", "FRONTEND", "h2_open_connections"),
    };
  }

  /** What each of its workers counts, by the worker's process id. */
  async totals(): Promise<ReadonlyMap<string, WorkerTotals>> {
    const workers = workersOf(await this.master("show proc"));
    return new Map(
      await Promise.all(
        workers.map(async ({ pid }) => {
          const [stat, info] = [await this.master(`@!${pid} show stat`), await this.master(`@!${pid} show info`)];
          return [pid, workerTotals(stat, info)] as const;
        }),
      ),
    );
  }

  private master(command: string): Promise<string> {
    return ask(this.sockets.master, command, ANSWER_MS);
  }

  /** A file that the configuration names in several places is as many maps to HAProxy 3.0, each with an id. */
  private async maps(file: string): Promise<readonly string[]> {
    const maps = mapsIn(await this.say("show map"), file);
    if (maps.length === 0) {
      throw new Error(`HAProxy has no map ${file}`);
    }
    return maps;
  }

  /** What HAProxy itself finds in a map; undefined when it finds nothing. */
  private async valueIn(map: string, key: string): Promise<string | undefined> {
    return /, found=yes, .*?, value="([^]*)", type="[a-z]+"\s*$/.exec(
      await this.say(`get map ${map} ${escaped(key)}`),
    )?.[1];
  }
}

/**
 * One word of the runtime API. A semicolon would begin another command, and a last word that begins with two angle
 * brackets announces more lines.
 *
 * @throws Error when there is no way to say it
 */
function escaped(word: string): string {
  if (!/^[ -~]+$/.test(word)) {
    throw new Error("HAProxy takes printable characters of ASCII alone in a word");
  }
  return word.replaceAll(/[\\;< ]/g, "\\$&");
}

function mapsIn(answer: string, file: string): readonly string[] {
  return [...answer.matchAll(/^(\d+) \(([^)]*)\)/gm)].flatMap(([, id = "", name]) => (name === file ? [`#${id}`] : []));
}

/** The workers that `show proc` lists: a former one was there before a reload, and ends with its last connection. */
function workersOf(answer: string): readonly { readonly pid: string; readonly isFormer: boolean }[] {
  const former = answer.indexOf("# old workers");
  return [...answer.matchAll(/^(\d+)\s+worker\s/gm)].map(({ 1: pid = "", index }) => ({
    pid,
    isFormer: former !== -1 && index > former,
  }));
}

/** A number of `show stat` by proxy, row and column; a worker that has ended meanwhile has nothing to say. */
function statistics(csv: string): (proxy: string, row: string, column: string) => number {
  const [head = "", ...lines] = csv.split("\n").map((line) => line.split(","));
  return (proxy, row, column) => {
    const line = lines.find(([name, service]) => name === proxy && service === row);
    return Number(line?.[head.indexOf(column)] ?? 0);
  };
}

/** Of origins what the servers of their backends count (haproxy/egress.ts): each request that was sent, and its end. */
function workerTotals(csv: string, info: string): WorkerTotals {
  const [head = "", ...lines] = csv.split("\n").map((line) => line.split(","));
  const servers = lines.filter(([name = "", service]) => /^(?:origin|held):/.test(name) && service !== "BACKEND");
  const of = (column: string): number => sum(servers.map((line) => Number(line[head.indexOf(column)] ?? 0)));
  return {
    originRequests: of("stot"),
    originFailures: of("econ") + of("eresp") + of("hrsp_5xx"),
    connections: statistics(csv)("traffic", "FRONTEND", "scur"),
    droppedLines: Number(/^DroppedLogs: (\d+)$/m.exec(info)?.[1] ?? 0),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

async function ask(socketPath: string, command: string, patience: number): Promise<string> {
  const socket = net.connect(socketPath);
  socket.setTimeout(patience, () => socket.destroy(new Error(`no answer within ${String(patience)} ms`)));
  socket.end(`${command}\n`);
  try {
    return await text(socket);
  } catch (error) {
    throw new HaproxyAway(`${socketPath}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
