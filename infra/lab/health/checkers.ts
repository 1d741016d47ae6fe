import type { HealthCheck } from "../names/declared";
import { after, AT_FIRST, verdict, type Opinion } from "./opinion";
import { probe, type Probe } from "./probe";

/** A health check that has another status than before. */
export interface StatusChange {
  readonly check: HealthCheck;
  readonly healthy: boolean;
  /** What the checker saw that settled it. */
  readonly detail: string;
}

export interface CheckersOptions {
  /**
   * Addresses of a name at this moment, by IPv4: "Route 53 uses only IPv4 to send health checks" to an endpoint by name.
   * It is asked before each request.
   */
  readonly addresses: (fqdn: string) => readonly string[];
  readonly onChange?: (change: StatusChange) => void;
  /**
   * Checkers, each with an opinion of its own, spread over the interval. Default: CHECKERS.
   */
  readonly count?: number;
}

/** Route 53 has more than a dozen in eight regions; so many are enough for "more than 18 %" to be one of them. */
export const CHECKERS = 3;

interface Running {
  readonly check: HealthCheck;
  readonly opinions: Opinion[];
  /** Requests that are through, of all checkers. */
  made: number;
  readonly stop: () => void;
}

/** Route 53's health checkers: requests at the declared interval, from their start until `stop`. */
export class Checkers {
  private readonly running = new Map<string, Running>();
  private readonly count: number;

  constructor(private readonly options: CheckersOptions) {
    this.count = options.count ?? CHECKERS;
  }

  /** Takes what is declared now: new checks begin, those that changed begin anew, those that are gone end. */
  update(checks: readonly HealthCheck[]): void {
    const wanted = new Map(checks.map((check) => [check.id, check]));
    for (const [id, { check, stop }] of this.running) {
      if (JSON.stringify(wanted.get(id)) !== JSON.stringify(check)) {
        stop();
        this.running.delete(id);
      }
    }
    for (const check of checks) {
      if (!this.running.has(check.id)) {
        this.running.set(check.id, this.begin(check));
      }
    }
  }

  /** Status of a health check by its id. One that is disabled, or that nobody knows, is healthy. */
  isHealthy(id: string): boolean {
    const running = this.running.get(id);
    return running === undefined || running.check.disabled || verdict(running.opinions);
  }

  /** Requests that were made for a health check, of all checkers. */
  made(id: string): number {
    return this.running.get(id)?.made ?? 0;
  }

  stop(): void {
    this.update([]);
  }

  private begin(check: HealthCheck): Running {
    const opinions = Array.from({ length: check.disabled ? 0 : this.count }, () => AT_FIRST);
    const timers = new Map<number, NodeJS.Timeout>();
    let over = false;
    const each = async (checker: number): Promise<void> => {
      const begun = Date.now();
      const result = await this.look(check, checker);
      if (over) {
        return;
      }
      running.made++;
      const before = this.isHealthy(check.id);
      opinions[checker] = after(opinions[checker] ?? AT_FIRST, result.ok, check.threshold);
      const healthy = this.isHealthy(check.id);
      if (healthy !== before) {
        this.options.onChange?.({ check, healthy, detail: result.detail });
      }
      next(checker, Math.max(0, check.interval * 1000 - (Date.now() - begun)));
    };
    const next = (checker: number, ms: number): void => {
      timers.set(
        checker,
        setTimeout(() => void each(checker), ms),
      );
    };
    // They do not coordinate at AWS; here they are spread evenly, so that a run is like the next.
    opinions.forEach((_, checker) => {
      next(checker, (check.interval * 1000 * checker) / this.count);
    });
    const stop = (): void => {
      over = true;
      timers.forEach((timer) => {
        clearTimeout(timer);
      });
    };
    const running: Running = { check, opinions, made: 0, stop };
    return running;
  }

  /** Of several addresses each checker takes its own, as resolvers' answers come in any order. */
  private async look(check: HealthCheck, checker: number): Promise<Probe> {
    const addresses = this.options.addresses(check.fqdn).filter((address) => !address.includes(":"));
    const address = addresses[checker % addresses.length];
    return address === undefined ? { ok: false, detail: `${check.fqdn} has no IPv4 address` } : probe(check, address);
  }
}
