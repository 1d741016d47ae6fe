/** Frames of HTTP/2 (RFC 9113) made by hand, since a library refuses to send what is wrong, and read back. */

const TYPES = {
  ...{ data: 0, headers: 1, priority: 2, reset: 3, settings: 4, ping: 6 },
  ...{ goAway: 7, windowUpdate: 8, continuation: 9 },
} as const;

export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;

export type Field = readonly [name: string, value: string];

/** How a stream ended: the status of its answer, a reset, or with the connection. */
export type StreamEnd = number | "reset" | "closed";

export function frame(type: keyof typeof TYPES, flags: number, stream: number, payload: Buffer | string = ""): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(TYPES[type], 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** With what a client begins. */
export const PREFACE = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame("settings", 0, 0)]);

/** A client that will ask no more: the node closes when it has answered. */
export const FAREWELL = frame("goAway", 0, 0, Buffer.alloc(8));

/** A header block (RFC 7541): each field a literal that is never indexed, so that it goes over the wire as it is. */
export function block(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0x10]), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  return Buffer.concat([length(bytes.length), bytes]);
}

/** An integer of HPACK with a prefix of 7 bits. */
function length(value: number): Buffer {
  if (value < 127) {
    return Buffer.from([value]);
  }
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    bytes.push(128 + (rest % 128));
  }
  return Buffer.from([...bytes, rest]);
}

/** How a stream ended, by all that a server has sent. */
export function endOf(stream: number, received: Buffer): StreamEnd {
  let status: number | undefined;
  for (let at = 0; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
    const type = received.readUInt8(at + 3);
    if (received.readUInt32BE(at + 5) !== stream) {
      continue;
    }
    if (type === TYPES.reset) {
      return status ?? "reset";
    }
    if (type === TYPES.headers) {
      status ??= statusOf(received.subarray(at + 9));
    }
  }
  return status ?? "closed";
}

/** Entries of HPACK's static table for :status, from index 8 on. */
const INDEXED = [200, 204, 206, 304, 400, 404, 500];

/** A server's header block begins with the status: an entry of the table, or three digits behind the entry's name. */
function statusOf(header: Buffer): number {
  const first = header.readUInt8(0);
  const status = first >= 0x88 ? INDEXED[first - 0x88] : Number(header.subarray(2, 5).toString("latin1"));
  if (status === undefined || !(status >= 100)) {
    throw new Error(`no status: ${header.subarray(0, 16).toString("hex")}`);
  }
  return status;
}
