import { mkdirSync, readFileSync } from "node:fs";
import * as net from "node:net";
import { dirname } from "node:path";
import { AGENT_FILES } from "../../components/node/agentFiles";
import { HaproxyRuntime } from "../../components/node/agent/haproxy";
import { clientStreams, SlowClients } from "../../components/node/agent/slowClients";
import { SOCKETS } from "../../components/node/sockets";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { HOST, Rig } from "./origin/rig";
import { reply } from "./origin/scripted";
import { until } from "./origin/until";
import { clientHeader } from "./proxied";
import { block, END_HEADERS, END_STREAM, frame } from "./wire/http2";

const KB = 1024;
/** What the cache stores, and more than kernels take of it for a client. */
const LARGE = 4 * KB * KB;
const HUGE = 32 * KB * KB;
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113, section 6.5.2): nothing is sent before a window is given. */
const NO_WINDOW = Buffer.from([0, 4, 0, 0, 0, 0]);

/** Milliseconds of the agent's clock between two looks; a stream is looked at when it is older than the patience. */
const LOOK = 250;
const PACE = { bytes: 240, patience: 1 };

const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The agent's look at slow clients, at a pace that a test sees the end of, on a real HAProxy. */
describeWith([DEBIAN], "a client that is slow without end", () => {
  let rig: Rig;
  let haproxy: HaproxyRuntime;
  /** Has the origin go on, or end. */
  const words: { say?: () => void; end?: () => void } = {};

  beforeAll(async () => {
    rig = await Rig.start({ site: { methods: ["GET", "HEAD", "POST"] } });
    const admin = rig.node.root.outside(SOCKETS.admin);
    haproxy = new HaproxyRuntime({ admin, master: rig.node.root.outside(SOCKETS.master) });
    rig.origin.on("/large", reply(Buffer.alloc(LARGE), { "cache-control": "no-store" }));
    rig.origin.on("/huge", reply(Buffer.alloc(HUGE), { "cache-control": "no-store" }));
    rig.origin.on("/stored", reply(Buffer.alloc(LARGE), { "cache-control": "max-age=600" }));
    // An origin that takes its time, as one that writes word by word does: its client is not to blame.
    rig.origin.on("/words", (response) => {
      response.writeHead(200, { "cache-control": "no-store" });
      words.say = () => response.write("word ");
      words.end = () => response.end("last");
      words.say();
    });
    await rig.get("/stored");
  });
  afterAll(() => rig.stop());

  /** Connections of slow clients, each with what it says again and again. */
  function slow(first: readonly (string | Buffer)[], then: string | Buffer) {
    const socket = net.connect({ port: rig.node.ports.traffic, host: "127.0.0.1", noDelay: true });
    const client = { ended: false, go: () => socket.write(then), leave: () => socket.destroy() };
    socket.on("error", () => (client.ended = true));
    socket.on("close", () => (client.ended = true));
    socket.on("data", (data: Buffer) => {
      // RST_STREAM of the one stream, of HTTP/2.
      client.ended ||= data.includes(Buffer.from([3, 0, 0, 0, 0, 1]));
    });
    for (const part of [clientHeader("203.0.113.9"), ...first]) {
      socket.write(part);
    }
    return client;
  }

  const overHttp2 = (path: string) => {
    const fields = [
      [":method", "GET"],
      [":scheme", "https"],
      [":authority", HOST],
      [":path", path],
    ] as const;
    const window = Buffer.from([0, 0, 0, 1]);
    return slow(
      [PREFACE, frame("settings", 0, 0, NO_WINDOW), frame("headers", END_STREAM | END_HEADERS, 1, block(fields))],
      frame("windowUpdate", 0, 1, window),
    );
  };

  test("is cut off, whether it reads or sends, and who is slower for its origin's sake, or only slow, is not", async () => {
    const answer = rig.get("/words");
    const steady = new SteadyReader(rig.node.ports.traffic, "/huge");
    const clients = [
      overHttp2("/large"),
      overHttp2("/stored"),
      slow([`POST /up HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`], "1\r\nx\r\n"),
      slow([`POST /up HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 1000000\r\n\r\n`], "x"),
    ];
    const seen = async () => clientStreams(await haproxy.say(`show sess older ${String(PACE.patience)}`)).length;
    await until("all of them at HAProxy", async () => (await seen()) === clients.length + 2);
    const file = rig.node.root.outside(AGENT_FILES.slowClients);
    mkdirSync(dirname(file), { recursive: true });
    let now = 0;
    const slowClients = new SlowClients({ haproxy, pace: PACE, log: QUIET, file, now: () => now });

    await until("the end of all that are slow", async () => {
      clients.filter(({ ended }) => !ended).forEach(({ go }) => go());
      words.say?.();
      await steady.reads(2 * KB * KB);
      await slowClients.look();
      now += LOOK;
      return clients.every(({ ended }) => ended);
    });

    words.end?.();
    const { status, body, isWhole } = await answer;
    expect([status, isWhole]).toEqual([200, true]);
    expect(body).toMatch(/^(word )+last$/);
    expect(await steady.end()).toBeGreaterThan(HUGE);
    clients.forEach(({ leave }) => leave());
  });

  test("is one that takes nothing, and not one of whom kernels hide what it takes", async () => {
    const reader = new SteadyReader(rig.node.ports.traffic, "/huge");
    const moved = async () => clientStreams(await haproxy.say("show sess older 1")).find(({ waits }) => waits)?.moved;
    /** What HAProxy has sent on when it can send no more for now. */
    const stuck = async () => {
      let last: number | undefined;
      return until("a client that takes no more", async () => {
        const former = last;
        last = await moved();
        return last !== undefined && last === former && last;
      });
    };

    // What a client of 2 KB a second takes in a minute, for which it is not let go. The client's kernel has as much as it likes.
    const minute = 128 * KB;
    const first = await stuck();
    expect(first - reader.read - reader.waiting()).toBeLessThan(3 * minute);
    await reader.reads(reader.waiting() + 4 * minute);
    expect(await until("what it took", async () => ((await moved()) ?? 0) > first && (await moved()))).toBeGreaterThan(
      first,
    );
    await reader.end();
  });
});

/** Reads as much as a test says, and the rest at its end. */
class SteadyReader {
  private readonly socket: net.Socket;
  read = 0;

  constructor(port: number, path: string) {
    this.socket = net.connect({ port, host: "127.0.0.1" });
    this.socket.on("error", () => undefined);
    this.socket.on("data", (data: Buffer) => (this.read += data.length));
    this.socket.pause();
    this.socket.write(clientHeader("203.0.113.10"));
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  }

  async reads(bytes: number): Promise<void> {
    const enough = Math.min(this.read + bytes, HUGE);
    this.socket.resume();
    await until("what it reads", () => this.read >= enough || this.socket.destroyed);
    this.socket.pause();
  }

  /** Bytes that have come and are not read: its kernel has them (proc_net_tcp(5)), or Node.js. */
  waiting(): number {
    const port = this.socket.localPort?.toString(16).toUpperCase().padStart(4, "0") ?? "";
    const lines = readFileSync("/proc/net/tcp", "utf8").split("\n");
    const own = lines.map((line) => line.trim().split(/\s+/)).find(([, local]) => local?.endsWith(`:${port}`));
    return this.socket.readableLength + Number.parseInt(own?.[4]?.split(":")[1] ?? "", 16);
  }

  /** Bytes of the body, up to a few for the header. */
  async end(): Promise<number> {
    this.socket.resume();
    await until("its end", () => this.socket.destroyed);
    return this.read;
  }
}
