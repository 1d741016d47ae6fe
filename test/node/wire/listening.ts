import { once } from "node:events";
import type * as net from "node:net";

/** Resolves once a server listens on a free port of the loopback interface. */
export async function listening(server: net.Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}

export function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}
