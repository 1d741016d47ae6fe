import { loadConfig } from "../../config/load";
import { stackConfigFromText } from "../../config/stackFile";
import { stackPath } from "../../config/stacks";
import { exitCodes } from "../../terminal/exitCodes";
import { UserError } from "../../terminal/userError";
import { table, type Style } from "../../terminal/table";
import { namedSites } from "../namedSites";
import { drainByFile } from "./configured";
import { addRegion } from "./grow";
import { badImage, newImage } from "./image";
import { drain, losePop } from "./moving";
import { nearest } from "./nearest";
import { origin } from "./origin";
import { purge } from "./purge";
import type { Outcome, Scenario } from "./stage";
import { surge } from "./surge";
import { loseZone } from "./zone";

/** In an order in which each finds what it needs: the longest come last. */
export const SCENARIOS: readonly Scenario[] = [
  nearest,
  purge,
  origin,
  drain,
  drainByFile,
  surge,
  addRegion,
  loseZone,
  losePop,
  newImage,
  badImage,
];

/** Means every one of them. */
const ALL = "all";

/** @throws UserError naming those that there are */
export function scenariosOf(names: readonly string[]): readonly Scenario[] {
  return names.flatMap((name) => {
    const found = SCENARIOS.filter((each) => name === ALL || each.name === name);
    if (found.length === 0) {
      const known = [...SCENARIOS.map((each) => each.name), ALL].join(", ");
      throw new UserError(`--scenario: must be one of ${known}, got "${name}"`, exitCodes.usage);
    }
    return found;
  });
}

/**
 * A stack's file as scenarios want it.
 *
 * @param name of the stack
 * @throws ConfigError for mistakes in it, UserError where DNS knows no site that people could ask for
 */
export function preparedFor(scenarios: readonly Scenario[], name: string, text: string): string {
  const prepared = scenarios.reduce((edited, { prepare }) => prepare?.(edited) ?? edited, text);
  if (namedSites(loadConfig(name, stackConfigFromText(prepared, stackPath(name)))).length === 0) {
    throw new UserError(
      `--scenario: needs a site that people can ask for, and all sites of stack ${name} have \`dns: later\``,
      exitCodes.usage,
    );
  }
  return prepared;
}

/** A scenario's table, what was seen beside it, and whether it held. */
export function outcomeText({ title }: Scenario, { head, rows, notes, broken }: Outcome, style: Style): string {
  const verdict = broken.length === 0 ? [style.green("It holds.")] : broken.map((what) => style.red(`broken: ${what}`));
  return [style.bold(title), table(head, rows, style), ...notes, ...verdict].join("\n") + "\n";
}
