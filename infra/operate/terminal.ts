import { createInterface } from "node:readline/promises";
import { coloursFor } from "../cli/colours";
import { exitCodes } from "../cli/exitCodes";
import { UserError } from "../commands/userError";
import type { Style } from "../plan/table";

/** Where a command of the operator's tool writes, and whom it asks. */
export interface Terminal {
  readonly style: Style;
  /** What was asked for: standard output. */
  out(text: string): void;
  /** Everything else that a person should know: a line on standard error. */
  say(line: string): void;
  /** The answer to a question, or undefined when there is nobody to ask. */
  ask(question: string): Promise<string | undefined>;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    style: { ...coloursFor(stdout), width: stdout.isTTY ? stdout.columns : Infinity },
    out: (text) => {
      stdout.write(text);
    },
    say: (line) => {
      stderr.write(`${line}\n`);
    },
    async ask(question) {
      if (!stdin.isTTY || !stderr.isTTY) {
        return undefined;
      }
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
  };
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
