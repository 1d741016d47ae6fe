import * as http from "node:http";
import { HOST, type Server } from "./nodeServers";

export interface Got {
  readonly status: number;
  readonly milliseconds: number;
}

/** A request on a connection of its own, or on one of the agent's, up to the end of the answer. */
export function get(server: Server, path: string, agent: http.Agent | false = false): Promise<Got> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port: server.port, path, agent, headers: { host: HOST } });
    request.on("error", reject);
    request.on("response", (response) => {
      response.resume();
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, milliseconds: performance.now() - started });
      });
    });
  });
}

/** As many clients at once, each on a connection of its own. */
export async function crowd(
  server: Server,
  path: string,
  clients: number,
): Promise<{ readonly answers: readonly Got[]; readonly milliseconds: number }> {
  const started = performance.now();
  const answers = await Promise.all(Array.from({ length: clients }, () => get(server, path)));
  return { answers, milliseconds: performance.now() - started };
}

/** The paths in order, a few at a time. Throws when one is not answered with 200. */
export async function walk(server: Server, paths: readonly string[]): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: WALKERS });
  const rest = paths.values();
  const worker = async (): Promise<void> => {
    for (const path of rest) {
      const { status } = await get(server, path, agent);
      if (status !== 200) {
        throw new Error(`${server.name} answers ${path} with ${status}`);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: WALKERS }, worker));
  } finally {
    agent.destroy();
  }
}

const WALKERS = 16;
