import { CommanderError } from "commander";
import { version } from "../../package.json";
import { ConfigError } from "../config/problems";
import { coloursFor } from "../terminal/colours";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";

/** What a failed command says on stderr, and its exit code. */
export interface Report {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * A user's mistake is told without a stack trace; everything unforeseen is a bug and told with all there is.
 * @param stack the stack that the command was about, if any
 */
export function reportOf(error: unknown, stack?: string): Report {
  const { bold, red } = coloursFor(process.stderr);
  if (error instanceof CommanderError) {
    // Commander has already said what is wrong. Help and version come this way too, with exit code 0.
    return { text: "", exitCode: error.exitCode === 0 ? exitCodes.ok : exitCodes.usage };
  }
  if (error instanceof ConfigError) {
    const count = error.problems.length;
    const file = stack === undefined ? "the configuration" : `stacks/Pulumi.${stack}.yaml`;
    const heading = `${file}: ${count} ${count === 1 ? "problem" : "problems"}`;
    return { text: `${red(bold(heading))}\n${error.message}\n`, exitCode: exitCodes.usage };
  }
  if (error instanceof UserError) {
    return { text: `${red("error:")} ${error.message}\n`, exitCode: error.exitCode };
  }
  const refusal = refusedByMachine(error);
  if (refusal !== undefined) {
    return { text: `${red("error:")} ${refusal}\n`, exitCode: exitCodes.failure };
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const system = `footprint ${version}, Node ${process.version}, ${process.platform} ${process.arch}`;
  return {
    text:
      `${red(bold("This is a bug in Footprint, not a mistake of yours."))}\n${details}\n\n` +
      `Please report it with these lines, the command and the stack file (${system}).\n`,
    exitCode: exitCodes.failure,
  };
}

/** What the file system refuses is nobody's bug: the cache folder, HOME or a disk. */
const REFUSALS: readonly string[] = ["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT"];

function refusedByMachine(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && REFUSALS.includes(String(error.code))
    ? `this machine refuses it: ${error.message}`
    : undefined;
}
