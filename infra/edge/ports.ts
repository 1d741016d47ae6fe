import * as http from "node:http";
import * as net from "node:net";

/**
 * Below what systems give to connections by themselves (Linux from 32768, others from 49152), so that nobody takes one
 * before it is used, and for each process from another hundred.
 */
let next = 10_240 + (process.pid % 220) * 100;

/** As many ports of the loopback interface as asked for, different ones, free a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = next++;
    if (!(await isTaken(port))) {
      ports.push(port);
    }
  }
  return ports;
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
