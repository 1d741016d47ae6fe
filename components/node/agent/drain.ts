import { setTimeout as sleep } from "node:timers/promises";
import type { AgentTiming } from "../protocol/bundleFormat";
import { TIMING } from "../timing";
import type { HaproxyRuntime } from "./haproxy";
import type { Lifecycle } from "./lifecycle";
import { reasonOf, type Log } from "./log";
import type { Metadata } from "./metadata";
import type { Switches } from "./switches";

export interface DrainOptions {
  readonly metadata: Pick<Metadata, "targetLifecycleState" | "spotAction">;
  readonly lifecycle: Pick<Lifecycle, "complete">;
  readonly switches: Pick<Switches, "set" | "reason">;
  readonly haproxy: Pick<HaproxyRuntime, "activity" | "reload">;
  readonly timing: () => AgentTiming;
  /** Sends what is to outlive the node; it ends in time and does not throw. */
  readonly farewell: () => Promise<void>;
  readonly log: Log;
  /** Seconds on a clock that only goes forward. */
  readonly now?: () => number;
  readonly pause?: (seconds: number) => Promise<unknown>;
}

export type DrainState = "serving" | "draining" | "drained";

/** Why a node leaves: its group takes it out, EC2 takes it back, or it is shut down. */
type Cause = "termination" | "spot" | "shutdown";

/** Between two tries to end the group's wait. */
const HOOK_RETRY = 5;

/**
 * How a node leaves without a client's noticing: it goes on accepting connections, but ends each in order, and is gone
 * when nobody has asked for a while. Over HTTP/1.1 a response says `Connection: close`. Over HTTP/2 HAProxy 3.0 has no
 * such word for a single response; a worker that has been reloaded sends GOAWAY on all of its connections, and so the
 * drain begins with a reload and repeats it as long as new ones come.
 */
export class Drain {
  /** When each cause was first seen. */
  private readonly causes = new Map<Cause, number>();
  private reasons: readonly string[] = [];
  private isDrained = false;
  private requests: number | undefined;
  private busyAt = -Infinity;
  private reloadedAt = -Infinity;
  private triedAt = -Infinity;
  private turn: Promise<void> | undefined;
  private complaint: string | undefined;

  constructor(private readonly options: DrainOptions) {}

  get state(): DrainState {
    return this.causes.size === 0 ? "serving" : this.isDrained ? "drained" : "draining";
  }

  /** One look at the instance's metadata (each `metadataPoll`): begins a drain when the node is to go. */
  async look(): Promise<void> {
    const { metadata, switches } = this.options;
    const [target, spot] = await Promise.allSettled([metadata.targetLifecycleState(), metadata.spotAction()]);
    if (target.status === "fulfilled" && target.value === "Terminated") {
      this.begin("termination", "this node is taken out of service");
    }
    if (spot.status === "fulfilled" && spot.value !== undefined) {
      this.begin("spot", `EC2 takes this Spot instance back at ${spot.value.time}`);
    }
    if (target.status === "rejected") {
      throw target.reason;
    }
    if (spot.status === "rejected") {
      throw spot.reason;
    }
    // Of a drain that an agent before this one began, and that was called off.
    if (this.state === "serving" && switches.reason("draining") !== undefined) {
      await switches.set("draining", undefined);
    }
  }

  /** Carries a drain that has begun one step further (each second). */
  step(): Promise<void> {
    this.turn ??= this.advance().finally(() => {
      this.turn = undefined;
    });
    return this.turn;
  }

  /** Drains before a shutdown and resolves when the node may end: soon when it has drained already. */
  async shutdown(): Promise<void> {
    this.begin("shutdown", "this node is shutting down");
    for (;;) {
      await this.step();
      if (this.isDrained) {
        // Of what has been asked since.
        await this.options.farewell();
        return;
      }
      await (this.options.pause ?? ((seconds: number) => sleep(seconds * 1000)))(1);
    }
  }

  private begin(cause: Cause, reason: string): void {
    if (this.causes.has(cause)) {
      return;
    }
    this.causes.set(cause, this.now());
    this.reasons = [...this.reasons, reason];
    // The group waits for this node, however it began to leave.
    this.isDrained &&= cause !== "termination";
    this.options.log.info("drain", { cause, reason });
  }

  private async advance(): Promise<void> {
    if (this.state !== "draining") {
      return;
    }
    await this.tell();
    const isIdle = await this.isIdle();
    if (this.elapsed() < this.least() || !(isIdle || this.isOverdue())) {
      return;
    }
    // Before the group is told: it ends the machine then.
    await this.options.farewell();
    if (this.causes.has("termination") && !(await this.hookIsCompleted())) {
      return;
    }
    this.isDrained = true;
    this.options.log.info("drained", { seconds: Math.round(this.elapsed()), isIdle });
  }

  private async tell(): Promise<void> {
    const { switches } = this.options;
    const [reason] = this.reasons;
    await switches.set("draining", reason);
    // The load balancer does not know of it by itself.
    if (this.causes.has("spot") || this.causes.has("shutdown")) {
      await switches.set("node", this.reasons.at(-1));
    }
  }

  /** Whether nobody has asked for `drainIdle` and all that was asked is answered. */
  private async isIdle(): Promise<boolean> {
    const { haproxy, timing } = this.options;
    const { drainIdle } = timing();
    const now = this.now();
    try {
      const { inFlight, requests, http2 } = await haproxy.activity();
      if (inFlight > 0 || requests !== this.requests) {
        this.busyAt = now;
      }
      this.requests = requests;
      if (this.reloadedAt === -Infinity || (http2 > 0 && now - this.reloadedAt >= drainIdle)) {
        this.reloadedAt = now;
        // Not waited for: a worker that looks up names of origins may take longer than the drain has.
        haproxy.reload().catch((error: unknown) => {
          this.complain(`HAProxy does not reload: ${reasonOf(error)}`);
        });
      }
    } catch (error) {
      // It may serve all the same: only the limit ends the wait then.
      this.busyAt = now;
      this.complain(`HAProxy cannot be asked: ${reasonOf(error)}`);
    }
    return now - this.busyAt >= drainIdle;
  }

  /** The group begins to wait only when the load balancer has let go of the node: until then there is nothing to end. */
  private async hookIsCompleted(): Promise<boolean> {
    const now = this.now();
    if (now - this.triedAt >= HOOK_RETRY) {
      this.triedAt = now;
      try {
        if ((await this.options.lifecycle.complete("terminating")) === "completed") {
          return true;
        }
      } catch (error) {
        this.complain(`the lifecycle action cannot be completed: ${reasonOf(error)}`);
      }
    }
    return this.isPast("termination", TIMING.deregistrationDelay + TIMING.terminatingHeartbeat) || this.mustEnd();
  }

  private elapsed(): number {
    return this.now() - Math.min(...this.causes.values());
  }

  /** Seconds that it serves on at least: new connections come until the load balancer has found out. */
  private least(): number {
    return this.causes.has("termination") ? 0 : this.options.timing().drainUnannounced;
  }

  private isOverdue(): boolean {
    return this.isPast("termination", TIMING.terminatingHeartbeat) || this.mustEnd();
  }

  /** Whether the machine goes soon, whatever the node does. */
  private mustEnd(): boolean {
    const { spotLimit, drainLimit } = this.options.timing();
    return this.isPast("spot", spotLimit) || this.isPast("shutdown", drainLimit);
  }

  private isPast(cause: Cause, seconds: number): boolean {
    return this.now() - (this.causes.get(cause) ?? Infinity) >= seconds;
  }

  /** Says what fails when it is not what failed before. */
  private complain(problem: string): void {
    if (problem !== this.complaint) {
      this.complaint = problem;
      this.options.log.warn("drain meets a problem", { problem });
    }
  }

  private now(): number {
    return this.options.now?.() ?? performance.now() / 1000;
  }
}
