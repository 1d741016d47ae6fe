import { setTimeout as sleep } from "node:timers/promises";
import { AGENT_FILES } from "../agentFiles";
import { ACCESS_LOG_FOLDER } from "../processes";
import type { AgentSettings, RingSettings } from "../protocol/bundleFormat";
import type { NodeReport } from "../protocol/nodeReport";
import { userId } from "../protocol/storeKeys";
import { SOCKETS } from "../sockets";
import { AGENT_TIMING, CLIENT_PACE, RING_POLL } from "../timing";
import { Adoption } from "./adoption";
import { AccessLogs } from "./accessLogs";
import { AccessTail } from "./accessTail";
import { AgentProgram } from "./agentProgram";
import { serveAgentSocket } from "./agentSocket";
import { cacheTotals } from "./cacheTotals";
import { CacheRoom } from "./cacheRoom";
import { CloudWatch, putMetrics } from "./cloudWatch";
import { runCommand } from "./commands";
import { Configuration } from "./configuration";
import { Drain } from "./drain";
import { farewell } from "./farewell";
import { HaproxyRuntime } from "./haproxy";
import { sendLastWords } from "./lastWords";
import { Launch } from "./launch";
import { Lifecycle } from "./lifecycle";
import type { Log } from "./log";
import { s3LogStore } from "./logStore";
import { every } from "./loop";
import { Metadata } from "./metadata";
import { Metrics, type Observed } from "./metrics";
import { NodeHealth } from "./nodeHealth";
import { NodeMetrics } from "./nodeMetrics";
import { once } from "./once";
import { OriginAddresses } from "./originAddresses";
import { ownHealth } from "./ownHealth";
import { ssmParameters } from "./parameters";
import { PointerWatch } from "./pointerWatch";
import { PopHealth } from "./popHealth";
import { Publishing } from "./publishing";
import { varnishPurgeCache } from "./purgeCache";
import { PurgeFeed } from "./purgeFeed";
import { readPeers } from "./peers";
import { Reporter } from "./report";
import { Ring } from "./ring";
import { Secrets } from "./secrets";
import { selfTest } from "./selfTest";
import type { Identity } from "./settings";
import { SignOfLife } from "./signOfLife";
import { SlowClients } from "./slowClients";
import { softwareOf } from "./software";
import { counted, s3Store, type Store } from "./store";
import { Switches } from "./switches";
import { Traffic } from "./traffic";

/** Between two looks at what costs nothing outside of the node, seconds. */
const TICK = 1;

/**
 * The agent of a node: it takes up configuration and secrets, carries out purges, says how the node is, and has it leave
 * in order. HAProxy and Varnish serve without it; all that it must not forget is in files, so it may end at any moment.
 */
export class Agent {
  private readonly haproxy = new HaproxyRuntime();
  private readonly metadata = new Metadata();
  private readonly instance = once(() => this.metadata.instanceId());
  private readonly address = once(() => this.metadata.address());
  private readonly metrics = new Metrics(() => this.observed());
  private readonly footprint: string;
  private readonly region: string;
  private readonly store: Store;
  private readonly switches: Switches;
  private readonly watch: PointerWatch;
  private readonly secrets: Secrets;
  private readonly adoption: Adoption;
  private readonly program: AgentProgram;
  private readonly configuration: Configuration;
  private readonly logs: AccessLogs;
  private readonly drain: Drain;
  private readonly launch: Launch;
  private readonly reporter: Reporter;
  /** Number of the configuration that runs; undefined while it is not the one that the pointer names. */
  private serial: number | undefined;
  private rings: { readonly settings: RingSettings; readonly ring: Ring } | undefined;
  /** What others ask this node by; undefined while it is a cache of its own. */
  private peerAddress: string | undefined;
  private publishing: Publishing | undefined;
  private feed: PurgeFeed | undefined;
  private health = { node: "nothing runs yet", pop: "nothing runs yet" };

  constructor(
    { footprint, region, bucket, pointer, configurationKeys, role }: Identity,
    private readonly log: Log,
  ) {
    const { haproxy, metadata, metrics } = this;
    this.footprint = footprint;
    this.region = region;
    const store = counted(s3Store(region, bucket), () => {
      metrics.callFailed("s3");
    });
    this.store = store;
    this.switches = new Switches({ haproxy, log });
    const parameters = ssmParameters(region);
    this.watch = new PointerWatch({
      store,
      key: pointer,
      region,
      keys: configurationKeys,
      newest: parameters.newest,
    });
    this.secrets = new Secrets({ region, parameters: parameters.read, haproxy, log });
    const software = () => softwareOf(runCommand);
    this.adoption = new Adoption({
      run: runCommand,
      haproxy,
      selfTest: (settings) => selfTest(settings, () => this.switches.reason("node") !== undefined),
      software,
      log,
    });
    this.program = new AgentProgram({ store, run: runCommand });
    const lifecycle = new Lifecycle({ region, metadata });
    const { switches } = this;
    const logStore = s3LogStore(region);
    const node = async (): Promise<string> => userId(role, await this.instance());
    this.logs = new AccessLogs({
      store: logStore,
      bucket: () => this.watch.pointer?.logs?.bucket,
      node,
      interval: () => (this.settings?.timing ?? AGENT_TIMING).accessLog,
    });
    this.drain = new Drain({
      metadata,
      lifecycle,
      switches,
      haproxy,
      timing: () => this.settings?.timing ?? AGENT_TIMING,
      farewell: farewell({
        logs: this.logs,
        lastWords: (bucket) => sendLastWords(bucket, { store: logStore, run: runCommand, node }),
        metrics: async () => this.publishing?.last(),
        log,
      }),
      log,
    });
    this.configuration = new Configuration({
      store,
      adoption: this.adoption,
      program: this.program,
      instance: this.instance,
      software,
      leaving: () => this.drain.state !== "serving",
      restart: (reason) => {
        log.info("starting anew", { reason });
        process.exit(0);
      },
      log,
    });
    this.launch = new Launch({
      lifecycle,
      missing: () => this.missing(),
      health: async () => (await this.lookAtHealth()).node,
      log,
    });
    this.reporter = new Reporter({
      store,
      instance: this.instance,
      role,
      region,
      look: () => this.status(),
      interval: () => this.settings?.timing.report ?? AGENT_TIMING.report,
    });
  }

  /** Runs until the process ends. */
  async run(): Promise<void> {
    this.log.info("agent started", { generation: this.adoption.generation });
    await this.adoption.recover();
    await this.lookAtHealth();
    this.every("report", TICK, () => this.reporter.tell());
    this.serve(this.settings ?? (await this.firstBundle()));
  }

  private get settings(): AgentSettings | undefined {
    return this.adoption.bundle?.settings;
  }

  /** A new node adopts at once what the pointer names; it has nothing to lose. */
  private async firstBundle(): Promise<AgentSettings> {
    const adopted = new AbortController();
    let settings: AgentSettings | undefined;
    while (settings === undefined) {
      await every(TICK, { name: "first bundle", log: this.log, signal: adopted.signal }, async () => {
        await this.followPointer();
        settings = this.settings;
        if (settings !== undefined) {
          adopted.abort();
        }
      });
    }
    return settings;
  }

  private serve(settings: AgentSettings): void {
    const { timing, ports } = settings;
    const { store, log, switches } = this;
    const cache = varnishPurgeCache(SOCKETS.purge);
    const feed = new PurgeFeed({
      store,
      region: this.region,
      keys: () => this.secrets.purgeKeys(),
      refreshKeys: async () => {
        await this.watch.look();
        await this.followSecrets();
        if (this.secrets.versions() === null) {
          throw new Error("the secrets have not been read");
        }
      },
      cache,
      positionFile: AGENT_FILES.purge,
      repeatAfter: timing.purgeRepeat,
      log,
    });
    this.feed = feed;
    const nodeHealth = new NodeHealth({ switches, log });
    const popHealth = new PopHealth({
      store,
      switches,
      sign: new SignOfLife({ haproxy: this.haproxy }),
      lagSeconds: () => feed.lagSeconds(),
    });
    const slowClients = new SlowClients({ haproxy: this.haproxy, pace: CLIENT_PACE, log });
    const cacheRoom = new CacheRoom({ cache, log });
    const addresses = new OriginAddresses({ haproxy: this.haproxy });
    void this.listen(ports.agentMetrics);
    this.every("addresses of origins", timing.healthPoll, () => addresses.look());
    this.every("room of the cache", timing.healthPoll, () => cacheRoom.look());
    this.every("slow clients", CLIENT_PACE.look, () => slowClients.look());
    this.every("configuration", timing.pointerPoll, () => this.followPointer());
    this.every("secrets", timing.pointerPoll, () => this.followSecrets());
    this.every("purges", timing.purgePoll, () => feed.poll());
    this.every("node health", timing.healthPoll, async () => {
      await nodeHealth.look();
      await this.lookAtHealth();
    });
    this.every("PoP health", timing.drainSwitchPoll, () => popHealth.look());
    this.every("access log", TICK, () => this.logs.look());
    if (settings.metrics.cloudwatch || settings.metrics.otlp !== undefined) {
      this.every("traffic", TICK, async () => this.publishing?.count());
      this.every("metrics", TICK, async () => {
        this.publishing ??= await this.openPublishing(settings, feed);
        // It waits for the end of a period by itself.
        await this.publishing.next();
      });
    }
    this.every("metadata", timing.metadataPoll, () => this.drain.look());
    this.every("drain", TICK, () => this.drain.step());
    this.every("launch", TICK, () => this.launch.look());
    this.every("ring", TICK, () => this.tellRing());
    this.every("nodes of the PoP", settings.ring?.poll ?? RING_POLL, () => this.lookAtPeers());
    void sleep(timing.probation * 1000).then(() => {
      this.program.keep();
    });
  }

  /** Which nodes there are, and whether this one is in service: as the bundle that runs wants it, or does not any more. */
  private async lookAtPeers(): Promise<void> {
    this.peerAddress = this.settings?.ring === undefined ? undefined : await this.address();
    await this.ring()?.look();
  }

  private async tellRing(): Promise<void> {
    const ring = this.ring();
    if (ring === undefined && this.switches.reason("ring") === undefined) {
      return;
    }
    const inService = ring !== undefined && this.launch.done && this.drain.state === "serving";
    await this.switches.set("ring", inService ? "in service" : undefined);
    await ring?.tell();
  }

  private ring(): Ring | undefined {
    const { haproxy, store, log, address } = this;
    const wanted = this.settings?.ring;
    if (wanted === undefined) {
      this.rings = undefined;
    } else if (this.rings?.settings !== wanted) {
      const peers = async () => readPeers(store, await this.instance());
      this.rings = { settings: wanted, ring: new Ring({ haproxy, settings: wanted, address, peers, log }) };
    }
    return this.rings?.ring;
  }

  private async openPublishing(settings: AgentSettings, feed: PurgeFeed): Promise<Publishing> {
    const { metrics: wanted, timing, popName } = settings;
    const { footprint, region } = this;
    const tail = new AccessTail(ACCESS_LOG_FOLDER, AGENT_FILES.counted);
    const traffic = new Traffic(wanted.sites, popName);
    const { otlp } = wanted;
    // OpenTelemetry's SDK takes 20 MB of memory: of those who want it.
    const load = () => import("./otlp");
    return new Publishing({
      tail,
      traffic,
      metrics: new NodeMetrics({
        traffic,
        haproxy: this.haproxy,
        cache: () => cacheTotals(runCommand),
        look: () => ({
          report: this.status(),
          purgeLagSeconds: feed.lagSeconds(),
          serial: this.serial,
          softwareAge: this.softwareAge(),
        }),
        isRestarted: tail.place !== undefined,
        former: tail.totals,
      }),
      cloudWatch: wanted.cloudwatch ? new CloudWatch({ footprint, region, put: putMetrics(region) }) : undefined,
      otlp:
        otlp === undefined
          ? undefined
          : new (await load()).Otlp({ endpoint: otlp, footprint, region, instance: await this.instance() }),
      period: timing.metrics,
    });
  }

  private softwareAge(): number {
    const { packagesLocked } = this.settings ?? {};
    return packagesLocked === undefined ? 0 : (Date.now() - Date.parse(packagesLocked)) / 1000;
  }

  private async listen(port: number): Promise<void> {
    try {
      await serveAgentSocket({ drain: () => this.drain.shutdown(), forgive: () => this.forgive() });
      await this.metrics.serve(port);
    } catch (error) {
      // Another agent runs, or the port is taken: it is of no use to go on unheard.
      this.log.error("the agent cannot listen", { reason: error instanceof Error ? error.message : String(error) });
      process.exit(1);
    }
  }

  private async followPointer(): Promise<void> {
    await this.watch.look();
    const { pointer } = this.watch;
    if (pointer === undefined) {
      return;
    }
    const { generation, rejected, failing } = this.adoption;
    try {
      await this.configuration.follow(pointer);
    } finally {
      if (this.adoption.generation === pointer.bundle.sha256) {
        this.serial = pointer.serial.version;
      }
      if (this.adoption.generation !== generation) {
        this.metrics.adopted();
      }
      if (this.adoption.rejected !== null && this.adoption.rejected !== rejected) {
        this.metrics.rejected();
      }
      if (this.adoption.failing !== null && this.adoption.failing !== failing) {
        this.metrics.failed();
      }
    }
  }

  private async followSecrets(): Promise<void> {
    if (this.watch.pointer === undefined) {
      // After a restart of the machine HAProxy serves already, and has no proof for origins.
      await this.watch.look();
    }
    const { pointer } = this.watch;
    if (pointer !== undefined) {
      await this.secrets.follow(pointer.parameters);
    }
  }

  /** An operator has mended what a verdict or a failure came from. */
  private forgive(): Promise<void> {
    this.log.info("verdicts and failures are forgotten, as an operator wants it");
    this.adoption.forgive();
    this.program.forgive();
    this.watch.forget();
    return Promise.resolve();
  }

  private async lookAtHealth(): Promise<NodeReport["health"]> {
    const { settings } = this;
    if (settings !== undefined) {
      this.health = await ownHealth(settings);
    }
    return this.health;
  }

  private missing(): string | undefined {
    if (this.secrets.versions() === null) {
      return "the secrets have not been read";
    }
    return this.feed?.caughtUpAt === null ? "the purge log has not been read" : undefined;
  }

  private status(): Omit<NodeReport, "instance" | "region" | "at"> {
    const { adoption, configuration, feed, drain, launch, watch } = this;
    const { halted } = configuration;
    return {
      state: drain.state !== "serving" ? "draining" : launch.done ? "serving" : "starting",
      ...(this.peerAddress === undefined ? {} : { address: this.peerAddress }),
      configuration: {
        generation: adoption.generation,
        rejected: adoption.rejected,
        failing: adoption.failing,
        ...(watch.pointer === undefined ? {} : { serial: watch.pointer.serial.version }),
        ...(watch.refused === undefined ? {} : { refused: watch.refused }),
        ...(halted === undefined ? {} : { halted }),
      },
      purge: {
        position: feed?.position ?? -1,
        caughtUpAt: feed?.caughtUpAt?.toISOString() ?? null,
        refused: feed?.refused ?? 0,
        ...(feed === undefined ? {} : { taken: [...feed.taken] }),
      },
      secrets: this.secrets.versions(),
      health: this.health,
      logs: this.logs.report,
      ...(this.publishing === undefined ? {} : { metrics: this.publishing.report }),
    };
  }

  private observed(): Observed {
    const { switches, feed } = this;
    return {
      report: this.status(),
      halted: this.configuration.halted !== undefined,
      purgeLagSeconds: feed?.lagSeconds() ?? 0,
      purgesCarriedOut: feed?.carriedOut ?? 0,
      logLines: this.logs.lines,
      metricsLost: this.publishing?.report.lost ?? 0,
      switches: {
        node: switches.reason("node"),
        pop: switches.reason("pop"),
        draining: switches.reason("draining"),
        ring: switches.reason("ring"),
      },
    };
  }

  private every(name: string, seconds: number, run: () => Promise<void>): void {
    // Never aborted: the process ends with its loops in whatever they do.
    const { signal } = new AbortController();
    void every(seconds, { name, log: this.log, signal }, async () => {
      try {
        await run();
      } catch (error) {
        this.metrics.loopFailed(name);
        throw error;
      }
    });
  }
}
