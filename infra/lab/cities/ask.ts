import { createHash } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { Agent, request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { connect as tlsConnect, type TLSSocket } from "node:tls";
import type { City } from "./cities";
import { connectFar } from "./farSocket";

/** What one request of a city came to. */
export interface Asked {
  readonly city: string;
  /** When it was asked, ms since 1970. */
  readonly at: number;
  /** When its answer had come, or was given up, ms since 1970. */
  readonly over: number;
  /** Why it failed, in words: no address, no connection, cut off, or a status of 500 and above; null: it did not. */
  readonly failure: string | null;
  /** Who answered, by the address that was asked; null without an answer. */
  readonly region: string | null;
  readonly status: number | null;
  /** What the PoP's cache did, by Cache-Status (RFC 9211); null where it does not say. */
  readonly cache: "hit" | "miss" | "stale" | null;
  readonly times: Times | null;
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body; null without an answer. */
  readonly body: string | null;
}

/** ms */
export interface Times {
  /** Of the resolver: its way to the name server has no length here. Like the next two it is 0 on a connection that stands. */
  readonly dns: number;
  /** A round trip. */
  readonly connect: number;
  /** TLS 1.3: a round trip. */
  readonly tls: number;
  /** From the request to the first byte of its answer: a round trip and what the PoP takes. It is what a map would say. */
  readonly answer: number;
  /** From the question for the name to the last byte. */
  readonly total: number;
}

export interface AskOptions {
  readonly url: URL;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Requests of one connection, known beforehand or not. */
export type Requests = Iterable<AskOptions> | AsyncIterable<AskOptions>;

/** What a client in a city needs to know of the lab. */
export interface ClientOptions {
  /** Region of the load balancer that has an address. */
  readonly regionOf: (address: string) => string | undefined;
  /** Round trip between a city and a region, ms; null: the way is cut. Default: the city's figures. */
  readonly roundTrip?: (city: City, region: string) => number | null;
  /** Certificates (PEM) of the authority that signs the lab's. */
  readonly authority: string;
  /** Of the cities' resolvers; default 53. */
  readonly dnsPort?: number;
  /** Of the load balancers; default 443. */
  readonly port?: number;
}

/** Until a client takes the next address, ms. What is down here refuses at once. */
const CONNECT_WITHIN = 10_000;
/** Until a client gives up, ms. */
const GIVE_UP = 60_000;

/** A client in a city: asks the city's resolver, connects to what it says, and asks over HTTPS. */
export class Client {
  constructor(private readonly options: ClientOptions) {}

  /** Asks once, over a connection of its own. Never rejects: what goes wrong is an answer, too. */
  async ask(city: City, request: AskOptions): Promise<Asked> {
    const [asked] = await this.visit(city, request.url.hostname, [request]);
    return asked ?? failed(city, Date.now(), null, "nothing was asked");
  }

  /**
   * Asks one after the other over one connection to a host, as a browser does; it ends with the first that gets no answer.
   *
   * @param requests each is asked for when the one before has its answer, and may take its time
   */
  async visit(city: City, host: string, requests: Requests): Promise<readonly Asked[]> {
    const all: Asked[] = [];
    let at = Date.now();
    let began = performance.now();
    let region: string | null = null;
    let socket: TLSSocket | undefined;
    const giveUp = () => socket?.destroy(new Error(`no answer within ${GIVE_UP / 1000} s`));
    let late = setTimeout(giveUp, GIVE_UP);
    try {
      const addresses = await this.resolve(city, host);
      const resolved = performance.now();
      const connection = await this.connect(city, addresses);
      ({ region } = connection);
      const connected = performance.now();
      const { authority: ca } = this.options;
      socket = tlsConnect({ socket: connection.far, servername: host, ca, ALPNProtocols: ["http/1.1"] });
      await once(socket, "secureConnect");
      const secure = performance.now();
      let before = { dns: resolved - began, connect: connected - resolved, tls: secure - connected };
      const agent = onlyOver(socket);
      for await (const request of requests) {
        if (all.length > 0) {
          late = setTimeout(giveUp, GIVE_UP);
          [at, began, before] = [Date.now(), performance.now(), { dns: 0, connect: 0, tls: 0 }];
        }
        const sent = performance.now();
        const response = await answered(agent, request);
        const answer = performance.now() - sent;
        const body = createHash("sha256");
        for await (const data of response as AsyncIterable<Buffer>) {
          body.update(data);
        }
        const { statusCode: status = 0, headers } = response;
        all.push({
          ...{
            city: city.name,
            at,
            over: Date.now(),
            region,
            status,
            failure: status >= 500 ? failureOf(status, headers["proxy-status"]?.toString()) : null,
          },
          cache: cacheOf(headers["cache-status"]?.toString()),
          times: { ...before, answer, total: performance.now() - began },
          headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
          body: body.digest("hex"),
        });
        clearTimeout(late);
      }
      return all;
    } catch (error) {
      return [...all, failed(city, at, region, String(error))];
    } finally {
      clearTimeout(late);
      socket?.destroy();
    }
  }

  /** A resolver of its own each time, since one may keep answers; the city's cache is that of its resolver. */
  private async resolve({ resolver, address }: City, host: string): Promise<string[]> {
    const own = new Resolver({ timeout: 10_000, tries: 2 });
    own.setServers([`${resolver}:${String(this.options.dnsPort ?? 53)}`]);
    own.setLocalAddress(address);
    return own.resolve4(host);
  }

  /** The first address that takes the connection, in the order of the answer, as browsers do. */
  private async connect(city: City, addresses: readonly string[]) {
    let reason: unknown = new Error("the name has no address");
    for (const address of addresses) {
      const region = this.options.regionOf(address);
      const roundTrip = region === undefined ? undefined : this.roundTrip(city, region);
      if (region === undefined || roundTrip === undefined) {
        reason = new Error(`nobody has ${address}`);
        continue;
      }
      if (roundTrip === null) {
        reason = new Error(`the way to ${region} is cut`);
        continue;
      }
      try {
        const { port = 443 } = this.options;
        const far = await connectFar({ address, port, from: city.address, roundTrip, within: CONNECT_WITHIN });
        return { region, far };
      } catch (error) {
        reason = error;
      }
    }
    throw reason;
  }

  private roundTrip(city: City, region: string): number | null | undefined {
    return this.options.roundTrip === undefined ? city.ms[region] : this.options.roundTrip(city, region);
  }
}

function failed({ name }: City, at: number, region: string | null, failure: string): Asked {
  const nothing = { status: null, cache: null, times: null, headers: {}, body: null };
  return { city: name, at, over: Date.now(), failure, region, ...nothing };
}

/** An error that an edge has made says who and why (RFC 9209). */
function failureOf(status: number, proxyStatus: string | undefined): string {
  return [`HTTP ${status}`, ...(proxyStatus === undefined ? [] : [proxyStatus])].join(" by ");
}

function onlyOver(socket: TLSSocket): Agent {
  return Object.assign(new Agent({ keepAlive: true, maxSockets: 1 }), { createConnection: () => socket });
}

function answered(agent: Agent, { url, method = "GET", headers = {} }: AskOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(url, { method, headers: { ...headers }, agent });
    outgoing.once("response", resolve).once("error", reject).end();
  });
}

/** The nearest cache is the last that is named: a node, or several of a PoP that is one cache and has one name. */
function cacheOf(cacheStatus: string | undefined): Asked["cache"] {
  if (cacheStatus === undefined) {
    return null;
  }
  const members = cacheStatus.split(",").map((member) => member.trim());
  const [nearest = ""] = members.at(-1)?.split(";") ?? [];
  const hit = members.find((member) => member.startsWith(`${nearest};`) && /; *hit\b/.test(member));
  return hit === undefined ? "miss" : /; *ttl=-/.test(hit) ? "stale" : "hit";
}
