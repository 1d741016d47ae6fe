import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * Puts a file in place whole, and on its disk: after a crash there is the former one or this one.
 *
 * @param group id of the group that it belongs to; default: this process' own
 */
export function writeDurably(path: string, content: string | Buffer, mode = 0o644, group?: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(`${path}.new`, "w", mode);
  try {
    // The process' mask has no say.
    fchmodSync(file, mode);
    if (group !== undefined) {
      fchownSync(file, 0, group);
    }
    const bytes = Buffer.from(content);
    for (let written = 0; written < bytes.length;) {
      written += writeSync(file, bytes, written);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  syncFolder(path);
}

/** Takes a file away, if it is there: after a crash it does not come back. */
export function removeDurably(path: string): void {
  rmSync(path, { force: true });
  syncFolder(path);
}

function syncFolder(path: string): void {
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The text of a file; undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
