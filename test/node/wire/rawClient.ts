import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A node that has said nothing for this long, after all was sent, waits for more: the client then ends its side. No result
 * depends on it, as long as the node has read the request by then.
 */
const QUIET_MS = 300;

/** Between two pieces, so that they arrive one by one. */
const BETWEEN_PIECES_MS = 20;

/** A connection that is open for longer has failed. */
const PATIENCE_MS = 60_000;

/**
 * Sends bytes as they are, piece by piece, and reads all that comes until the node closes. When the node waits for more
 * the client ends its own side, which the node answers, too. A reset counts as a close: what came before it is returned.
 */
export function converse(port: number, ...pieces: readonly (Buffer | string)[]): Promise<Buffer> {
  return conversation(port, pieces, (socket) => socket.end());
}

/** The same, but closes both sides when the node waits for more. */
export function converseAndLeave(port: number, ...pieces: readonly (Buffer | string)[]): Promise<Buffer> {
  return conversation(port, pieces, (socket) => socket.destroy());
}

function conversation(
  port: number,
  pieces: readonly (Buffer | string)[],
  leave: (socket: net.Socket) => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const received: Buffer[] = [];
    let quiet: NodeJS.Timeout | undefined;
    const patience = setTimeout(
      () => socket.destroy(new Error(`the node has not closed within ${PATIENCE_MS} ms`)),
      PATIENCE_MS,
    );
    socket.setNoDelay(true);
    socket.on("connect", () => {
      // Not before all is sent: on a busy machine a connection alone may take longer, and would be ended without a byte, or
      // in the middle of a request.
      void sendPieces(socket, pieces).then(() => {
        quiet = setTimeout(() => {
          leave(socket);
        }, QUIET_MS);
      });
    });
    socket.on("data", (data) => {
      received.push(data);
      quiet?.refresh();
    });
    socket.on("end", () => socket.end());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") {
        reject(error);
      }
    });
    socket.on("close", () => {
      clearTimeout(quiet);
      clearTimeout(patience);
      resolve(Buffer.concat(received));
    });
  });
}

async function sendPieces(socket: net.Socket, [first, ...others]: readonly (Buffer | string)[]): Promise<void> {
  const send = (piece: Buffer | string): unknown =>
    socket.writable && socket.write(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
  send(first ?? "");
  for (const piece of others) {
    await sleep(BETWEEN_PIECES_MS);
    send(piece);
  }
}
