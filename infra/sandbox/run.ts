import * as fs from "node:fs";
import * as path from "node:path";
import { stackFile } from "../config/stacks";
import { resolveCli, type Cli } from "../pulumi/cli";
import { coloursFor } from "../terminal/colours";
import { say } from "../terminal/say";
import { UserError } from "../terminal/userError";
import { handedOver, stackAlone, stackOf } from "./cliArguments";
import { Sandbox } from "./sandbox";
import { begins } from "./stepLines";

const DEFAULT_STACK = "sandbox";

/**
 * Runs one command of the CLI in the sandbox, or without one the tour. With the provider's own plugin it is a check from
 * the first `up` to `destroy`.
 *
 * @returns the exit status
 */
export async function runSandbox(args: readonly string[], provider?: "aws-plugin"): Promise<number> {
  if (provider !== undefined) {
    return checkedBy(args);
  }
  // Refused before a CLI is looked for.
  const command = handedOver(args);
  const isTour = command.length === 0;
  if (isTour) {
    // Where the CLI has to be built first, this is there to be read meanwhile.
    await showPlan();
  }
  const cli = await resolveCli(say);
  if (cli === undefined) {
    if (isTour) {
      say(`${NO_CLI} The plan above is made without it.`);
      return 0;
    }
    throw new UserError(NO_CLI);
  }
  const sandbox = Sandbox.joined(cli) ?? (await ownSandbox(cli));
  try {
    return isTour ? await tour(sandbox, cli) : await pass(sandbox, command);
  } finally {
    sandbox.close();
  }
}

async function checkedBy(args: readonly string[]): Promise<number> {
  const stack = stackAlone(args, DEFAULT_STACK);
  stackFile(stack);
  const { checkWithPlugin, pluginPrograms } = await import("./pluginCheck");
  // Missed before a CLI is built.
  const programs = pluginPrograms();
  const cli = await resolveCli(say);
  if (cli === undefined) {
    throw new UserError(NO_CLI);
  }
  return checkWithPlugin({ stack, programs, cli });
}

function ownSandbox(cli: Cli): Promise<Sandbox> {
  // One command's calls are what somebody wants to read; all that ever were would fill the disk.
  fs.rmSync(path.join(Sandbox.defaultFolder(), "world", "calls.jsonl"), { force: true });
  return Sandbox.open({ cli });
}

const NO_CLI =
  "There is no Pulumi CLI, and none could be downloaded or built. Install it (https://www.pulumi.com/docs/install/), " +
  "or Go and let this command build it, and run it again.";

async function showPlan(): Promise<void> {
  const { runPlan } = await import("../plan/run");
  const { isTTY, columns } = process.stdout;
  await runPlan({ stack: DEFAULT_STACK }, { ...coloursFor(process.stdout), width: isTTY ? columns : Infinity });
}

async function tour(sandbox: Sandbox, cli: Cli): Promise<number> {
  say(
    `Pulumi ${cli.version} deploys the stack ${DEFAULT_STACK} to a stand-in for AWS on this machine, ` +
      "which asks for no image and no packages",
  );
  await sandbox.select(DEFAULT_STACK);
  // On a terminal a line of the preview becomes the update's. Elsewhere each would stay, and each step's beginning too.
  const status = process.stdout.isTTY
    ? await sandbox.run(["up", "--yes"])
    : await sandbox.runFiltered(["up", "--yes", "--skip-preview"], (line) => !begins(line));
  if (status === 0) {
    process.stdout.write(NEXT);
  }
  return status;
}

const NEXT = `
Nothing of this left the machine. What to try next:
  npx footprint sandbox up                            a second time: nothing to do
  edit stacks/Pulumi.sandbox.yaml, for example add a region to \`pops\` and \`image\`, and
  npx footprint sandbox preview --diff                says what that would do
  npx footprint sandbox stack output                  the names and addresses that a deployment gives
  npx footprint sandbox destroy                       takes everything down again
  sudo npx footprint lab                              deploys it anew, and it serves: real nodes (Linux, root)
`;

async function pass(sandbox: Sandbox, command: readonly string[]): Promise<number> {
  const { name, file } = stackOf(command, DEFAULT_STACK);
  // The CLI would make a stack of any name, and only the program would then miss its file.
  stackFile(file);
  await sandbox.select(name);
  return sandbox.run(command);
}
