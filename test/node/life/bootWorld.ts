import { readFileSync } from "node:fs";
import type * as http from "node:http";
import { bootstrap } from "../../../components/node/bootstrap";
import { bundle } from "../../../components/node/bundle";
import { nodeReportSchema, type NodeReport } from "../../../components/node/protocol/nodeReport";
import type { PointerContent } from "../../../components/node/protocol/pointer";
import { nodeKey, packagesKey, STORE_KEYS } from "../../../components/node/protocol/storeKeys";
import type { Site } from "../../../components/node/site";
import { AGENT_TIMING } from "../../../components/node/timing";
import { userData } from "../../../components/node/userData";
import { agentFile } from "../../../infra/agentFile";
import { siteSettings } from "../../../infra/config/complete";
import { siteSchema } from "../../../infra/config/schemaSite";
import { CONFIGURATION_KEYS, sealed, Serial } from "../../components/node/signing";
import { sha256Of } from "./agentNode";
import { Cloud, type Machine as CloudMachine } from "../../../infra/lab/aws/cloud";
import { Machine, ORIGIN_ADDRESS } from "./machine";
import type { MachinePackages } from "./machineLock";

export const REGION = "eu-west-1";
export const BUCKET = "eu-west-1-store-0a1b2c3";
export const LOGS = "eu-west-1-network-logs-7f8a9b0";
export const INSTANCE = "i-0123456789abcdef0";
export const SITE = "cdn.example.com";
/** Unique id of the nodes' role. */
const ROLE = "AROAEXAMPLE";
const GROUP = "eu-west-1-nodes-4d5e6f7";

/** What a deployment has put into the region's store: text or bytes by key, and what user data names of it. */
export interface Deployment {
  readonly objects: ReadonlyMap<string, string | Buffer>;
  readonly userData: string;
  /** Numbers the pointers. */
  readonly serial: Serial;
  readonly keys: Readonly<Record<"bootstrap" | "archive" | "pointer" | "bundle" | "agent", string>>;
}

/** A PoP with one site, as the program would deploy it, with packages for this machine. */
export function deployment({ lock, path, archive }: MachinePackages): Deployment {
  const script = bootstrap(lock);
  const agent = agentFile();
  const configuration = configurationWith(agent.sha256);
  const serial = new Serial();
  const keys = {
    bootstrap: `${STORE_KEYS.bootstrap}${sha256Of(script)}`,
    archive: packagesKey(archive.sha256),
    pointer: STORE_KEYS.pointer,
    bundle: `${STORE_KEYS.bundles}${sha256Of(configuration)}`,
    agent: `${STORE_KEYS.agents}${agent.sha256}`,
  };
  return {
    objects: new Map<string, string | Buffer>([
      [keys.bootstrap, script],
      [keys.archive, readFileSync(path)],
      [keys.bundle, configuration],
      [keys.agent, readFileSync(agent.path)],
      [keys.pointer, pointer(serial, { key: keys.bundle, sha256: sha256Of(configuration) })],
    ]),
    userData: userData({
      footprint: "europe",
      region: REGION,
      bucket: BUCKET,
      pointer: keys.pointer,
      bootstrap: keys.bootstrap,
      bootstrapSha256: sha256Of(script),
      configurationKeys: CONFIGURATION_KEYS,
      role: ROLE,
    }),
    serial,
    keys,
  };
}

/** A bundle of one site. It has nobody to wait for, neither to adopt the next nor to leave. */
function configurationWith(agentSha256: string, settings: Partial<Site> = {}): string {
  return bundle({
    region: REGION,
    popName: `${REGION}.pop.example.com`,
    sites: [{ ...site(), ...settings }],
    purgeMaxStaleness: 3600,
    metrics: { cloudwatch: true, sites: [] },
    agentSha256,
    agentTiming: {
      ...AGENT_TIMING,
      adoptionWindow: 0,
      drainUnannounced: 5,
      drainIdle: 2,
      retryPause: 2,
      retryLongest: 60,
    },
  });
}

/** A cloud that has the deployment, and a machine in it that has not booted yet and whose group waits for it. */
export class BootWorld {
  private constructor(
    readonly cloud: Cloud,
    readonly machine: Machine,
    private readonly serial: Serial,
  ) {}

  static async start(
    { objects, serial }: Deployment,
    authorityFolder: string,
    origin: http.RequestListener,
  ): Promise<BootWorld> {
    const cloud = await Cloud.start();
    try {
      for (const [key, content] of objects) {
        cloud.put(BUCKET, key, content);
      }
      cloud.buckets.set(LOGS, new Map());
      for (const role of ["origin-auth-current", "origin-auth-next", "purge-current", "purge-next"]) {
        cloud.parameters.set(`${REGION} ${role}`, [`value-of-${role}`]);
      }
      cloud.parameters.set(`${REGION} pop-serial`, serial.values);
      cloud.waiting.add(`${INSTANCE} launching`);
      const facts: CloudMachine = await cloud.addMachine({ instance: INSTANCE, region: REGION, group: GROUP });
      const machine = await Machine.make({ cloud, machine: facts, buckets: [BUCKET, LOGS], origin, authorityFolder });
      return new BootWorld(cloud, machine, serial);
    } catch (error) {
      await cloud.stop();
      throw error;
    }
  }

  /** Puts a bundle into the store, with its agent, and points to it; returns its SHA-256. */
  publish(agent: string | Buffer, settings: Partial<Site>): string {
    const agentSha256 = sha256Of(agent);
    const text = configurationWith(agentSha256, settings);
    const named = { key: `${STORE_KEYS.bundles}${sha256Of(text)}`, sha256: sha256Of(text) };
    this.cloud.put(BUCKET, `${STORE_KEYS.agents}${agentSha256}`, agent);
    this.cloud.put(BUCKET, named.key, text);
    this.cloud.put(BUCKET, STORE_KEYS.pointer, pointer(this.serial, named));
    return named.sha256;
  }

  /** The node's last report. */
  report(): NodeReport {
    return nodeReportSchema.parse(JSON.parse(this.cloud.object(BUCKET, nodeKey(ROLE, INSTANCE)) ?? ""));
  }

  async stop(): Promise<void> {
    await this.machine.stop();
    await this.cloud.stop();
  }
}

function site(): Site {
  return {
    host: SITE,
    ...siteSettings(siteSchema.parse({ origin: "" })),
    origins: [{ scheme: "http", host: ORIGIN_ADDRESS, port: 80 }],
  };
}

/** The pointer object, numbered and signed as the program does it. */
function pointer(serial: Serial, named: PointerContent["bundle"]): string {
  const parameter = (name: string) => ({ name, version: 1 });
  const content = {
    bundle: named,
    parameters: {
      "origin-auth": { current: parameter("origin-auth-current"), next: parameter("origin-auth-next") },
      purge: { current: parameter("purge-current"), next: parameter("purge-next") },
    },
    logs: { bucket: LOGS },
  };
  return sealed(REGION, serial.numbered(content));
}
