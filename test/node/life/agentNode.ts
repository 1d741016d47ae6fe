import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { HaproxyRuntime } from "../../../components/node/agent/haproxy";
import { agentCommand } from "../../../components/node/agentFiles";
import { bundle, type BundleOptions } from "../../../components/node/bundle";
import { nodeFiles } from "../../../components/node/files";
import type { Listen } from "../../../components/node/options";
import { VARNISH, VARNISH_RELOAD } from "../../../components/node/processes";
import type { AgentTiming, Bundle, MetricsSettings } from "../../../components/node/protocol/bundleFormat";
import { nodeReportSchema, type NodeReport } from "../../../components/node/protocol/nodeReport";
import { openPointer, type PointerContent } from "../../../components/node/protocol/pointer";
import { nodeKey, STORE_KEYS } from "../../../components/node/protocol/storeKeys";
import type { Site } from "../../../components/node/site";
import { SOCKETS } from "../../../components/node/sockets";
import { AGENT_TIMING } from "../../../components/node/timing";
import { agentFile, type AgentFile } from "../../../infra/agentFile";
import { debianRootFolder } from "../../../infra/edge/debianRoot";
import { RunningNode, type StartOptions } from "../../../infra/edge/node";
import { Service } from "../../../infra/edge/service";
import { edgeOptions } from "../../../infra/edge/settings";
import { CONFIGURATION_KEYS, sealed, Serial } from "../../components/node/signing";
import { ask, type Answer, type Ask } from "../origin/client";
import { HOST } from "../origin/rig";
import type { ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";
import type { Cloud, Machine } from "../../../infra/lab/aws/cloud";

/** Values of the secrets that every PoP of a test has at first, first version first. */
export const SECRETS = {
  "origin-auth-current": "origin-proof-1",
  "origin-auth-next": "origin-proof-2",
  "purge-current": "purge-key-1",
  "purge-next": "purge-key-2",
} as const;

/**
 * Clocks that a test need not wait for; what a test is about it sets itself. Each look is a signed request over two
 * processes: ten of each kind a second would take a fifth of a processor.
 */
const QUICK: AgentTiming = {
  ...AGENT_TIMING,
  purgePoll: 0.25,
  purgeRepeat: 0.5,
  pointerPoll: 0.5,
  adoptionWindow: 0,
  drainSwitchPoll: 0.5,
  metadataPoll: 0.5,
  healthPoll: 0.5,
  drainIdle: 1,
  drainUnannounced: 1,
  report: 1,
  retryPause: 0.5,
};

export interface AgentNodeOptions {
  readonly cloud: Cloud;
  readonly origin: Pick<ScriptedOrigin, "at">;
  /** Default "local". */
  readonly region?: string;
  /** Default "i-1". */
  readonly instance?: string;
  /** What the site at HOST has other than the defaults of a stack file. */
  readonly site?: Partial<Site>;
  /** Sites beside it, by host. */
  readonly more?: Readonly<Record<string, Partial<Site>>>;
  /** The PoP's nodes are one cache. Default: false. */
  readonly cluster?: boolean;
  readonly timing?: Partial<AgentTiming>;
  /** Default 3600. */
  readonly purgeMaxStaleness?: number;
  /** Where it publishes; default: nowhere. */
  readonly metrics?: MetricsSettings;
  readonly node?: Omit<StartOptions, "root" | "files">;
  /** Changes the bundle before it is published: to break it, or to shorten a timeout. */
  readonly edit?: (content: Bundle) => Bundle;
  /** Takes what the agent says, line by line, while it starts too. */
  readonly onSaid?: (line: string) => void;
}

/** What may differ from bundle to bundle. */
export type Settings = Pick<AgentNodeOptions, "site" | "more" | "cluster" | "timing" | "purgeMaxStaleness" | "edit">;

const PARAMETER_PREFIX = "pop-";

/** Unique id of the nodes' role. */
const ROLE = "AROAEXAMPLE";

/** While this file is there, a reload of Varnish does not come to its end on files with the site that it names. */
export const RELOAD_WAITS = "/run/reload-waits";
/** While this one is there, it fails. */
export const RELOAD_FAILS = "/run/reload-fails";

/** Stands for systemd where none runs: what the agent has it do to the node's programs as they are. */
const SYSTEMCTL = `#!/bin/sh
[ "$*" = "--quiet reload ${VARNISH.unit}.service" ] || exec /usr/bin/systemctl "$@"
[ ! -e ${RELOAD_FAILS} ] || { echo "no room" >&2; exit 3; }
${VARNISH_RELOAD.join(" ")} || exit
while grep --quiet --fixed-strings --file=${RELOAD_WAITS} /etc/footprint/sites.json; do sleep 0.1; done
`;

/** The agent as its sources were when the test began. */
let agent: AgentFile | undefined;
function agentOfTest(): AgentFile {
  agent ??= agentFile();
  return agent;
}

/** The bucket of a PoP. */
export function storeOf(region: string): string {
  return `store-of-${region}`;
}

/** The log bucket of a PoP. */
export function logsOf(region: string): string {
  return `logs-of-${region}`;
}

/** The group of a PoP. */
export function groupOf(region: string): string {
  return `${region}-nodes-1a2b3c4`;
}

/**
 * A node as it is in service, with its agent: the real HAProxy, Varnish and agent, in front of a scripted origin, over a
 * stand-in for AWS. Each node has ports of its own, hence a bundle and a pointer of its own; all else in the region's
 * store its PoP shares.
 */
export class AgentNode {
  /** What the agent said, line by line. */
  readonly said: string[] = [];
  /** Numbers its pointers; each node has pointers of its own, and so a parameter. */
  private readonly serial: Serial;
  private agent: Service | undefined;

  private constructor(
    readonly node: RunningNode,
    readonly machine: Machine,
    private readonly listen: Listen,
    private readonly options: AgentNodeOptions,
  ) {
    this.serial = new Serial(`${PARAMETER_PREFIX}serial-${options.instance ?? "i-1"}`);
  }

  /** Starts the node's software and its agent, and waits until the agent reports that it serves. */
  static async start(options: AgentNodeOptions): Promise<AgentNode> {
    const { cloud, region = "local", instance = "i-1" } = options;
    const machine = await cloud.addMachine({ instance, region, group: groupOf(region), address: "127.0.0.1" });
    let listen: Listen | undefined;
    const node = await RunningNode.start({
      // The load of a test comes from one address, and as fast as the machine can.
      bounds: { CLIENT_REQUESTS: 1_000_000 },
      ...options.node,
      root: debianRootFolder(),
      files: (given) => {
        listen = given;
        return nodeFiles(optionsOf(options, given));
      },
    });
    try {
      if (listen === undefined) {
        throw new Error("the node has no ports");
      }
      const started = new AgentNode(node, machine, listen, options);
      started.prepare();
      started.startAgent();
      await started.untilReport("it serves", ({ state }) => state === "serving");
      return started;
    } catch (error) {
      await node.stop();
      throw error;
    }
  }

  get region(): string {
    return this.options.region ?? "local";
  }

  get instance(): string {
    return this.options.instance ?? "i-1";
  }

  /** A request for the site, by the load balancer. */
  ask(target: string, options: Ask & { readonly host?: string } = {}): Promise<Answer> {
    return ask(this.node.ports.traffic, options.host ?? HOST, target, options);
  }

  /** The PoP's health, as Route 53 asks for it. */
  popHealth(): Promise<Answer> {
    return this.ask("/.well-known/pop-health", { host: optionsOf(this.options, this.listen).popName });
  }

  /** The last report of the agent. */
  report(): NodeReport | undefined {
    const text = this.options.cloud.object(storeOf(this.region), nodeKey(ROLE, this.instance));
    return text === undefined ? undefined : nodeReportSchema.parse(JSON.parse(text));
  }

  /** Lines of the access log that HAProxy says it has dropped. */
  async droppedLines(): Promise<number> {
    const { root } = this.node;
    const haproxy = new HaproxyRuntime({ admin: root.outside(SOCKETS.admin), master: root.outside(SOCKETS.master) });
    return [...(await haproxy.totals()).values()].reduce((sum, { droppedLines }) => sum + droppedLines, 0);
  }

  /** Waits until a report says what is expected; the error has what the agent said last. */
  async untilReport(event: string, is: (report: NodeReport) => boolean): Promise<NodeReport> {
    try {
      return await until(event, () => {
        const report = this.report();
        return report !== undefined && is(report) && report;
      });
    } catch (error) {
      throw new Error(`${String(error)}\n${this.said.slice(-30).join("\n")}\n${JSON.stringify(this.report())}`, {
        cause: error,
      });
    }
  }

  /** Publishes a bundle and points to it; returns its SHA-256. */
  publish(settings: Settings): string {
    return this.publishText(this.render(settings));
  }

  /** The same for any text. */
  publishText(text: string, sha256 = sha256Of(text)): string {
    const { cloud } = this.options;
    const key = `${STORE_KEYS.bundles}${sha256}`;
    cloud.put(storeOf(this.region), key, text);
    const { path, sha256: agentSha256 } = agentOfTest();
    cloud.put(storeOf(this.region), `${STORE_KEYS.agents}${agentSha256}`, readFileSync(path));
    cloud.put(storeOf(this.region), this.pointerKey, this.pointer({ key, sha256 }));
    return sha256;
  }

  /** The text of a bundle for this node. */
  render(settings: Settings): string {
    const options = { ...this.options, ...settings };
    const text = bundle(optionsOf(options, this.listen));
    return options.edit === undefined ? text : JSON.stringify(options.edit(JSON.parse(text) as Bundle), null, 1);
  }

  /** Waits until the node runs the bundle. */
  async adopted(sha256: string): Promise<void> {
    await this.untilReport("the bundle is adopted", ({ configuration }) => configuration.generation === sha256);
  }

  /** Starts the agent, as systemd does; another that runs is not looked at. When it ends in order, it is started anew. */
  startAgent(): void {
    const onSaid = (line: string): void => {
      this.said.push(line);
      this.options.onSaid?.(line);
    };
    const agent = Service.start(this.node.root, "agent", agentCommand("/usr/local/lib/footprint/agent.js"), {
      env: { ...this.machine.env },
      onLine: onSaid,
      onMessage: onSaid,
    });
    this.agent = agent;
    void agent.ended().then(() => {
      if (agent.exitCode === 0 && this.agent === agent) {
        this.startAgent();
      }
    });
  }

  /** Sends a signal to the agent, once it is there; with KILL it is gone at once. */
  async signalAgent(signal: string): Promise<void> {
    const agent = await until("a process of the agent", () => this.agentProcess());
    await this.node.exec("kill", `-${signal}`, String(agent));
  }

  /** Resolves when the agent has ended. */
  async agentEnded(): Promise<void> {
    await this.agent?.ended();
  }

  /** Process id of the agent, in the node. */
  agentProcess(): number | undefined {
    return this.node.root.processes().find(({ parent, name }) => parent === 0 && name === "node")?.pid;
  }

  async stop(): Promise<void> {
    await this.node.stop();
  }

  get pointerKey(): string {
    return `current-${this.instance}.json`;
  }

  /** The pointer object, numbered and signed as the program does it. */
  private pointer(named: PointerContent["bundle"]): string {
    const { cloud } = this.options;
    const parameter = (role: keyof typeof SECRETS) => {
      const name = `${PARAMETER_PREFIX}${role}`;
      const values = cloud.parameters.get(`${this.region} ${name}`) ?? [SECRETS[role]];
      cloud.parameters.set(`${this.region} ${name}`, values);
      return { name, version: values.length };
    };
    const pointer = this.serial.numbered({
      bundle: named,
      parameters: {
        "origin-auth": { current: parameter("origin-auth-current"), next: parameter("origin-auth-next") },
        purge: { current: parameter("purge-current"), next: parameter("purge-next") },
      },
      logs: { bucket: logsOf(this.region) },
    });
    cloud.parameters.set(`${this.region} ${pointer.serial.name}`, this.serial.values);
    return sealed(this.region, pointer);
  }

  /** Adds a version of a secret, and points to it. */
  rotate(role: keyof typeof SECRETS, value: string): void {
    const { cloud } = this.options;
    cloud.parameters.get(`${this.region} ${PARAMETER_PREFIX}${role}`)?.push(value);
    const text = cloud.object(storeOf(this.region), this.pointerKey) ?? "";
    const { bundle: named } = openPointer(CONFIGURATION_KEYS, this.region, text);
    cloud.put(storeOf(this.region), this.pointerKey, this.pointer(named));
  }

  /** What a boot leaves behind: the adopted bundle, identity and agent, and the pointer that names the bundle. */
  private prepare(): void {
    const { root } = this.node;
    const { buckets } = this.options.cloud;
    buckets.set(logsOf(this.region), buckets.get(logsOf(this.region)) ?? new Map<string, Buffer>());
    const text = this.render({});
    this.publishText(text);
    root.write("/etc/footprint/identity.json", JSON.stringify(this.identity()));
    root.write("/var/lib/footprint/bundle.json", text);
    root.write("/usr/local/lib/footprint/agent.js", readFileSync(agentOfTest().path, "utf8"), 0o755);
    root.write("/usr/local/bin/systemctl", SYSTEMCTL, 0o755);
    root.makeFolder("/run/footprint");
  }

  private identity() {
    return {
      footprint: "test",
      region: this.region,
      bucket: storeOf(this.region),
      pointer: this.pointerKey,
      bootstrap: "bootstrap/none",
      bootstrapSha256: sha256Of(""),
      configurationKeys: CONFIGURATION_KEYS,
      role: ROLE,
    };
  }
}

function optionsOf(options: AgentNodeOptions, listen: Listen): BundleOptions {
  const { origin, region = "local", site, more = {}, cluster, timing, purgeMaxStaleness = 3600, metrics } = options;
  const [defaults] = edgeOptions(origin.at()).sites;
  if (defaults === undefined) {
    throw new Error("edgeOptions gives one site");
  }
  return {
    region,
    popName: `${region}.pop.example.com`,
    sites: [
      { ...defaults, host: HOST, ...site },
      ...Object.entries(more).map(([host, settings]) => ({ ...defaults, host, ...settings })),
    ],
    cluster,
    listen,
    purgeMaxStaleness,
    metrics,
    agentSha256: agentOfTest().sha256,
    agentTiming: { ...QUICK, ...timing },
  };
}

export function sha256Of(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}
