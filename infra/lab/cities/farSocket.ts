import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";

/** How far away something is. */
export interface Distance {
  /** ms there and back. */
  readonly roundTrip: number;
}

export interface FarOptions extends Distance {
  readonly address: string;
  readonly port: number;
  /** Address to come from. */
  readonly from: string;
  /** Gives up after so many ms beyond the round trip. */
  readonly within: number;
}

/**
 * A TCP connection to something that is far away: it stands a round trip after it was asked for, and every byte is half
 * a round trip under way, in both directions.
 *
 * That is all that a distance does here. Bandwidth is that of this machine, nothing is lost, and a window never has to
 * grow, so a large body comes as fast as a small one; the line between a home and its provider has no delay.
 *
 * @throws Error of the connection, after a round trip
 */
export async function connectFar({ address, port, from, roundTrip, within }: FarOptions): Promise<Duplex> {
  const near = connect({ host: address, port, localAddress: from, noDelay: true });
  const late = setTimeout(() => near.destroy(new Error(`no connection within ${String(within)} ms`)), within);
  try {
    await once(near, "connect");
  } catch (error) {
    await passed(roundTrip);
    throw error;
  } finally {
    clearTimeout(late);
  }
  const far = new FarSocket(near, roundTrip);
  await passed(roundTrip);
  return far;
}

class FarSocket extends Duplex {
  private readonly there: number;
  private readonly back: number;

  constructor(
    private readonly near: Socket,
    roundTrip: number,
  ) {
    super();
    this.there = Math.floor(roundTrip / 2);
    this.back = Math.ceil(roundTrip - this.there);
    near.on("data", (data) => void setTimeout(() => this.push(data), this.back));
    near.on("end", () => void setTimeout(() => this.push(null), this.back));
    near.on("error", (error) => void setTimeout(() => this.destroy(error), this.back));
    near.on("close", () => void setTimeout(() => this.destroy(), this.back));
  }

  /** What comes is kept until it is read: a client here reads all there is, at once. */
  override _read(): void {}

  /** Timers of the same length end in the order in which they began, so bytes stay in order. */
  override _write(data: Buffer, _encoding: BufferEncoding, done: () => void): void {
    setTimeout(() => this.near.write(data), this.there);
    done();
  }

  override _final(done: () => void): void {
    setTimeout(() => this.near.end(), this.there);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.near.destroy();
    done(error);
  }
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
