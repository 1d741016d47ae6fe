import * as net from "node:net";
import { HOST } from "../origin/rig";
import { clientHeader, request } from "../proxied";

/** RFC 9113, section 3.4, and an empty SETTINGS frame; then HEADERS that announce 100 bytes and break off. */
const HALF_HTTP2 = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
  Buffer.from([0, 0, 100, 1, 0, 0, 0, 0, 1, 0x82]),
]);

/** Where hostile clients go, and whom their origin leaves waiting. */
export interface Target {
  readonly traffic: number;
  readonly redirect: number;
  /** Hosts whose origin answers nothing at `/hang`. */
  readonly hanging: readonly string[];
  /** A host that serves much at `/large`. Not the well-behaved's: at one origin a crowd has what it may have of it. */
  readonly large: string;
}

/** What one hostile client does on its k-th connection: the port, and the bytes that it says. */
export type Attack = (target: Target, address: string, k: number) => readonly [number, readonly (Buffer | string)[]];

const open = (target: string, host = HOST): string => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

/** One of each kind. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  "says nothing": ({ traffic }) => [traffic, []],
  "is idle after a hit": ({ traffic }, address) => [traffic, [clientHeader(address), open("/load/stored")]],
  "stops in a header": ({ traffic }, address) => [traffic, [clientHeader(address), `GET / HTTP/1.1\r\nHost: ${HOST}`]],
  "stops in HTTP/2": ({ traffic }, address) => [traffic, [clientHeader(address), HALF_HTTP2]],
  "asks what hangs": ({ traffic, hanging }, address, k) => [
    traffic,
    [clientHeader(address), open(`/hang?${address}-${String(k)}`, hanging[k % hanging.length])],
  ],
  "reads nothing of a large response": ({ traffic, large }, address, k) => [
    traffic,
    [clientHeader(address), open(`/large?${address}-${String(k)}`, large)],
  ],
  "ends no upload": ({ traffic }, address) => [
    traffic,
    [
      clientHeader(address),
      `POST /form HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n${"x".repeat(60_000)}\r\n`,
    ],
  ],
  "fills the log by port 80": ({ redirect }, address, k) => [
    redirect,
    [clientHeader(address), request("GET", `/${"y".repeat(4000)}/${String(k)}`, { Host: HOST })],
  ],
};

/** Connections of hostile clients, which read nothing, until they are let go. */
export class Hostile {
  private readonly sockets: readonly net.Socket[];

  constructor(attack: Attack, target: Target, count: number) {
    this.sockets = Array.from({ length: count }, (_, k) => {
      // A dozen each.
      const [port, said] = attack(target, `10.66.0.${String(Math.floor(k / 12) + 1)}`, k);
      const socket = net.connect(port, "127.0.0.1");
      // Being refused is what they are here for.
      socket.on("error", () => undefined);
      socket.pause();
      for (const part of said) {
        socket.write(part);
      }
      return socket;
    });
  }

  leave(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }
}
