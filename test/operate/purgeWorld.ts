import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { S3Client } from "@aws-sdk/client-s3";
import type { Scheduler } from "fast-check";
import { PurgeFeed } from "../../components/node/agent/purgeFeed";
import type { Purge, Target } from "../../components/node/protocol/purgeLog";
import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { publishPurge } from "../../infra/operate/publish";
import { s3, type Buckets } from "../../infra/lab/aws/store";

const REGION = "eu-west-1";
const BUCKET = "store";
const KEYS = ["purge-key-2", "purge-key-1"] as const;
export const REPEAT_AFTER = 5;

/**
 * What becomes of a publisher's request: it is answered; its answer is lost; it never arrives; its sender gives it up and
 * it arrives later; two conditional writes meet (409, as S3 documents it); its sender ends.
 */
export const FATES = ["answered", "lost", "never", "late", "conflict", "dies"] as const;
export type Fate = (typeof FATES)[number];

/** A publish that was acknowledged: after it no node may have what was there before. */
interface Promised {
  readonly resource: number;
  readonly version: number;
}

/** One node: the real feed, and a cache that is a map. */
class WorldNode {
  /** Version of each resource that is stored. */
  readonly stored = new Map<number, number>();
  /** How often each purge was carried out. */
  readonly times = new Map<string, number>();
  isAway = false;
  restarts = 0;
  flushes = 0;
  /** Events after which it cannot know what it has missed, each good for one flush. */
  reasons = 1;
  feed: PurgeFeed;
  private readonly folder = mkdtempSync(join(tmpdir(), "purge-"));

  constructor(private readonly world: PurgeWorld) {
    this.feed = this.newFeed();
  }

  restart(): void {
    this.restarts += 1;
    this.feed = this.newFeed();
  }

  reboot(): void {
    this.stored.clear();
    this.reasons += 1;
    this.restarts += 1;
    rmSync(join(this.folder, "purge.json"), { force: true });
    this.feed = this.newFeed();
  }

  /** @returns whether it knows now that there is nothing newer */
  async poll(): Promise<boolean> {
    const { feed } = this;
    const before = feed.caughtUpAt;
    await feed.poll().catch(() => undefined);
    return feed.caughtUpAt !== before && feed === this.feed;
  }

  stop(): void {
    rmSync(this.folder, { recursive: true });
  }

  private newFeed(): PurgeFeed {
    const { world } = this;
    const get = async (key: string) => {
      await world.turn(`node reads ${key}`);
      if (this.isAway) {
        throw new Error("away");
      }
      const content = world.objects.get(key);
      return content && { content, etag: content.toString() };
    };
    const silent = (): void => undefined;
    return new PurgeFeed({
      store: {
        get,
        getUnless: async (key, etag) => {
          const found = await get(key);
          return found !== undefined && found.etag === etag ? "unchanged" : found;
        },
      },
      region: REGION,
      keys: () => KEYS,
      refreshKeys: () => Promise.resolve(),
      cache: {
        purge: (target) => {
          const { path } = target as Extract<Target, { kind: "url" }>;
          this.times.set(path, (this.times.get(path) ?? 0) + 1);
          this.stored.delete(Number(/^\/(\d+)/.exec(path)?.[1]));
          return Promise.resolve(1);
        },
        flush: () => {
          this.flushes += 1;
          this.stored.clear();
          return Promise.resolve();
        },
        mark: () => Promise.resolve(),
      },
      positionFile: join(this.folder, "purge.json"),
      repeatAfter: REPEAT_AFTER,
      log: { info: silent, warn: silent, error: silent },
      now: () => world.seconds * 1000,
    });
  }
}

/** Publishers with the real SDK and nodes with the real feed, over one store whose every request can go wrong. */
export class PurgeWorld {
  readonly objects = new Map<string, Buffer>();
  readonly nodes = [new WorldNode(this), new WorldNode(this)];
  readonly versions = [1, 1, 1];
  seconds = 1000;
  /** What nodes that have caught up must have forgotten. */
  promised: Promised[] = [];
  /** The log was damaged, and nobody has published since: nodes cannot know of it yet. */
  damaged = false;
  private published = 0;
  private kept: { readonly objects: Map<string, Buffer>; readonly promised: number } | undefined;
  private readonly buckets: Buckets = new Map([[BUCKET, this.objects]]);

  constructor(private readonly scheduler: Scheduler) {}

  turn(label: string): Promise<void> {
    return this.scheduler.schedule(Promise.resolve(), label);
  }

  /** Publishes a purge of a resource; the fates are those of its requests, one after the other. */
  async publish(resource: number, fates: readonly Fate[], skew: number): Promise<void> {
    this.published += 1;
    const version = this.versions[resource] ?? 0;
    const path = `/${String(resource)}?${String(this.published)}`;
    const at = new Date(Date.UTC(2026, 10, 23) + skew * 1000).toISOString();
    const purge: Purge = { at, soft: false, targets: [{ kind: "url", host: "www.example.com", path }] };
    const { client, ended } = this.clientOf([...fates]);
    const log = { s3: client, region: REGION, bucket: BUCKET, keys: KEYS, say: () => undefined };
    const done = publishPurge({ ...log, pause: () => this.turn("pause") }, purge).then(
      () => {
        this.promised.push({ resource, version });
        this.damaged = false;
      },
      // It said so: nothing was promised.
      () => undefined,
    );
    await Promise.race([done, ended]);
  }

  /** The resource has changed at its origin. */
  change(resource: number): void {
    this.versions[resource] = (this.versions[resource] ?? 0) + 1;
  }

  /** A client asks a node, which stores what the origin has. */
  visit(node: number, resource: number): void {
    const { stored } = this.nodes[node] as WorldNode;
    stored.set(resource, stored.get(resource) ?? this.versions[resource] ?? 0);
  }

  /** All former entries reach the end of their life. */
  expire(): void {
    const numbers = [...this.objects.keys()].filter((key) => key.startsWith(STORE_KEYS.purgeLog)).map(numberIn);
    for (const number of numbers) {
      this.objects.delete(keyOf(number));
    }
    for (const node of this.nodes) {
      node.reasons += numbers.some((number) => number > node.feed.position) ? 1 : 0;
    }
  }

  backUp(): void {
    this.kept = { objects: new Map(this.objects), promised: this.promised.length };
  }

  /** What was published since the backup nobody can know of but those who have published it: they publish it again. */
  restore(): void {
    if (this.kept !== undefined) {
      this.objects.clear();
      this.kept.objects.forEach((content, key) => this.objects.set(key, content));
      this.promised = this.promised.slice(0, this.kept.promised);
      this.damage();
    }
  }

  loseHead(): void {
    this.objects.delete(STORE_KEYS.purgeHead);
    if ([...this.objects.keys()].length === 0) {
      // As if nobody had ever published.
      this.promised = [];
    }
    this.damage();
  }

  forge(): void {
    if (this.objects.has(STORE_KEYS.purgeHead)) {
      this.objects.set(STORE_KEYS.purgeHead, Buffer.from("forged"));
      this.damage();
    }
  }

  stop(): void {
    this.nodes.forEach((node) => {
      node.stop();
    });
  }

  private damage(): void {
    this.damaged = true;
    this.nodes.forEach((node) => {
      node.reasons += 1;
    });
  }

  private clientOf(fates: Fate[]): { readonly client: S3Client; readonly ended: Promise<void> } {
    let end: () => void;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const broken = (): Error => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    const client = new S3Client({
      region: REGION,
      endpoint: "http://s3.test",
      forcePathStyle: true,
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
      maxAttempts: 1,
      requestChecksumCalculation: "WHEN_REQUIRED",
      requestHandler: {
        handle: async (request: SdkRequest) => {
          await this.turn(`publisher: ${request.method} ${request.path}`);
          const fate = fates.shift() ?? "answered";
          const isConditional = "if-match" in request.headers || "if-none-match" in request.headers;
          if (fate === "never" || (fate === "conflict" && !isConditional)) {
            throw broken();
          }
          if (fate === "late") {
            void this.turn("a late request arrives").then(() => this.carryOut(request));
            throw broken();
          }
          if (fate === "conflict") {
            return answer({ status: 409, body: "<Error><Code>ConditionalRequestConflict</Code></Error>" });
          }
          const answered = this.carryOut(request);
          if (fate === "lost") {
            throw broken();
          }
          if (fate === "dies") {
            end();
            return new Promise<never>(() => undefined);
          }
          return answer(answered);
        },
      },
    });
    return { client, ended };
  }

  private carryOut({ method, path, query, headers, body }: SdkRequest) {
    const url = new URL(`http://s3.test${path}`);
    Object.entries(query).forEach(([name, value]) => {
      url.searchParams.set(name, value);
    });
    return s3(this.buckets, { method, url, headers, body: Buffer.from(body ?? ""), region: REGION });
  }
}

interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

function answer({ status, headers = {}, body = "" }: ReturnType<typeof s3>) {
  return { response: { statusCode: status, headers: { ...headers }, body: Readable.from([Buffer.from(body)]) } };
}

const keyOf = (number: number): string => `${STORE_KEYS.purgeLog}${String(number).padStart(12, "0")}`;
const numberIn = (key: string): number => Number(key.slice(STORE_KEYS.purgeLog.length));
