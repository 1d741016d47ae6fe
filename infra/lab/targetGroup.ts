import * as http from "node:http";
import type * as net from "node:net";
import { timeLimit } from "./timeLimit";

/** What a target group says of its targets' checks, as the program declares it; seconds. */
export interface CheckSettings {
  readonly port: number;
  readonly path: string;
  readonly matcher: string;
  readonly interval: number;
  readonly timeout: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export interface TargetGroupSettings {
  readonly arn: string;
  readonly port: number;
  readonly proxyProtocol: boolean;
  /** Seconds. */
  readonly deregistrationDelay: number;
  readonly check: CheckSettings;
}

/** As AWS names it (DescribeTargetHealth). */
export type TargetState = "initial" | "healthy" | "unhealthy" | "draining";

/** A machine behind a load balancer. */
export interface Backend {
  readonly id: string;
  readonly zone: string;
  connect(port: number): net.Socket;
}

export interface Target {
  readonly backend: Backend;
  readonly state: TargetState;
}

interface Watched {
  readonly backend: Backend;
  state: TargetState;
  /** Checks with the same outcome, one after the other: above zero they passed. */
  run: number;
  timer: NodeJS.Timeout | undefined;
}

/** The targets of a target group and their health, found by checks at the declared pace. */
export class TargetGroup {
  private readonly watched = new Map<string, Watched>();

  /** @param changed told when the state of a target has changed */
  constructor(
    public settings: TargetGroupSettings,
    private readonly changed: (target: Target) => void,
  ) {}

  get targets(): readonly Target[] {
    return [...this.watched.values()];
  }

  stateOf(id: string): TargetState | undefined {
    return this.watched.get(id)?.state;
  }

  register(backend: Backend): void {
    const target: Watched = { backend, state: "initial", run: 0, timer: undefined };
    this.watched.set(backend.id, target);
    this.changed(target);
    void this.check(target);
  }

  /** No new connection from now on; resolves when the target has left, after the deregistration delay. */
  async deregister(id: string): Promise<void> {
    const target = this.watched.get(id);
    if (target === undefined) {
      return;
    }
    clearTimeout(target.timer);
    this.set(target, "draining");
    await new Promise<void>((resolve) => {
      target.timer = setTimeout(resolve, this.settings.deregistrationDelay * 1000);
    });
    this.remove(id);
  }

  /** Takes a target out at once: its machine is gone. */
  remove(id: string): void {
    clearTimeout(this.watched.get(id)?.timer);
    this.watched.delete(id);
  }

  stop(): void {
    for (const id of [...this.watched.keys()]) {
      this.remove(id);
    }
  }

  private async check(target: Watched): Promise<void> {
    const { check } = this.settings;
    const begun = Date.now();
    const passed = await passes(target.backend, check);
    if (this.watched.get(target.backend.id) !== target || target.state === "draining") {
      return;
    }
    target.run = passed ? Math.max(target.run, 0) + 1 : Math.min(target.run, 0) - 1;
    if (target.run >= check.healthyThreshold) {
      this.set(target, "healthy");
    } else if (-target.run >= check.unhealthyThreshold) {
      this.set(target, "unhealthy");
    }
    const pause = Math.max(0, check.interval * 1000 - (Date.now() - begun));
    target.timer = setTimeout(() => void this.check(target), pause);
  }

  private set(target: Watched, state: TargetState): void {
    if (target.state !== state) {
      target.state = state;
      this.changed(target);
    }
  }
}

/** Whether the answer to one check is the one that is wanted. */
function passes(backend: Backend, { port, path, timeout, matcher }: CheckSettings): Promise<boolean> {
  return new Promise((resolve) => {
    // With an agent, even `false`, Node would connect by itself.
    const request = http.get({ path, createConnection: () => backend.connect(port) });
    // The whole check has this time, however its answer drips.
    const stop = timeLimit(timeout * 1000, () => request.destroy(new Error("late")));
    request.on("response", (response) => {
      response.resume();
      stop();
      resolve(matches(matcher, response.statusCode ?? 0));
    });
    request.on("error", () => {
      stop();
      resolve(false);
    });
  });
}

/** A matcher is a list of statuses and of ranges: "200", "200-299", "200,404". */
export function matches(matcher: string, status: number): boolean {
  return matcher.split(",").some((part) => {
    const [from = NaN, to = from] = part.split("-").map(Number);
    return status >= from && status <= to;
  });
}
