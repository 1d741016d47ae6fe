import { nodeFiles, type NodeFiles } from "../../../components/node/files";
import type { Listen } from "../../../components/node/options";
import { NODE_HEALTH_PATH } from "../../../components/node/ports";
import type { Site } from "../../../components/node/site";
import { debianRootFolder } from "../../../infra/edge/debianRoot";
import { RunningNode } from "../../../infra/edge/node";
import { httpStatus } from "../../../infra/edge/ports";
import { clientHeader } from "../proxied";
import { answersIn, type RawAnswer } from "./answers";
import { FAREWELL, PREFACE } from "./http2";
import { converse } from "./rawClient";
import { RecordingOrigin, type OriginAnswer, type SeenRequest } from "./recordingOrigin";

export const POP = "eu-west-1.pop.example.com";
export const HOST = "www.example.com";

/** Two clients of the node: who attacks, and who comes later. */
const ATTACKER = clientHeader("198.51.100.66");
const VICTIM = clientHeader("203.0.113.7");

const SITE: Omit<Site, "origins"> = {
  host: HOST,
  cacheKey: { query: "all", headers: [], cookies: [] },
  stale: { whileRevalidate: 0, ifError: 0 },
  maxAge: 86_400,
  methods: ["GET", "HEAD", "POST"],
  compression: false,
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
    return answersIn(await converse(this.port, ATTACKER, ...pieces));
  }

  /** All that the node sends to an attacker's frames of HTTP/2, after which the attacker asks no more. */
  attackHttp2(...frames: readonly Buffer[]): Promise<Buffer> {
    return converse(this.port, ATTACKER, Buffer.concat([PREFACE, ...frames, FAREWELL]));
  }

  /** An honest request of another client on a connection of its own. */
  async visit(target: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    const fields = Object.entries({ Host: HOST, ...headers, Connection: "close" });
    const text = `GET ${target} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
    const [answer, ...others] = answersIn(await converse(this.port, VICTIM, text));
    if (answer === undefined || others.length > 0) {
      throw new Error(`${others.length + 1} answers to one request`);
    }
    return answer;
  }

  /** Whether the node answers health and none of its programs was started anew. */
  async isUnharmed(): Promise<boolean> {
    const status = await httpStatus(this.node.ports.health, NODE_HEALTH_PATH);
    return status === 200 && programsOf(this.node) === this.processes;
  }
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
