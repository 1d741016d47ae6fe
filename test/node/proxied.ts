import * as http2 from "node:http2";
import * as net from "node:net";

/** A connection or an answer that takes longer has failed. */
const PATIENCE_MS = 60_000;

/** First 12 bytes of a PROXY protocol v2 header. */
const SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

/** The header that the load balancer sends before a client's bytes: a TCP connection over IPv4 from that client. */
export function clientHeader(client: string, clientPort = 50_000): Buffer {
  const body = Buffer.alloc(12);
  Buffer.from(client.split(".").map(Number)).copy(body, 0);
  Buffer.from([192, 0, 2, 1]).copy(body, 4);
  body.writeUInt16BE(clientPort, 8);
  body.writeUInt16BE(443, 10);
  return Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, 0, body.length]), body]);
}

/** The header with which it announces a connection of its own, as its health checks are: LOCAL, without addresses. */
export const LOCAL_HEADER = Buffer.concat([SIGNATURE, Buffer.from([0x20, 0x11, 0, 0])]);

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends bytes as they are and reads the HTTP/1.1 answer up to the end of the connection. */
export function exchange(port: number, ...bytes: readonly (Buffer | string)[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    const received: Buffer[] = [];
    socket.setNoDelay(true);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
    socket.on("connect", () => {
      for (const part of bytes) {
        socket.write(part);
      }
    });
    socket.on("data", (data) => received.push(data));
    socket.on("error", reject);
    socket.on("close", () => {
      if (received.length === 0) {
        reject(new Error("the connection was closed without an answer"));
        return;
      }
      resolve(parsed(Buffer.concat(received).toString("latin1")));
    });
  });
}

/** An HTTP/1.1 request whose answer ends the connection. */
export function request(method: string, target: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ ...headers, Connection: "close" }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** One request of cleartext HTTP/2 with prior knowledge, behind a header. */
export function exchangeHttp2(
  port: number,
  header: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.write(header);
    const session = http2.connect("http://loopback.invalid", { createConnection: () => socket });
    session.on("error", reject);
    const stream = session.request(headers);
    stream.setTimeout(PATIENCE_MS, () => {
      stream.destroy(new Error(`no answer within ${PATIENCE_MS} ms`));
    });
    let status = 0;
    let body = "";
    stream.setEncoding("utf8");
    stream.on("response", (fields) => (status = fields[":status"] ?? 0));
    stream.on("data", (data: string) => (body += data));
    stream.on("error", reject);
    stream.on("end", () => {
      session.close();
      resolve({ status, headers: {}, body });
    });
  });
}

function parsed(text: string): Answer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [statusLine = "", ...fields] = head.split("\r\n");
  const headers = fields.map((field) => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return {
    status: Number(statusLine.split(" ")[1]),
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: rest.join("\r\n\r\n"),
  };
}
