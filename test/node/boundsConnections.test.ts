import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { POP_HEALTH_PATH } from "../../components/node/ports";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { HOST, Rig } from "./origin/rig";
import { reply } from "./origin/scripted";
import { until } from "./origin/until";
import { clientHeader, exchange, request } from "./proxied";

/** A fiftieth of the size; a client then has 10 connections, and 2 while more than half are taken. */
const CONNECTIONS = 300;
const ONE_CLIENT = 10;

const GET = `GET /hit HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
/** RFC 9113, section 3.4, and an empty SETTINGS frame. */
const PREFACE = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);
/** The frame header of HEADERS on stream 1 that announces 100 bytes and does not end them, and the first byte. */
const PART_OF_HEADERS = Buffer.from([0, 0, 100, 1, 0, 0, 0, 0, 1, 0x82]);

/** A connection that somebody keeps as it is. */
class Idle {
  open = true;
  answered = false;
  readonly socket: net.Socket;

  constructor(port: number, said: readonly (Buffer | string)[]) {
    this.socket = net.connect(port, "127.0.0.1");
    this.socket.on("error", () => undefined);
    this.socket.on("data", () => (this.answered = true));
    this.socket.on("close", () => (this.open = false));
    for (const part of said) {
      this.socket.write(part);
    }
  }
}

function address(i: number): string {
  return `10.9.${String(Math.floor(i / 250))}.${String((i % 250) + 1)}`;
}

describeWith([DEBIAN], "connections that are kept idle", () => {
  let rig: Rig;
  let idle: Idle[] = [];

  beforeAll(async () => {
    rig = await Rig.start({ bounds: { CONNECTIONS } });
    rig.origin.on("/hit", reply("hit", { "cache-control": "max-age=600" }));
    rig.origin.on("/missed", reply("missed", { "cache-control": "no-store" }));
    await rig.get("/hit");
  });

  afterEach(async () => {
    idle.forEach(({ socket }) => socket.destroy());
    await until("their end", () => idle.every(({ open }) => !open));
    idle = [];
  });

  afterAll(async () => {
    await rig.stop();
  });

  const open = (count: number, said: (i: number) => readonly (Buffer | string)[]): void => {
    idle = Array.from({ length: count }, (_, i) => new Idle(rig.node.ports.traffic, said(i)));
  };

  /** What must be answered whatever clients do, and visitors who come now; on a busy machine perhaps a second time. */
  const everythingAnswers = async (): Promise<void> => {
    const metrics = exchange(rig.node.ports.metrics, request("GET", "/metrics", { Host: "metrics" }));
    expect([await rig.node.health(), (await metrics).status]).toEqual([200, 200]);
    const visit = (...request: Parameters<typeof rig.ask>) =>
      until("an answer", () => rig.ask(...request).catch(() => undefined));
    const [hit, missed, pop] = await Promise.all([
      visit("/hit", { client: "198.51.100.20" }),
      visit("/missed", { client: "198.51.100.21" }),
      visit(POP_HEALTH_PATH, { host: rig.popName, client: "198.51.100.22" }),
    ]);
    expect([hit.status, missed.status, pop.status]).toEqual([200, 200, 200]);
  };

  test("by one client are as many as it may have, and the others are closed at once", async () => {
    open(CONNECTIONS, () => [clientHeader("192.0.2.1"), GET]);
    await until("each answered or closed", () => idle.every((each) => each.answered || !each.open));

    expect(idle.filter((each) => each.open && each.answered)).toHaveLength(ONE_CLIENT);
    await everythingAnswers();
  });

  test("are kept while the node has room for them", async () => {
    open(CONNECTIONS / 3, (i) => [clientHeader(address(i)), GET]);
    await until("each answered", () => idle.every((each) => each.answered));

    await everythingAnswers();
    expect(idle.filter((each) => each.open)).toHaveLength(CONNECTIONS / 3);
  });

  test.each<[string, "open" | "answered", (i: number) => readonly (Buffer | string)[]]>([
    ["after a request each", "answered", (i) => [clientHeader(address(i)), GET]],
    ["and have said nothing", "open", () => []],
    ["with a PROXY header alone", "open", (i) => [clientHeader(address(i))]],
    ["with part of a request", "open", (i) => [clientHeader(address(i)), "GET / HTTP/1.1\r\nHo"]],
    ["after HTTP/2's preface", "answered", (i) => [clientHeader(address(i)), PREFACE]],
    ["with part of a header block of HTTP/2", "answered", (i) => [clientHeader(address(i)), PREFACE, PART_OF_HEADERS]],
  ])("by many clients %s make room for who comes, the oldest first", async (_, state, said) => {
    const port = rig.node.ports.traffic;
    const former = Array.from({ length: CONNECTIONS - 80 }, (__, i) => new Idle(port, said(i)));
    await until("connections", () => former.every((each) => !each.socket.connecting && (each[state] || !each.open)));
    // Older they are by more than it takes to list them.
    await sleep(2000);
    const latter = Array.from({ length: 100 }, (__, i) => new Idle(port, said(1000 + i)));
    idle = [...former, ...latter];
    const ended: Idle[] = [];
    idle.forEach((each) => each.socket.once("close", () => ended.push(each)));

    await everythingAnswers();
    await until("room", () => ended.length >= CONNECTIONS / 10);
    // Later HAProxy ends what says nothing for too long, whoever came first.
    const first = ended.slice(0, CONNECTIONS / 10);
    expect(first.filter((each) => latter.includes(each))).toEqual([]);
  });

  test("with part of a PROXY header are closed at once", async () => {
    open(CONNECTIONS, (i) => [clientHeader(address(i)).subarray(0, 14)]);

    await until("their end", () => idle.every((each) => !each.open));
  });

  test("to port 80 take nothing from the other side", async () => {
    const { redirect } = rig.node.ports;
    idle = Array.from({ length: CONNECTIONS }, (_, i) => new Idle(redirect, [clientHeader(address(i)), GET]));

    await everythingAnswers();
    // Among so many that come at once it may be one that has to come again.
    const asked = () => exchange(redirect, clientHeader("198.51.100.30"), request("GET", "/x", { Host: HOST }));
    await until("a redirect", async () => (await asked().catch(() => undefined))?.status === 308);
  });
});
