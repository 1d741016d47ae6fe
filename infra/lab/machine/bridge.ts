import { once } from "node:events";
import * as net from "node:net";

export type Stop = () => Promise<void>;

/** Hands on what comes over either of two connections over the other; an error of one is the end of both. */
export function join(one: net.Socket, other: net.Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy());
    from.pipe(to);
  }
}

/** Leads connections to a socket of a file system to a port of this machine's loopback interface. */
export function bridged(path: string, port: number): Promise<Stop> {
  return listening(
    net.createServer((socket) => {
      join(socket, net.connect(port, "127.0.0.1"));
    }),
    { path },
  );
}

/** On a port of this machine's loopback interface. */
export interface Front {
  readonly port: number;
  readonly stop: Stop;
}

/** Has a server listen on a port of the loopback interface. */
export async function fronting(server: net.Server): Promise<Front> {
  const stop = await listening(server, { port: 0, host: "127.0.0.1" });
  return { port: (server.address() as net.AddressInfo).port, stop };
}

/** Listens until it is stopped, and ends then with all its connections. */
async function listening(server: net.Server, where: net.ListenOptions): Promise<Stop> {
  const open = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(where, resolve));
  return async () => {
    const closed = once(server, "close");
    server.close();
    open.forEach((socket) => socket.destroy());
    await closed;
  };
}
