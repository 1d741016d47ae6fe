import { setTimeout as sleep } from "node:timers/promises";
import type { AccessTail } from "./accessTail";
import type { NodeReport } from "../protocol/nodeReport";
import type { CloudWatch } from "./cloudWatch";
import { reasonOf } from "./log";
import type { NodeMetrics } from "./nodeMetrics";
import type { Otlp } from "./otlp";
import type { Traffic } from "./traffic";
import { turns } from "./turns";

export interface PublishingOptions {
  readonly tail: Pick<AccessTail, "read" | "place" | "keep">;
  readonly traffic: Pick<Traffic, "add">;
  readonly metrics: Pick<NodeMetrics, "take">;
  readonly cloudWatch: Pick<CloudWatch, "add" | "publish" | "lost"> | undefined;
  readonly otlp: Pick<Otlp, "add" | "publish"> | undefined;
  /** Seconds between two times; they are whole periods of the clock, the same on each node. */
  readonly period: number;
  /** Milliseconds since 1970; default: the machine's clock. */
  readonly now?: () => number;
  readonly pause?: (milliseconds: number) => Promise<unknown>;
}

/** Counts the access log, and publishes once a period what the node has to say. Serving does not know of it. */
export class Publishing {
  private readonly readInTurn = turns();
  private readonly publishInTurn = turns();
  private publishedAt: string | null = null;
  private failing: string | undefined;

  constructor(private readonly options: PublishingOptions) {}

  get report(): NonNullable<NodeReport["metrics"]> {
    const { publishedAt, failing, options } = this;
    return { publishedAt, lost: options.cloudWatch?.lost ?? 0, ...(failing === undefined ? {} : { failing }) };
  }

  /** Counts what has come (each second), so that no period has much of it to read. */
  count(): Promise<void> {
    return this.readInTurn(() => this.read());
  }

  /**
   * Waits for the end of a period, and publishes it.
   *
   * @throws Error when a part of it could not be read, or not be sent; what was not sent is kept for the next time
   */
  async next(): Promise<void> {
    const { period, now = Date.now, pause = sleep } = this.options;
    const milliseconds = period * 1000;
    await pause(milliseconds - (now() % milliseconds));
    // CloudWatch's time stamp is the beginning of what it is about.
    await this.publish(new Date((Math.round(now() / milliseconds) - 1) * milliseconds));
  }

  /** Publishes what there is, of a node that leaves within a period. Throws when that fails. */
  last(): Promise<void> {
    const { period, now = Date.now } = this.options;
    return this.publish(new Date(Math.floor(now() / (period * 1000)) * period * 1000));
  }

  private publish(at: Date): Promise<void> {
    return this.publishInTurn(() => this.publishNow(at));
  }

  private async publishNow(at: Date): Promise<void> {
    const { tail, metrics, cloudWatch, otlp } = this.options;
    const { points, unread, place, totals } = await this.readInTurn(async () => {
      const failed = await failureOf("access log", this.read());
      // Another agent counts on from there, once this has been published.
      const { place } = tail;
      const { points, unread, totals } = await metrics.take();
      return { place, points, totals, unread: [...failed, ...unread] };
    });
    cloudWatch?.add(points, at, () => {
      tail.keep(place, totals);
    });
    otlp?.add(points);
    const unsent = await Promise.all([
      failureOf("CloudWatch", cloudWatch?.publish()),
      failureOf("the collector", otlp?.publish()),
    ]);
    const failures = [...unread, ...unsent.flat()];
    this.failing = failures.length === 0 ? undefined : failures.join("; ");
    if (unsent.flat().length === 0) {
      this.publishedAt = new Date((this.options.now ?? Date.now)()).toISOString();
    }
    if (cloudWatch === undefined) {
      tail.keep(place, totals);
    }
    if (this.failing !== undefined) {
      throw new Error(this.failing);
    }
  }

  private read(): Promise<void> {
    return this.options.tail.read((line) => {
      this.options.traffic.add(line);
    });
  }
}

async function failureOf(what: string, tried: Promise<unknown> | undefined): Promise<readonly string[]> {
  try {
    await tried;
    return [];
  } catch (error) {
    return [`${what}: ${reasonOf(error)}`];
  }
}
