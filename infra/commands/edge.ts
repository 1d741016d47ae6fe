import type { Command } from "commander";
import type { EdgeOptions } from "../edge/run";

/** `footprint edge`: a real node on this machine, in front of any origin. */
export function registerEdge(program: Command): void {
  program
    .command("edge")
    .description("Run a real cache node on this machine in front of an origin, behind an emulated load balancer.")
    .requiredOption("--origin <url>", "where the site comes from: http://host[:port] or https://host[:port]")
    .option("-s, --stack <name>", "serve a site of this stack, with its settings; else localhost, with the defaults")
    .option("--site <host>", "which site of the stack; may be left out where there is one")
    .option("--port <number>", "port for https on 127.0.0.1; http, which redirects, has the next one", "8443")
    .addHelpText(
      "after",
      `
Needs Linux and root. A Debian 13 with HAProxy and Varnish, the packages of a node, is installed into the cache folder at
the first run (half a minute, 400 MB); nothing else of the machine is changed, and nothing is left when it ends. The
certificate is made by an authority of this machine's own; its file is printed.

Runs until Ctrl-C, with a line for each request: for reading on a terminal, as JSON elsewhere.

Examples:
  $ footprint edge --origin http://127.0.0.1:8000
  $ footprint edge --origin http://127.0.0.1:8000 --stack global --site images.example.com
  $ footprint edge --origin https://www.example.com | jq .status`,
    )
    .action(async (options: EdgeOptions) => {
      const { runEdge } = await import("../edge/run");
      await runEdge(options);
    });
}
