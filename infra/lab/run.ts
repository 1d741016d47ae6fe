import * as fs from "node:fs";
import { join } from "node:path";
import { localOrigin } from "../edge/origin";
import { debianRoot } from "../edge/debianRoot";
import { requireMachine } from "../edge/machine";
import { stackFile } from "../config/stacks";
import { resolveCli } from "../pulumi/cli";
import { serveLivePage } from "../page/live/server";
import { coloursFor } from "../terminal/colours";
import { stopSignal } from "../terminal/interruption";
import { say } from "../terminal/say";
import { UserError } from "../terminal/userError";
import { act } from "./actions";
import { LAB_ROOT } from "./image";
import { Lab } from "./lab";
import { liveState } from "./liveState";
import { clearRemains } from "./remains";
import { firstSteps } from "./text";

export interface LabCommandOptions {
  readonly stack: string;
  readonly origin?: string;
}

/** Milliseconds between two states that the page shows. */
const PAGE_PACE = 1000;

/** Runs the lab until it is told to stop by a signal. @returns the exit status */
export async function runLab({ stack, origin }: LabCommandOptions): Promise<number> {
  stackFile(stack);
  if (origin !== undefined) {
    localOrigin(origin);
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
  const lab = await Lab.open({ cli, stack, image, origin });
  try {
    return await serve(lab, stopped);
  } finally {
    say("the lab ends");
    await lab.stop();
    fs.rmSync(environmentFile(lab), { force: true });
  }
}

async function serve(lab: Lab, stopped: Promise<"stopped">): Promise<number> {
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
    const status = await lab.up((args) => lab.sandbox.run(args));
    if (status !== 0) {
      return status;
    }
    process.stdout.write(firstSteps(lab, page.address, environmentFile(lab)));
    await stopped;
    return 0;
  } finally {
    clearInterval(pace);
    tell();
    await page.close();
  }
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
