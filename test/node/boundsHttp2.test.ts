import * as net from "node:net";
import { BOUNDS } from "../../components/node/limits";
import { HAPROXY_FILE } from "../../components/node/processes";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { HOST, Rig } from "./origin/rig";
import { Held, reply } from "./origin/scripted";
import { until } from "./origin/until";
import { clientHeader, request } from "./proxied";
import { block, END_HEADERS, END_STREAM, endOf, frame, PREFACE, type Field } from "./wire/http2";

/** What HAProxy announces as SETTINGS_MAX_CONCURRENT_STREAMS (its documentation, tune.h2.fe.max-concurrent-streams). */
const STREAMS = 100;

/** Bytes after which a flood that was not ended has failed. */
const MOST = 32 * 1024 * 1024;

const GREEDY = "192.0.2.66";
const NEVER = { "cache-control": "no-store" };

const fieldsOf = (path: string): readonly Field[] => [
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", HOST],
  [":path", path],
];
const get = (path: string, stream: number): Buffer =>
  frame("headers", END_STREAM | END_HEADERS, stream, block(fieldsOf(path)));

/** A connection of HTTP/2 that says what a test has it say. */
class Raw {
  received = Buffer.alloc(0);
  isOpen = true;
  sent = 0;
  private readonly socket: net.Socket;

  constructor(port: number, client = GREEDY) {
    this.socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
    this.socket.on("error", () => undefined);
    this.socket.on("data", (data: Buffer) => (this.received = Buffer.concat([this.received, data])));
    this.socket.on("close", () => (this.isOpen = false));
    this.socket.write(Buffer.concat([clientHeader(client), PREFACE]));
  }

  say(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Says the same over and over, as fast as it is taken, until the node ends it. */
  async flood(piece: Buffer): Promise<void> {
    while (this.isOpen && this.sent < MOST) {
      this.sent += piece.length;
      if (!this.socket.write(piece)) {
        await Promise.race([
          new Promise((resolve) => this.socket.once("drain", resolve)),
          new Promise((resolve) => this.socket.once("close", resolve)),
        ]);
      }
      await new Promise(setImmediate);
    }
  }

  leave(): void {
    this.socket.destroy();
  }
}

describeWith([DEBIAN], "a client of HTTP/2 that floods", () => {
  let rig: Rig;
  let raw: Raw;

  beforeAll(async () => {
    rig = await Rig.start();
    rig.origin.on("/hit", reply("hit", { "cache-control": "max-age=600" }));
    rig.origin.on("/quick", reply("quick", NEVER));
    await rig.get("/hit");
  });
  beforeEach(() => {
    raw = new Raw(rig.node.ports.traffic);
  });
  afterEach(() => {
    raw.leave();
  });
  afterAll(() => rig.stop());

  const othersAreServed = async (): Promise<void> => {
    const answers = await Promise.all([rig.get("/hit"), rig.get("/quick"), rig.get("/hit")]);
    expect([await rig.node.health(), ...answers.map(({ status }) => status)]).toEqual([200, 200, 200, 200]);
  };

  const field = frame("continuation", 0, 1, block([["x-more", "y".repeat(1000)]]));

  test("with a header block that never ends is closed before it has the header of a request", async () => {
    raw.say(frame("headers", END_STREAM, 1, block(fieldsOf("/quick"))));

    const flood = raw.flood(Buffer.concat(Array<Buffer>(16).fill(field)));
    await othersAreServed();
    await flood;

    expect(raw.isOpen).toBe(false);
    expect(raw.sent).toBeLessThan(MOST);
  });

  test.each([
    ["resets of streams that never were", frame("reset", 0, 1, Buffer.from([0, 0, 0, 8]))],
    ["windows that grow by nothing", frame("windowUpdate", 0, 0, Buffer.alloc(4))],
  ])("with %s is closed", async (_, piece) => {
    const flood = raw.flood(Buffer.concat(Array<Buffer>(100).fill(piece)));
    await othersAreServed();
    await flood;

    expect(raw.isOpen).toBe(false);
  });

  const begun = (path: string, flags: number): Buffer => frame("headers", flags, 1, block(fieldsOf(path)));
  test.each([
    ["PING, whose answers it does not read", [], frame("ping", 0, 0, Buffer.alloc(8))],
    ["SETTINGS, whose answers it does not read", [], frame("settings", 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]))],
    ["PRIORITY", [], frame("priority", 0, 3, Buffer.from([0, 0, 0, 1, 16]))],
    ["empty DATA", [begun("/hit", END_HEADERS)], frame("data", 0, 1)],
    ["empty pieces of a header block", [begun("/quick", END_STREAM)], frame("continuation", 0, 1)],
  ])("with %s keeps nobody waiting", async (_, first, piece) => {
    raw.say(...first);

    const flood = raw.flood(Buffer.concat(Array<Buffer>(1000).fill(piece)));
    await othersAreServed();
    await othersAreServed();
    raw.leave();
    await flood;
  });

  test("has as many streams of a connection as were announced, and hears of the others at once", async () => {
    const held = new Held(reply("late", { "cache-control": "no-store" }));
    rig.origin.on("/hang", held.handler);
    const streams = Array.from({ length: 3 * STREAMS }, (_, i) => 2 * i + 1);

    raw.say(...streams.map((stream) => get(`/hang?${String(stream)}`, stream)));
    await until("an answer to each above", () => {
      const { received, isOpen } = raw;
      return !isOpen || streams.filter((stream) => endOf(stream, received) !== "closed").length >= 2 * STREAMS;
    });
    expect(held.count).toBeLessThanOrEqual(STREAMS);
    await othersAreServed();
    held.release();
  });

  test("with requests that it takes back at once has no more of them at the origin than it may have", async () => {
    const most = { requests: 0 };
    rig.origin.on("/reset", async (response, received) => {
      most.requests++;
      await reply("late", NEVER)(response, received);
    });
    const streams = Array.from({ length: 20_000 }, (_, i) => 2 * i + 1);

    raw.say(
      ...streams.flatMap((stream) => [
        get(`/reset?${String(stream)}`, stream),
        frame("reset", 0, stream, Buffer.from([0, 0, 0, 8])),
      ]),
    );
    await othersAreServed();
    await until("its end, or an answer to what is behind", async () => {
      raw.say(get("/hit", 40_001));
      await othersAreServed();
      return !raw.isOpen || endOf(40_001, raw.received) !== "closed";
    });

    expect(most.requests).toBeLessThanOrEqual(BOUNDS.CLIENT_REQUESTS.smallest);
  });
});

describeWith([DEBIAN], "an upload over HTTP/2 that comes in one piece with trailers that are refused", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({ site: { methods: ["GET", "HEAD", "OPTIONS", "POST"] } });
  });
  afterAll(() => rig.stop());

  test.each(["POST", "OPTIONS", "GET"])("does not end HAProxy, however often (%s)", async (method) => {
    const workers = () => rig.node.root.processes().filter(({ name, parent }) => name === "haproxy" && parent !== 0);
    const before = workers().map(({ pid }) => pid);
    const fields = fieldsOf("/up").map(([name, value]): Field => (name === ":method" ? [name, method] : [name, value]));

    for (let i = 0; i < 12; i++) {
      const raw = new Raw(rig.node.ports.traffic);
      raw.say(
        frame("settings", 0, 0),
        frame("headers", END_HEADERS, 1, block(fields)),
        frame("data", 0, 1, Buffer.alloc(1000)),
        // A pseudo-header among trailers (RFC 9113, section 8.1).
        frame("headers", END_STREAM | END_HEADERS, 1, block([[":path", "/evil"]])),
      );
      await until("its refusal", () => !raw.isOpen || endOf(1, raw.received) !== "closed");
      raw.leave();
      expect(await rig.node.health()).toBe(200);
    }

    expect(workers().map(({ pid }) => pid)).toEqual(before);
  });
});

/** Shorter than a node's own 120 s and 10 s. */
const SHORT = { client: "2s", header: "2s" };

describeWith([DEBIAN], "what goes on and on without getting anywhere", () => {
  let rig: Rig;

  beforeAll(async () => {
    const edit = (files: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
      ...files,
      [HAPROXY_FILE]: (files[HAPROXY_FILE] ?? "")
        .replace("timeout client 120s", `timeout client ${SHORT.client}`)
        .replace("timeout http-request 10s", `timeout http-request ${SHORT.header}`),
    });
    rig = await Rig.start({ edit });
  });
  afterAll(() => rig.stop());

  test.each([
    ["stored", "max-age=600"],
    ["not stored", "no-store"],
  ])("a reader that takes single bytes of what is %s is let go like one that takes none", async (_, cacheControl) => {
    rig.origin.on("/large", reply(Buffer.alloc(8 * 1024 * 1024), { "cache-control": cacheControl }));
    const socket = net.connect({ port: rig.node.ports.traffic, host: "127.0.0.1" });
    let taken = 0;
    socket.on("error", () => undefined);
    socket.pause();
    socket.write(clientHeader(GREEDY));
    socket.write(request("GET", "/large", { Host: HOST }));
    const reading = setInterval(() => (taken += (socket.read(1) as Buffer | null)?.length ?? 0), 50);

    await until("its request", async () => taken > 0 && (await rig.inCache()) === 1);
    await until("its end", async () => (await rig.inCache()) === 0);
    clearInterval(reading);
    socket.destroy();
    await rig.purge("BAN", "all");
  });

  test("a header block that comes in empty pieces is ended with the time for a header", async () => {
    const raw = new Raw(rig.node.ports.traffic);
    raw.say(frame("headers", END_STREAM, 1, block(fieldsOf("/quick"))));
    const dripping = setInterval(() => {
      raw.say(frame("continuation", 0, 1));
    }, 50);

    await until("its end", () => !raw.isOpen);
    clearInterval(dripping);
  });
});
