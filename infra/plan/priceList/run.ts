import { loadConfig } from "../../config/load";
import { stackConfigFromFile } from "../../config/stackFile";
import { bareName, stackFile } from "../../config/stacks";
import { PRICES_FILE, readPrices, writePrices } from "./file";
import { PRICE_LIST } from "./read";
import { type Needed, updatePrices } from "./update";

/**
 * Does what `footprint prices` was asked.
 *
 * @param list where the price list stands
 * @param file what it writes
 * @throws ConfigError for a stack file with mistakes, UserError for a stack that is not there and for a list that cannot be read
 */
export async function runPrices(stack: string, list: string = PRICE_LIST, file: string = PRICES_FILE): Promise<void> {
  const name = bareName(stack);
  const { stderr } = process;
  const clear = (): void => {
    if (stderr.isTTY) {
      stderr.clearLine(0);
      stderr.cursorTo(0);
    }
  };
  let shown = 0;
  await updatePrices(
    list,
    neededBy(name),
    readPrices(file),
    (table) => {
      writePrices(table, file);
    },
    {
      bytes: (offer, where, bytes) => {
        const megabytes = Math.floor(bytes / 1e6);
        if (stderr.isTTY && megabytes !== shown) {
          shown = megabytes;
          clear();
          stderr.write(`${offer}, ${where}: ${String(megabytes)} MB`);
        }
      },
      done: (line) => {
        clear();
        stderr.write(`${line}\n`);
      },
    },
  );
  process.stdout.write(`${file}\n`);
}

function neededBy(stack: string): Needed {
  const { pops } = loadConfig(stack, stackConfigFromFile(stackFile(stack)));
  const regions = pops.map(({ region }) => region);
  return {
    regions,
    instanceTypes: [...new Set(pops.flatMap(({ nodes }) => nodes.types))].sort(),
  };
}
