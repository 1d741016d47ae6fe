import { once } from "node:events";
import * as http2 from "node:http2";
import { AGENT_FILES } from "../../components/node/agentFiles";
import { OriginAddresses } from "../../components/node/agent/originAddresses";
import { varnishPurgeCache, type PurgeCache } from "../../components/node/agent/purgeCache";
import { HaproxyRuntime } from "../../components/node/agent/haproxy";
import { Ring } from "../../components/node/agent/ring";
import { nodeFiles } from "../../components/node/files";
import type { RingBoundName } from "../../components/node/limits";
import type { NodeFiles } from "../../components/node/nodeFiles";
import type { Listen } from "../../components/node/options";
import { HAPROXY_FILE } from "../../components/node/processes";
import { RING_PROOF_FILE, ringProof } from "../../components/node/protocol/ringProof";
import { SWITCHES, SWITCHES_FILE } from "../../components/node/protocol/switches";
import type { Site } from "../../components/node/site";
import { SOCKETS } from "../../components/node/sockets";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { RunningNode } from "../../infra/edge/node";
import { freePorts } from "../../infra/edge/ports";
import { edgeOptions } from "../../infra/edge/settings";
import { keptLog } from "../components/node/agent/quiet";
import { ask, type Answer, type Ask } from "./origin/client";
import { ScriptedOrigin } from "./origin/scripted";
import { until } from "./origin/until";

export const HOST = "www.example.com";
const REGION = "eu-central-1";
export const nameOf = (region: string): string => `${region}.pop.localhost`;
const KEYS = ["present", "next"];

/** What caches say of themselves in an answer (RFC 9211), each without its name. */
export function cachesOf({ headers }: Answer): readonly string[] {
  const text = headers["cache-status"] ?? "";
  return text === "" ? [] : text.split(/, */).map((member) => member.replace(`${nameOf(REGION)}; `, ""));
}

/** By which the nodes of a pool know each other; a test may give others. */
export type Peers = readonly string[];

export interface PoolOptions {
  readonly region?: string;
  /** Whether they are one cache; default true. */
  readonly cluster?: boolean;
  /** Of each node, MB. */
  readonly cacheMemory?: number;
  /** Before which it is; default: one of its own. */
  readonly origin?: ScriptedOrigin;
  /** Certificates (PEM) that its nodes trust beside the public ones. */
  readonly trust?: string;
  /** What the site has other than the defaults of a stack file. */
  readonly site?: Partial<Site>;
  /** Bounds other than those of the smallest machine. */
  readonly bounds?: Partial<Readonly<Record<RingBoundName, number>>>;
  /** Changes the rendered files: to shorten a time. */
  readonly edit?: (files: NodeFiles) => NodeFiles;
}

const CHECKED = "fall 2 rise 2 observe layer4 error-limit 3 on-error mark-down";

/** Nodes that take each other for there whatever a busy machine makes of their checks: for what is about none that is lost. */
export function patient(files: NodeFiles): NodeFiles {
  const config = files[HAPROXY_FILE] ?? "";
  if (!config.includes(CHECKED)) {
    throw new Error(`nodes check each other otherwise than by ${CHECKED}`);
  }
  return { ...files, [HAPROXY_FILE]: config.replace(CHECKED, "fall 1000 rise 1") };
}

/** Column of HAProxy's statistics: `req_tot`. */
const REQUESTS = 48;

/** A PoP of some nodes that are one cache, before one origin. */
export class Pool {
  readonly nodes: RunningNode[] = [];
  readonly addresses: string[] = [];

  private constructor(
    readonly origin: ScriptedOrigin,
    private readonly ports: { readonly peers: number; readonly ownPeer: number },
    private readonly options: PoolOptions,
  ) {}

  static async start(count: number, options: PoolOptions = {}): Promise<Pool> {
    const [peers = 0, ownPeer = 0] = await freePorts(2);
    const pool = new Pool(options.origin ?? (await ScriptedOrigin.start()), { peers, ownPeer }, options);
    try {
      for (let i = 0; i < count; i += 1) {
        // Addresses apart from those of other tests' nodes.
        const address = `127.${String(peers >> 8)}.${String(peers & 255)}.${String(i + 1)}`;
        pool.addresses.push(address);
        pool.nodes.push(
          await RunningNode.start({
            root: debianRootFolder(),
            files: (listen) => pool.files(address, listen),
            cacheMemory: options.cacheMemory ?? 64,
            ...(options.bounds === undefined ? {} : { bounds: options.bounds }),
            ...(options.trust === undefined ? {} : { trust: options.trust }),
          }),
        );
      }
      await Promise.all(pool.nodes.map((_, i) => pool.mark(i, "1.1")));
      if (options.cluster !== false) {
        await Promise.all(pool.nodes.map((_, i) => pool.know(i)));
      }
      return pool;
    } catch (error) {
      await pool.stop();
      throw error;
    }
  }

  node(i: number): RunningNode {
    const node = this.nodes[i];
    if (node === undefined) {
      throw new Error(`there is no node ${String(i)}`);
    }
    return node;
  }

  ask(i: number, target: string, options: Ask = {}): Promise<Answer> {
    return ask(this.node(i).ports.traffic, HOST, target, options);
  }

  /** Asks a node at the port that is for other nodes. */
  async peer(
    i: number,
    target: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number }> {
    const session = http2.connect(`http://${this.addresses[i] ?? ""}:${String(this.ports.peers)}`);
    try {
      const stream = session.request({ ":path": target, ":authority": HOST, ...headers });
      const [fields] = (await once(stream, "response")) as [http2.IncomingHttpHeaders & { ":status"?: number }];
      return { status: fields[":status"] ?? 0 };
    } finally {
      session.destroy();
    }
  }

  /** Somebody at an address of the PoP's network who answers as a node would, without its secret. */
  async impostor(body: string): Promise<{ address: string; asked: () => number; stop: () => Promise<void> }> {
    const address = (this.addresses[0] ?? "").replace(/1$/, "99");
    let asked = 0;
    const server = http2.createServer((request, response) => {
      asked += 1;
      // As much as it has heard itself.
      response.writeHead(200, {
        "x-footprint-proof": String(request.headers["x-footprint-proof"]),
        "x-footprint-given": "hit",
      });
      response.end(body);
    });
    const sessions = new Set<http2.Http2Session>();
    server.on("session", (session) => sessions.add(session));
    server.listen(this.ports.peers, address);
    await once(server, "listening");
    return {
      address,
      asked: () => asked,
      stop: async () => {
        sessions.forEach((session) => {
          session.destroy();
        });
        server.close();
        await once(server, "close");
      },
    };
  }

  cache(i: number): PurgeCache {
    return varnishPurgeCache(this.node(i).root.outside(SOCKETS.purge));
  }

  haproxy(i: number): HaproxyRuntime {
    const { root } = this.node(i);
    return new HaproxyRuntime({ admin: root.outside(SOCKETS.admin), master: root.outside(SOCKETS.master) });
  }

  /** Says of a node how far it is with purges, and that it needs as much of the others, and so much of other PoPs'. */
  mark(i: number, done: string, needs = done, more = ""): Promise<void> {
    return this.cache(i).mark({ done, needs: `${this.region}=${needs}${more}` });
  }

  private get region(): string {
    return this.options.region ?? REGION;
  }

  /** Tells a node, as its agent does, which nodes there are, and waits until it has seen that these answer. */
  async know(i: number, peers: Peers = this.addresses, wait = true): Promise<void> {
    const own = this.addresses[i] ?? "";
    const ring = new Ring({
      haproxy: this.haproxy(i),
      settings: { ...this.ports, poll: 1 },
      address: () => Promise.resolve(own),
      peers: () => Promise.resolve(peers.filter((each) => each !== own).map((address) => ({ address }))),
      log: keptLog().log,
    });
    await ring.look();
    await ring.tell();
    if (!wait) {
      return;
    }
    await until("all peers answer", async () => (await this.up(i)).length === new Set([own, ...peers]).size);
    await this.keep(i);
  }

  /** Keeps what a node's HAProxy knows, as its agent does every few seconds. */
  keep(i: number): Promise<void> {
    const file = this.node(i).root.outside(AGENT_FILES.addresses);
    return new OriginAddresses({ haproxy: this.haproxy(i), file }).look();
  }

  /** Has a node take another one out of its ring, though that one answers. */
  async forget(i: number, other: number): Promise<void> {
    const [, name = ""] = new RegExp(` (node\\d+) ${this.addresses[other] ?? ""} `).exec(await this.servers(i)) ?? [];
    await this.node(i).say(SOCKETS.admin, `set server ring/${name} state maint`);
  }

  /** Number of the node that owns a URL, as far as all nodes agree: the only one that does not ask another one for it. */
  async ownerOf(target: string, among: readonly number[] = [...this.nodes.keys()]): Promise<number> {
    const said = await Promise.all(among.map(async (i) => ({ i, caches: cachesOf(await this.ask(i, target)).length })));
    const owners = said.flatMap(({ i, caches }) => (caches === 1 ? [i] : []));
    if (owners.length !== 1) {
      throw new Error(`${target} has ${String(owners.length)} owners`);
    }
    return owners[0] ?? 0;
  }

  /** Addresses of the nodes that a node takes to be owners. */
  async up(i: number): Promise<readonly string[]> {
    return (await this.servers(i))
      .split("\n")
      .map((line) => line.split(" "))
      .filter((words) => words[5] === "2" && words[3]?.startsWith("node") === true)
      .map((words) => words[4] ?? "");
  }

  /** Requests of a node to others that are not answered yet. */
  async hops(i: number): Promise<number> {
    const csv = await this.node(i).say(SOCKETS.admin, "show stat");
    const line = csv.split("\n").find((each) => each.startsWith("ring,BACKEND,"));
    return Number(line?.split(",")[4]);
  }

  /** Requests that a node has made to each node, by address, those without any left out. */
  async asked(i: number): Promise<ReadonlyMap<string, number>> {
    const lines = (await this.node(i).say(SOCKETS.admin, "show stat")).split("\n").map((line) => line.split(","));
    const column = lines[0]?.indexOf("addr") ?? 0;
    return new Map(
      lines
        .filter(([backend, server, , , , , , total]) => backend === "ring" && server !== "BACKEND" && total !== "0")
        .map((line) => [line[column]?.split(":")[0] ?? "", Number(line[7])]),
    );
  }

  /** Has a node count the most that it had under way anew. */
  async forgetMost(i: number): Promise<void> {
    await this.node(i).say(SOCKETS.admin, "clear counters all");
  }

  /** What a node has under way for others: now, the most that it had, and how often they have asked for anything, checks included. */
  async given(i: number): Promise<{ readonly now: number; readonly most: number; readonly looks: number }> {
    const lines = (await this.node(i).say(SOCKETS.admin, "show stat")).split("\n").map((line) => line.split(","));
    const of = (section: string, side: string) =>
      lines.find(([name, server]) => name === section && server === side) ?? [];
    const [given, asked] = [of("cache-for-peers", "BACKEND"), of("peers", "FRONTEND")];
    return { now: Number(given[4]), most: Number(given[5]), looks: Number(asked[REQUESTS]) };
  }

  private servers(i: number): Promise<string> {
    return this.node(i).say(SOCKETS.admin, "show servers state ring");
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    if (this.options.origin === undefined) {
      await this.origin.stop();
    }
  }

  private files(address: string, listen: Listen): NodeFiles {
    const { site: settings, cluster = true, edit = same } = this.options;
    const { region } = this;
    const sites = edgeOptions(this.origin.at()).sites.map((site) => ({ ...site, host: HOST, ...settings }));
    const { ports } = listen;
    const files = nodeFiles({
      region,
      popName: nameOf(region),
      sites,
      cluster,
      listen: { ...listen, ports: { ...ports, ...this.ports } },
    });
    const file = "/etc/haproxy/haproxy.cfg";
    // All nodes of a PoP have the same ports, on addresses of their own.
    const config = Object.values(this.ports).reduce(
      (text, port) => text.replace(`bind 127.0.0.1:${String(port)}`, `bind ${address}:${String(port)}`),
      files[file] ?? "",
    );
    const proof = [...ringProof(region, KEYS)].map(([key, value]) => `${key} ${value}\n`).join("");
    return edit({
      ...files,
      [file]: config,
      [RING_PROOF_FILE]: proof,
      [SWITCHES_FILE]: `${SWITCHES.ring} in service\n`,
    });
  }
}

const same = (files: NodeFiles): NodeFiles => files;
