import * as os from "node:os";
import { createInterface } from "node:readline";
import { coloursFor } from "./colours";
import { exitCodes } from "./exitCodes";
import type { Style } from "./table";
import { UserError } from "./userError";

interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Where a command of the operator's tool writes, and whom it asks. */
export interface Terminal {
  readonly style: Style;
  /** What was asked for: standard output. */
  out(text: string): void;
  /** Everything else that a person should know: a line on standard error. */
  say(line: string): void;
  /** The answer to a question, empty for Ctrl-C and Ctrl-D, or undefined when there is nobody to ask. */
  ask(question: string): Promise<string | undefined>;
  /**
   * From now on Ctrl-C, or another signal that ends the process, ends it with a word on what it leaves behind.
   *
   * @returns what takes that back
   */
  whenInterrupted(left: () => string): () => void;
}

/** What ends a process that does not listen. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The terminal of this process. */
export function processTerminal({ stdin, stdout, stderr }: Streams = process): Terminal {
  return {
    style: { ...coloursFor(stdout), width: stdout.isTTY === true ? (stdout.columns ?? Infinity) : Infinity },
    out: (text) => {
      stdout.write(text);
    },
    say: (line) => {
      stderr.write(`${line}\n`);
    },
    async ask(question) {
      if (stdin.isTTY !== true || stderr.isTTY !== true) {
        return undefined;
      }
      return answerTo(question, stdin, stderr);
    },
    whenInterrupted(left) {
      const end = (signal: (typeof SIGNALS)[number]): void => {
        stderr.write(`\n${left()}\n`);
        // As a shell counts what ended by a signal.
        process.exit(128 + os.constants.signals[signal]);
      };
      SIGNALS.forEach((signal) => process.on(signal, end));
      return () => {
        SIGNALS.forEach((signal) => process.off(signal, end));
      };
    },
  };
}

/** Not by readline's promises: they fail for Ctrl-C and Ctrl-D, each in its own way. */
function answerTo(question: string, input: Streams["stdin"], output: Streams["stderr"]): Promise<string> {
  const lines = createInterface({ input, output });
  return new Promise((resolve) => {
    const left = (): void => {
      output.write("\n");
      resolve("");
    };
    lines.on("close", left);
    lines.question(question, (answer) => {
      resolve(answer);
      lines.off("close", left).close();
    });
  });
}

/**
 * Asks before something dangerous is done.
 *
 * @param yes the person has agreed on the command line
 * @throws UserError when the answer is no, and, with the exit code of a mistake, when nobody can be asked
 */
export async function confirm(terminal: Terminal, question: string, yes: true | undefined): Promise<void> {
  if (yes === true) {
    return;
  }
  const answer = await terminal.ask(`${question} [y/N] `);
  if (answer === undefined) {
    throw new UserError(`${question} Nobody can be asked here: add --yes to agree. Nothing was done.`, exitCodes.usage);
  }
  if (!/^y(?:es)?$/i.test(answer.trim())) {
    throw new UserError("nothing was done");
  }
}

/** One JSON object, as `--json` prints it. */
export function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
