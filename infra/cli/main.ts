import { Command } from "commander";
import { version } from "../../package.json";
import { registerAdvise } from "../commands/advise";
import { registerCheck } from "../commands/check";
import { registerCutover } from "../commands/cutover";
import { registerDashboard } from "../commands/dashboard";
import { registerDrain } from "../commands/drain";
import { registerEdge } from "../commands/edge";
import { registerImages } from "../commands/images";
import { registerLab } from "../commands/lab";
import { registerLogs } from "../commands/logs";
import { registerNode } from "../commands/node";
import { registerPlan } from "../commands/plan";
import { registerPrices } from "../commands/prices";
import { registerPurge } from "../commands/purge";
import { registerRotate } from "../commands/rotate";
import { registerSandbox } from "../commands/sandbox";
import { registerStatus } from "../commands/status";
import { registerTop } from "../commands/top";
import { registerUndrain } from "../commands/undrain";
import { registerZoneId } from "../commands/zoneId";
import { coloursFor } from "../terminal/colours";
import { exitCodes } from "../terminal/exitCodes";
import { reportOf } from "./report";

const examples = `
Examples:
  $ footprint plan --stack sandbox            what the stack sandbox would deploy, without credentials or network
  $ footprint plan --stack global --json      the same as one JSON object
  $ footprint advise --stack global           which region to add next, which PoP to leave out
  $ footprint prices --stack global           read AWS's price list for the plan
  $ footprint sandbox                         deploy it with the real Pulumi engine to a stand-in for AWS
  $ footprint lab                             the same, and it serves: on this machine (Linux, root)
  $ footprint edge --origin URL               run one real node of a PoP in front of an origin
  $ footprint images --stack global --help    how image ids come into a stack file
  $ footprint check --stack global            whether the account has what the first update needs
  $ footprint status --stack global           how a deployment is, and what needs attention
  $ footprint logs --stack global --since 15m what clients have asked for, and how it went
  $ footprint purge --stack global --url URL  take a URL out of the caches of every PoP

Exit codes:
  ${exitCodes.ok}  the command did what it was asked
  ${exitCodes.failure}  it failed
  ${exitCodes.usage}  the stack file has mistakes, and all are listed on stderr, or the command line has one`;

/** Runs the command line of this process. */
export function run(): void {
  // `footprint plan | head` closes our stdout early: there is nobody left to tell, but what was begun has an end to come to,
  // and an exit code of its own.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      process.on("exit", (code) => {
        process.exitCode = code === 0 ? exitCodes.failure : code;
      });
    }
  });
  process.stderr.on("error", () => undefined);
  let stack: string | undefined;
  const program = footprint().hook("preAction", (_program, command) => {
    stack = command.opts<{ stack?: string }>().stack;
  });
  const fail = (error: unknown): void => {
    const report = reportOf(error, stack);
    process.stderr.write(report.text);
    process.exitCode = report.exitCode;
  };
  // What a Pulumi program leaves behind un-awaited ends here.
  process.on("unhandledRejection", fail);
  program.parseAsync().catch(fail);
}

/** The command line, with every command on it. */
export function footprint(): Command {
  const { red } = coloursFor(process.stderr);
  const program = new Command("footprint")
    .description(
      "A self-run edge on AWS: plans a deployment footprint, runs it in a sandbox, helps to write its stack file, operates it.",
    )
    .version(version)
    .addHelpText("after", examples)
    .showHelpAfterError("Run `footprint --help` for the commands, `footprint <command> --help` for one of them.")
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^error:/, red("error:")));
      },
    })
    // What follows `sandbox` is the Pulumi CLI's.
    .enablePositionalOptions()
    .exitOverride();
  // A command loads what it needs when it runs: the AWS SDK alone takes longer than `--help` may.
  for (const register of [
    registerPlan,
    registerAdvise,
    registerPrices,
    registerSandbox,
    registerEdge,
    registerLab,
    registerNode,
    registerImages,
    registerZoneId,
    registerCheck,
    registerStatus,
    registerTop,
    registerLogs,
    registerDashboard,
    registerPurge,
    registerDrain,
    registerUndrain,
    registerRotate,
    registerCutover,
  ]) {
    register(program);
  }
  return program;
}
