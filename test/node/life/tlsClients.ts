import * as http2 from "node:http2";
import * as https from "node:https";
import * as tls from "node:tls";

/** A client that keeps its connection as long as the other side does, by an emulated load balancer. */
export interface Client {
  /** Whether the next request needs no new connection. */
  readonly isConnected: boolean;
  /** Status and body of the answer. */
  get(host: string, path: string): Promise<string>;
  destroy(): void;
}

/** One connection of HTTP/1.1 over TLS. */
export class Http1Client implements Client {
  private readonly agent: https.Agent;

  constructor(port: number, ca: Buffer) {
    this.agent = new https.Agent({ keepAlive: true, maxSockets: 1, host: "127.0.0.1", port, ca });
  }

  get isConnected(): boolean {
    return Object.values(this.agent.freeSockets).some((sockets) => sockets !== undefined && sockets.length > 0);
  }

  get(host: string, path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = https.get({ agent: this.agent, path, servername: host, headers: { host } });
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

  destroy(): void {
    this.agent.destroy();
  }
}

/**
 * One connection of HTTP/2 over TLS. After GOAWAY the next request takes a new one, and so does one that was refused
 * because it crossed with it: every client sends it again (RFC 9113, section 8.7).
 */
export class Http2Client implements Client {
  private session: http2.ClientHttp2Session | undefined;
  private failure: Error | undefined;

  constructor(
    private readonly port: number,
    private readonly ca: Buffer,
  ) {}

  get isConnected(): boolean {
    return this.session !== undefined && !this.session.closed && !this.session.destroyed;
  }

  async get(host: string, path: string): Promise<string> {
    for (;;) {
      const session = this.session !== undefined && this.isConnected ? this.session : this.connect(host);
      const answer = await this.exchange(session, host, path);
      if (answer !== "refused") {
        return answer;
      }
      session.close();
    }
  }

  destroy(): void {
    this.session?.destroy();
  }

  private exchange(session: http2.ClientHttp2Session, host: string, path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const stream = session.request({ ":path": path, ":authority": host, ":scheme": "https" });
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
        if (status === 0) {
          reject(this.failure ?? new Error(`no answer, RST_STREAM ${String(stream.rstCode)}`));
        }
        resolve(`${String(status)} ${body}`);
      });
    });
  }

  private connect(servername: string): http2.ClientHttp2Session {
    const session = http2.connect("https://loopback.invalid", {
      createConnection: () =>
        tls.connect({ host: "127.0.0.1", port: this.port, servername, ca: this.ca, ALPNProtocols: ["h2"] }),
    });
    session.on("goaway", () => {
      session.close();
    });
    session.on("error", (error: Error) => {
      this.failure = error;
      session.destroy();
    });
    this.session = session;
    return session;
  }
}
