import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exitCodes } from "../../terminal/exitCodes";
import { UserError } from "../../terminal/userError";
import { htmlDocument } from "../document";
import { refusal, type Answer } from "./guard";
import { orderOf } from "./orders";
import type { LiveOrder, LiveState, PageInfo } from "./state";
import { Stream } from "./stream";

/** Reached from this machine alone. */
const LOOPBACK = "127.0.0.1";

/** Pages at once: a browser opens six streams to one address, and each costs a copy of each state. */
const LISTENERS_LIMIT = 32;

/** Bytes of an order: two short names. */
const ORDER_LIMIT = 4096;

/** Milliseconds that streams have to hear of the end. */
const FAREWELL = 1000;

export interface LivePageOptions {
  /** What the page shows until there is something newer. */
  readonly state: LiveState;
  /** Port on loopback; 0 takes any that is free. */
  readonly port: number;
  /**
   * Does what the page asks for, which is one of the newest state's actions with one of its targets. It is there once that
   * has begun: what comes of it is an event of a later state. What it throws the page says. Without it the page only shows.
   */
  readonly act?: (order: LiveOrder) => Promise<void>;
}

export interface LivePage {
  readonly address: string;
  /** Shows a state from now on. */
  show(state: LiveState): void;
  /** Until somebody has the page open, or it is closed. */
  watched(): Promise<void>;
  /** Ends every stream, and then the server. */
  close(): Promise<void>;
}

/**
 * Serves the live page of a footprint at an address of this machine, until it is closed.
 *
 * @throws UserError when the port cannot be had
 */
export async function serveLivePage({ state, port, act }: LivePageOptions): Promise<LivePage> {
  const token = randomBytes(18).toString("base64url");
  const run = randomBytes(9).toString("base64url");
  const info: PageInfo = { footprint: state.footprint, run, token };
  const client = join(__dirname, "client");
  const document = await htmlDocument({
    title: `${state.footprint}: live`,
    withoutScript: "This page shows a footprint as it is now with a script that is in it.",
    program: join(client, "main.ts"),
    styles: join(client, "live.css"),
    data: info,
    policy: "; connect-src 'self'",
  });
  let latest = shown(state, act);
  const stream = new Stream(JSON.stringify(latest), run);
  let hosts: readonly string[] = [];

  const server = createServer((request, response) => {
    setHeaders(response);
    const refused = refusal(request, hosts, token) ?? route(request, response);
    if (refused !== undefined) {
      answer(response, refused);
    }
  });
  await listening(server, port);
  const { port: taken } = server.address() as AddressInfo;
  hosts = [`${LOOPBACK}:${taken}`, `localhost:${taken}`];

  return {
    address: `http://${LOOPBACK}:${taken}/`,
    show(next) {
      latest = shown(next, act);
      stream.show(JSON.stringify(latest));
    },
    watched: () => stream.listened(),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      stream.end();
      // A browser keeps connections that it may need again, and one that sleeps reads nothing.
      await Promise.race([closed, sleep(FAREWELL, undefined, { ref: false })]);
      server.closeAllConnections();
      await closed;
    },
  };

  function route(request: IncomingMessage, response: ServerResponse): Answer | undefined {
    const { url = "", method = "" } = request;
    const methods = METHODS.get(url);
    if (methods === undefined || (url === "/act" && act === undefined)) {
      return { status: 404, text: "There is nothing here." };
    }
    if (!methods.includes(method)) {
      response.setHeader("Allow", methods.join(", "));
      return { status: 405, text: `${url}: must be asked by ${methods.join(" or ")}, got ${method}` };
    }
    if (url === "/") {
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
      response.end(document);
      return undefined;
    }
    if (url === "/events") {
      if (stream.size >= LISTENERS_LIMIT) {
        return { status: 503, text: `${LISTENERS_LIMIT} pages are open already; close one.` };
      }
      stream.add(response);
      return undefined;
    }
    ordered(request, latest).then(
      (outcome) => {
        answer(response, outcome);
      },
      // Who asked has gone before the order was whole.
      () => response.destroy(),
    );
    return undefined;
  }

  async function ordered(request: IncomingMessage, { actions }: LiveState): Promise<Answer> {
    const order = orderOf(request.headers["content-type"], await body(request), actions);
    if ("status" in order) {
      return order;
    }
    try {
      await act?.(order);
      return { status: 202, text: "It has begun." };
    } catch (error) {
      return { status: 409, text: error instanceof Error ? error.message : String(error) };
    }
  }
}

const METHODS: ReadonlyMap<string, readonly string[]> = new Map([
  ["/", ["GET", "HEAD"]],
  ["/events", ["GET"]],
  ["/act", ["POST"]],
]);

/** A page that nobody listens to offers nothing. */
function shown(state: LiveState, act: LivePageOptions["act"]): LiveState {
  return act === undefined ? { ...state, actions: [] } : state;
}

function setHeaders(response: ServerResponse): void {
  const headers = {
    "Cache-Control": "no-store",
    // What a meta element cannot say (Content Security Policy 3, "frame-ancestors").
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  };
  Object.entries(headers).forEach(([name, value]) => response.setHeader(name, value));
}

function answer(response: ServerResponse, { status, text }: Answer): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(`${text}\n`);
}

/** The body as text; undefined for one that is too long, which is read to its end nevertheless, so that the answer arrives. */
async function body(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= ORDER_LIMIT) {
      parts.push(part);
    }
  }
  return size > ORDER_LIMIT ? undefined : Buffer.concat(parts).toString("utf8");
}

async function listening(server: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, LOOPBACK, resolve);
    });
  } catch (error) {
    throw new UserError(
      `--port: must be free on ${LOOPBACK}, got ${port} (${String(error)}); ` + "without it, any free one is taken",
      exitCodes.usage,
    );
  }
}
