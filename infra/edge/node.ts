import { existsSync, readFileSync } from "node:fs";
import * as net from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { RECLAIM } from "../../components/node/connections";
import { DEBIAN } from "../../components/node/debian";
import { SMALLEST, type BoundName, type RingBoundName } from "../../components/node/limits";
import { modeOf } from "../../components/node/modes";
import type { NodeFiles } from "../../components/node/nodeFiles";
import { PRODUCTION, type Listen } from "../../components/node/options";
import { NODE_HEALTH_PATH } from "../../components/node/ports";
import {
  HAPROXY,
  HAPROXY_MASTER_SOCKET,
  STAGED,
  VARNISH,
  VARNISH_FOLDER,
  VARNISH_RELOAD,
  type NodeProcess,
} from "../../components/node/processes";
import { PROBE_HOST, SOCKETS, SOCKETS_GROUP } from "../../components/node/sockets";
import { takeAccessLog } from "./logSocket";
import { freePorts, httpStatus } from "./ports";
import { PrivateRoot, type Ended } from "./privateRoot";
import { asUser, Service } from "./service";

/** Time for a node to serve after its start; VCL has to be compiled. */
const PATIENCE_MS = 60_000;

/** Seconds for a program of the node to answer, on a machine that has other work. */
const ANSWER = 10;

/** MB of the cache where nothing else is said: enough to try a site out, and to run several nodes at once. */
const CACHE_MEMORY = 256;

export interface StartOptions {
  /** A Debian with the packages of a node, as `debianRoot` gives it. */
  readonly root: string;
  /** Renders what the node is configured with, given where it is to listen. */
  readonly files: (listen: Listen) => NodeFiles;
  /** Certificates (PEM) that the node trusts beside the public ones: of test origins. */
  readonly trust?: string;
  /** Size of the cache in memory, MB; default 256. */
  readonly cacheMemory?: number;
  /** Bounds other than those of the smallest machine, by their names in components/node/limits.ts. */
  readonly bounds?: Partial<Readonly<Record<BoundName | RingBoundName, number>>>;
  /** File systems of limited size, which belong to Varnish: bytes by folder. */
  readonly disks?: Readonly<Record<string, number>>;
  /** Takes each line of the access log. */
  readonly onAccess?: (line: string) => void;
  /** Takes what HAProxy and Varnish say beside it, such as errors of an origin. */
  readonly onMessage?: (line: string) => void;
}

/** One of a node's two programs: HAPROXY or VARNISH. */
export type NodeProgram = "haproxy" | "varnish";

/**
 * The software of a node with its rendered configuration, on ports of its own of the loopback interface and as the
 * users that it has on a node. Nothing is left of it whatever way the process that started it ends.
 */
export class RunningNode {
  private readonly services: Record<NodeProgram, Service>;
  private readonly reclaiming: Service;

  private constructor(
    /** Files, programs and processes of the node, for what has no method here. */
    readonly root: PrivateRoot,
    private readonly listen: Listen,
    private files: NodeFiles,
    private readonly options: StartOptions,
  ) {
    this.services = { varnish: this.startService("varnish"), haproxy: this.startService("haproxy") };
    this.reclaiming = Service.start(root, "footprint-connections", [RECLAIM], { env: this.sizes });
  }

  /** Starts a node and waits until it serves. Throws with what its programs said when it does not. */
  static async start(options: StartOptions): Promise<RunningNode> {
    const listen = await ownPorts();
    const files = options.files(listen);
    const root = await PrivateRoot.start(options.root, options.disks);
    try {
      await prepare(root, options);
      place(root, files, {});
      await takeAccessLog(root, options.onAccess);
      const node = new RunningNode(root, listen, files, options);
      await node.untilServing();
      return node;
    } catch (error) {
      await root.stop();
      throw error;
    }
  }

  get ports(): Listen["ports"] {
    return this.listen.ports;
  }

  /**
   * Takes up other files without a restart: Varnish first, so that it knows a new site before HAProxy sends requests
   * for it. Throws with the reason when one refuses them; the node goes on with the former ones.
   */
  async reload(render: (listen: Listen) => NodeFiles): Promise<void> {
    const former = this.files;
    const files = render(this.listen);
    place(this.root, files, former);
    for (const [program, command] of [
      ["haproxy", asUser(HAPROXY, inPlace(HAPROXY.check))],
      ["varnish", VARNISH_RELOAD],
    ] as const) {
      const { status, stdout, stderr } = await this.exec(...command);
      if (status !== 0) {
        place(this.root, former, files);
        throw new Error(`${program} refuses its configuration: ${stdout}${stderr}`);
      }
    }
    this.files = files;
    const answer = await this.master("reload");
    if (!answer.startsWith("Success=1")) {
      throw new Error(`haproxy has not reloaded: ${answer}`);
    }
  }

  /** Gives a command to HAProxy's master process and returns its answer. */
  master(command: string): Promise<string> {
    return this.say(HAPROXY_MASTER_SOCKET, command);
  }

  /** Says a line to a socket of the node and returns what it answers until it closes. */
  say(socketPath: string, line: string): Promise<string> {
    const socket = net.connect(this.root.outside(socketPath));
    socket.end(`${line}\n`);
    return text(socket);
  }

  /** Gives a command to Varnish. */
  varnishadm(...command: readonly string[]): Promise<Ended> {
    return this.exec(DEBIAN.varnish.admin, "-n", VARNISH_FOLDER, ...command);
  }

  /** Runs a program on the node to its end, as root. */
  exec(...command: readonly string[]): Promise<Ended> {
    return this.root.exec(...command);
  }

  /**
   * Sends a signal to one of the programs: to the process that was started, or to those below it that do the work
   * (HAProxy's worker, Varnish's child). The default kills at once.
   */
  async kill(program: NodeProgram, which: "main" | "workers", signal = "KILL"): Promise<void> {
    const all = this.root.processes();
    const main = all.find(({ parent, name }) => parent === 0 && name === COMM[program]);
    const targets = all.filter((each) => (which === "main" ? each === main : each.parent === main?.pid));
    const { status, stderr } = await this.exec("kill", `-${signal}`, ...targets.map(({ pid }) => String(pid)));
    if (status !== 0) {
      throw new Error(`${program} cannot be sent a signal: ${stderr}`);
    }
  }

  /** Starts one of the programs that has ended, as systemd does on a node, and waits until the node serves. */
  async restart(program: NodeProgram): Promise<void> {
    await this.services[program].ended();
    this.services[program] = this.startService(program);
    await this.untilServing();
  }

  /** The status of the node's health, as the load balancer asks for it; nothing when there is no answer. */
  health(): Promise<number | undefined> {
    return httpStatus({ host: "127.0.0.1", port: this.ports.health, path: NODE_HEALTH_PATH }, ANSWER);
  }

  /** Resolves when one of the programs has ended, with what it said last. */
  failed(): Promise<string> {
    return Promise.race([...Object.values(this.services), this.reclaiming].map((service) => service.ended()));
  }

  /** Ends the node at once, and all that runs on it. */
  async stop(): Promise<void> {
    await this.root.stop();
  }

  /**
   * Resolves when Varnish answers and the node says that it is healthy. Throws with what its programs said when that
   * does not come. Health alone would not do: until its first check, HAProxy takes it for granted that Varnish answers.
   */
  async untilServing(): Promise<void> {
    const services = Object.values(this.services);
    const probe = { socketPath: this.root.outside(SOCKETS.cache), headers: { Host: PROBE_HOST } };
    const end = Date.now() + PATIENCE_MS;
    while (services.every((service) => service.isRunning) && Date.now() < end) {
      if ((await httpStatus(probe, ANSWER)) === 200 && (await this.health()) === 200) {
        return;
      }
      await sleep(20);
    }
    throw new Error(
      `the node does not serve\n${services.map(({ name, lastWords }) => `${name}: ${lastWords}`).join("\n")}`,
    );
  }

  /** Of the smallest machine, whatever this one is. */
  private get sizes(): NodeJS.ProcessEnv {
    const { cacheMemory = CACHE_MEMORY, bounds = {} } = this.options;
    const sizes = { MEMORY: SMALLEST.MEMORY, CACHE_MEMORY: cacheMemory, ...bounds };
    return Object.fromEntries(Object.entries(sizes).map(([name, value]) => [name, String(value)]));
  }

  private startService(program: NodeProgram): Service {
    const { onMessage } = this.options;
    return Service.start(this.root, PROCESSES[program].unit, asUser(PROCESSES[program], PROCESSES[program].start), {
      env: this.sizes,
      onMessage,
    });
  }
}

const PROCESSES: Readonly<Record<NodeProgram, NodeProcess>> = { haproxy: HAPROXY, varnish: VARNISH };

/** What the kernel calls them. */
const COMM: Readonly<Record<NodeProgram, string>> = {
  haproxy: DEBIAN.haproxy.process,
  varnish: DEBIAN.varnish.process,
};

async function ownPorts(): Promise<Listen> {
  const roles = Object.keys(PRODUCTION.ports) as (keyof Listen["ports"])[];
  const free = await freePorts(roles.length);
  return {
    address: "127.0.0.1",
    ports: Object.fromEntries(roles.map((role, i) => [role, free[i]])) as Record<keyof Listen["ports"], number>,
  };
}

/** What a machine has before the node's files come. */
async function prepare(root: PrivateRoot, { trust, disks = {} }: StartOptions): Promise<void> {
  // Names of origins resolve as they do on this machine.
  for (const file of ["/etc/resolv.conf", "/etc/hosts"]) {
    if (existsSync(file)) {
      root.write(file, readFileSync(file, "utf8"));
    }
  }
  if (trust !== undefined) {
    root.write("/etc/ssl/certs/footprint-trust.pem", trust);
  }
  await mustEnd(root, "groupadd", "--system", "--force", SOCKETS_GROUP);
  const varnish = { ...VARNISH, folders: [...VARNISH.folders, ...Object.keys(disks)] };
  for (const { user, group, folders } of [HAPROXY, varnish]) {
    await mustEnd(root, "install", "-d", "-m", "0711", "-o", user, "-g", group, ...folders);
  }
}

async function mustEnd(root: PrivateRoot, ...command: readonly string[]): Promise<void> {
  const { status, stderr } = await root.exec(...command);
  if (status !== 0) {
    throw new Error(`${command.join(" ")} ended with ${String(status)}: ${stderr}`);
  }
}

/** A check of the files where they are. */
function inPlace(check: readonly string[]): readonly string[] {
  return check.map((word) => word.replaceAll(STAGED, ""));
}

/** Puts the files of a node in place of the former ones. */
function place(root: PrivateRoot, files: NodeFiles, former: NodeFiles): void {
  for (const path of Object.keys(former).filter((each) => !(each in files))) {
    root.remove(path);
  }
  for (const [path, content] of Object.entries(files)) {
    root.write(path, content, modeOf(path));
  }
}
