import * as fs from "node:fs";
import { join } from "node:path";
import { localOrigin } from "../edge/origin";
import { debianRoot } from "../edge/debianRoot";
import { requireMachine } from "../edge/machine";
import { configOfStack } from "../config/ofStack";
import { bareName, stackPath } from "../config/stacks";
import { resolveCli } from "../pulumi/cli";
import { serveLivePage } from "../page/live/server";
import { coloursFor } from "../terminal/colours";
import { begins } from "../sandbox/stepLines";
import { exitCodes } from "../terminal/exitCodes";
import { stopSignal } from "../terminal/interruption";
import { say } from "../terminal/say";
import { UserError } from "../terminal/userError";
import { act } from "./actions";
import { LAB_ROOT } from "./image";
import { chaos } from "./chaos/chaos";
import { Lab } from "./lab";
import { liveState } from "./liveState";
import { namedSites } from "./namedSites";
import { clearRemains } from "./remains";
import { outcomeText, preparedFor, scenariosOf } from "./scenarios/play";
import type { Scenario } from "./scenarios/stage";
import { atHome } from "./scenarios/moving";
import { stageOf } from "./scenarios/stageOf";
import { firstSteps } from "./text";

export interface LabCommandOptions {
  readonly stack: string;
  readonly origin?: string;
  /** Names of those to play instead of serving until a signal. */
  readonly scenario?: readonly string[];
  /** Seed of what happens at random, which is a scenario as well. */
  readonly chaos?: string;
  /** How long new things happen at random; default: CHAOS_MINUTES. */
  readonly minutes?: string;
}

const CHAOS_MINUTES = 10;

/** Milliseconds between two states that the page shows. */
const PAGE_PACE = 1000;

/** Seconds between two requests of a city. */
const CITIES_ASK = 10;

/** Runs the lab until it is told to stop by a signal. @returns the exit status */
export async function runLab({ origin, ...options }: LabCommandOptions): Promise<number> {
  const scenarios = [...scenariosOf(options.scenario ?? []), ...chaosOf(options)];
  // Its engine knows no organizations.
  const stack = bareName(options.stack);
  // Mistakes in its file are told before anything is got or started.
  configOfStack(stack);
  const ownStackFile = scenarios.length === 0 ? undefined : (text: string) => preparedFor(scenarios, stack, text);
  ownStackFile?.(fs.readFileSync(stackPath(stack), "utf8"));
  if (origin !== undefined) {
    localOrigin(origin);
    if (scenarios.length > 0) {
      throw new UserError(
        "--scenario, --chaos: must be without --origin: scenarios change the pages of the lab's own origin, and take it away",
        exitCodes.usage,
      );
    }
  }
  requireMachine();
  const cli = await resolveCli(say);
  if (cli === undefined) {
    throw new UserError(
      "The lab needs the Pulumi CLI, and none could be downloaded or built: install it (https://www.pulumi.com/docs/install/), or Go",
    );
  }
  const image = await debianRoot(say, LAB_ROOT);
  const remains = await clearRemains(image);
  if (remains > 0) {
    say(`cleared what a lab that was killed has left: ${String(remains)} control groups`);
  }
  const stopped = stopSignal();
  const lab = await Lab.open({
    ...{ cli, stack, image, origin },
    // They edit the stack's file, and the user's is not theirs.
    ...(ownStackFile === undefined ? {} : { ownStackFile }),
  });
  try {
    return await serve(lab, stopped, scenarios);
  } finally {
    say("the lab ends");
    await lab.stop();
    fs.rmSync(environmentFile(lab), { force: true });
  }
}

async function serve(lab: Lab, stopped: Promise<"stopped">, scenarios: readonly Scenario[]): Promise<number> {
  const { dim, green, red } = coloursFor(process.stderr);
  const tell = lab.happenings.listen(({ kind, region, text }) => {
    const colour = { good: green, bad: red, note: dim }[kind];
    process.stderr.write(`${colour(`${new Date().toISOString().slice(11, 19)} ${region ?? "all"}: ${text}`)}\n`);
  });
  fs.writeFileSync(environmentFile(lab), shellFile(lab.variables), { mode: 0o600 });
  const page = await serveLivePage({ state: liveState(lab), port: 0, act: (order) => act(lab, order) });
  const pace = setInterval(() => {
    page.show(liveState(lab));
  }, PAGE_PACE);
  say(`${page.address} shows what happens`);
  void stopped.then(() => {
    lab.aws.giveUp();
  });
  try {
    // Whoever stops it while it is readied wants nothing deployed.
    if ((await Promise.race([stopped, Promise.resolve("goes on")])) === "stopped") {
      return 1;
    }
    // On a terminal a step's beginning becomes its end.
    const shown = (line: string) => !begins(line);
    const status = await lab.up((args) =>
      process.stdout.isTTY ? lab.sandbox.run(args) : lab.sandbox.runFiltered(args, shown),
    );
    if (status !== 0) {
      return status;
    }
    if (scenarios.length > 0) {
      return await play(scenarios, lab, stopped);
    }
    process.stdout.write(firstSteps(lab, page.address, environmentFile(lab)));
    const [host] = namedSites(lab.config);
    const people = host === undefined ? undefined : lab.internet.everybodyAsks(host, CITIES_ASK);
    await stopped;
    // What is under way ends with the lab.
    void people?.stop();
    return 0;
  } finally {
    clearInterval(pace);
    tell();
    await page.close();
  }
}

/** @throws UserError for what are no numbers */
function chaosOf({ chaos: seed, minutes }: Pick<LabCommandOptions, "chaos" | "minutes">): readonly Scenario[] {
  if (seed === undefined) {
    if (minutes !== undefined) {
      throw new UserError("--minutes: says how long --chaos lasts, which is not given", exitCodes.usage);
    }
    return [];
  }
  const numbers = { seed: Number(seed), minutes: Number(minutes ?? CHAOS_MINUTES) };
  if (!Number.isInteger(numbers.seed)) {
    throw new UserError(`--chaos: must be a whole number, got "${seed}"`, exitCodes.usage);
  }
  if (!(numbers.minutes > 0)) {
    throw new UserError(`--minutes: must be a number above 0, got "${minutes ?? ""}"`, exitCodes.usage);
  }
  return [chaos(numbers)];
}

/** @returns 0 when what the scenarios promise is kept, else 1 */
async function play(scenarios: readonly Scenario[], lab: Lab, stopped: Promise<"stopped">): Promise<number> {
  const { isTTY, columns } = process.stdout;
  const style = { ...coloursFor(process.stdout), width: isTTY ? columns : Infinity };
  let status = 0;
  for (const scenario of scenarios) {
    const stage = stageOf(lab);
    const outcome = await Promise.race([atHome(stage).then(() => scenario.play(stage)), stopped]);
    if (outcome === "stopped") {
      return 1;
    }
    process.stdout.write(outcomeText(scenario, outcome, style));
    status = outcome.broken.length === 0 ? status : 1;
  }
  return status;
}

/** To be read by a shell: what makes commands in another terminal mean this lab. */
function environmentFile(lab: Lab): string {
  return join(lab.sandbox.folder, "environment");
}

function shellFile(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
}
