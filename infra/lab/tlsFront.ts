import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import type { Certificates } from "./certificates";
import { join } from "./machine/bridge";

export interface TlsFront {
  /** Of the loopback interface. */
  readonly port: number;
  readonly stop: () => void;
}

/** Ends TLS for whatever name is asked for, and hands connections on to a port of the loopback interface. */
export async function tlsFront(certificates: Certificates, to: number): Promise<TlsFront> {
  const open = new Set<net.Socket>();
  const server = tls.createServer(
    {
      SNICallback: (name, done) => {
        certificates.of(name).then(
          (pem) => {
            done(null, tls.createSecureContext({ cert: pem, key: pem }));
          },
          (error: unknown) => {
            done(error instanceof Error ? error : new Error(String(error)));
          },
        );
      },
    },
    (client) => {
      join(client, net.connect(to, "127.0.0.1"));
    },
  );
  server.on("connection", (socket: net.Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as net.AddressInfo).port,
    stop: () => {
      server.close();
      open.forEach((socket) => socket.destroy());
    },
  };
}
