import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Recording } from "../../infra/plan/harness";

/**
 * A recording by its key: made once a run of jest, and then read by every test file that asks for it. A dozen of them look at
 * the shipped stacks, and `global` takes seconds. The folder is new with each run, so nothing is older than the code.
 */
export async function recorded(key: string, run: () => Promise<Recording>): Promise<Recording> {
  const folder = process.env.FOOTPRINT_RECORDINGS;
  if (folder === undefined) {
    return run();
  }
  const file = path.join(folder, `${createHash("sha256").update(key).digest("hex")}.json`);
  if (!fs.existsSync(file)) {
    // Two workers that make the same at once write the same.
    const own = `${file}.${String(process.pid)}`;
    fs.writeFileSync(own, JSON.stringify(await run()));
    fs.renameSync(own, file);
  }
  return JSON.parse(fs.readFileSync(file, "utf8")) as Recording;
}
