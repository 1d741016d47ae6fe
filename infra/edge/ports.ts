import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";

/** As many ports of the loopback interface as asked for, different ones, free a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(
    servers.map((server) => {
      server.close();
      return once(server, "close");
    }),
  );
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

/** The status of the answer to a GET; nothing when there is no answer within a second. */
export function httpStatus(where: http.RequestOptions): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = http.get({ ...where, agent: false, timeout: 1000 });
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
