import { once } from "node:events";
import { createGzip, type Gzip } from "node:zlib";

/** Whole lines of the access log, compressed, by the hour of their requests. */
export interface Packed {
  readonly byHour: ReadonlyMap<string, Buffer>;
  /** Bytes of text and lines in them. */
  readonly bytes: number;
  readonly lines: number;
  /** Bytes behind the last whole line, at the end of the text; undefined when the text was not read to its end. */
  readonly rest: number | undefined;
}

/** Of nine, by default six. Of a line, half is an id and a time that no level makes smaller. */
const LEVEL = 3;

/** With what HAProxy's line begins (haproxy/accessLog.ts); one without an hour goes with what is being sent. */
const HOUR = /^\{"time": ?"(\d{4}-\d\d-\d\dT\d\d)/;
const LONGEST_HOUR = 32;

const END_OF_LINE = 10;
/** With which a request's line begins; a worker that ends writes "Proxy traffic stopped" to the same log. */
const BRACE = 123;

/**
 * Packs whole lines, about as many as there is room for. One chunk and what is compressed of it are in memory, and no
 * more; zlib works in a thread of its own.
 *
 * @param room bytes of text
 * @param otherwise hour of a line that says none
 */
export async function pack(text: AsyncIterable<Buffer>, room: number, otherwise: string): Promise<Packed> {
  const hours = new Map<string, HourPacker>();
  const into = (hour: string): HourPacker => {
    const found = hours.get(hour) ?? new HourPacker();
    hours.set(hour, found);
    return found;
  };
  let carry: Buffer = Buffer.alloc(0);
  let [bytes, lines] = [0, 0];
  let isFull = false;
  for await (const chunk of text) {
    const joined = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const whole = joined.subarray(0, joined.lastIndexOf(END_OF_LINE) + 1);
    carry = joined.subarray(whole.length);
    for (const run of runs(whole, otherwise)) {
      await into(run.hour).write(run.text);
      lines += run.lines;
    }
    bytes += whole.length;
    isFull = bytes >= room;
    if (isFull) {
      break;
    }
  }
  const packed = await Promise.all([...hours].map(async ([hour, packer]) => [hour, await packer.end()] as const));
  return { byHour: new Map(packed), bytes, lines, rest: isFull ? undefined : carry.length };
}

interface Run {
  readonly hour: string;
  readonly text: Buffer;
  readonly lines: number;
}

/** Lines that follow each other and are of one hour, as one; without what HAProxy says there of itself. */
function* runs(text: Buffer, otherwise: string): Generator<Run> {
  let run: { hour: string; from: number; lines: number } | undefined;
  for (let at = 0; at < text.length; at = text.indexOf(END_OF_LINE, at) + 1) {
    const hour = text[at] === BRACE ? hourOf(text, at, otherwise) : undefined;
    if (run !== undefined && run.hour !== hour) {
      yield { hour: run.hour, text: text.subarray(run.from, at), lines: run.lines };
      run = undefined;
    }
    if (hour !== undefined) {
      run ??= { hour, from: at, lines: 0 };
      run.lines++;
    }
  }
  if (run !== undefined) {
    yield { hour: run.hour, text: text.subarray(run.from), lines: run.lines };
  }
}

function hourOf(text: Buffer, at: number, otherwise: string): string {
  return HOUR.exec(text.toString("latin1", at, at + LONGEST_HOUR))?.[1] ?? otherwise;
}

class HourPacker {
  private readonly gzip: Gzip = createGzip({ level: LEVEL });
  private readonly parts: Buffer[] = [];

  constructor() {
    this.gzip.on("data", (part: Buffer) => this.parts.push(part));
  }

  async write(text: Buffer): Promise<void> {
    if (!this.gzip.write(text)) {
      await once(this.gzip, "drain");
    }
  }

  async end(): Promise<Buffer> {
    this.gzip.end();
    await once(this.gzip, "end");
    return Buffer.concat(this.parts);
  }
}
