import * as net from "node:net";

/** An answer of the node itself takes a few milliseconds. */
const PATIENCE_MS = 3000;

/** Longest answer that is looked at, characters. */
const LIMIT = 64 * 1024;

export interface Answer {
  readonly status: number;
  /** Status line and fields. */
  readonly head: string;
  readonly body: string;
}

/** The start of a PROXY protocol v2 header: a TCP connection over IPv4, from 127.0.0.1 to 127.0.0.1. */
const PROXY_HEADER = Buffer.from("0d0a0d0a000d0a515549540a2111000c7f0000017f000001c35001bb", "hex");

/** Asks a port of this node as its load balancer does. @throws Error when there is no answer */
export function askSelf(
  port: number,
  host: string,
  path: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const lines = Object.entries({ Host: host, Connection: "close", ...fields }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = net.connect({ host: "127.0.0.1", port, timeout: PATIENCE_MS });
    socket.setEncoding("latin1");
    socket.on("timeout", () => socket.destroy(new Error(`port ${port} has not answered within ${PATIENCE_MS} ms`)));
    socket.on("error", reject);
    socket.on("data", (data: string) => (received = (received + data).slice(0, LIMIT)));
    socket.on("close", () => {
      const [head = "", ...body] = received.split("\r\n\r\n");
      const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [];
      if (status === undefined) {
        reject(new Error(`port ${port} has closed the connection without an answer`));
      } else {
        resolve({ status: Number(status), head, body: body.join("\r\n\r\n") });
      }
    });
    socket.write(PROXY_HEADER);
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  });
}
