import { closeSync, createReadStream, existsSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ACCESS_LOG_FILES } from "../accessLog";

/** A file of the access log on this node (components/node/accessLog.ts has who writes them). */
export interface AccessFile {
  /** When it was begun; files are in the order of their names. */
  readonly name: string;
  readonly path: string;
  readonly isCompressed: boolean;
  /** Bytes of its text. */
  readonly size: number;
}

const NAME = /^access-(\d{8}T\d{6}\.\d+)\.json(\.gz)?$/;

const TRAILER = 4;

/** Bytes of text that a file holds at most. */
export const FILE_BYTES = ACCESS_LOG_FILES.megabytes * 1_000_000;

/** The files that are there, oldest first; the last one is being written. */
export function accessFiles(folder: string): readonly AccessFile[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const found = new Map<string, AccessFile>();
  for (const each of names.sort().reverse()) {
    const [, name = "", gz] = NAME.exec(each) ?? [];
    const path = join(folder, each);
    const size = name === "" ? undefined : sizeOf(path, gz !== undefined);
    // Both are there while one is being compressed: the text comes last, and is whole.
    if (size !== undefined) {
      found.set(name, { name, path, isCompressed: gz !== undefined, size });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Undefined when the file has gone meanwhile. */
function sizeOf(path: string, isCompressed: boolean): number | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(file);
    if (!isCompressed) {
      return size;
    }
    // RFC 1952, section 2.3.1: the last four bytes are the size of the text; of a file that was cut off they are noise.
    const trailer = Buffer.alloc(TRAILER);
    const isRead = size >= TRAILER && readSync(file, trailer, 0, TRAILER, size - TRAILER) === TRAILER;
    return isRead ? Math.min(trailer.readUInt32LE(), FILE_BYTES) : 0;
  } finally {
    closeSync(file);
  }
}

/**
 * The text of a file from an offset on, as it is now.
 *
 * @throws Error when it cannot be read, after what could be
 */
async function* textFrom({ path, isCompressed }: AccessFile, offset: number): AsyncGenerator<Buffer> {
  let skip = isCompressed ? offset : 0;
  for await (const chunk of opened(path, isCompressed, offset) as AsyncIterable<Buffer>) {
    const rest = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - rest.length;
    if (rest.length > 0) {
      yield rest;
    }
  }
}

/**
 * The same of a file that may be broken: one that a crash has cut off, and that nobody writes to any more, ends where it
 * cannot be read on.
 */
export async function* textUpTo(file: AccessFile, offset: number, isFinished: boolean): AsyncGenerator<Buffer> {
  try {
    yield* textFrom(file, offset);
  } catch (error) {
    if (!isFinished || !file.isCompressed) {
      throw error;
    }
  }
}

function opened(path: string, isCompressed: boolean, offset: number): Readable {
  // A failure is thrown to who reads.
  return isCompressed
    ? pipeline(createReadStream(path), createGunzip(), () => undefined)
    : createReadStream(path, { start: offset });
}
