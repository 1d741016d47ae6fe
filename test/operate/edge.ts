import { createHash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import type { NodeReport } from "../../components/node/protocol/nodeReport";
import { digestOf, type Pointer } from "../../components/node/protocol/pointer";
import { openEntry, type Entry, type Purge } from "../../components/node/protocol/purgeLog";
import { nodeKey, purgeKey, STORE_KEYS } from "../../components/node/protocol/storeKeys";
import type { Terminal } from "../../infra/terminal/confirm";
import { CONFIGURATION_KEYS, sealed } from "../components/node/signing";
import { Cloud } from "../../infra/lab/aws/cloud";
import { LAST_MODIFIED } from "../../infra/lab/aws/store";

export const REGIONS = ["ap-southeast-2", "eu-central-1", "us-east-1"] as const;
export type Region = (typeof REGIONS)[number];

/** What AWS's own metrics know the PoPs' parts by. */
export const MEASURED = REGIONS.map((region) => ({
  region,
  loadBalancerArnSuffix: `net/${region}/0123456789abcdef`,
  targetGroupArnSuffix: `targetgroup/${region}/0123456789abcdef`,
  natGatewayId: `nat-${region}`,
  nodeGroupName: `edge-${region}`,
  logBucketName: `logs-${region}`,
  healthCheckId: `check-of-${region}`,
}));

/** No output of any command may hold these. */
export const CANARY = "canary-of-a-secret";

/** The image of each PoP. */
export const IMAGE = "ami-0123456789abcdef0";

/** When images were made and packages locked: a little more than a day ago. */
const YESTERDAY = new Date(Date.now() - 90_000_000).toISOString();

export const BUNDLE = createHash("sha256").update("bundle").digest("hex");

const pair = (role: string) => ({
  current: { name: `/edge/${role}-current`, version: 2 },
  next: { name: `/edge/${role}-next`, version: 2 },
});

const CONTENT = {
  bundle: { key: `${STORE_KEYS.bundles}${BUNDLE}`, sha256: BUNDLE },
  parameters: { "origin-auth": pair("origin-auth"), purge: pair("purge") },
};

export const POINTER: Pointer = { ...CONTENT, serial: { name: "/edge/serial", version: 2 } };

const STACK_FILE = `# kept
config:
  aws:region: us-east-1 # home

  footprint:zones: { example.com: { id: Z0123456789ABCDEFGHIJ } }
  footprint:sites:
    www.example.com: { origin: https://origin.example.org, cacheKey: { query: [page] } }
    shop.example.com: { origin: https://origin.example.org }
  footprint:packages: { bucket: some-packages }
  footprint:image:
    ap-southeast-2: ami-0123456789abcdef0
    eu-central-1: ami-0123456789abcdef0
    us-east-1: ami-0123456789abcdef0
  # The PoPs.
  footprint:pops:
    ap-southeast-2: {}
    eu-central-1: {}
    us-east-1: {} # last
`;

type Run = (terminal: Terminal, folder: string) => Promise<number>;

/** What a command has answered. */
export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/**
 * A deployment of three PoPs with two nodes each, as the operator's tool sees it: a stack file, outputs, and AWS on the
 * loopback interface. Its nodes are their reports.
 */
export class Edge {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-operate-"));
  readonly stackFile = path.join(this.folder, "Pulumi.edge.yaml");
  readonly outputs = path.join(this.folder, "outputs.json");
  /** Answers to questions; without one, nobody can be asked. */
  answer: string | undefined;
  /** Happens while a question waits for its answer. */
  whenAsked: () => void = () => undefined;
  /** Happens when a line of progress was said. */
  whenSaid: (line: string) => void = () => undefined;
  /** What the command would say if it were interrupted now. */
  left: (() => string) | undefined;
  private readonly environment = { ...process.env };
  private readonly proxies: http.Server[] = [];

  private constructor(readonly cloud: Cloud) {}

  static async start(): Promise<Edge> {
    const edge = new Edge(await Cloud.start());
    Object.assign(process.env, edge.env);
    fs.writeFileSync(edge.stackFile, STACK_FILE);
    edge.writeOutputs({});
    for (const region of REGIONS) {
      edge.writePointer(region, POINTER);
      edge.imageMade(region, YESTERDAY);
      edge.cloud.buckets.set(edge.logBucket(region), new Map());
      edge.cloud.parameters.set(`${region} /edge/serial`, ["former", digestOf(POINTER)]);
      for (const [role, value] of [
        "origin-auth-current",
        "origin-auth-next",
        "purge-current",
        "purge-next",
      ].entries()) {
        // Version 2, so that a version that is made up shows.
        edge.cloud.parameters.set(`${region} /edge/${value}`, ["former", `${CANARY}-${String(role)}`]);
      }
      const ids = edge.instances(region);
      edge.cloud.groups.set(`edge-${region}`, {
        name: `edge-${region}`,
        desired: 2,
        min: 2,
        instances: ids.map((id, index) => ({
          id,
          state: "InService",
          healthy: true,
          zone: `${region}${"ab"[index] ?? ""}`,
        })),
        refreshes: [],
      });
      ids.forEach((id) => {
        edge.report(region, id);
      });
    }
    return edge;
  }

  get env(): Readonly<Record<string, string>> {
    return { ...this.cloud.env, AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
  }

  async stop(): Promise<void> {
    process.env = this.environment;
    for (const proxy of this.proxies) {
      proxy.close();
      proxy.closeAllConnections();
    }
    await this.cloud.stop();
    fs.rmSync(this.folder, { recursive: true });
  }

  bucket(region: Region): string {
    return `store-${region}`;
  }

  logBucket(region: Region): string {
    return `logs-${region}`;
  }

  instances(region: Region): readonly [string, string] {
    return [`i-${region}-1`, `i-${region}-2`];
  }

  /** Has a PoP's image been made at some time; undefined: it is gone. */
  imageMade(region: Region, at: string | undefined): void {
    if (at === undefined) {
      this.cloud.images.delete(`${region} ${IMAGE}`);
    } else {
      this.cloud.images.set(`${region} ${IMAGE}`, at);
    }
  }

  /** Has the pointer changed so many seconds ago. */
  pointerAged(region: Region, seconds: number): void {
    this.changed(region, STORE_KEYS.pointer, new Date(Date.now() - seconds * 1000));
  }

  writePointer(region: Region, pointer: Pointer): void {
    this.cloud.put(this.bucket(region), STORE_KEYS.pointer, sealed(region, pointer));
  }

  /** Changes the stack file. */
  edit(from: string, to: string): void {
    const text = fs.readFileSync(this.stackFile, "utf8");
    expect(text).toContain(from);
    fs.writeFileSync(this.stackFile, text.replace(from, to));
  }

  writeOutputs(changes: Readonly<Record<string, unknown>>): void {
    const byRegion = (name: string) => Object.fromEntries(REGIONS.map((region) => [region, `${name}-${region}`]));
    const content = {
      endpoints: ["https://www.example.com/"],
      storeBuckets: byRegion("store"),
      logBuckets: byRegion("logs"),
      nodeGroups: byRegion("edge"),
      secretGenerations: { originAuth: 1, purge: 1 },
      hosts: ["www.example.com", "shop.example.com"],
      healthCheck: { interval: 10, threshold: 3 },
      configurationKeys: CONFIGURATION_KEYS,
      measured: MEASURED,
      images: Object.fromEntries(REGIONS.map((region) => [region, IMAGE])),
      packagesLockedAt: YESTERDAY,
      popStates: Object.fromEntries(REGIONS.map((region) => [region, "active"])),
      ...changes,
    };
    fs.writeFileSync(this.outputs, JSON.stringify(content));
  }

  /** Writes what a node reports; well unless `changes` says otherwise. */
  report(region: Region, instance: string, changes: Partial<NodeReport> = {}): void {
    const now = new Date().toISOString();
    const report: NodeReport = {
      instance,
      region,
      at: now,
      state: "serving",
      configuration: { generation: BUNDLE, rejected: null, failing: null, serial: 2 },
      purge: { position: 0, caughtUpAt: now, refused: 0 },
      secrets: { "origin-auth": { current: 2, next: 2 }, purge: { current: 2, next: 2 } },
      health: { node: "ok", pop: "ok" },
      ...changes,
    };
    const key = nodeKey("AROAEXAMPLE", instance);
    this.cloud.put(this.bucket(region), key, JSON.stringify(report));
    this.changed(region, key, new Date(report.at));
  }

  reportAll(region: Region, changes: Partial<NodeReport>): void {
    this.instances(region).forEach((id) => {
      this.report(region, id, changes);
    });
  }

  /** A purge as a node would read it, with the keys that it knows. */
  purge(region: Region, number: number): Purge | undefined {
    const head = this.headEntry(region);
    const kept = this.cloud.object(this.bucket(region), purgeKey(number)) ?? "";
    return (head?.number === number ? head : openEntry(KEYS, region, kept))?.purge;
  }

  head(region: Region, keys: readonly string[] = KEYS): number | undefined {
    return this.headEntry(region, keys)?.number;
  }

  private headEntry(region: Region, keys: readonly string[] = KEYS): Entry | undefined {
    return openEntry(keys, region, this.cloud.object(this.bucket(region), STORE_KEYS.purgeHead) ?? "");
  }

  /** Has something happen as soon as an object of a store is written. */
  whenWritten(region: Region, key: string, happens: () => void): void {
    const objects = this.cloud.buckets.get(this.bucket(region))!;
    const set = objects.set.bind(objects);
    objects.set = (written, content) => {
      set(written, content);
      if (written === key) {
        happens();
      }
      return objects;
    };
  }

  /** Has nodes report that of the purge log, as soon as an entry is in it. */
  whenPurged(region: Region, purge: NodeReport["purge"], instances: readonly string[] = this.instances(region)): void {
    this.whenWritten(region, STORE_KEYS.purgeHead, () => {
      instances.forEach((id) => {
        this.report(region, id, { purge });
      });
    });
  }

  /** Has the first answer to a matching request get lost on its way, after it was carried out. */
  async loseAnswer(method: string, path: string): Promise<{ readonly isLost: () => boolean }> {
    const target = new URL(this.cloud.url);
    let isLost = false;
    const proxy = http.createServer((request, response) => {
      const { url = "" } = request;
      const options = { host: target.hostname, port: target.port, method: request.method, path: url };
      const onward = http.request({ ...options, headers: request.headers }, (answer) => {
        if (!isLost && request.method === method && new URL(url, target).pathname === path) {
          isLost = true;
          request.socket.destroy();
        } else {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }
      });
      request.pipe(onward);
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    process.env["AWS_ENDPOINT_URL"] = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
    this.proxies.push(proxy);
    return { isLost: () => isLost };
  }

  private changed(region: Region, key: string, at: Date): void {
    LAST_MODIFIED.set(this.cloud.buckets.get(this.bucket(region))!.get(key)!, at);
  }

  /** Runs a command with what it takes of a terminal. */
  async run(run: Run): Promise<Ran> {
    const out: string[] = [];
    const err: string[] = [];
    const plain = (text: string): string => text;
    const status = await run(
      {
        style: { bold: plain, dim: plain, green: plain, yellow: plain, red: plain, width: Infinity },
        out: (text) => out.push(text),
        say: (line) => {
          err.push(`${line}\n`);
          this.whenSaid(line);
        },
        ask: (question) => {
          err.push(question);
          this.whenAsked();
          return Promise.resolve(this.answer);
        },
        whenInterrupted: (left) => {
          this.left = left;
          return () => {
            this.left = undefined;
          };
        },
      },
      this.folder,
    );
    const ran = { status, out: out.join(""), err: err.join("") };
    expect(`${ran.out}${ran.err}`).not.toContain(CANARY);
    return ran;
  }
}

/** Values of the purge key: next and current. */
export const KEYS = [`${CANARY}-3`, `${CANARY}-2`] as const;
