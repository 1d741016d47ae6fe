import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { Origin } from "../../../components/node/site";
import { until } from "./until";

/** A request as the origin got it. */
export interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export type Handler = (response: http.ServerResponse, request: Received) => void | Promise<void>;

type Fields = Readonly<Record<string, string | readonly string[]>>;

export interface OriginOptions {
  /** Certificate chain and key (PEM): the origin speaks HTTPS. */
  readonly pem?: string;
  /** Default: one that is free. */
  readonly port?: number;
}

/** An origin on the loopback interface that does to each path what a test says, and keeps all that it is asked. */
export class ScriptedOrigin {
  private readonly handlers = new Map<string, Handler>();
  private readonly log: Received[] = [];

  private constructor(
    private readonly server: http.Server,
    private readonly scheme: Origin["scheme"],
    readonly port: number,
  ) {
    server.on("request", (request, response) => void this.answer(request, response));
  }

  static async start({ pem, port = 0 }: OriginOptions = {}): Promise<ScriptedOrigin> {
    const server = pem === undefined ? http.createServer() : https.createServer({ cert: pem, key: pem });
    // Tests close connections themselves where they mean to; the node must not meet one that is about to close.
    server.keepAliveTimeout = 0;
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return new ScriptedOrigin(server, pem === undefined ? "http" : "https", (server.address() as AddressInfo).port);
  }

  /** As a site names it. */
  at(host = "127.0.0.1"): Origin {
    return { scheme: this.scheme, host, port: this.port };
  }

  /** From now on requests for a path, whatever their query, are answered so. */
  on(path: string, handler: Handler): void {
    this.handlers.set(path, handler);
  }

  /** What was asked of a path so far, in order. */
  requests(path: string): readonly Received[] {
    return this.log.filter(({ target }) => pathOf(target) === path);
  }

  /** All that was asked so far, in order. */
  all(): readonly Received[] {
    return this.log;
  }

  /** Resolves with the k-th request for a path, counted from 1, once it is there. */
  received(path: string, k: number): Promise<Received> {
    return until(`request ${k} for ${path} at the origin`, () => this.requests(path)[k - 1]);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = "", url: target = "", headers } = request;
    response.on("error", () => response.destroy());
    const received = { method, target, headers, body: await text(request).catch(() => "") };
    this.log.push(received);
    await (this.handlers.get(pathOf(target)) ?? reply("not scripted", {}, 404))(response, received);
  }
}

/** A whole response. */
export function reply(body: string | Buffer, headers: Fields = {}, status = 200): Handler {
  return (response, { method }) => {
    response.writeHead(status, { "content-length": Buffer.byteLength(body), ...asOutgoing(headers) });
    response.end(method === "HEAD" ? undefined : body);
  };
}

/** The first handler for the first request, and so on; the last for all that follow. */
export function inTurn(...handlers: readonly Handler[]): Handler {
  let asked = 0;
  return (response, request) => handlers[Math.min(asked++, handlers.length - 1)]?.(response, request);
}

const ENDS = {
  close: (socket: Socket) => socket.end(),
  reset: (socket: Socket) => socket.resetAndDestroy(),
  /** What has come is read before the connection is reset. */
  "reset later": (socket: Socket) => setTimeout(() => socket.resetAndDestroy(), 200),
  silence: () => undefined,
};

/** Bytes as they are instead of a response; then the connection ends. */
export function bytes(text: string, end: keyof typeof ENDS = "close"): Handler {
  return ({ socket }) => {
    socket?.write(text, "latin1", () => ENDS[end](socket));
  };
}

/** Holds requests until it is told to let them go. */
export class Held {
  private readonly waiting: (() => void)[] = [];
  private open = false;

  constructor(private readonly then: Handler) {}

  readonly handler: Handler = async (response, request) => {
    if (!this.open) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    await this.then(response, request);
  };

  /** Requests that it holds now. */
  get count(): number {
    return this.waiting.length;
  }

  /** Resolves when it holds so many at once. */
  async holds(count: number): Promise<void> {
    await until(`${count} requests held at once`, () => this.count >= count);
  }

  /** Lets the one go that came first. */
  releaseFirst(): void {
    this.waiting.shift()?.();
  }

  /** Lets all go, and all that come. */
  release(): void {
    this.open = true;
    this.waiting.splice(0).forEach((go) => {
      go();
    });
  }
}

function pathOf(target: string): string {
  return target.split("?")[0] ?? "";
}

function asOutgoing(fields: Fields): http.OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
}
