import type { Socket } from "node:net";

const SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
/** Version 2, and a connection that is handed on. */
const PROXY = 0x21;
const TCP_OVER_IPV4 = 0x11;

const [ENDS_LENGTH, TARGET] = [12, 4];
/** Of a header for a connection over IPv4. */
export const HEADER_LENGTH = SIGNATURE.length + 4 + ENDS_LENGTH;

/** The two ends of a connection. */
export type Ends = Pick<Socket, "remoteAddress" | "remotePort" | "localAddress" | "localPort">;

/**
 * The header of the PROXY protocol, version 2, for a connection over IPv4 (haproxy.org, proxy-protocol.txt, section 2.2):
 * the addresses and ports of its two ends.
 */
export function proxyHeader({ remoteAddress, remotePort, localAddress, localPort }: Ends): Buffer {
  const ends = Buffer.concat([octets(remoteAddress), octets(localAddress), port(remotePort), port(localPort)]);
  return Buffer.concat([SIGNATURE, Buffer.from([PROXY, TCP_OVER_IPV4, 0, ends.length]), ends]);
}

/** The address that a connection was made to, by such a header. */
export function destinationOf(header: Buffer): string {
  const from = HEADER_LENGTH - ENDS_LENGTH + TARGET;
  return [...header.subarray(from, from + 4)].join(".");
}

function octets(address = "0.0.0.0"): Buffer {
  return Buffer.from(
    address
      .replace(/^::ffff:/, "")
      .split(".")
      .map(Number),
  );
}

function port(number = 0): Buffer {
  return Buffer.from([number >> 8, number & 0xff]);
}
