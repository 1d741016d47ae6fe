import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { STORE_KEYS } from "../../../components/node/protocol/storeKeys";
import { runPurge, type PurgeOptions } from "../../../infra/operate/purge";
import { CONFIGURATION_KEYS } from "../../components/node/signing";
import { randomOf } from "../../../infra/lab/chaos/random";
import { HOST } from "../origin/rig";
import { ScriptedOrigin, type Received } from "../origin/scripted";
import { AgentNode, groupOf, storeOf } from "./agentNode";
import { Cloud, type Outage } from "../../../infra/lab/aws/cloud";
import type * as http from "node:http";

const REGION = "eu-west-1";
/** Few, so that what is purged is being fetched. */
const RESOURCES = 3;
const OFFSET_FILE = "/run/footprint/clock-offset";
const CLOCK_FILE = "/run/footprint/clock.js";

/** Moves a process' clock by the milliseconds that stand in a file, from one look at it to the next. */
const CLOCK = `
const { readFileSync } = require("node:fs");
const Real = Date;
const now = () => {
  try { return Real.now() + Number(readFileSync("${OFFSET_FILE}", "utf8")); } catch { return Real.now(); }
};
globalThis.Date = class extends Real {
  constructor(...given) { if (given.length === 0) { super(now()); } else { super(...given); } }
  static now() { return now(); }
};
`;

/** A client that got what had been purged before it asked. */
export interface Violation {
  readonly resource: number;
  readonly node: string;
  readonly promised: number;
  readonly got: number;
  readonly cacheStatus: string;
}

/**
 * A history of real nodes: clients, publishers and an origin at work while things fail. Each resource has a version, which
 * the origin answers with. What `purge --wait` has promised by its exit status is the least version that a request that
 * begins afterwards may get.
 */
export class History {
  readonly violations: Violation[] = [];
  /** What happened, in order: for whoever looks for the reason of a violation. */
  readonly events: string[] = [];
  reads = 0;
  hits = 0;
  promises = 0;
  private readonly versions = Array.from({ length: RESOURCES }, () => 1);
  private readonly floors = Array.from({ length: RESOURCES }, () => 0);
  private readonly nodes: AgentNode[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "footprint-history-"));
  private readonly environment = { ...process.env };
  private publishing = 0;
  private purged = 0;

  private constructor(
    private readonly cloud: Cloud,
    private readonly origin: ScriptedOrigin,
    private readonly random: () => number,
  ) {}

  static async start(seed: number): Promise<History> {
    const history = new History(await Cloud.start(), await ScriptedOrigin.start(), randomOf(seed));
    try {
      await history.prepare();
      return history;
    } catch (error) {
      await history.stop();
      throw error;
    }
  }

  /** Lets publishers do so many purges in all, among clients and failures, and then has all come to rest. */
  async run(purges: number): Promise<void> {
    let left = purges;
    const publisher = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await this.publish();
      }
    };
    this.publishing = 2;
    const ended = (): void => {
      this.publishing -= 1;
    };
    const publishers = [publisher().finally(ended), publisher().finally(ended)];
    const clients = Array.from({ length: 6 }, () => this.client());
    await Promise.all([...publishers, ...clients, this.failures()]);
  }

  /** With nothing failing any more: every node serves the newest of everything. */
  async atRest(): Promise<readonly number[][]> {
    this.versions.forEach((version, i) => (this.versions[i] = version + 1));
    const status = await this.purge({ host: [HOST], yes: true });
    this.say(`at rest: ${String(status)}`);
    return Promise.all(
      this.nodes.map((node) =>
        Promise.all(this.versions.map(async (version, i) => Number((await node.ask(pathOf(i))).body) - version)),
      ),
    );
  }

  async stop(): Promise<void> {
    process.env = this.environment;
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.origin.stop();
    await this.cloud.stop();
    rmSync(this.folder, { recursive: true });
  }

  private async prepare(): Promise<void> {
    const { cloud, origin } = this;
    Object.assign(process.env, cloud.env);
    this.versions.forEach((_, i) => {
      origin.on(pathOf(i), (response, request) => this.answer(i, response, request));
    });
    for (const instance of ["i-1", "i-2"]) {
      const node = await AgentNode.start({
        cloud,
        origin,
        region: REGION,
        instance,
        node: { cacheMemory: 64 },
      });
      this.nodes.push(node);
      node.node.root.write(CLOCK_FILE, CLOCK);
      Object.assign(node.machine.env, { NODE_OPTIONS: `--require=${CLOCK_FILE}` });
      await restartAgent(node);
    }
    const instances = this.nodes.map(({ instance }) => ({ id: instance, state: "InService", healthy: true }));
    cloud.groups.set(groupOf(REGION), { name: groupOf(REGION), desired: 2, min: 2, instances, refreshes: [] });
    const pointer = cloud.object(storeOf(REGION), "current-i-1.json") ?? "";
    cloud.put(storeOf(REGION), STORE_KEYS.pointer, pointer);
    writeFileSync(
      join(this.folder, "outputs.json"),
      JSON.stringify({
        storeBuckets: { [REGION]: storeOf(REGION) },
        nodeGroups: { [REGION]: groupOf(REGION) },
        secretGenerations: { originAuth: 1, purge: 1 },
        configurationKeys: CONFIGURATION_KEYS,
        hosts: [HOST],
      }),
    );
  }

  /** Reads its version when it is asked, and answers some time later. */
  private async answer(resource: number, response: http.ServerResponse, { headers }: Received): Promise<void> {
    const version = String(this.versions[resource]);
    await sleep(this.random() < 0.5 ? 1000 + this.random() * 5000 : this.random() * 200);
    const fields = {
      "cache-control": this.one([
        "max-age=3600",
        "max-age=3600",
        "max-age=1, stale-while-revalidate=5, stale-if-error=5",
      ]),
      "surrogate-key": [`r${String(resource)}`, "all-of-them"],
      etag: `"${version}"`,
    };
    if (headers["if-none-match"] === fields.etag) {
      response.writeHead(304, fields).end();
    } else {
      response.writeHead(200, { ...fields, "content-length": version.length }).end(version);
    }
  }

  private async client(): Promise<void> {
    while (this.publishing > 0) {
      const resource = Math.floor(this.random() * RESOURCES);
      const node = this.one(this.nodes);
      const promised = this.floors[resource] ?? 0;
      const answer = await node.ask(pathOf(resource)).catch(() => undefined);
      if (answer?.status === 200) {
        const cacheStatus = answer.headers["cache-status"] ?? "";
        this.reads += 1;
        this.hits += /; ?hit/.test(cacheStatus) ? 1 : 0;
        const got = Number(answer.body);
        if (got < promised) {
          const violation = { resource, node: node.instance, promised, got, cacheStatus };
          this.violations.push(violation);
          this.say(JSON.stringify(violation));
        }
      }
      await sleep(this.random() * 40);
    }
  }

  private async publish(): Promise<void> {
    // Often the same once more: while what the first time took out is being fetched.
    const resource = this.random() < 0.6 ? this.purged : Math.floor(this.random() * RESOURCES);
    this.purged = resource;
    const all = this.random() < 0.1;
    const changed = all ? this.versions.map((_, i) => i) : [resource];
    const wanted = changed.map((i) => (this.versions[i] = (this.versions[i] ?? 0) + 1));
    const target: Partial<PurgeOptions> = all
      ? this.one([{ tag: ["all-of-them"] }, { host: [HOST], yes: true }, { all: true, yes: true }])
      : this.one([
          { url: [`https://${HOST}${pathOf(resource)}`] },
          { tag: [`r${String(resource)}`] },
          { prefix: [`https://${HOST}${pathOf(resource)}`] },
        ]);
    const soft = target.prefix === undefined && this.random() < 0.2;
    // Who answers stale while it validates gives what was purged softly, as its name says.
    const status = await this.purge({ ...target, ...(soft ? { soft: true as const } : {}) });
    this.say(`purge ${JSON.stringify({ ...target, soft, wanted })}: ${String(status)}`);
    if (status === 0 && !soft) {
      this.promises += 1;
      changed.forEach((i, k) => {
        this.floors[i] = Math.max(this.floors[i] ?? 0, wanted[k] ?? 0);
      });
    }
  }

  private purge(options: Partial<PurgeOptions>): Promise<number> {
    const plain = (text: string): string => text;
    const silent = (): void => undefined;
    return runPurge(
      { stack: "history", outputs: join(this.folder, "outputs.json"), wait: true, timeout: "20", ...options },
      {
        style: { bold: plain, dim: plain, green: plain, yellow: plain, red: plain, width: Infinity },
        out: silent,
        say: silent,
        ask: () => Promise.resolve(undefined),
        whenInterrupted: () => silent,
      },
      this.folder,
    ).catch(() => 1);
  }

  /** One failure after the other, each mended before the next. */
  private async failures(): Promise<void> {
    while (this.publishing > 0) {
      const node = this.one(this.nodes);
      const [what, fail] = this.one<[string, () => Promise<void>]>([
        ["the agent is killed", () => this.agentKilled(node)],
        ["the cache's child is killed", () => node.node.kill("varnish", "workers")],
        ["the cache is killed", () => cacheKilled(node)],
        ["the store refuses", () => this.storeAway("refuses")],
        ["the store fails", () => this.storeAway("fails")],
        ["the store is late", () => this.storeAway("late")],
        ["the store hangs", () => this.storeAway("hangs")],
        ["a clock jumps", () => this.clockJumps(node)],
        [
          "former entries expire",
          () => {
            this.expire();
            return Promise.resolve();
          },
        ],
        [
          "the head is deleted",
          () => {
            this.cloud.remove(storeOf(REGION), STORE_KEYS.purgeHead);
            return Promise.resolve();
          },
        ],
      ]);
      this.say(`${node.instance}: ${what}`);
      await fail();
      await sleep(500 + this.random() * 1500);
    }
  }

  private async agentKilled(node: AgentNode): Promise<void> {
    await node.signalAgent("KILL");
    await node.agentEnded();
    await sleep(this.random() * 2000);
    node.startAgent();
  }

  private async storeAway(outage: Outage): Promise<void> {
    this.cloud.outage("s3", outage);
    await sleep(this.random() * 2000);
    this.cloud.outage("s3", undefined);
  }

  private clockJumps(node: AgentNode): Promise<void> {
    node.node.root.write(OFFSET_FILE, String(Math.round((this.random() - 0.5) * 4 * 3_600_000)));
    return Promise.resolve();
  }

  private expire(): void {
    for (const key of this.cloud.buckets.get(storeOf(REGION))?.keys() ?? []) {
      if (key.startsWith(STORE_KEYS.purgeLog)) {
        this.cloud.remove(storeOf(REGION), key);
      }
    }
  }

  private one<T>(all: readonly T[]): T {
    return all[Math.floor(this.random() * all.length)] as T;
  }

  private say(event: string): void {
    this.events.push(`${new Date().toISOString()} ${event}`);
  }
}

const pathOf = (resource: number): string => `/resource/${String(resource)}`;

async function restartAgent(node: AgentNode): Promise<void> {
  await node.signalAgent("KILL");
  await node.agentEnded();
  node.startAgent();
  const { length } = node.said;
  await node.untilReport("the next agent serves", ({ state }) => state === "serving" && node.said.length > length);
}

async function cacheKilled(node: AgentNode): Promise<void> {
  await node.node.kill("varnish", "main");
  await node.node.restart("varnish");
}
