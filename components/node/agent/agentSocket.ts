import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import * as net from "node:net";
import { dirname } from "node:path";
import { createInterface, type Interface } from "node:readline";

/** Where the agent hears that the machine shuts down, and what an operator on it wants; root's alone. */
const AGENT_SOCKET = "/run/footprint/agent.sock";

/** An agent that has not begun by then hangs. */
const BEGIN_MS = 3000;

/** What the agent can be asked for there. */
export type Wish = "drain" | "forgive";

const ANSWERS = { begun: "begun", done: "done" } as const;

/**
 * Serves the agent's socket: a wish is answered with `begun` at once, and with `done` when it is fulfilled.
 *
 * @throws Error when the socket cannot be made
 */
export async function serveAgentSocket(
  fulfil: Readonly<Record<Wish, () => Promise<void>>>,
  path = AGENT_SOCKET,
): Promise<net.Server> {
  mkdirSync(dirname(path), { recursive: true });
  // Of an agent that was killed.
  rmSync(path, { force: true });
  const server = net.createServer((socket) => {
    linesOf(socket).once("line", (line) => {
      if (!isWish(line, fulfil)) {
        socket.end(`the agent knows these words here: ${Object.keys(fulfil).join(", ")}\n`);
        return;
      }
      socket.write(`${ANSWERS.begun}\n`);
      fulfil[line]().then(
        () => socket.end(`${ANSWERS.done}\n`),
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
 * Asks the running agent and waits for it.
 *
 * @param patience seconds for all of it
 * @returns false when no agent answers, or it ends before it has done it
 */
export async function askAgent(wish: Wish, patience: number, path = AGENT_SOCKET): Promise<boolean> {
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
  socket.write(`${wish}\n`);
  await new Promise((resolve) => socket.once("close", resolve));
  clearTimeout(begin);
  clearTimeout(end);
  return lines.has(ANSWERS.done);
}

function isWish(line: string, fulfil: Readonly<Record<Wish, unknown>>): line is Wish {
  return Object.keys(fulfil).includes(line);
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
