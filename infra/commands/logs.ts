import type { Command } from "commander";
import type { LogsOptions } from "../operate/logs/run";
import { OUTPUTS_HELP, withStack } from "./operator";

/** `footprint logs`: what clients have asked for, from the access logs of every PoP. */
export function registerLogs(program: Command, folder?: string): void {
  withStack(
    folder,
    program.command("logs").description("Read the access logs of all PoPs: how much, how well, how slow, who."),
  )
    .option("--since <when>", "from when on: so long ago (90s, 15m, 6h, 2d) or a time (2026-11-28T07:00Z)", "1h")
    .option("--until <when>", "until when; default: now")
    .option("--pop <region...>", "only there; default: every deployed PoP")
    .option("--site <host...>", "only of these sites")
    .option(
      "--top <what>",
      "the busiest by path, client or status; by path what missed the cache (miss) or took longest (slow)",
    )
    .option("--sql <statement>", "what DuckDB answers of the table requests, whose columns are the log's fields")
    .option("--limit <count>", "so many of them", "20")
    .option("--json", "each request, or row of an answer, as a line of JSON; with --top one object")
    .option("--csv", "the same as CSV")
    .option("--follow", "what arrives, request by request, until Ctrl-C")
    .option(
      "--out <folder>",
      "puts the files there, as they are, for jq and the like; with --sql keeps them for the next one",
    )
    .option("-y, --yes", "agree beforehand to fetch more than 1 GB")
    .addHelpText(
      "after",
      `
Without more: a summary, and how requests and errors went over the time. Nodes send what they have logged every five
minutes, and when they leave; requests stand under the time at which they began. It says how much it is about to fetch.
--sql needs DuckDB's engine, an optional package; it reads the fetched files and nothing else (infra/operate/LOGS.md).

Needs AWS credentials that may list and read access/* in the log bucket of each region.
${OUTPUTS_HELP}
Exit codes: 0 all of it was read, 1 some of it could not be, 2 the command line has a mistake.

Examples:
  $ footprint logs --stack global --since 15m
  $ footprint logs --stack global --top slow --site shop.example.com --pop eu-central-1
  $ footprint logs --stack global --since 6h --csv > requests.csv
  $ footprint logs --stack global --since 1d --out logs
  $ footprint logs --stack global --sql "SELECT site, count(*) FROM requests WHERE status >= 500 GROUP BY site"`,
    )
    .action(async (options: LogsOptions) => {
      const { runLogs } = await import("../operate/logs/run");
      const { processTerminal } = await import("../terminal/confirm");
      process.exitCode = await runLogs(options, processTerminal(), folder);
    });
}
