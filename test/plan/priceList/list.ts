import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { offerCsv, PUBLISHED, RECORDED } from "./recorded";

/** AWS's price list on loopback, of which a test can change a file. */
export class PriceList {
  /** What was asked for. */
  readonly asked: string[] = [];
  /** Another body by path, or a status. */
  readonly instead = new Map<string, string | number>();

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<PriceList> {
    const server = http.createServer();
    const list = new PriceList(server);
    server.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      void list.answer(request.url ?? "", response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return list;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(path: string, response: http.ServerResponse): Promise<void> {
    this.asked.push(path);
    const body = this.instead.get(path) ?? published(path) ?? 404;
    if (typeof body === "number") {
      response.writeHead(body).end();
      return;
    }
    response.writeHead(200, { "content-length": Buffer.byteLength(body) });
    // Neither lines nor characters come whole.
    for (let from = 0; from < body.length; from += 1000) {
      response.write(body.slice(from, from + 1000));
      await new Promise(setImmediate);
    }
    response.end();
  }
}

/** Where an offer's file stands. */
export function fileOf(offer: string, region: string): string {
  return region === "*"
    ? `/offers/v1.0/aws/${offer}/current/index.csv`
    : `/offers/v1.0/aws/${offer}/${PUBLISHED.version}/${region}/index.csv`;
}

export function indexOf(offer: string): string {
  return `/offers/v1.0/aws/${offer}/current/region_index.json`;
}

function published(path: string): string | undefined {
  for (const [offer, regions] of Object.entries(RECORDED)) {
    if (path === indexOf(offer)) {
      const codes = Object.keys(regions).map(
        (regionCode) =>
          [regionCode, { regionCode, currentVersionUrl: fileOf(offer, regionCode).replace(/csv$/, "json") }] as const,
      );
      return JSON.stringify({ formatVersion: "v1.0", disclaimer: "", regions: Object.fromEntries<object>(codes) });
    }
    for (const [region, rows] of Object.entries(regions)) {
      if (path === fileOf(offer, region)) {
        return offerCsv(offer, rows);
      }
    }
  }
  return undefined;
}
