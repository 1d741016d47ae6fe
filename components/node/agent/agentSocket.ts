import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import * as net from "node:net";
import { dirname } from "node:path";
import { createInterface, type Interface } from "node:readline";

/** Where the agent hears that the machine shuts down; root's alone. */
export const AGENT_SOCKET = "/run/footprint/agent.sock";

/** An agent that has not begun by then hangs. */
const BEGIN_MS = 3000;

const WORDS = { ask: "drain", begun: "draining", done: "drained" } as const;

/**
 * Serves the agent's socket: `drain` is answered with `draining` at once and with `drained` when the node may end.
 *
 * @throws Error when the socket cannot be made
 */
export async function serveAgentSocket(drain: () => Promise<void>, path = AGENT_SOCKET): Promise<net.Server> {
  mkdirSync(dirname(path), { recursive: true });
  // Of an agent that was killed.
  rmSync(path, { force: true });
  const server = net.createServer((socket) => {
    linesOf(socket).once("line", (line) => {
      if (line !== WORDS.ask) {
        socket.end(`the agent knows one word here: ${WORDS.ask}\n`);
        return;
      }
      socket.write(`${WORDS.begun}\n`);
      drain().then(
        () => socket.end(`${WORDS.done}\n`),
        () => socket.destroy(),
      );
    });
  });
  server.listen(path);
  await once(server, "listening");
  chmodSync(path, 0o600);
  return server;
}

/**
 * Asks the running agent to drain and waits for it.
 *
 * @param patience seconds for the whole drain
 * @returns false when no agent answers, or it ends before the node may: then the caller drains by itself
 */
export async function askToDrain(patience: number, path = AGENT_SOCKET): Promise<boolean> {
  const socket = net.connect(path);
  const lines = new Set<string>();
  const giveUp = (): void => {
    socket.destroy();
  };
  const begin = setTimeout(giveUp, BEGIN_MS);
  const end = setTimeout(giveUp, patience * 1000);
  linesOf(socket).on("line", (line) => {
    lines.add(line);
    clearTimeout(begin);
  });
  socket.write(`${WORDS.ask}\n`);
  await new Promise((resolve) => socket.once("close", resolve));
  clearTimeout(begin);
  clearTimeout(end);
  return lines.has(WORDS.done);
}

/** Its lines; an error of the socket ends it, and is thrown to nobody. */
function linesOf(socket: net.Socket): Interface {
  const destroy = (): void => {
    socket.destroy();
  };
  socket.on("error", destroy);
  // Readline passes the error on.
  return createInterface(socket).on("error", destroy);
}
