import * as os from "node:os";
import { parseArgs } from "node:util";
import { ENGINE } from "./enginePart";
import { NODE } from "./nodePart";
import type { Part } from "./part";
import { PLAN } from "./planPart";
import { SOAK } from "./soakPart";

const PARTS: readonly Part[] = [PLAN, ENGINE, NODE, SOAK];

const USAGE = `usage: npm run bench -- [${PARTS.map(({ name }) => name).join("] [")}] [--check] [--json]`;

/**
 * Measures the parts that are named, or all. What needs more than this machine has is skipped with a line; under
 * FOOTPRINT_REQUIRE_ALL=1 that is a failure.
 *
 * @param args names of parts; `--check` asserts the bounds, with exit code 1 when one is broken; `--json` writes figures
 * for a program instead of tables
 */
export async function run(args: readonly string[]): Promise<void> {
  const asked = read(args);
  if (asked === undefined) {
    process.stderr.write(`bench: got ${args.join(" ")}\n${USAGE}\n`);
    process.exitCode = 2;
    return;
  }
  const all: Record<string, object> = {};
  for (const part of asked.parts.filter(canRun)) {
    const { text, figures, broken } = await part.measure((line) => process.stderr.write(`bench: ${line}\n`));
    all[part.name] = figures;
    process.stdout.write(asked.json ? "" : text);
    process.stderr.write(broken.map((line) => `bench: ${line}\n`).join(""));
    if (asked.check && broken.length > 0) {
      process.exitCode = 1;
    }
  }
  if (asked.json) {
    process.stdout.write(`${JSON.stringify({ machine: machine(), ...all }, null, 2)}\n`);
  }
}

function read(args: readonly string[]) {
  try {
    const options = { check: { type: "boolean", default: false }, json: { type: "boolean", default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const isKnown = positionals.every((name) => PARTS.some((part) => part.name === name));
    const parts = PARTS.filter(({ name, onlyByName }) =>
      positionals.length === 0 ? onlyByName === undefined : positionals.includes(name),
    );
    return isKnown ? { ...values, parts } : undefined;
  } catch {
    return undefined;
  }
}

function canRun({ name, requirements }: Part): boolean {
  const missing = requirements.filter((each) => !each.isMet());
  for (const each of missing) {
    process.stderr.write(`skipped: bench ${name}: ${each.name} is missing (${each.remedy})\n`);
  }
  if (missing.length > 0 && process.env.FOOTPRINT_REQUIRE_ALL === "1") {
    process.exitCode = 1;
  }
  return missing.length === 0;
}

function machine(): object {
  return { cores: os.availableParallelism(), processor: os.cpus()[0]?.model, node: process.version };
}
