import { createHash } from "node:crypto";
import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";

/** How an origin is: slow answers after some seconds, broken answers 500, down closes every connection. */
export type OriginState = "up" | "slow" | "broken" | "down";

/** Milliseconds until a slow origin answers. */
const SLOW_MS = 5000;

/** Pages below these have other lifetimes than the rest. */
export const PAGES = {
  /** For as long as a purge may take to be tried. */
  kept: { prefix: "/kept/", lifetime: "public, max-age=3600" },
  /** Stale at once, and for a day. */
  brief: { prefix: "/brief/", lifetime: "public, max-age=2, stale-while-revalidate=2, stale-if-error=86400" },
  /** Stale at once, and for some seconds. */
  window: { prefix: "/window/", lifetime: "public, max-age=2, stale-while-revalidate=0, stale-if-error=15" },
  /** Nobody's but the visitor's who asked: it names him. */
  private: { prefix: "/private/", lifetime: "private, max-age=60" },
  /** For surges: LARGE times as long as others. */
  large: { prefix: "/large/", lifetime: "public, max-age=3600" },
} as const;

/** Request field that says who asks for a private page. */
export const VISITOR = "x-visitor";

/** How often a large page says what others say once. */
const LARGE = 2000;

/** Of the rest: fresh for a minute, stale for another while a new one is fetched, and for a day where none is to be had. */
const USUAL_LIFETIME = "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400";

/**
 * The origin of every site in the lab: pages of its own, or those of another origin. Each page is fresh for a minute and
 * may be served stale for a day, and says which version of the site it is of.
 */
export class LabOrigin {
  /** How it is for all sites but those in `states`. */
  state: OriginState = "up";
  /** Version of the pages: a new one makes every copy in a cache an old one. */
  version = 1;
  /** Requests that came. */
  requests = 0;

  /** How it is for single sites, by host. */
  private readonly states = new Map<string, OriginState>();

  private constructor(
    private readonly server: http.Server,
    private readonly url: URL | undefined,
  ) {}

  /** @param url origin to take everything from; default: pages of its own */
  static async start(url: string | undefined): Promise<LabOrigin> {
    const server = http.createServer();
    const origin = new LabOrigin(server, url === undefined ? undefined : new URL(url));
    server.on("request", (request, response) => {
      origin.answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return origin;
  }

  /** As a person reads where it is. */
  get name(): string {
    return this.url?.origin ?? "the lab's own origin";
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** @param host whose origin is so; default: that of all sites */
  set(state: OriginState, host?: string): void {
    if (host === undefined) {
      this.state = state;
      this.states.clear();
    } else {
      this.states.set(host, state);
    }
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.requests++;
    switch (this.states.get(siteOf(request)) ?? this.state) {
      case "down":
        request.socket.destroy();
        return;
      case "broken":
        response.writeHead(500, { "cache-control": "no-store" }).end("the origin is broken\n");
        return;
      case "slow":
        setTimeout(() => {
          this.serve(request, response);
        }, SLOW_MS);
        return;
      case "up":
        this.serve(request, response);
    }
  }

  private serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.url !== undefined) {
      handOn(this.url, request, response);
      return;
    }
    const path = request.url ?? "/";
    const body = pageOf(siteOf(request), path, this.version, String(request.headers[VISITOR] ?? ""));
    const { lifetime = USUAL_LIFETIME } = Object.values(PAGES).find(({ prefix }) => path.startsWith(prefix)) ?? {};
    const etag = `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
    response
      .writeHead(request.headers["if-none-match"] === etag ? 304 : 200, {
        "content-type": "text/plain; charset=utf-8",
        "cache-control": lifetime,
        // What sites take for tags unless they say otherwise (`tagHeader`).
        "surrogate-key": "page",
        etag,
      })
      .end(request.headers["if-none-match"] === etag ? undefined : body);
  }
}

/** The site that a node asks for: its origin may have another name. */
function siteOf({ headers: { host = "", "x-forwarded-host": site = host } }: http.IncomingMessage): string {
  return String(site);
}

/** A page of the lab's own origin. @param visitor who asks, whom private pages name */
export function pageOf(host: string, path: string, version: number, visitor = ""): string {
  const line = `${host}${path}, version ${String(version)}\n`;
  if (path.startsWith(PAGES.private.prefix)) {
    return `for ${visitor}: ${line}`;
  }
  return path.startsWith(PAGES.large.prefix) ? line.repeat(LARGE) : line;
}

function handOn(url: URL, request: http.IncomingMessage, response: http.ServerResponse): void {
  const { request: ask } = url.protocol === "https:" ? https : http;
  const onward = ask(new URL(request.url ?? "/", url), { method: request.method, headers: request.headers });
  onward.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => {
    request.socket.destroy();
  });
  request.pipe(onward);
}
