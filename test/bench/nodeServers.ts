import { setTimeout as sleep } from "node:timers/promises";
import { nodeFiles } from "../../components/node/files";
import type { NodeFiles } from "../../components/node/nodeFiles";
import type { Listen } from "../../components/node/options";
import { HAPROXY_FILE } from "../../components/node/processes";
import { SOCKETS } from "../../components/node/sockets";
import { RunningNode } from "../../infra/edge/node";
import { accepts, freePorts } from "../../infra/edge/ports";
import { PrivateRoot } from "../../infra/edge/privateRoot";
import { Service } from "../../infra/edge/service";
import { edgeOptions } from "../../infra/edge/settings";
import { ScriptedOrigin } from "../node/origin/scripted";

export const HOST = "www.example.com";

/** Cache of each server, MB: small, so that a short trace does not fit in. */
export const CACHE_MEGABYTES = 64;

export type ServerName = "footprint" | "nginx" | "varnish" | "haproxy";

/** A cache on the loopback interface, with an origin of its own behind it. It speaks HTTP/1.1 and cleartext HTTP/2. */
export interface Server {
  readonly name: ServerName;
  readonly port: number;
  readonly origin: ScriptedOrigin;
  /** Where its purge socket is; the others have no purge by tag. */
  readonly purgeSocket?: string;
  /** Empties its access log, if it writes one: it would fill the memory. */
  readonly emptyLog: () => Promise<void>;
  /** Microseconds that its programs have had of processors. */
  readonly processorTime: () => number;
  readonly stop: () => Promise<void>;
}

/** Starts all four, on one Debian. */
export async function startServers(root: string): Promise<readonly Server[]> {
  const started: Server[] = [];
  try {
    started.push(await startFootprint(root));
    for (const stock of [NGINX, VARNISH, HAPROXY]) {
      started.push(await startStock(root, stock));
    }
    return started;
  } catch (error) {
    await stopServers(started);
    throw error;
  }
}

export async function stopServers(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}

/** The generator of the load is one client that does the work of thousands. */
const ONE_CLIENT = {
  CLIENT_CONNECTIONS: 100_000,
  CLIENT_CONNECTIONS_CROWDED: 100_000,
  CLIENT_IN_FLIGHT: 100_000,
  CLIENT_IN_FLIGHT_CROWDED: 100_000,
  CLIENT_REQUESTS: 100_000_000,
};

async function startFootprint(root: string): Promise<Server> {
  const origin = await ScriptedOrigin.start();
  const options = edgeOptions(origin.at());
  const sites = options.sites.map((site) => ({ ...site, host: HOST }));
  const node = await RunningNode.start({
    root,
    files: (listen: Listen) => forLoad(nodeFiles({ ...options, sites, listen })),
    cacheMemory: CACHE_MEGABYTES,
    bounds: ONE_CLIENT,
  });
  return {
    name: "footprint",
    port: node.ports.traffic,
    origin,
    purgeSocket: node.root.outside(SOCKETS.purge),
    emptyLog: () => Promise.resolve(),
    processorTime: () => processorTime(node.root),
    stop: async () => {
      await node.stop();
      await origin.stop();
    },
  };
}

/** The files of a node but for what generators of load do not speak, the PROXY protocol. */
function forLoad(files: NodeFiles): NodeFiles {
  const [text = "", from] = [files[HAPROXY_FILE], " accept-proxy\n"];
  if (!text.includes(from)) {
    throw new Error(`${HAPROXY_FILE} has no "${from}" any more: the benchmark takes it out`);
  }
  return { ...files, [HAPROXY_FILE]: text.replace(from, "\n") };
}

/** A server as Debian sets it up, with the least that makes it a cache before an origin. */
interface Stock {
  readonly name: Exclude<ServerName, "footprint">;
  readonly files: (port: number, origin: number) => NodeFiles;
  readonly command: (port: number, origin: number) => readonly string[];
  readonly log?: string;
}

const NGINX: Stock = {
  name: "nginx",
  // Beside Debian's nginx.conf. By default it closes a connection after 1000 requests, and h2load opens no new one.
  files: (port, origin) => ({
    "/etc/nginx/sites-enabled/default": `
proxy_cache_path /var/cache/nginx keys_zone=cache:10m max_size=${CACHE_MEGABYTES}m;
server {
    listen 127.0.0.1:${port};
    http2 on;
    keepalive_requests 1000000000;
    location / {
        proxy_pass http://127.0.0.1:${origin};
        proxy_cache cache;
    }
}
`,
  }),
  command: () => ["nginx", "-g", "daemon off;"],
  log: "/var/log/nginx/access.log",
};

const VARNISH: Stock = {
  name: "varnish",
  files: () => ({}),
  // HTTP/2 has to be turned on; the default of -T is "localhost", which this Debian has no name for.
  command: (port, origin) => [
    ...["varnishd", "-F", "-n", "/var/lib/varnish/stock", "-a", `127.0.0.1:${port}`, "-b", `127.0.0.1:${origin}`],
    ...["-T", "127.0.0.1:0", "-s", `malloc,${CACHE_MEGABYTES}m`, "-p", "feature=+http2"],
  ],
};

const HAPROXY: Stock = {
  name: "haproxy",
  // Without a max-object-size it stores nothing above a 256th of the cache; lifetimes end at max-age, 60 s by default.
  files: (port, origin) => ({
    "/etc/haproxy/haproxy.cfg": `
global
    user haproxy
    group haproxy
defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
cache cache
    total-max-size ${CACHE_MEGABYTES}
    max-object-size 2000000
    max-age 86400
listen cache
    bind 127.0.0.1:${port}
    http-request cache-use cache
    http-response cache-store cache
    server origin 127.0.0.1:${origin}
`,
  }),
  command: () => ["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"],
};

async function startStock(folder: string, { name, files, command, log }: Stock): Promise<Server> {
  const [port = 0] = await freePorts(1);
  const origin = await ScriptedOrigin.start();
  const root = await PrivateRoot.start(folder);
  const stop = async (): Promise<void> => {
    await root.stop();
    await origin.stop();
  };
  try {
    const originPort = origin.at().port;
    for (const [path, text] of Object.entries(files(port, originPort))) {
      root.write(path, text);
    }
    const service = Service.start(root, name, command(port, originPort));
    while (!(await accepts("127.0.0.1", port))) {
      if (!service.isRunning) {
        throw new Error(`${name} does not start: ${service.lastWords}`);
      }
      await sleep(20);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const emptyLog = (): Promise<void> =>
    log === undefined ? Promise.resolve() : succeed(root, "truncate", "--size=0", log);
  return { name, port, origin, emptyLog, processorTime: () => processorTime(root), stop };
}

/** Microseconds of a tick in which the kernel says it to programs (USER_HZ), on every Linux. */
const TICK = 10_000;

/** Of the programs that run there, from proc(5): utime and stime. */
function processorTime(root: PrivateRoot): number {
  const ticks = root.processes().map(({ pid }) => {
    const stat = root.read(`/proc/${String(pid)}/stat`);
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    return (user ?? 0) + (system ?? 0);
  });
  return ticks.reduce((sum, of) => sum + of, 0) * TICK;
}

async function succeed(root: PrivateRoot, ...command: readonly string[]): Promise<void> {
  const { status, stderr } = await root.exec(...command);
  if (status !== 0) {
    throw new Error(`${command.join(" ")}: ${stderr}`);
  }
}
