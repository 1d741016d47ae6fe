import { InvalidArgumentError, Option, type Command } from "commander";
import type { AdviseOptions } from "../plan/runAdvise";
import { coloursFor } from "../terminal/colours";
import { latencyOption, originOption, weightsOption } from "./usersOptions";

/** `footprint advise`: which region to add next, which PoP to leave out, where a shield stands best. */
export function registerAdvise(program: Command): void {
  program
    .command("advise")
    .description(
      "Say which region to add next, which PoP to leave out, where a shield stands best, and what a latency goal needs. Touches nothing.",
    )
    .option("-s, --stack <name>", "stack, as in stacks/Pulumi.<name>.yaml", "sandbox")
    .option("--json", "print one JSON object, with every region")
    .option("--goal <ms>", "round trip within which places are to be answered: which regions that needs", milliseconds)
    .addOption(
      new Option(
        "--places <list>",
        "cities and ISO 3166 codes of countries for --goal, with commas between; else all",
      ).argParser((value: string) => value.split(",").map((name) => name.trim())),
    )
    .addOption(latencyOption())
    .addOption(weightsOption())
    .addOption(originOption())
    .addHelpText(
      "after",
      `
Examples:
  $ footprint advise --stack global
  $ footprint advise --stack global --goal 60 --places BR,NG,Lagos,Riyadh`,
    )
    .action(async (options: AdviseOptions, command: Command) => {
      if (options.places !== undefined && options.goal === undefined) {
        command.error("error: --places says for which places a --goal is; give both");
      }
      const { runAdvise } = await import("../plan/runAdvise");
      const { columns } = process.stdout;
      await runAdvise(options, {
        ...coloursFor(process.stdout),
        width: process.stdout.isTTY ? columns : Infinity,
      });
    });
}

function milliseconds(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 1000)) {
    throw new InvalidArgumentError("Must be a number of milliseconds above 0, at most 1000.");
  }
  return number;
}
