import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";

/** Replaces a file in one step: whoever reads it sees the old or the new content, never a part. */
export function replaceFile(file: string, content: string): void {
  const temporary = `${file}.${String(process.pid)}.tmp`;
  try {
    writeFileSync(temporary, content, { mode: statSync(file).mode });
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
}
