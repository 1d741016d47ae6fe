import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { varnishPurgeCache, type PurgeCache } from "../../components/node/agent/purgeCache";
import { nodeFiles } from "../../components/node/files";
import type { Listen } from "../../components/node/options";
import { SHIELD_PROOF_FILE, shieldProof } from "../../components/node/protocol/shieldProof";
import type { Site } from "../../components/node/site";
import { SOCKETS } from "../../components/node/sockets";
import { authority } from "../../infra/edge/authority";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { RunningLoadBalancer } from "../../infra/edge/loadBalancer";
import { RunningNode } from "../../infra/edge/node";
import { freePorts } from "../../infra/edge/ports";
import { PrivateRoot } from "../../infra/edge/privateRoot";
import { edgeOptions } from "../../infra/edge/settings";
import { ask, type Answer, type Ask } from "./origin/client";
import { ScriptedOrigin } from "./origin/scripted";

export const HOST = "www.example.com";
export const SHIELD = "eu-central-1";
export const EDGES = ["us-east-1", "ap-southeast-2"] as const;

const DOMAIN = "pop.localhost";
export const nameOf = (region: string): string => `${region}.${DOMAIN}`;

/** Three PoPs of a node each before one origin: two of them fetch from the third by its own name and TLS. */
export class ShieldedPops {
  private readonly nodes = new Map<string, RunningNode>();
  private loadBalancer: RunningLoadBalancer | undefined;

  private constructor(
    readonly origin: ScriptedOrigin,
    private readonly folder: string,
  ) {}

  static async start(site: Partial<Site> = {}): Promise<ShieldedPops> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-shield-"));
    const pops = new ShieldedPops(await ScriptedOrigin.start(), folder);
    try {
      const root = await PrivateRoot.start(debianRootFolder());
      const { certificate } = await authority(root, folder);
      await root.stop();
      const [https = 0, http = 0] = await freePorts(2);
      for (const region of [SHIELD, ...EDGES]) {
        pops.nodes.set(
          region,
          await RunningNode.start({
            root: debianRootFolder(),
            files: (listen) => pops.files(region, https, site, listen),
            trust: certificate,
            cacheMemory: 64,
          }),
        );
      }
      pops.loadBalancer = await RunningLoadBalancer.start({
        root: debianRootFolder(),
        node: pops.node(SHIELD),
        hosts: [nameOf(SHIELD)],
        ports: { https, http },
        authorityFolder: folder,
      });
      return pops;
    } catch (error) {
      await pops.stop();
      throw error;
    }
  }

  node(region: string): RunningNode {
    const node = this.nodes.get(region);
    if (node === undefined) {
      throw new Error(`there is no node in ${region}`);
    }
    return node;
  }

  ask(region: string, target: string, options: Ask = {}): Promise<Answer> {
    return ask(this.node(region).ports.traffic, HOST, target, options);
  }

  cache(region: string): PurgeCache {
    return varnishPurgeCache(this.node(region).root.outside(SOCKETS.purge));
  }

  /** Says of each node how far it is in its own log, and what an edge needs of the shield: all are as far at first. */
  async mark(done: Readonly<Record<string, string>>, needs: string): Promise<void> {
    for (const region of [SHIELD, ...EDGES]) {
      const own = done[region] ?? "1.1";
      const others = region === SHIELD ? "" : `,${SHIELD}=${needs}`;
      await this.cache(region).mark({ done: own, needs: `${region}=${own}${others}` });
    }
  }

  /** Whether the node of an edge takes the shield to be up. */
  async isUp(edge: string): Promise<boolean> {
    const csv = await this.node(edge).say(SOCKETS.admin, "show stat");
    const line = csv.split("\n").find((each) => each.startsWith(`shields:${SHIELD},`) && !each.includes(",BACKEND,"));
    return line?.split(",")[17]?.startsWith("UP") === true;
  }

  async stop(): Promise<void> {
    await this.loadBalancer?.stop();
    await Promise.all([...this.nodes.values()].map((node) => node.stop()));
    await this.origin.stop();
    fs.rmSync(this.folder, { recursive: true });
  }

  private files(region: string, port: number, settings: Partial<Site>, listen: Listen) {
    const sites = edgeOptions(this.origin.at()).sites.map((site) => ({
      ...site,
      host: HOST,
      shield: SHIELD,
      ...settings,
    }));
    const files = nodeFiles({ region, popName: nameOf(region), sites, listen });
    const file = "/etc/haproxy/haproxy.cfg";
    // The name resolves nowhere, and nobody else may have 443.
    const config = (files[file] ?? "").replaceAll(` ${nameOf(SHIELD)}:443 `, ` 127.0.0.1:${String(port)} `);
    const proof = [...shieldProof(["present", "next"])].map(([key, value]) => `${key} ${value}\n`).join("");
    return { ...files, [file]: config, [SHIELD_PROOF_FILE]: proof };
  }
}
