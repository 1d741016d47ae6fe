import { once } from "node:events";
import * as net from "node:net";
import { join } from "./machine/bridge";
import { destinationOf, HEADER_LENGTH } from "./proxyHeader";

export interface PopFront {
  /** Of the loopback interface. */
  readonly port: number;
  readonly stop: () => void;
}

/**
 * Where nodes ask other PoPs, by which a shield is asked: hands connections on to the load balancer that is meant by the
 * address at which they came, which a PROXY protocol header says.
 *
 * @param connect connects to the one that is meant; undefined while there is none
 */
export async function popFront(connect: (address: string) => net.Socket | undefined): Promise<PopFront> {
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    open.add(client);
    client.on("close", () => open.delete(client));
    client.on("error", () => client.destroy());
    client.once("readable", () => {
      const header = client.read(HEADER_LENGTH) as Buffer | null;
      const there = header === null ? undefined : connect(destinationOf(header));
      if (there === undefined) {
        client.destroy();
      } else {
        join(client, there);
      }
    });
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
