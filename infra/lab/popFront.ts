import * as net from "node:net";
import { fronting, join, type Front } from "./machine/bridge";
import { destinationOf, HEADER_LENGTH } from "./proxyHeader";

/**
 * Where nodes ask other PoPs, by which a shield is asked: hands connections on to the load balancer that is meant by the
 * address at which they came, which a PROXY protocol header says.
 *
 * @param connect connects to the one that is meant; undefined while there is none
 */
export function popFront(connect: (address: string) => net.Socket | undefined): Promise<Front> {
  return fronting(
    net.createServer((client) => {
      client.once("readable", () => {
        const header = client.read(HEADER_LENGTH) as Buffer | null;
        const there = header === null ? undefined : connect(destinationOf(header));
        if (there === undefined) {
          client.destroy();
        } else {
          join(client, there);
        }
      });
    }),
  );
}
