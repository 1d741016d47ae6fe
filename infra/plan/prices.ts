import table from "./data/prices.json";

/** A list price in US dollars, and where it was read. A price without both is not in the table. */
export interface Price {
  readonly usd: number;
  readonly source: string;
  /** Day, month or year of the source. */
  readonly date: string;
}

/** What is billed by region, beside instances. */
export type PricedItem = keyof typeof table.items;

type Sources = Readonly<Record<string, { readonly source: string; readonly date: string }>>;
type ByRegion = Readonly<Record<string, { readonly usd: number; readonly source: string }>>;
type InstanceBlock = {
  readonly source: string;
  readonly usd: Readonly<Record<string, Readonly<Record<string, number | undefined>> | undefined>>;
};

const sources: Sources = table.sources;
const items: Readonly<Record<PricedItem, ByRegion>> = table.items;
const instances: readonly InstanceBlock[] = table.instanceHour;

/** Region under which the table holds a price that is the same in every region. */
const EVERY_REGION = "*";

/** On-demand price of an instance type per hour (Linux); undefined where the table has none for the region. */
export function instanceHour(type: string, region: string): Price | undefined {
  for (const block of instances) {
    const usd = block.usd[type]?.[region];
    if (usd !== undefined) {
      return priceOf(usd, block.source);
    }
  }
  return undefined;
}

/** Price of an item in a region; undefined where the table has none. */
export function itemPrice(item: PricedItem, region: string): Price | undefined {
  const entry = items[item][region] ?? items[item][EVERY_REGION];
  return entry === undefined ? undefined : priceOf(entry.usd, entry.source);
}

/** Price of an item that belongs to no region. */
export function globalPrice(item: PricedItem): Price | undefined {
  return itemPrice(item, EVERY_REGION);
}

function priceOf(usd: number, key: string): Price | undefined {
  const source = sources[key];
  return source === undefined ? undefined : { usd, ...source };
}
