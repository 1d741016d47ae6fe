import type { Command } from "commander";
import type { PurgeOptions } from "../operate/purge";
import { OUTPUTS_HELP, withStack } from "./operator";

/** `footprint purge`: takes content out of the caches of every PoP. */
export function registerPurge(program: Command, folder?: string): void {
  withStack(
    folder,
    program
      .command("purge")
      .description("Take content out of the caches of all PoPs, by URL, path, tag or host, or all of it."),
  )
    .option("--url <url...>", "URLs as a client asks for them; every variant of each goes (fields, cookies, encodings)")
    .option("--prefix <url...>", "all whose path begins so: https://www.example.com/news/ is everything below it")
    .option("--tag <tag...>", "what the sites' origins have tagged so; of the sites given by --host, or of all")
    .option("--host <host...>", "sites: without --tag, all of their content")
    .option("--all", "everything of every site")
    .option("--soft", "make it stale instead: it is validated, and used meanwhile or while its origin fails")
    .option("--pop <region...>", "only there; default: every deployed PoP")
    .option("--wait", "until every node that takes requests has carried it out")
    .option("--timeout <seconds>", "how long --wait waits", "30")
    .option("--json", "print one JSON object")
    .option("-y, --yes", "agree to --host and --all beforehand")
    .addHelpText(
      "after",
      `
Publishes to the purge log of each PoP's region; nodes look every second, and say how many objects they had: nothing
taken out may be a typing error. Without --wait the numbers are those that come within five seconds. What of the query counts is what \`cacheKey\` of
the site says: parameters outside of it make no difference. With \`query: all\`, a URL without its query names only itself.

Needs AWS credentials that may, in each region, read the store, write purge/* and purge-head in it, and read the two
parameters of the purge key; --wait also reads the Auto Scaling group.
${OUTPUTS_HELP}
Exit codes: 0 every PoP has taken it (and every node has carried it out), 1 some have not, or the stack file has PoPs that
the outputs do not name, 2 nothing was sent.

Examples:
  $ footprint purge --stack global --url https://www.example.com/news https://www.example.com/
  $ footprint purge --stack global --tag product-17 --host shop.example.com --soft
  $ footprint purge --stack global --all --yes --wait --json`,
    )
    .action(async (options: PurgeOptions) => {
      const { runPurge } = await import("../operate/purge");
      const { processTerminal } = await import("../terminal/confirm");
      process.exitCode = await runPurge(options, processTerminal(), folder);
    });
}
