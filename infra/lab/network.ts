import * as net from "node:net";
import { UserError } from "../terminal/userError";

/** Second numbers of the loopback addresses that a lab may take, one lab each. */
const FIRST = 66;
const LAST = 96;

export interface OwnNetwork {
  /** The first two numbers of its addresses. */
  readonly prefix: string;
  readonly release: () => void;
}

/** A part of 127.0.0.0/8 that no other lab of this machine has: no address is added anywhere. */
export async function ownNetwork(): Promise<OwnNetwork> {
  for (let second = FIRST; second <= LAST; second++) {
    const prefix = `127.${String(second)}`;
    // Whoever holds this port holds the network; the kernel takes it back however the holder ends.
    const holder = await held(`${prefix}.255.254`);
    if (holder !== undefined) {
      return { prefix, release: () => holder.close() };
    }
  }
  throw new UserError(`127.${String(FIRST)}.0.0 to 127.${String(LAST)}.0.0: one must be free for the lab, none is`);
}

function held(address: string): Promise<net.Server | undefined> {
  const server = net.createServer((socket) => socket.destroy());
  server.unref();
  return new Promise((resolve) => {
    server.once("error", () => {
      resolve(undefined);
    });
    server.listen(443, address, () => {
      resolve(server);
    });
  });
}
