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
    path,
  );
}

/** Listens at a path until it is stopped, and then with all its connections. */
async function listening(server: net.Server, path: string): Promise<Stop> {
  const open = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return async () => {
    const closed = once(server, "close");
    server.close();
    open.forEach((socket) => socket.destroy());
    await closed;
  };
}
