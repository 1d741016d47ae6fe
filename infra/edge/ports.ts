import { createSocket } from "node:dgram";
import * as http from "node:http";
import * as net from "node:net";

/**
 * Below what systems give to connections by themselves (Linux from 32768, others from 49152), so that nobody takes one
 * before it is used.
 */
const FIRST = 10_240;
const LAST = 32_767;

/** Where a process begins to look: processes that follow each other find free ones at once. */
let next = FIRST + (process.pid % 220) * 100;

/**
 * As many TCP ports of the loopback interface as asked for, different ones, free a moment ago, and given to no other
 * process of ours while this one runs. Throws when there are no more.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let left = LAST - FIRST + 1; ports.length < count; left--) {
    if (left === 0) {
      throw new Error(`no ${count} of the ports ${FIRST} to ${LAST} of 127.0.0.1 are free`);
    }
    const port = next;
    next = port === LAST ? FIRST : port + 1;
    if ((await claim(port)) && !(await isTaken(port))) {
      ports.push(port);
    }
  }
  return ports;
}

/**
 * Whether a port is now this process's: it holds the UDP port of the same number, which nothing of ours uses, and which
 * the kernel takes back when it ends. To see that TCP is free is not enough: HAProxy shares a port with whoever
 * shares it too (SO_REUSEPORT), and two nodes that look at once would get each other's requests.
 */
async function claim(port: number): Promise<boolean> {
  const socket = createSocket("udp4").unref();
  return new Promise((resolve) => {
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, "127.0.0.1", () => {
      resolve(true);
    });
  });
}

/** Whether something listens on a port of the loopback interface, or this process may not listen on it. */
export async function isTaken(port: number): Promise<boolean> {
  const server = net.createServer();
  return new Promise((resolve) => {
    server.once("error", () => {
      resolve(true);
    });
    server.listen(port, "127.0.0.1", () => {
      server.close(() => {
        resolve(false);
      });
    });
  });
}

/** Whether a connection to a port is taken within two seconds. */
export async function accepts(host: string, port: number): Promise<boolean> {
  const socket = net.connect({ host, port, timeout: 2000 });
  const taken = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => {
      resolve(true);
    });
    for (const failure of ["error", "timeout"]) {
      socket.once(failure, () => {
        resolve(false);
      });
    }
  });
  socket.destroy();
  return taken;
}

/** The status of the answer to a GET; nothing when there is no answer within so many seconds. */
export function httpStatus(where: http.RequestOptions, patience: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = http.get({ ...where, agent: false, timeout: patience * 1000 });
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => {
      resolve(undefined);
    });
  });
}
