import { nodeFiles } from "../../../components/node/files";
import type { NodeFiles } from "../../../components/node/nodeFiles";
import { INTERNAL_PREFIX } from "../../../components/node/internalHeaders";
import type { Listen } from "../../../components/node/options";
import type { Origin, Site } from "../../../components/node/site";
import { debianRootFolder } from "../../../infra/edge/debianRoot";
import { RunningNode } from "../../../infra/edge/node";
import { clientHeader, request } from "../proxied";
import { answersIn, type RawAnswer } from "./answers";
import { FAREWELL, PREFACE } from "./http2";
import { converse, converseAndLeave } from "./rawClient";
import { RecordingOrigin, type OriginAnswer, type SeenRequest } from "./recordingOrigin";

const POP = "eu-west-1.pop.example.com";
export const HOST = "www.example.com";

/** Two clients of the node: who attacks, and who comes later. */
const ATTACKER = "198.51.100.66";
const VICTIM = "203.0.113.7";

/** A third one, who asks so much that limits may meet it. */
const FLOODER = "198.51.100.99";

const SITE: Omit<Site, "origins"> = {
  host: HOST,
  originHost: "origin",
  cacheKey: { query: "all", headers: [], cookies: [] },
  stale: { whileRevalidate: 0, ifError: 0 },
  maxAge: 86_400,
  methods: ["GET", "HEAD", "POST"],
  websocket: false,
  compression: false,
  clientAddress: "full",
  redirectStatus: 308,
  tagHeader: "Surrogate-Key",
};

export interface WatchedNodeOptions {
  /** What the sites differ in from one that takes GET, HEAD and POST; default: that one, at HOST. */
  readonly sites?: readonly Partial<Site>[];
  readonly answer?: (request: SeenRequest) => OriginAnswer;
}

/** A node in front of a recording origin, with an attacker and a victim as its clients. */
export class WatchedNode {
  private constructor(
    private readonly node: RunningNode,
    readonly origin: RecordingOrigin,
    private readonly processes: string,
  ) {}

  static async start({ sites = [{}], answer }: WatchedNodeOptions = {}): Promise<WatchedNode> {
    const origin = await RecordingOrigin.start(answer);
    const all = sites.map((site) => ({ ...SITE, origins: [origin.origin], ...site }));
    const files = (listen: Listen): NodeFiles => nodeFiles({ region: "eu-west-1", popName: POP, sites: all, listen });
    try {
      const node = await RunningNode.start({ root: debianRootFolder(), files });
      return new WatchedNode(node, origin, programsOf(node));
    } catch (error) {
      await origin.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.node.stop();
    await this.origin.stop();
  }

  get port(): number {
    return this.node.ports.traffic;
  }

  /** What the node sends to an attacker's bytes. */
  async attack(...pieces: readonly (Buffer | string)[]): Promise<readonly RawAnswer[]> {
    return answersIn(await converse(this.port, clientHeader(ATTACKER), ...pieces));
  }

  /** Asks for a target with HEAD; the answer, which has no body whatever it says, is not looked at. */
  async attackHead(target: string): Promise<void> {
    await converse(this.port, clientHeader(ATTACKER), request("HEAD", target, { Host: HOST }));
  }

  /** All that the node sends to an attacker's frames of HTTP/2, after which the attacker asks no more. */
  attackHttp2(frames: readonly Buffer[], leaves = false): Promise<Buffer> {
    const bytes = [clientHeader(ATTACKER), Buffer.concat([PREFACE, ...frames, FAREWELL])];
    return leaves ? converseAndLeave(this.port, ...bytes) : converse(this.port, ...bytes);
  }

  /** The same by a client whose requests are not counted with the others'. */
  floodHttp2(...frames: readonly Buffer[]): Promise<Buffer> {
    return converse(this.port, clientHeader(FLOODER), Buffer.concat([PREFACE, ...frames, FAREWELL]));
  }

  /** An honest request of another client on a connection of its own. */
  async visit(target: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    const text = request("GET", target, { Host: HOST, ...headers });
    const [answer, ...others] = answersIn(await converse(this.port, clientHeader(VICTIM), text));
    if (answer === undefined || others.length > 0) {
      throw new Error(`${others.length + 1} answers to one request`);
    }
    return answer;
  }

  /** What the origin was told wrong by any request. */
  get misleading(): readonly string[] {
    return this.origin.requests.flatMap((request) => misleading(request, this.origin.origin));
  }

  /** Whether the node answers health and none of its programs was started anew. */
  async isUnharmed(): Promise<boolean> {
    return (await this.node.health()) === 200 && programsOf(this.node) === this.processes;
  }
}

/** What is wrong with what the edge says of a request to its origin: each field once, and of its own making. */
function misleading({ fields, target }: SeenRequest, origin: Origin): readonly string[] {
  const said: readonly (readonly [string, RegExp])[] = [
    ["host", new RegExp(`^${origin.host}:${origin.port}$`)],
    ["x-forwarded-for", new RegExp(`^(${ATTACKER}|${VICTIM}|${FLOODER})$`)],
    ["x-forwarded-host", /^[a-z]+\.example\.com$/],
    ["x-forwarded-proto", /^https$/],
    ["x-request-id", /^[0-9a-f-]{36}$/],
    ["cdn-loop", new RegExp(`^${POP}$`)],
    ["via", new RegExp(`^(1\\.0|1\\.1|2) ${POP}$`)],
  ];
  const wrong = said.flatMap(([name, form]) => {
    const values = fields.filter(([each]) => each === name).map(([, value]) => value);
    return values.length === 1 && form.test(values[0] ?? "") ? [] : [`${target}: ${name}: ${values.join(" and ")}`];
  });
  const internal = fields.filter(([name]) => name.startsWith(INTERNAL_PREFIX) || name === "upgrade");
  return [...wrong, ...internal.map(([name]) => `${target}: ${name}`)];
}

/** HAProxy, Varnish and the processes below them that do the work, by id. */
function programsOf(node: RunningNode): string {
  return node.root
    .processes()
    .filter(({ name }) => ["haproxy", "varnishd", "cache-main"].includes(name))
    .map(({ pid, name }) => `${name} ${pid}`)
    .sort()
    .join(", ");
}
