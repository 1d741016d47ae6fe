import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { STACKS_FOLDER } from "../../config/stacks";
import { exitCodes } from "../../terminal/exitCodes";
import { replaceFile } from "../../terminal/replaceFile";
import { UserError } from "../../terminal/userError";
import { PriceBook, SHIPPED_TABLE } from "../prices";

/** Prices that `footprint prices` has read, beside the stack files: a plan stays what it is until they are read anew. */
export const PRICES_FILE = join(STACKS_FOLDER, "prices.json");

const usd = z.number().nonnegative();
const tiers = z.array(z.tuple([z.number().nonnegative(), usd])).min(1);
const byRegion = z.record(z.string(), z.object({ usd, source: z.string() }));
const readTable = z.object({
  note: z.string(),
  sources: z.record(z.string(), z.object({ source: z.string(), date: z.string(), version: z.string() })),
  instanceHour: z.array(z.object({ source: z.string(), usd: z.record(z.string(), z.record(z.string(), usd)) })),
  items: z.record(z.string(), byRegion),
  internet: z.record(z.string(), z.object({ usd: tiers, source: z.string() })),
  cloudFront: z.record(z.string(), z.object({ usd: tiers, request: usd, source: z.string() })),
});

/** A table as it is read from AWS's list; a source is an offer in a region, with the version that was read. */
export type ReadTable = z.output<typeof readTable>;

export const NOTHING_READ: ReadTable = {
  note: "List prices in US dollars as `footprint prices` has read them from AWS's price list; it writes this file.",
  sources: {},
  instanceHour: [],
  items: {},
  internet: {},
  cloudFront: {},
};

/**
 * What was read before; nothing where there is no such file.
 *
 * @throws UserError for a file that this tool has not written
 */
export function readPrices(file: string = PRICES_FILE): ReadTable {
  if (!existsSync(file)) {
    return NOTHING_READ;
  }
  try {
    return readTable.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const reason = error instanceof z.ZodError ? "it holds no prices" : error instanceof Error ? error.message : "";
    throw new UserError(
      `${file}: must be a file that \`footprint prices\` wrote (${reason}); without it the checked-in prices hold`,
      exitCodes.usage,
    );
  }
}

export function writePrices(table: ReadTable, file: string = PRICES_FILE): void {
  const text = `${JSON.stringify(sorted(table), null, 2)}\n`;
  if (existsSync(file)) {
    replaceFile(file, text);
  } else {
    writeFileSync(file, text);
  }
}

/** Own prices first, then those that are checked in. */
export function priceBook(file: string = PRICES_FILE): PriceBook {
  return new PriceBook([readPrices(file), SHIPPED_TABLE]);
}

/** In one order of keys, whatever was read first: the file is kept in a repository. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, each]) => [key, sorted(each)]),
      )
    : value;
}
