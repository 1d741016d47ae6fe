import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../../infra/edge/ports";
import { debianRootFolder } from "../../../infra/edge/debianRoot";
import { RunningLoadBalancer } from "../../../infra/edge/loadBalancer";
import { HOST } from "../origin/rig";
import { reply, type ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";
import type { AgentNode } from "./agentNode";
import { Http1Client, Http2Client, type Client } from "./tlsClients";

/** Clients of each kind. */
const CLIENTS = 2;

/** Between an answer and the next question of a client: without it they leave the node no processor to drain with. */
const PAUSE_MS = 10;

/** What is asked for: a hit, a slow origin, a long download. */
const KINDS = {
  "/stored": { answer: "200 stored" },
  "/slow": { answer: "200 slow" },
  "/long": { answer: `200 ${"part ".repeat(20)}` },
} as const;

export interface LeavingOutcome {
  readonly asked: number;
  /** Answers other than what was to come, and errors. */
  readonly wrong: readonly string[];
  /** Clients that the node has sent away. */
  readonly moved: number;
}

/**
 * Clients of a node that leaves, by an emulated load balancer: HTTP/1.1 and HTTP/2 over TLS, on connections that they
 * keep, and ever new ones. Once the load balancer has let go of the node, a client whose connection was ended goes
 * elsewhere, as new connections do then.
 */
export class LeavingLoad {
  private asked = 0;
  private newcomers = 0;
  private readonly wrong: string[] = [];
  private isDeregistered = false;
  private moved = 0;
  private readonly running: readonly Promise<void>[];

  private constructor(
    private readonly balancer: RunningLoadBalancer,
    private readonly port: number,
    private readonly ca: Buffer,
  ) {
    const kept = Object.keys(KINDS).flatMap((path) =>
      Array.from({ length: CLIENTS }, () => [
        this.keep(new Http1Client(port, ca), path),
        this.keep(new Http2Client(port, ca), path),
      ]).flat(),
    );
    this.running = [...kept, this.comeAnew(Http1Client), this.comeAnew(Http2Client)];
  }

  /** Begins, and resolves when all of it goes on. */
  static async start(node: AgentNode, origin: ScriptedOrigin): Promise<LeavingLoad> {
    origin.on("/stored", reply("stored", { "cache-control": "max-age=600" }));
    origin.on("/slow", async (response, request) => {
      await sleep(700);
      await reply("slow", { "cache-control": "no-store" })(response, request);
    });
    origin.on("/long", async (response) => {
      response.writeHead(200, { "cache-control": "no-store" });
      for (let i = 0; i < 20; i++) {
        response.write("part ");
        await sleep(100);
      }
      response.end();
    });
    const [https = 0, http = 0] = await freePorts(2);
    const balancer = await RunningLoadBalancer.start({
      root: debianRootFolder(),
      node: { ports: node.node.ports },
      hosts: [HOST],
      ports: { https, http },
    });
    const load = new LeavingLoad(balancer, https, readFileSync(balancer.authorityFile));
    await load.goesOn();
    return load;
  }

  /** Resolves when new connections of both protocols were answered. */
  async goesOn(): Promise<void> {
    const before = this.newcomers;
    await until("answers to newcomers", () => this.newcomers > before + 6);
  }

  /** The load balancer sends no new connection to the node any more. */
  deregister(): void {
    this.isDeregistered = true;
  }

  /** Resolves when every client has gone elsewhere. */
  async ended(): Promise<LeavingOutcome> {
    await Promise.all(this.running);
    const { asked, wrong, moved } = this;
    return { asked, wrong, moved };
  }

  async stop(): Promise<void> {
    await this.balancer.stop();
  }

  private async keep(client: Client, path: string): Promise<void> {
    for (;;) {
      // A connection that is kept is free a moment after its answer.
      await sleep(PAUSE_MS);
      if (this.isDeregistered && !client.isConnected) {
        break;
      }
      await this.ask(client, path);
    }
    this.moved++;
    client.destroy();
  }

  private async comeAnew(kind: typeof Http1Client | typeof Http2Client): Promise<void> {
    while (!this.isDeregistered) {
      const client = new kind(this.port, this.ca);
      await this.ask(client, "/stored");
      this.newcomers++;
      client.destroy();
      await sleep(50);
    }
  }

  private async ask(client: Client, path: string): Promise<void> {
    const got = await client.get(HOST, path).catch((error: unknown) => String(error));
    this.asked++;
    if (got !== KINDS[path as keyof typeof KINDS].answer) {
      this.wrong.push(`${path}: ${got}`);
    }
  }
}
