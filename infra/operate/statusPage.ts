import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { LiveCity } from "../page/live/state";
import { serveLivePage } from "../page/live/server";
import { looked } from "../page/live/timeline";
import type { Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";
import { keptClients } from "./clients";
import { liveStatus } from "./liveStatus";
import { deployment, type StackOptions } from "./pops";
import { lookAt, type Status } from "./status";

/** Seconds between two looks: nodes report every thirty, but a switch shows at once. */
const PACE = 10;

/** Dollars for a thousand requests to S3 Standard in us-east-1: to read an object, to list. AWS, "Amazon S3 pricing". */
const PER_THOUSAND = { reads: 0.0004, lists: 0.005 };

export interface StatusPageOptions extends StackOptions {
  /** Port on loopback; without it any that is free. */
  readonly port?: string;
}

/** What is known of the world beside the deployment. */
export interface Surroundings {
  /** Who answers which city while these PoPs take users. */
  readonly citiesOf: (pops: readonly string[]) => readonly LiveCity[];
  /** What that is and is not. */
  readonly note: string;
}

/**
 * Serves the live page of a deployment, which only shows, until it is told to end. It looks again while somebody has the
 * page open, and rests else.
 *
 * @returns the exit status: 0, whatever the page shows
 * @throws UserError when there is no deployment to look at, or the port cannot be had
 */
export async function runStatusPage(
  options: StatusPageOptions,
  { citiesOf, note }: Surroundings,
  terminal: Terminal,
  ended: AbortSignal,
  folder?: string,
): Promise<number> {
  const port = portOf(options.port);
  const deployed = await deployment(options, [], terminal, folder);
  const clients = keptClients();
  const look = async () => {
    const status = await lookAt(deployed, clients);
    return liveStatus(status, new Date(), citiesOf, [note, OUTPUTS_NOTE, costText(status)]);
  };
  const first = await look();
  let state = looked(undefined, first);
  const page = await serveLivePage({ state, port });
  const closed = (ended.aborted ? Promise.resolve() : once(ended, "abort")).then(() => page.close());
  terminal.out(`${page.address}\n`);
  terminal.say(
    `The page of ${deployed.stack}, for browsers on this machine; it only shows. ${first.notes.at(-1) ?? ""}`,
  );
  terminal.say("Ctrl-C ends it.");
  const rest = () => sleep(PACE * 1000, undefined, { signal: ended, ref: false }).catch(() => undefined);
  for (;;) {
    await Promise.all([page.watched(), rest()]);
    if (ended.aborted) {
      await closed;
      return exitCodes.ok;
    }
    state = looked(state, await look());
    page.show(state);
  }
}

const OUTPUTS_NOTE =
  "PoPs are those of the outputs as they were when this began. A PoP is active here when its store and its group say so: " +
  "neither Route 53 nor the load balancers are asked.";

/** What looking takes: S3's requests are all that costs; those of Auto Scaling and SNS are free in such numbers. */
function costText({ pops }: Status): string {
  const reads = pops.reduce((sum, { nodes }) => sum + 2 + nodes.length, 0);
  const hourly = ((reads * PER_THOUSAND.reads + pops.length * PER_THOUSAND.lists) / 1000) * (3600 / PACE);
  return (
    `It looks every ${PACE} s while a page is open: ${reads + pops.length} requests to S3 each time, ` +
    `about $ ${hourly.toFixed(3)} an hour, and some to Auto Scaling and SNS that cost nothing.`
  );
}

function portOf(given: string | undefined): number {
  if (given === undefined) {
    return 0;
  }
  const port = Number(given);
  if (!/^\d{1,5}$/.test(given) || port < 1 || port > 65_535) {
    throw new UserError(`--port: must be a whole number from 1 to 65535, got "${given}"`, exitCodes.usage);
  }
  return port;
}
