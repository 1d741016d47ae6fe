import { spawn } from "node:child_process";

export interface Ended {
  /** Null when it did not end by itself: it took too long, or somebody ended it. */
  readonly status: number | null;
  /** The last of what it said, on both outputs. */
  readonly said: string;
}

/** Runs a program to its end, as a shell would find it. */
export type Run = (command: readonly string[]) => Promise<Ended>;

/** The longest takes a few seconds: VCL is compiled by a C compiler, on a machine that has clients to serve. */
const PATIENCE_MS = 120_000;

/** As a shell says that there is no such program. */
const NOT_FOUND = 127;

/** What is kept of a program that does not stop talking. */
const SAID_LIMIT = 16 * 1024;

export const runCommand: Run = ([program = "", ...args]) =>
  new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    // Node's own timeout would go on for a program that does not exist.
    const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    const end = (ended: Ended): void => {
      clearTimeout(patience);
      resolve(ended);
    };
    let said = "";
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding("utf8");
      output.on("data", (text: string) => (said = (said + text).slice(-SAID_LIMIT)));
    }
    child.on("error", (error) => {
      end({ status: NOT_FOUND, said: error.message });
    });
    child.on("close", (status) => {
      end({ status, said });
    });
  });

/**
 * Runs it.
 *
 * @throws Error with its words when it ends with anything but 0, or was ended
 */
export async function mustRun(run: Run, command: readonly string[]): Promise<void> {
  const ended = await run(command);
  if (ended.status !== 0) {
    throw new Error(endOf(command, ended));
  }
}

/** How a command ended, in one line. */
export function endOf(command: readonly string[], { status, said }: Ended): string {
  const how = status === null ? "was ended before it had finished" : `ended with ${String(status)}`;
  return `${command.join(" ")} ${how}: ${lastLines(said)}`;
}

/** What a reason has room for. Programs warn first and say last what they fail of, but for stacks. */
function lastLines(said: string): string {
  const lines = said.split("\n").filter((line) => !/^\s*(at .*)?$/.test(line));
  return lines.slice(-8).join(" | ").slice(-800);
}
