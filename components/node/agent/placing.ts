import {
  chmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { modeOf } from "../modes";
import type { Bundle } from "../protocol/bundleFormat";

type Files = Bundle["files"];

/**
 * Puts a bundle's files in place of another's. All are written beside their places before the first takes its place,
 * so that a full disk leaves everything as it was.
 */
export function placeFiles(root: string, files: Files, former: Files): void {
  const changed = Object.entries(files).filter(([path, text]) => textAt(join(root, path)) !== text);
  try {
    for (const [path, text] of changed) {
      writeBeside(join(root, path), text, modeOf(path));
    }
  } catch (error) {
    for (const [path] of changed) {
      rmSync(`${join(root, path)}.new`, { force: true });
    }
    throw error;
  }
  for (const [path] of changed) {
    renameSync(`${join(root, path)}.new`, join(root, path));
  }
  for (const path of Object.keys(former).filter((each) => !(each in files))) {
    rmSync(join(root, path), { force: true });
  }
}

/** Puts a bundle's files below a folder, which is emptied first. */
export function stageFiles(folder: string, files: Files): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, modeOf(path));
  }
}

function writeBeside(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  chmodSync(`${path}.new`, mode);
  const file = openSync(`${path}.new`, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function textAt(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
