import { appendFileSync } from "node:fs";
import * as path from "node:path";
import { decode, masked, type JsonValue } from "../../plan/wire";
import type { Values } from "./values";

/** One call of the engine. */
export interface LogEntry {
  readonly method: string;
  readonly urn: string;
  readonly type: string;
  /** Null for what is global. */
  readonly region: string | null;
  readonly preview: boolean;
  /** `throttled` is one try of a call that comes again. */
  readonly outcome: "done" | "refused" | "throttled";
  readonly id?: string;
  readonly error?: string;
  /** Inputs that differ, in a Diff. */
  readonly changed?: readonly string[];
  readonly replaces?: readonly string[];
  /** As the offline plan shows them: `<computed>` for what is unknown, `<secret>` for a secret. */
  readonly inputs?: JsonValue;
}

/** `calls.jsonl` in the sandbox's folder: every call as one line of JSON, without any secret. */
export class CallLog {
  private readonly file: string;

  constructor(folder: string) {
    this.file = path.join(folder, "calls.jsonl");
  }

  write(entry: LogEntry): void {
    appendFileSync(this.file, `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);
  }
}

/** Inputs for the log. */
export function shown(inputs: Values): JsonValue {
  return masked(decode(inputs));
}
