import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import { HOST } from "./origin/rig";
import { clientHeader } from "./proxied";

/** Opens a connection to a port for a client with an address. */
export type Connect = (port: number, client: string) => net.Socket;

/** By the load balancer, as the node sees it. */
const behindHeader: Connect = (port, client) => {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  socket.write(clientHeader(client));
  return socket;
};

/** One connection of HTTP/1.1 that is kept as long as the node keeps it. */
export class KeptConnection extends http.Agent {
  opened = 0;

  constructor(
    private readonly port: number,
    private readonly connect: Connect = behindHeader,
  ) {
    super({ keepAlive: true, maxSockets: 1 });
  }

  override createConnection(): net.Socket {
    this.opened++;
    return this.connect(this.port, "203.0.113.5");
  }

  /** Whether the next request needs no new connection. */
  get isConnected(): boolean {
    return Object.values(this.freeSockets).some((sockets) => sockets !== undefined && sockets.length > 0);
  }

  /** Status and body of the answer. */
  get(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = http.get({ agent: this, path, headers: { host: HOST } });
      request.on("error", reject);
      request.on("response", (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (data: string) => (body += data));
        response.on("error", reject);
        response.on("end", () => {
          resolve(`${String(response.statusCode)} ${body}`);
        });
      });
    });
  }
}

/** The same over cleartext HTTP/2. After GOAWAY the next request takes a new connection, as every client does. */
export class KeptSession {
  opened = 0;
  private session: http2.ClientHttp2Session | undefined;

  constructor(
    private readonly port: number,
    private readonly connect: Connect = behindHeader,
  ) {}

  get isConnected(): boolean {
    return this.session !== undefined && !this.session.closed && !this.session.destroyed;
  }

  get(path: string): Promise<string> {
    const session = this.connected();
    return new Promise((resolve, reject) => {
      const stream = session.request({ ":path": path, ":authority": HOST, ":scheme": "https" });
      let status = 0;
      let body = "";
      stream.setEncoding("utf8");
      stream.on("response", (fields) => (status = fields[":status"] ?? 0));
      stream.on("data", (data: string) => (body += data));
      stream.on("error", reject);
      stream.on("end", () => {
        resolve(`${String(status)} ${body}`);
      });
    });
  }

  destroy(): void {
    this.session?.destroy();
  }

  private connected(): http2.ClientHttp2Session {
    if (this.session === undefined || !this.isConnected) {
      this.opened++;
      const socket = this.connect(this.port, "203.0.113.6");
      const session = http2.connect("http://loopback.invalid", { createConnection: () => socket });
      session.on("goaway", () => {
        session.close();
      });
      session.on("error", () => {
        session.destroy();
      });
      this.session = session;
    }
    return this.session;
  }
}
