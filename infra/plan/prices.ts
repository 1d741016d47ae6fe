import table from "./data/prices.json";

/** A list price in US dollars, and where it was read. A price without both is not in the table. */
export interface Price {
  readonly usd: number;
  readonly source: string;
  /** Day, month or year of the source. */
  readonly date: string;
}

/** A price that changes with the quantity of a month. */
export interface TieredPrice extends Omit<Price, "usd"> {
  readonly tiers: readonly Tier[];
}

/** What each unit costs from a quantity of the month on. */
export type Tier = readonly [from: number, usd: number];

/** What is billed by region, beside instances. */
export type PricedItem = keyof typeof table.items;

/** What a managed CDN bills in one of its geographies. */
export interface CdnPrice {
  readonly gb: TieredPrice;
  readonly request: Price;
}

/** Parts of the world by which CloudFront bills, as its usage types name them. */
export type Geography = keyof typeof table.cloudFront;

/** Prices with their sources, as a file has them. */
export interface PriceTable {
  readonly sources: Readonly<Record<string, Omit<Price, "usd">>>;
  readonly instanceHour: readonly {
    readonly source: string;
    readonly usd: Readonly<Record<string, Readonly<Record<string, number | undefined>> | undefined>>;
  }[];
  readonly items: Readonly<Partial<Record<PricedItem, Readonly<Record<string, Sourced<number> | undefined>>>>>;
  /** Gigabytes (2^30 bytes) to the Internet, by region. */
  readonly internet: Readonly<Record<string, Sourced<Steps> | undefined>>;
  readonly cloudFront: Readonly<Partial<Record<Geography, Sourced<Steps> & { readonly request: number }>>>;
}

/** Tiers as a file has them: of each the quantity from which on it holds, and the price. */
type Steps = readonly (readonly number[])[];

interface Sourced<T> {
  readonly usd: T;
  readonly source: string;
}

/** Region under which a table holds a price that is the same in every region. */
const EVERY_REGION = "*";

/** Looks prices up in tables: the first that has one gives it. */
export class PriceBook {
  constructor(private readonly tables: readonly PriceTable[]) {}

  /** On-demand price of an instance type per hour (Linux); undefined where no table has one for the region. */
  instanceHour(type: string, region: string): Price | undefined {
    return this.first((each) => {
      const block = each.instanceHour.find(({ usd }) => usd[type]?.[region] !== undefined);
      return sourced(each, block && { usd: block.usd[type]?.[region], source: block.source });
    });
  }

  /** Price of an item in a region; undefined where no table has one. */
  item(item: PricedItem, region: string): Price | undefined {
    return this.first((each) => sourced(each, each.items[item]?.[region] ?? each.items[item]?.[EVERY_REGION]));
  }

  /** Price of an item that belongs to no region. */
  global(item: PricedItem): Price | undefined {
    return this.item(item, EVERY_REGION);
  }

  /** Price of a gigabyte to the Internet from a region. */
  internet(region: string): TieredPrice | undefined {
    return this.first((each) => tiered(each, each.internet[region]));
  }

  /** What CloudFront takes for a gigabyte and for an HTTPS request. */
  cloudFront(geography: Geography): CdnPrice | undefined {
    return this.first((each) => {
      const entry = each.cloudFront[geography];
      const gb = tiered(each, entry);
      const request = sourced(each, entry && { usd: entry.request, source: entry.source });
      return gb === undefined || request === undefined ? undefined : { gb, request };
    });
  }

  private first<T>(look: (each: PriceTable) => T | undefined): T | undefined {
    for (const each of this.tables) {
      const found = look(each);
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  }
}

function sourced(
  { sources }: PriceTable,
  entry: { readonly usd: number | undefined; readonly source: string } | undefined,
): Price | undefined {
  const source = entry && sources[entry.source];
  return entry?.usd === undefined || source === undefined
    ? undefined
    : { usd: entry.usd, source: source.source, date: source.date };
}

function tiered({ sources }: PriceTable, entry: Sourced<Steps> | undefined): TieredPrice | undefined {
  const source = entry && sources[entry.source];
  return entry === undefined || source === undefined
    ? undefined
    : { tiers: entry.usd.map(([from = 0, usd = 0]): Tier => [from, usd]), source: source.source, date: source.date };
}

/** The checked-in table. */
export const SHIPPED_TABLE: PriceTable = table;

/** Prices of the checked-in table alone. */
export const SHIPPED_PRICES = new PriceBook([SHIPPED_TABLE]);

/** What so many units of a month cost. */
export function priceOf(quantity: number, { tiers }: Pick<TieredPrice, "tiers">): number {
  return tiers.reduce((sum, [from, usd], index) => {
    const to = tiers[index + 1]?.[0] ?? Infinity;
    return sum + Math.max(0, Math.min(quantity, to) - from) * usd;
  }, 0);
}
