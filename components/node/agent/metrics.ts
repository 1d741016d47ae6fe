import { once } from "node:events";
import * as http from "node:http";
import { Counter, Gauge, Registry } from "prom-client";
import type { NodeReport } from "../protocol/nodeReport";
import { SWITCHES, type Switch } from "../protocol/switches";

/** What is looked up at each scrape. */
export interface Observed {
  readonly report: Pick<NodeReport, "configuration" | "purge" | "secrets" | "logs">;
  readonly halted: boolean;
  readonly purgeLagSeconds: number;
  readonly purgesCarriedOut: number;
  readonly logLines: number;
  /** Periods whose metrics were never published. */
  readonly metricsLost: number;
  readonly switches: Readonly<Record<Switch, string | undefined>>;
}

/** The agent's metrics in Prometheus' format. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly loopFailures: Counter<"loop">;
  private readonly callFailures: Counter<"service">;
  private readonly rejections: Counter;
  private readonly failures: Counter;
  private readonly adoptions: Gauge;

  constructor(private readonly observe: () => Observed) {
    const registers = [this.registry];
    this.loopFailures = new Counter({
      name: "footprint_agent_loop_failures_total",
      help: "Turns of a loop of the agent that failed",
      labelNames: ["loop"],
      registers,
    });
    this.callFailures = new Counter({
      name: "footprint_agent_aws_call_failures_total",
      help: "Calls to AWS that failed, after they were tried again",
      labelNames: ["service"],
      registers,
    });
    this.rejections = new Counter({
      name: "footprint_agent_bundles_rejected_total",
      help: "Bundles that a parser has refused",
      registers,
    });
    this.failures = new Counter({
      name: "footprint_agent_adoptions_failed_total",
      help: "Tries to adopt a bundle that failed for another reason",
      registers,
    });
    this.adoptions = new Gauge({
      name: "footprint_agent_last_adoption_timestamp_seconds",
      help: "When the agent last adopted a bundle, since it was started",
      registers,
    });
    this.gauges(registers);
  }

  loopFailed(loop: string): void {
    this.loopFailures.inc({ loop });
  }

  callFailed(service: string): void {
    this.callFailures.inc({ service });
  }

  adopted(): void {
    this.adoptions.setToCurrentTime();
  }

  rejected(): void {
    this.rejections.inc();
  }

  failed(): void {
    this.failures.inc();
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** Answers /metrics on the loopback interface. */
  async serve(port: number): Promise<http.Server> {
    const server = http.createServer((request, response) => {
      void this.answer(request, response);
    });
    // Who asks and does not listen must not hold the agent's memory.
    server.requestTimeout = 10_000;
    server.maxConnections = 16;
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return server;
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (request.url !== "/metrics" || request.method !== "GET") {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
      return;
    }
    try {
      const body = await this.text();
      response.writeHead(200, { "content-type": this.registry.contentType }).end(body);
    } catch {
      response.writeHead(500, { "content-type": "text/plain" }).end("the metrics cannot be read\n");
    }
  }

  private gauges(registers: Registry[]): void {
    const { observe } = this;
    const value = (name: string, help: string, read: (observed: Observed) => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read(observe()));
        },
      });
    };
    const total = (name: string, help: string, read: (observed: Observed) => number): void => {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read(observe()));
        },
      });
    };
    new Gauge({
      name: "footprint_agent_generation_info",
      help: "SHA-256 of the bundle that the node runs",
      labelNames: ["sha256"],
      registers,
      collect() {
        this.reset();
        this.set({ sha256: observe().report.configuration.generation ?? "none" }, 1);
      },
    });
    value(
      "footprint_agent_bundle_rejected",
      "1 while the bundle that the pointer names is one that the node refused",
      (o) => Number(o.report.configuration.rejected !== null),
    );
    value("footprint_agent_bundle_failing", "1 while a bundle could not be adopted and is tried again", (o) =>
      Number(o.report.configuration.failing !== null),
    );
    value("footprint_agent_adoption_halted", "1 while a bundle waits because another node has refused it", (o) =>
      Number(o.halted),
    );
    value(
      "footprint_purge_position",
      "Number of the last purge that was carried out; -1 before the first look",
      (o) => o.report.purge.position,
    );
    value(
      "footprint_purge_lag_seconds",
      "Seconds since the node last knew that there was no newer purge",
      (o) => o.purgeLagSeconds,
    );
    total(
      "footprint_purges_refused_total",
      "Purges that were not signed for their place",
      (o) => o.report.purge.refused,
    );
    total("footprint_purges_carried_out_total", "Purges that were carried out", (o) => o.purgesCarriedOut);
    total("footprint_access_log_lines_total", "Lines of the access log that were sent", (o) => o.logLines);
    value(
      "footprint_access_log_waiting_bytes",
      "Bytes of the access log that have not been sent yet",
      (o) => o.report.logs?.waiting ?? 0,
    );
    value(
      "footprint_access_log_lost_bytes",
      "Bytes of the access log that went before they were sent",
      (o) => o.report.logs?.lost ?? 0,
    );
    total(
      "footprint_metrics_periods_lost_total",
      "Minutes whose metrics could not be published to CloudWatch, and went",
      (o) => o.metricsLost,
    );
    value("process_resident_memory_bytes", "Memory of the agent", () => process.memoryUsage.rss());
    value("process_start_time_seconds", "When the agent was started", () => STARTED);
    new Gauge({
      name: "footprint_switch_set",
      help: "1 while the agent has a switch of HAProxy's set",
      labelNames: ["switch"],
      registers,
      collect() {
        const { switches } = observe();
        for (const name of Object.values(SWITCHES)) {
          this.set({ switch: name }, Number(switches[name] !== undefined));
        }
      },
    });
    new Gauge({
      name: "footprint_secret_version",
      help: "Versions of the secrets that the node knows",
      labelNames: ["role", "value"],
      registers,
      collect() {
        for (const [role, versions] of Object.entries(observe().report.secrets ?? {})) {
          this.set({ role, value: "current" }, versions.current);
          this.set({ role, value: "next" }, versions.next);
        }
      },
    });
  }
}

const STARTED = Date.now() / 1000 - process.uptime();
