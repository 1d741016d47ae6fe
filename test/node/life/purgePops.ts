import { S3Client } from "@aws-sdk/client-s3";
import type { AgentTiming } from "../../../components/node/protocol/bundleFormat";
import type { Purge, Target } from "../../../components/node/protocol/purgeLog";
import { publishPurge, type PurgeLog } from "../../../infra/operate/publish";
import { reply, ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";
import { AgentNode, SECRETS, storeOf } from "./agentNode";
import { Cloud } from "../../../infra/lab/aws/cloud";

// The SDK would warn on each run that its releases of 2027 want a newer Node. Ours is pinned by the lockfile.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

export const REGIONS = ["eu-west-1", "us-east-1", "ap-southeast-2"];
export const KEY = SECRETS["purge-current"];
/** A key that comes into use during the tests. */
export const ROTATED = "purge-key-3";
/** What operators know. */
export const KEYS: PurgeLog["keys"] = [KEY, ROTATED];
export const OTHER = "other.example.com";

/** Stored for long, and used for long while the origin fails; once it is stale, a fresh one is waited for. */
const STORED = { "cache-control": "max-age=3600, stale-while-revalidate=0, stale-if-error=3600" };

export interface Resource {
  readonly host: string;
  readonly path: string;
}

/** Three PoPs of two nodes each, before one origin. */
export class PurgePops {
  readonly nodes: AgentNode[] = [];
  private readonly clients = new Map<string, S3Client>();

  private constructor(
    readonly cloud: Cloud,
    readonly origin: ScriptedOrigin,
    private readonly timing: Partial<AgentTiming>,
  ) {}

  static async start(timing: Partial<AgentTiming>): Promise<PurgePops> {
    const pops = new PurgePops(await Cloud.start(), await ScriptedOrigin.start(), timing);
    try {
      // One after the other: VCL is compiled, and there are few cores.
      for (const region of REGIONS) {
        await pops.addNode(region);
        await pops.addNode(region);
      }
      return pops;
    } catch (error) {
      await pops.stop();
      throw error;
    }
  }

  async addNode(region: string): Promise<AgentNode> {
    const { cloud, origin, timing } = this;
    const instance = `i-${String(this.nodes.length + 1)}`;
    const node = await AgentNode.start({
      cloud,
      origin,
      region,
      instance,
      timing,
      more: { [OTHER]: {} },
      node: { cacheMemory: 64 },
    });
    this.nodes.push(node);
    return node;
  }

  /** What the origin has from now on, for every host. */
  serve(path: string, version: string, tags = "none"): void {
    this.origin.on(path, reply(bodyOf({ path }, version), { ...STORED, "surrogate-key": tags }));
  }

  fail(path: string): void {
    this.origin.on(path, reply("broken", {}, 503));
  }

  /** Has every node store what the origin has. */
  async warm(object: Resource, version: string): Promise<void> {
    await this.untilServed(object, version);
    await until(`${object.path} is stored`, async () => (await this.stored(object)).every((each) => each));
  }

  /** Whether each node has it. */
  async stored({ host, path }: Resource): Promise<readonly boolean[]> {
    const answers = await Promise.all(this.nodes.map((node) => node.ask(path, { host })));
    return answers.map(({ headers }) => /; ?hit/.test(headers["cache-status"] ?? ""));
  }

  async bodies({ host, path }: Resource): Promise<readonly string[]> {
    return (await Promise.all(this.nodes.map((node) => node.ask(path, { host })))).map(({ body }) => body);
  }

  /** Resolves when every node serves the version. */
  async untilServed(object: Resource, version: string, nodes: readonly AgentNode[] = this.nodes): Promise<void> {
    await Promise.all(
      nodes.map((node) =>
        until(`${node.instance} serves ${object.path} in version ${version}`, async () => {
          const { body } = await node.ask(object.path, { host: object.host });
          return body === bodyOf(object, version);
        }),
      ),
    );
  }

  /** Publishes to every PoP, as an operator does; returns the numbers of the entries by region. */
  async publish(
    targets: readonly Target[],
    soft = false,
    keys: PurgeLog["keys"] = KEYS,
  ): Promise<ReadonlyMap<string, number>> {
    const purge: Purge = { at: new Date().toISOString(), soft, targets: [...targets] };
    const say = (): void => undefined;
    const numbers = await Promise.all(
      REGIONS.map(
        async (region) =>
          [
            region,
            await publishPurge({ s3: this.s3(region), region, bucket: storeOf(region), keys, say }, purge),
          ] as const,
      ),
    );
    return new Map(numbers);
  }

  /** Resolves when every node has carried out what it is to, also for the second time. */
  async settled(numbers: ReadonlyMap<string, number>): Promise<void> {
    for (const node of this.nodes) {
      const wanted = numbers.get(node.region) ?? 0;
      await until(`${node.instance} has repeated ${String(wanted)}`, () =>
        node.said
          .filter((line) => line.includes('"purged again"'))
          .some((line) => (JSON.parse(line) as { number: number }).number >= wanted),
      );
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    for (const client of this.clients.values()) {
      client.destroy();
    }
    await this.origin.stop();
    await this.cloud.stop();
  }

  private s3(region: string): S3Client {
    const client =
      this.clients.get(region) ??
      new S3Client({
        region,
        endpoint: this.cloud.url,
        credentials: { accessKeyId: "operator", secretAccessKey: "of the test" },
      });
    this.clients.set(region, client);
    return client;
  }
}

export function bodyOf({ path }: Pick<Resource, "path">, version: string): string {
  return `${path} ${version}`;
}
