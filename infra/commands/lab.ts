import type { Command } from "commander";
import type { LabCommandOptions } from "../lab/run";

/** `footprint lab`: a whole footprint on this machine. */
export function registerLab(program: Command): void {
  program
    .command("lab")
    .description("Run a whole footprint on this machine: what the real engine deploys to the stand-in for AWS serves.")
    .option("-s, --stack <name>", "stack to deploy", "sandbox")
    .option(
      "--origin <url>",
      "take every site from here: http://host[:port] or https://host[:port]; else pages of its own",
    )
    .option(
      "--scenario <name...>",
      "play these one after the other, or all: nearest, purge, origin, drain, drain-by-file, surge, add-region, lose-zone, lose-pop, new-image, bad-image; print a table of each and end: 0 if what they promise is kept, else 1",
    )
    .option(
      "--chaos <seed>",
      "let two things happen at a time, drawn by this number, and look for what must never be; end likewise",
    )
    .option("--minutes <n>", "how long new things happen with --chaos (default: 10)")
    .addHelpText(
      "after",
      `
Needs Linux and root. Each node that the stack's groups want is booted from its user data: systemd, HAProxy, Varnish and the
agent, in namespaces of its own, about 120 MB each. A Debian 13 with their packages is installed into the cache folder at
the first run (a minute, 600 MB); nothing else of the machine is changed, and nothing is left when it ends.

Runs until Ctrl-C. What to paste in another terminal is printed when it serves.

Examples:
  $ sudo npx footprint lab
  $ sudo npx footprint lab --stack europe --origin http://127.0.0.1:8000
  $ sudo npx footprint lab --scenario nearest lose-pop
  $ sudo npx footprint lab --chaos 7 --minutes 5`,
    )
    .action(async (options: LabCommandOptions) => {
      const { runLab } = await import("../lab/run");
      process.exitCode = await runLab(options);
    });
}
