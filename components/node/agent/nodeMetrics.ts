import type { MetricName } from "../protocol/metrics";
import type { NodeReport } from "../protocol/nodeReport";
import type { CacheTotals } from "./cacheTotals";
import type { HaproxyRuntime } from "./haproxy";
import { reasonOf } from "./log";
import type { Point } from "./point";
import { Growth, type Totals } from "./totals";
import type { Traffic } from "./traffic";

/** Lines that HAProxy has dropped, which are no metric of their own. */
const DROPPED = "dropped lines";

/** What the agent knows of itself. */
export interface OwnState {
  readonly report: Pick<NodeReport, "configuration" | "purge" | "logs">;
  readonly purgeLagSeconds: number;
  /** Number of the configuration that the node runs; undefined while it is not known. */
  readonly serial: number | undefined;
  /** Seconds since the packages were locked that the node has. */
  readonly softwareAge: number;
}

export interface NodeMetricsOptions {
  readonly traffic: Pick<Traffic, "take" | "addUnseen">;
  readonly haproxy: Pick<HaproxyRuntime, "totals">;
  readonly cache: () => Promise<CacheTotals>;
  readonly look: () => OwnState;
  /** Another agent ran before this one since the machine was started. */
  readonly isRestarted: boolean;
  /** What programs had counted when something was last published since then; undefined when nobody has kept it. */
  readonly former: Totals | undefined;
}

export interface Taken {
  readonly points: readonly Point[];
  /** Programs whose counters could not be read, and why. */
  readonly unread: readonly string[];
  /** What programs have counted, from which on an agent after this one goes on. */
  readonly totals: Totals;
}

/** What a node has to publish of a period: the table is protocol/metrics.ts. */
export class NodeMetrics {
  private readonly growth = new Map<string, Growth>();
  /** An agent's own count begins with it. */
  private readonly purgesRefused = new Growth({});
  private restarts: number;

  constructor(private readonly options: NodeMetricsOptions) {
    this.restarts = Number(options.isRestarted);
  }

  /** Everything since it was last asked. A program that does not answer is named, and nothing else is left out with it. */
  async take(): Promise<Taken> {
    const { options, restarts } = this;
    const unread: string[] = [];
    const unlessUnread = <T>(program: string, read: Promise<T>): Promise<T | undefined> =>
      read.catch((error: unknown) => {
        unread.push(`counters of ${program}: ${reasonOf(error)}`);
        return undefined;
      });
    const [workers, cache] = await Promise.all([
      unlessUnread("HAProxy", options.haproxy.totals()),
      unlessUnread("Varnish", options.cache()),
    ]);
    const { report, purgeLagSeconds, serial, softwareAge } = options.look();
    const { rejected, failing, halted } = report.configuration;
    const values: Partial<Record<MetricName, number>> = {
      PurgeLag: purgeLagSeconds,
      PurgesRefused: this.purgesRefused.of(new Map([["agent", report.purge.refused]])),
      ...(serial === undefined ? {} : { ConfigurationSerial: serial }),
      ConfigurationTrouble: Number(rejected !== null || failing !== null || halted !== undefined),
      AgentRestarts: restarts,
      SoftwareAge: softwareAge,
      LogsLost: this.grown("LogsLost", [["node", report.logs?.lost ?? 0]]),
      Reporting: 1,
    };
    this.restarts = 0;
    if (workers !== undefined) {
      const of = (total: "originRequests" | "originFailures" | "droppedLines") =>
        [...workers].map(([pid, totals]) => [pid, totals[total]] as const);
      values.OriginRequests = this.grown("OriginRequests", of("originRequests"));
      values.OriginFailures = this.grown("OriginFailures", of("originFailures"));
      options.traffic.addUnseen(this.grown(DROPPED, of("droppedLines")));
      values.Connections = [...workers.values()].reduce((sum, { connections }) => sum + connections, 0);
    }
    if (cache !== undefined) {
      values.Objects = cache.objects;
      values.Memory = cache.bytes;
      values.Evictions = this.grown("Evictions", [["varnish", cache.evictions]]);
      values.Coalesced = this.grown("Coalesced", [["varnish", cache.coalesced]]);
    }
    const own = Object.entries(values).map(([name, value]): Point => ({
      name: name as MetricName,
      values: [[value, 1]],
    }));
    const counted = Object.fromEntries([...this.growth].map(([name, growth]) => [name, growth.totals]));
    return { points: [...options.traffic.take(), ...own], unread, totals: { ...options.former, ...counted } };
  }

  private grown(name: string, totals: readonly (readonly [who: string, total: number])[]): number {
    const growth = this.growth.get(name) ?? new Growth(this.former(name));
    this.growth.set(name, growth);
    return growth.of(new Map(totals));
  }

  /** Where a total begins: with the machine, unless an agent has counted before. */
  private former(name: string): Totals[string] | undefined {
    const { isRestarted, former } = this.options;
    if (isRestarted && former === undefined) {
      return undefined;
    }
    // What was lost of logs is kept over a start of the machine, and was published before.
    return former?.[name] ?? (name === "LogsLost" ? undefined : {});
  }
}
