import { nodeFiles } from "../../../components/node/files";
import type { BoundName } from "../../../components/node/limits";
import type { NodeFiles } from "../../../components/node/nodeFiles";
import type { Listen, NodeOptions } from "../../../components/node/options";
import { VARNISH_FOLDER } from "../../../components/node/processes";
import type { Site } from "../../../components/node/site";
import { SOCKETS } from "../../../components/node/sockets";
import { debianRootFolder } from "../../../infra/edge/debianRoot";
import { RunningNode, type StartOptions } from "../../../infra/edge/node";
import { edgeOptions } from "../../../infra/edge/settings";
import { ask, askSocket, type Answer, type Ask } from "./client";
import { ScriptedOrigin } from "./scripted";
import { until } from "./until";

/** The site of a rig that says nothing else. */
export const HOST = "www.example.com";

export interface RigOptions {
  /** What the site has other than the defaults of a stack file. */
  readonly site?: Partial<Site>;
  /** Sites beside it, by host. */
  readonly more?: Readonly<Record<string, Partial<Site>>>;
  /** Bounds other than those of the smallest machine. */
  readonly bounds?: Partial<Readonly<Record<BoundName, number>>>;
  /** Changes the rendered files: to shorten a timeout, or to break a guard. */
  readonly edit?: (files: NodeFiles) => NodeFiles;
  readonly node?: Omit<StartOptions, "root" | "files">;
}

/** What a purge is for: the request's target, a tag, a prefix of paths, all of the site, or everything. */
export type PurgeKey =
  { readonly url: string } | { readonly tag: string } | { readonly prefix: string } | "host" | "all";

/** A node with a scripted origin behind it. */
export class Rig {
  private constructor(
    readonly origin: ScriptedOrigin,
    readonly node: RunningNode,
    private readonly options: RigOptions,
    private readonly accessLog: string[],
  ) {}

  static async start(options: RigOptions = {}): Promise<Rig> {
    const origin = await ScriptedOrigin.start();
    const accessLog: string[] = [];
    try {
      const node = await RunningNode.start({
        onAccess: (line) => accessLog.push(line),
        ...(options.bounds === undefined ? {} : { bounds: options.bounds }),
        ...options.node,
        root: debianRootFolder(),
        files: rendered(origin, options),
      });
      return new Rig(origin, node, options, accessLog);
    } catch (error) {
      await origin.stop();
      throw error;
    }
  }

  /** The name of the PoP, in Via and in Cache-Status. */
  get popName(): string {
    return edgeOptions(this.origin.at()).popName;
  }

  /** The region that the node takes itself to be in. */
  get region(): string {
    return edgeOptions(this.origin.at()).region;
  }

  /** A request for the rig's own site. */
  get(target: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask(target, { headers });
  }

  ask(target: string, options: Ask & { readonly host?: string } = {}): Promise<Answer> {
    return ask(this.node.ports.traffic, options.host ?? HOST, target, options);
  }

  /** The same from many clients at once, each with an address of its own. */
  crowd(count: number, target: string): Promise<readonly Answer[]> {
    return Promise.all(
      Array.from({ length: count }, (_, i) =>
        this.ask(target, { client: `203.0.${Math.floor(i / 250)}.${(i % 250) + 1}` }),
      ),
    );
  }

  /** What the agent does: on the socket that is its own. */
  purge(method: "PURGE" | "SOFTPURGE" | "BAN", key: PurgeKey, host = HOST): Promise<Answer> {
    const fields: Readonly<Record<string, string>> =
      typeof key === "string"
        ? { "x-footprint-purge": key }
        : "url" in key
          ? { "x-footprint-purge": "url" }
          : "prefix" in key
            ? { "x-footprint-purge": "prefix" }
            : { "x-footprint-purge": "tag", "x-footprint-tag": key.tag };
    const target = typeof key === "string" ? "/" : "url" in key ? key.url : "prefix" in key ? key.prefix : "/";
    return askSocket(this.node.root.outside(SOCKETS.purge), method, target, { host, ...fields });
  }

  /** Has an object go stale at once, as if its lifetime were over. */
  async age(target: string, host = HOST): Promise<void> {
    const { status } = await this.purge("SOFTPURGE", { url: target }, host);
    if (status !== 200) {
      throw new Error(`a soft purge of ${target} was answered with ${status}`);
    }
  }

  /** Requests that HAProxy has given to Varnish and that are not answered yet. */
  async inCache(): Promise<number> {
    const csv = await this.node.say(SOCKETS.admin, "show stat");
    const fields = csv.split("\n").find((line) => line.startsWith("cache,BACKEND,"));
    return Number(fields?.split(",")[4]);
  }

  /** Fetches of Varnish that have not come to their end. */
  async fetching(): Promise<number> {
    const { stdout } = await this.node.exec("varnishstat", "-n", VARNISH_FOLDER, "-1", "-f", "MEMPOOL.busyobj.live");
    return Number(/^\S+ +(\d+) /.exec(stdout)?.[1]);
  }

  /** The line of the access log for a path, once it is there. */
  async logged(path: string): Promise<Readonly<Record<string, unknown>>> {
    const lines = await this.loggedLines(path, 1);
    return JSON.parse(lines[0] ?? "") as Readonly<Record<string, unknown>>;
  }

  /** So many lines of the access log in which a text occurs, once they are there. */
  loggedLines(text: string, count: number): Promise<readonly string[]> {
    return until(`${count} lines of the access log with ${text}`, () => {
      const found = this.accessLog.filter((line) => line.includes(text));
      return found.length >= count && found;
    });
  }

  /** Takes up other settings by a reload. */
  async reload(changes: Pick<RigOptions, "site" | "more">): Promise<void> {
    await this.node.reload(rendered(this.origin, { ...this.options, ...changes }));
  }

  /** Process ids of Varnish's child, which has the cache. */
  cacheProcesses(): readonly number[] {
    return this.node.root
      .processes()
      .filter(({ name }) => name === "cache-main")
      .map(({ pid }) => pid);
  }

  async stop(): Promise<void> {
    await this.node.stop();
    await this.origin.stop();
  }
}

function rendered(origin: ScriptedOrigin, { site, more = {}, edit }: RigOptions) {
  const base = edgeOptions(origin.at());
  const [defaults] = base.sites;
  if (defaults === undefined) {
    throw new Error("edgeOptions gives one site");
  }
  const options: NodeOptions = {
    ...base,
    sites: [
      { ...defaults, host: HOST, ...site },
      ...Object.entries(more).map(([host, settings]) => ({ ...defaults, host, ...settings })),
    ],
  };
  return (listen: Listen): NodeFiles => {
    const files = nodeFiles({ ...options, listen });
    return edit === undefined ? files : edit(files);
  };
}
