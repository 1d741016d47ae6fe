import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { UserError } from "../../terminal/userError";
import { respond, type Answering } from "./message";

export interface Endpoint {
  readonly address: string;
  /** 0: one that is free. */
  readonly port: number;
}

/** Idle connections are closed after so many ms (RFC 7766, 6.2.3: some seconds). */
const IDLE = 10_000;

/** A name server at one address, by UDP and by TCP (RFC 7766). */
export class NameServer {
  private constructor(
    /** Where it answers. */
    readonly endpoint: Endpoint,
    private readonly udp: UdpSocket,
    private readonly tcp: Server,
    private readonly connections: ReadonlySet<Socket>,
  ) {}

  /** @throws UserError when the address or the port cannot be had */
  static async start({ address, port }: Endpoint, answering: Answering): Promise<NameServer> {
    const connections = new Set<Socket>();
    const tcp = createServer((socket) => {
      connections.add(socket);
      socket.on("close", () => connections.delete(socket));
      serveConnection(socket, answering);
    });
    const udp = createSocket("udp4");
    udp.on("message", (message, from) => {
      const response = respond(message, from.address, "udp", answering);
      if (response !== null) {
        udp.send(response, from.port, from.address);
      }
    });
    try {
      tcp.listen(port, address);
      await once(tcp, "listening");
      const bound = tcp.address();
      const taken = typeof bound === "object" && bound !== null ? bound.port : port;
      udp.bind(taken, address);
      await once(udp, "listening");
      return new NameServer({ address, port: taken }, udp, tcp, connections);
    } catch (error) {
      tcp.close();
      udp.close();
      throw new UserError(`the name server needs ${address} port ${port}, by TCP and UDP: ${String(error)}`);
    }
  }

  async stop(): Promise<void> {
    const closed = Promise.all([once(this.udp, "close"), once(this.tcp, "close")]);
    this.udp.close();
    this.tcp.close();
    for (const socket of this.connections) {
      socket.destroy();
    }
    await closed;
  }
}

/** Messages with their length before them, any number on one connection (RFC 1035, 4.2.2). */
function serveConnection(socket: Socket, answering: Answering): void {
  let waiting = Buffer.alloc(0);
  socket.setTimeout(IDLE, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (data) => {
    waiting = Buffer.concat([waiting, data]);
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
      const end = 2 + waiting.readUInt16BE(0);
      const response = respond(waiting.subarray(2, end), socket.remoteAddress ?? "", "tcp", answering);
      waiting = waiting.subarray(end);
      if (response === null) {
        socket.destroy();
        return;
      }
      const length = Buffer.alloc(2);
      length.writeUInt16BE(response.length);
      socket.write(Buffer.concat([length, response]));
    }
  });
}
