import { randomUUID } from "node:crypto";
import * as net from "node:net";
import { NODE_HEALTH_PATH, POP_HEALTH_PATH } from "../ports";
import type { AgentSettings } from "../protocol/bundleFormat";

/** An answer of the node itself takes a few milliseconds. */
const PATIENCE_MS = 3000;

/** Hosts that are asked at the same time. */
const AT_ONCE = 16;

/** The node answers, and not as it should: another try would change nothing. */
export class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
}

interface Answer {
  readonly status: number;
  readonly head: string;
}

/**
 * Asks the node as its load balancer does: each host, its own health, its PoP's health. No origin is asked.
 *
 * @param vetoed the agent itself makes the node unhealthy for a reason that is not the configuration's
 * @throws WrongAnswer saying what does not work; Error for what may work in a moment, when its programs are started again
 */
export async function selfTest(settings: AgentSettings, vetoed: () => boolean = () => false): Promise<void> {
  const { hosts, popName, ports } = settings;
  for (let i = 0; i < hosts.length; i += AT_ONCE) {
    await Promise.all(hosts.slice(i, i + AT_ONCE).map((host) => cacheAnswers(ports.traffic, host)));
  }
  const pop = await get(ports.traffic, popName, POP_HEALTH_PATH);
  // 503 is an answer, too: the PoP may be drained.
  if (pop.status !== 200 && pop.status !== 503) {
    throw new WrongAnswer(`the PoP's health is answered with ${pop.status}`);
  }
  const node = await get(ports.health, "localhost", NODE_HEALTH_PATH);
  if (node.status !== 200 && !(node.status === 503 && vetoed())) {
    throw new Error(`the node's health is answered with ${node.status}`);
  }
}

/**
 * What is taken from the cache alone, and is not there, is answered by Varnish with 504: so HAProxy knows the site,
 * reaches Varnish, and Varnish's rules come to an end. An error of HAProxy's own has Proxy-Status.
 */
async function cacheAnswers(port: number, host: string): Promise<void> {
  const { status, head } = await get(port, host, `/.well-known/footprint-self-test/${randomUUID()}`, {
    "Cache-Control": "only-if-cached",
  });
  if (status !== 504 || /^proxy-status:/im.test(head)) {
    const problem = `${host} is answered with ${status} where its cache would say 504`;
    throw status === 503 ? new Error(problem) : new WrongAnswer(problem);
  }
}

/** The start of a PROXY protocol v2 header: a TCP connection over IPv4, from 127.0.0.1 to 127.0.0.1. */
const PROXY_HEADER = Buffer.from("0d0a0d0a000d0a515549540a2111000c7f0000017f000001c35001bb", "hex");

function get(port: number, host: string, path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const lines = Object.entries({ Host: host, Connection: "close", ...fields }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = net.connect({ host: "127.0.0.1", port, timeout: PATIENCE_MS });
    socket.on("timeout", () => socket.destroy(new Error(`port ${port} has not answered within ${PATIENCE_MS} ms`)));
    socket.on("error", reject);
    socket.on("data", (data) => received.push(data));
    socket.on("close", () => {
      const [head = ""] = Buffer.concat(received).toString("latin1").split("\r\n\r\n");
      const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [];
      if (status === undefined) {
        reject(new Error(`port ${port} has closed the connection without an answer`));
      } else {
        resolve({ status: Number(status), head });
      }
    });
    socket.write(PROXY_HEADER);
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  });
}
