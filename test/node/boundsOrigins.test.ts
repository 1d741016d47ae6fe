import * as net from "node:net";
import { BOUNDS } from "../../components/node/limits";
import { POP_HEALTH_PATH } from "../../components/node/ports";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import type { Answer } from "./origin/client";
import { HOST, Rig } from "./origin/rig";
import { Held, reply } from "./origin/scripted";
import { until } from "./origin/until";
import { clientHeader, exchange, request } from "./proxied";

/** A fifth of the size: sites whose origin hangs, requests for each, and the bounds of the node. */
const SITES = 25;
const REQUESTS = 50;
const IN_FLIGHT = 1600;
const MISSES = IN_FLIGHT / 4;

const STORED = { "cache-control": "max-age=600, stale-while-revalidate=0, stale-if-error=600" };
const NEVER = { "cache-control": "no-store" };

/** Addresses of as many clients as are asked for. */
function client(i: number): string {
  return `10.${String(Math.floor(i / 62500) + 1)}.${String(Math.floor(i / 250) % 250)}.${String((i % 250) + 1)}`;
}

function hanging(i: number): string {
  return `hangs${String(i)}.example.com`;
}

/** A reader that takes the head of an answer and nothing more. */
class Dawdler {
  private readonly socket: net.Socket;
  head = "";

  constructor(port: number, address: string, target: string) {
    this.socket = net.connect(port, "127.0.0.1");
    this.socket.on("error", () => undefined);
    this.socket.on("data", (data: Buffer) => {
      this.head += data.toString("latin1", 0, 200);
      this.socket.pause();
    });
    this.socket.write(clientHeader(address));
    this.socket.write(request("GET", target, { Host: HOST }));
  }

  get status(): number | undefined {
    const found = /^HTTP\/1\.1 (\d+)/.exec(this.head)?.[1];
    return found === undefined ? undefined : Number(found);
  }

  leave(): void {
    this.socket.destroy();
  }
}

describeWith([DEBIAN], "origins that hang", () => {
  let rig: Rig;
  let held: Held;
  const refused: Answer[] = [];
  let waiting: readonly Promise<Answer>[];

  beforeAll(async () => {
    const more = Object.fromEntries(Array.from({ length: SITES }, (_, i) => [hanging(i), {}]));
    rig = await Rig.start({ more, bounds: { IN_FLIGHT } });
    rig.origin.on("/hit", reply("hit", STORED));
    rig.origin.on("/fetched", reply("fetched", NEVER));
    rig.origin.on("/old", reply("old", STORED));
    await rig.get("/hit");
    await rig.ask("/old", { host: hanging(0) });
    held = new Held(reply("late", NEVER));
    for (const path of ["/hang", "/old"]) {
      rig.origin.on(path, held.handler);
    }
    waiting = Array.from({ length: SITES * REQUESTS }, async (_, i) => {
      const answer = await rig.ask(`/hang?${String(i)}`, { host: hanging(i % SITES), client: client(i) });
      if (answer.status !== 200) {
        refused.push(answer);
      }
      return answer;
    });
    await until("each request held or refused", () => held.count + refused.length === waiting.length);
  });

  afterAll(async () => {
    held.release();
    await rig.stop();
  });

  test("have what the bound of all lets in, and who is above it hears at once when to come back", () => {
    expect(held.count).toBeLessThanOrEqual(MISSES);
    expect(held.count).toBeGreaterThan((MISSES * 3) / 4 - SITES);
    expect(
      new Set(refused.map(({ status, headers }) => `${String(status)} ${String(headers["retry-after"])}`)),
    ).toEqual(new Set(["503 1"]));
    // Some may have been refused before: by the bound of all that is in flight.
    expect(refused.map(({ headers }) => headers["proxy-status"])).toContain(
      `${rig.popName}; error=destination_unavailable`,
    );
  });

  test("keep no hit, no health and no metrics waiting, and no other site's misses", async () => {
    const others = await Promise.all([
      ...Array.from({ length: 20 }, () => rig.get("/hit")),
      rig.get("/fetched?1"),
      rig.get("/fetched?2"),
    ]);
    const pop = await rig.ask(POP_HEALTH_PATH, { host: rig.popName });
    const metrics = await exchange(rig.node.ports.metrics, request("GET", "/metrics", { Host: "metrics" }));

    expect(others.map(({ status, body }) => `${String(status)} ${body}`)).toEqual([
      ...Array<string>(20).fill("200 hit"),
      ...Array<string>(2).fill("200 fetched"),
    ]);
    expect([await rig.node.health(), pop.status, metrics.status]).toEqual([200, 200, 200]);
  });

  test("leave their own stale copies to be had at once", async () => {
    await rig.age("/old", hanging(0));
    const before = held.count;

    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, i) => rig.ask("/old", { host: hanging(0), client: client(5000 + i) })),
    );

    expect(answers.map(({ status, body }) => `${String(status)} ${body}`)).toEqual(Array(5).fill("200 old"));
    expect(held.count).toBe(before);
  });

  test("lose nothing that was let in, when they answer at last", async () => {
    held.release();

    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(waiting.length - refused.length);
  });
});

describeWith([DEBIAN], "a page that many wait for while its origin hangs", () => {
  const BOUND = 400;
  let rig: Rig;
  let held: Held;

  beforeAll(async () => {
    rig = await Rig.start({ more: { "other.example.com": {} }, bounds: { IN_FLIGHT: BOUND } });
    rig.origin.on("/hit", reply("hit", STORED));
    await rig.get("/hit");
    await rig.ask("/hit", { host: "other.example.com" });
    held = new Held(reply("late", STORED));
    rig.origin.on("/page", held.handler);
  });

  afterAll(async () => {
    held.release();
    await rig.stop();
  });

  test("has its site answer hits on and on, and no other site", async () => {
    const hitsAlone = (BOUND * 3) / 8;
    let done = 0;
    const waiting = Array.from({ length: BOUND }, async (_, i) => {
      const answer = await rig.ask("/page", { client: client(i) });
      done++;
      return answer;
    });
    await until("requests that wait", async () => (await rig.inCache()) + done >= BOUND);

    const hits = await Promise.all(Array.from({ length: 20 }, () => rig.get("/hit")));
    const others = await Promise.all(
      Array.from({ length: 20 }, (_, i) => rig.ask("/hit", { host: "other.example.com", client: client(1000 + i) })),
    );
    held.release();
    const answers = await Promise.all(waiting);

    expect(hits.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(others.map(({ status }) => status)).toEqual(Array(20).fill(200));
    // Those up to the bound waited for one fetch.
    const served = answers.filter(({ status }) => status === 200).length;
    expect(served).toBeGreaterThanOrEqual(hitsAlone - 20);
    expect(served).toBeLessThanOrEqual(BOUND / 2);
    expect(rig.origin.requests("/page")).toHaveLength(1);
  });
});

describeWith([DEBIAN], "one client of an origin", () => {
  const GREEDY = "192.0.2.66";
  /** Those of the smallest machine, however few files a program may open here; and it may have more connections. */
  const ONE_CLIENT = { CONNECTIONS: 4000, CLIENT_CONNECTIONS: 1000, IN_FLIGHT: BOUNDS.IN_FLIGHT.smallest };
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({ bounds: ONE_CLIENT });
    rig.origin.on("/quick", reply("quick", NEVER));
  });

  afterAll(async () => {
    await rig.stop();
  });

  test("that asks 300 times for a slow page has its share, and everybody else theirs", async () => {
    const held = new Held(reply("slow", NEVER));
    rig.origin.on("/slow", held.handler);
    let refused = 0;
    const waiting = Array.from({ length: 300 }, async (_, i) => {
      const { status } = await rig.ask(`/slow?${String(i)}`, { client: GREEDY });
      refused += status === 503 ? 1 : 0;
    });
    await until("each request held or refused", () => held.count + refused === waiting.length);
    const has = held.count;

    const others = await Promise.all(
      Array.from({ length: 50 }, (_, i) => rig.ask(`/quick?${String(i)}`, { client: client(i) })),
    );
    held.release();
    await Promise.all(waiting);

    // Those that were refused counted meanwhile.
    expect(has).toBeGreaterThanOrEqual(BOUNDS.CLIENT_MISSES.smallest);
    expect(has).toBeLessThanOrEqual(BOUNDS.ORIGIN_BUSY.smallest);
    expect(others.map(({ status }) => status)).toEqual(Array(50).fill(200));
  });

  test("that reads 270 large responses slowly keeps nobody from the origin", async () => {
    rig.origin.on("/large", reply(Buffer.alloc(8 * 1024 * 1024), NEVER));
    const dawdlers = Array.from(
      { length: 270 },
      (_, i) => new Dawdler(rig.node.ports.traffic, GREEDY, `/large?${String(i)}`),
    );
    await until("each answered", () => dawdlers.every(({ status }) => status !== undefined));

    const others = await Promise.all(
      Array.from({ length: 50 }, (_, i) => rig.ask(`/quick?${String(i)}`, { client: client(i) })),
    );
    dawdlers.forEach((each) => {
      each.leave();
    });

    expect(others.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(dawdlers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(BOUNDS.ORIGIN_BUSY.smallest);
  });

  test("has room there while a crowd of others, each within its share, reads slowly", async () => {
    rig.origin.on("/crowd", reply(Buffer.alloc(8 * 1024 * 1024), NEVER));
    // In whatever order they come: 157 are let in, and of those who have none yet, two for each of 13 more.
    const dawdlers = Array.from(
      { length: 26 * 12 },
      (_, i) => new Dawdler(rig.node.ports.traffic, client(9000 + Math.floor(i / 12)), `/crowd?${String(i)}`),
    );
    await until("each answered", () => dawdlers.every(({ status }) => status !== undefined));

    const others = await Promise.all(
      Array.from({ length: 20 }, (_, i) => rig.ask(`/quick?${String(i)}`, { client: client(i) })),
    );
    dawdlers.forEach((each) => {
      each.leave();
    });

    expect(others.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(dawdlers.filter(({ status }) => status === 200).length).toBeLessThan(BOUNDS.ORIGIN_CONNECTIONS.smallest);
  });

  test("that reads slowly what the node may hold gives the origin's connections back", async () => {
    let open = 0;
    let begun = 0;
    rig.origin.on("/page", async (response, received) => {
      open++;
      begun++;
      response.once("close", () => open--);
      await reply(Buffer.alloc(200 * 1024), NEVER)(response, received);
    });

    const dawdlers = Array.from(
      { length: 100 },
      (_, i) => new Dawdler(rig.node.ports.traffic, client(i), `/page?${String(i)}`),
    );
    await until("all fetched", () => begun === 100 && open === 0);
    await until("no connection to the origin in use", async () => (await rig.fetching()) === 0);
    dawdlers.forEach((each) => {
      each.leave();
    });
  });
});

describeWith([DEBIAN], "uploads that are never finished", () => {
  let rig: Rig;
  let sockets: net.Socket[] = [];

  beforeAll(async () => {
    const bounds = { CONNECTIONS: 4000, CLIENT_CONNECTIONS: 1000, IN_FLIGHT: BOUNDS.IN_FLIGHT.smallest };
    rig = await Rig.start({ site: { methods: ["GET", "HEAD", "POST"] }, bounds });
    rig.origin.on("/page", reply(Buffer.alloc(100 * 1024), NEVER));
    rig.origin.on("/form", reply("taken", NEVER));
  });

  afterEach(() => {
    sockets.forEach((socket) => socket.destroy());
    sockets = [];
  });

  afterAll(async () => {
    await rig.stop();
  });

  /** Begins so many, each with most of a megabyte, and resolves once all but so many are refused. */
  const begin = async (count: number, from: (i: number) => string, accepted: number, coding: string): Promise<void> => {
    let refused = 0;
    const part = Buffer.alloc(60_000, "x");
    const chunk = Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
    sockets = Array.from({ length: count }, (_, i) => {
      const socket = net.connect(rig.node.ports.traffic, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.once("data", (data: Buffer) => (refused += data.toString("latin1").startsWith("HTTP/1.1 503") ? 1 : 0));
      socket.write(clientHeader(from(i)));
      socket.write(`POST /form HTTP/1.1\r\nHost: ${HOST}\r\n${coding}\r\n\r\n`);
      Array.from({ length: 16 }, () => socket.write(chunk));
      return socket;
    });
    await until("the others refused", () => refused >= count - accepted);
  };

  const othersAreServed = async (): Promise<void> => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => rig.ask(`/page?${String(i)}`, { client: client(7000 + i) })),
    );
    expect(answers.map(({ status, isWhole }) => [status, isWhole])).toEqual(Array(20).fill([200, true]));
  };

  test.each(["Transfer-Encoding: chunked", "Content-Length: 5000000"])(
    "with %s are as many of one client as it may have of an origin, and other clients are served whole",
    async (coding) => {
      await begin(300, () => "192.0.2.9", BOUNDS.ORIGIN_BUSY.smallest, coding);

      await othersAreServed();
      const form = await rig.ask("/form", { method: "POST", body: "whole", client: client(8000) });
      expect(form.status).toBe(200);
    },
  );
});
