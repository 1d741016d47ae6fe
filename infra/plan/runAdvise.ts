import { stackConfigFromFile } from "../config/stackFile";
import { bareName, stackFile } from "../config/stacks";
import type { Style } from "../terminal/table";
import { advise } from "./advise";
import { originRegion, tableOf, usersOf, type UsersOptions } from "./latency/files";
import { priceBook } from "./priceList/file";
import { renderAdvice } from "./renderAdvice";
import { print, withProgress } from "./run";

export interface AdviseOptions extends UsersOptions {
  readonly stack: string;
  readonly json?: true;
  /** Region in which the origin is taken to be. */
  readonly origin?: string;
  /** Round trip, ms. */
  readonly goal?: number;
  readonly places?: readonly string[];
}

/**
 * Does what `footprint advise` was asked, on standard output.
 *
 * @throws ConfigError for a stack file with mistakes, UserError for a stack, a file or a place that is not there
 */
export async function runAdvise(options: AdviseOptions, style: Style): Promise<void> {
  const { json, goal, places } = options;
  const stack = bareName(options.stack);
  const values = stackConfigFromFile(stackFile(stack));
  const table = tableOf(options);
  const origin = options.origin === undefined ? {} : { origin: originRegion(options.origin, table) };
  const asked = { ...(goal === undefined ? {} : { goal }), ...(places === undefined ? {} : { places }) };
  const advice = await withProgress(`looking at ${stack} ...`, () =>
    advise(stack, values, { users: usersOf(options), table, prices: priceBook(), ...origin, ...asked }),
  );
  print(json, advice, () => renderAdvice(advice, style));
}
