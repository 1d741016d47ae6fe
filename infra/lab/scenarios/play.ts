import { exitCodes } from "../../terminal/exitCodes";
import { UserError } from "../../terminal/userError";
import { table, type Style } from "../../terminal/table";
import { drain, losePop } from "./moving";
import { nearest } from "./nearest";
import { origin } from "./origin";
import { purge } from "./purge";
import type { Outcome, Scenario } from "./stage";
import { loseZone } from "./zone";

export const SCENARIOS: readonly Scenario[] = [nearest, purge, origin, drain, loseZone, losePop];

/** @throws UserError naming those that there are */
export function scenarioOf(name: string): Scenario {
  const found = SCENARIOS.find((each) => each.name === name);
  if (found === undefined) {
    const names = SCENARIOS.map((each) => each.name).join(", ");
    throw new UserError(`--scenario: must be one of ${names}, got "${name}"`, exitCodes.usage);
  }
  return found;
}

/** A scenario's table, what was seen beside it, and whether it held. */
export function outcomeText({ title }: Scenario, { head, rows, notes, broken }: Outcome, style: Style): string {
  const verdict = broken.length === 0 ? [style.green("It holds.")] : broken.map((what) => style.red(`broken: ${what}`));
  return [style.bold(title), table(head, rows, style), ...notes, ...verdict].join("\n") + "\n";
}
