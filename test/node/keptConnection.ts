import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import { HOST } from "./origin/rig";
import { clientHeader } from "./proxied";

/** One connection of HTTP/1.1 that is kept as long as the node keeps it. */
export class KeptConnection extends http.Agent {
  opened = 0;

  constructor(
    private readonly port: number,
    private readonly client = "203.0.113.5",
  ) {
    super({ keepAlive: true, maxSockets: 1 });
  }

  override createConnection(): net.Socket {
    this.opened++;
    const socket = net.connect({ port: this.port, host: "127.0.0.1", noDelay: true });
    socket.write(clientHeader(this.client));
    return socket;
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

/**
 * The same over cleartext HTTP/2. After GOAWAY the next request takes a new connection, and so does one that was refused
 * because it crossed with it: the server has not looked at it, and every client sends it again (RFC 9113, section 8.7).
 */
export class KeptSession {
  opened = 0;
  private session: http2.ClientHttp2Session | undefined;

  constructor(private readonly port: number) {}

  async get(path: string): Promise<string> {
    for (;;) {
      const session = this.connected();
      const answer = await this.exchange(session, path);
      if (answer !== "refused") {
        return answer;
      }
      session.close();
    }
  }

  /** Requests at once that the server has said it takes (RFC 9113, section 6.5.2). */
  async streams(): Promise<number | undefined> {
    const session = this.connected();
    if (session.remoteSettings.maxConcurrentStreams === undefined) {
      await once(session, "remoteSettings");
    }
    return session.remoteSettings.maxConcurrentStreams;
  }

  destroy(): void {
    this.session?.destroy();
  }

  private exchange(session: http2.ClientHttp2Session, path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const stream = session.request({ ":path": path, ":authority": HOST, ":scheme": "https" });
      let status = 0;
      let body = "";
      stream.setEncoding("utf8");
      stream.on("response", (fields) => (status = fields[":status"] ?? 0));
      stream.on("data", (data: string) => (body += data));
      stream.on("error", (error: Error) => {
        if (stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM) {
          resolve("refused");
        } else {
          reject(error);
        }
      });
      stream.on("end", () => {
        resolve(`${String(status)} ${body}`);
      });
    });
  }

  private connected(): http2.ClientHttp2Session {
    if (this.session === undefined || this.session.closed || this.session.destroyed) {
      this.opened++;
      const socket = net.connect({ port: this.port, host: "127.0.0.1", noDelay: true });
      socket.write(clientHeader("203.0.113.6"));
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
