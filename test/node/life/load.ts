import { setTimeout as sleep } from "node:timers/promises";
import type { AgentNode } from "./agentNode";
import { KeptConnection, KeptSession } from "../keptConnection";
import { reply, type ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";

/** Connections of each protocol on which is asked. */
const CLIENTS = 3;

/**
 * Between an answer and the next question of a client: some two hundred requests a second in all. Without it the load
 * takes what processors there are, and what happens under it waits for minutes.
 */
const PAUSE_MS = 25;

const STORED = "/load/stored";
const FETCHED = "/load/fetched";

export interface Outcome {
  readonly asked: number;
  /** Answers other than what was to come, and errors. */
  readonly wrong: readonly string[];
  /** Connections that the busiest client opened. */
  readonly opened: number;
}

/** Six clients that ask a node again and again, over HTTP/1.1 and HTTP/2, for what is stored and for what never is. */
export class Load {
  private asked = 0;
  private readonly wrong: string[] = [];
  private ending = false;
  private readonly clients: readonly (KeptConnection | KeptSession)[];
  private readonly running: readonly Promise<void>[];

  private constructor(node: AgentNode) {
    const port = node.node.ports.traffic;
    this.clients = Array.from({ length: CLIENTS }, () => [new KeptConnection(port), new KeptSession(port)]).flat();
    this.running = this.clients.map((client, i) =>
      i % 4 < 2 ? this.ask(client, STORED, "200 stored") : this.ask(client, FETCHED, "200 fetched"),
    );
  }

  /** Begins, and resolves when each client has had answers. */
  static async start(node: AgentNode, origin: ScriptedOrigin): Promise<Load> {
    scriptLoad(origin);
    return Load.begin(node);
  }

  /** The same, over an origin that answers it already. */
  static async begin(node: AgentNode): Promise<Load> {
    await node.ask(STORED);
    const load = new Load(node);
    await load.goesOn();
    return load;
  }

  /** Resolves when some more requests were answered. */
  async goesOn(): Promise<void> {
    const before = this.asked;
    await until("answers to the load", () => this.asked > before + 100);
  }

  async stop(): Promise<Outcome> {
    this.ending = true;
    await Promise.all(this.running);
    return { asked: this.asked, wrong: this.wrong, opened: Math.max(...this.clients.map(({ opened }) => opened)) };
  }

  private async ask(client: KeptConnection | KeptSession, path: string, expected: string): Promise<void> {
    while (!this.ending) {
      const got = await client.get(path).catch((error: unknown) => String(error));
      this.asked++;
      if (got !== expected) {
        this.wrong.push(got);
      }
      await sleep(PAUSE_MS);
    }
    client.destroy();
  }
}

/** Has an origin answer what the clients ask. */
export function scriptLoad(origin: ScriptedOrigin): void {
  origin.on(STORED, reply("stored", { "cache-control": "max-age=600" }));
  origin.on(FETCHED, reply("fetched", { "cache-control": "no-store" }));
}

/** How often the origin was asked for what is stored. */
export function fetchesOfStored(origin: ScriptedOrigin): number {
  return origin.requests(STORED).length;
}
