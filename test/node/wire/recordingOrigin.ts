import { once } from "node:events";
import * as net from "node:net";
import type { Origin } from "../../../components/node/site";
import { strictRequest, type WireRequest } from "./strictRequests";

export interface SeenRequest extends WireRequest {
  /** Number of the connection that it came on. */
  readonly connection: number;
}

/** What an origin answers; what is left out is a response of status 200 that is fresh for an hour. */
export interface OriginAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A character a byte. */
  readonly body?: string;
}

/**
 * An origin that notes what reaches it, byte by byte. It refuses to guess: what two servers could read in two ways is
 * noted as a violation. By default its body is the request itself, as JSON, so that whatever an answer could be
 * poisoned with shows in it.
 */
export class RecordingOrigin {
  readonly requests: SeenRequest[] = [];
  readonly violations: string[] = [];
  private connections = 0;
  private readonly open = new Set<net.Socket>();

  private constructor(
    private readonly server: net.Server,
    private readonly answer: (request: SeenRequest) => OriginAnswer,
  ) {}

  static async start(answer: (request: SeenRequest) => OriginAnswer = () => ({})): Promise<RecordingOrigin> {
    const server = net.createServer();
    const origin = new RecordingOrigin(server, answer);
    server.on("connection", (socket) => {
      origin.serve(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return origin;
  }

  get origin(): Origin {
    return { scheme: "http", host: "127.0.0.1", port: (this.server.address() as net.AddressInfo).port };
  }

  /** Requests whose target holds the text. */
  of(text: string): readonly SeenRequest[] {
    return this.requests.filter(({ target }) => target.includes(text));
  }

  /** What was noted so far is of no interest any more. */
  forget(): void {
    this.requests.length = 0;
    this.violations.length = 0;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.open.forEach((socket) => socket.destroy());
    await once(this.server, "close");
  }

  private serve(socket: net.Socket): void {
    const connection = this.connections++;
    let unread = "";
    this.open.add(socket);
    socket.on("close", () => {
      this.open.delete(socket);
    });
    socket.on("error", () => socket.destroy());
    socket.on("data", (data) => {
      unread += data.toString("latin1");
      for (;;) {
        const parsed = strictRequest(unread);
        if (parsed.kind === "more") {
          return;
        }
        if (parsed.kind === "violation") {
          this.violations.push(`${parsed.reason} in ${JSON.stringify(unread.slice(0, 500))}`);
          unread = "";
          socket.destroy();
          return;
        }
        unread = parsed.rest;
        const request = { ...parsed.request, connection };
        this.requests.push(request);
        socket.write(responseOf(request, this.answer(request)), "latin1");
        if (unread === "") {
          return;
        }
      }
    });
  }
}

function responseOf(request: SeenRequest, { status = 200, headers = {}, body }: OriginAnswer): string {
  const { method, target, fields } = request;
  const text = body ?? JSON.stringify({ method, target, fields, body: request.body });
  const all = { "Cache-Control": "max-age=3600", ...headers, "Content-Length": String(text.length) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Recorded\r\n${lines.join("")}\r\n${method === "HEAD" ? "" : text}`;
}
