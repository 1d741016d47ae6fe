import { Option, type Command } from "commander";
import type { StatusOptions } from "../operate/status";
import type { StatusPageOptions } from "../operate/statusPage";
import { OUTPUTS_HELP, withStack } from "./operator";

/** `footprint status`: how a deployment is. */
export function registerStatus(program: Command, folder?: string): void {
  withStack(
    folder,
    program.command("status").description("Say how every PoP of a deployment is, and what needs attention."),
  )
    .option("--json", "print one JSON object, with every node")
    .addOption(new Option("--web", "show it on a page, at an address of this machine, until Ctrl-C").conflicts("json"))
    .addOption(
      new Option("--port <port>", "for --web: the page's port; default: any that is free").implies({ web: true }),
    )
    .addHelpText(
      "after",
      `
Per PoP: whether it serves, or who has switched it off and why; its nodes; the configuration that they run beside the one
that they should; how far they are behind in the purge log; secrets; the last instance refresh; e-mail addresses that have
not confirmed that they want alarms. A PoP that cannot be reached is shown as such.

--web prints the address of a page with a map, each PoP's nodes and what has happened since. It looks again every ten
seconds while somebody has the page open, and says what that costs. The page shows and changes nothing; it listens on
127.0.0.1 alone, where everybody who has an account on this machine can open it.

Needs AWS credentials that may read the stores and the Auto Scaling groups of all PoPs.
${OUTPUTS_HELP}
Exit codes: 0 all is well, 1 something needs attention, 2 the command line has a mistake. With --web: 0 it was ended by
Ctrl-C, 1 there is no deployment to show, 2 the command line has a mistake, such as a port that is taken.

Examples:
  $ footprint status --stack global
  $ footprint status --stack global --web --port 8080`,
    )
    .action(async (options: StatusOptions & StatusPageOptions & { readonly web?: true }) => {
      const { processTerminal } = await import("../terminal/confirm");
      if (options.web === true) {
        const { interruption } = await import("../terminal/interruption");
        const { runStatusPage } = await import("../operate/statusPage");
        const { shownCities, SHOWN_CITIES_NOTE } = await import("../plan/latency/shownCities");
        const around = { citiesOf: shownCities, note: SHOWN_CITIES_NOTE };
        process.exitCode = await runStatusPage(options, around, processTerminal(), interruption(), folder);
        return;
      }
      const { runStatus } = await import("../operate/status");
      process.exitCode = await runStatus(options, processTerminal(), folder);
    });
}
