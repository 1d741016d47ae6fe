import type { Tier } from "../prices";
import type { ReadTable } from "./file";
import {
  CLOUDFRONT,
  cloudFrontGb,
  cloudFrontRequest,
  INSTANCES,
  instanceWanted,
  INTERNET,
  REGIONAL_OFFERS,
  TRANSFER,
  type Wanted,
} from "./offers";
import { globalFile, offerFiles, type OfferFile, type OfferPrices, readOffer } from "./read";

/** What a stack needs prices of. */
export interface Needed {
  readonly regions: readonly string[];
  /** Of all PoPs together. */
  readonly instanceTypes: readonly string[];
}

/** One file of the list, and what is looked for in it. */
interface Job {
  readonly offer: string;
  /** Undefined: all. */
  readonly region: string | undefined;
  readonly wanted: readonly Wanted[];
}

/** Hears how the reading goes. */
export interface Progress {
  bytes(offer: string, region: string, bytes: number): void;
  done(line: string): void;
}

/**
 * Reads what is needed from AWS's price list, file by file, and hands each new state of the table over: what has come is
 * kept when a later file does not. A file of which the table has this very version is not read again.
 *
 * @throws UserError when a file cannot be had or understood
 */
export async function updatePrices(
  list: string,
  needed: Needed,
  before: ReadTable,
  keep: (table: ReadTable) => void,
  progress: Progress,
): Promise<void> {
  const jobs = jobsOf(needed);
  const indexes = new Map<string, ReadonlyMap<string, OfferFile>>();
  let table = before;
  for (const [index, job] of jobs.entries()) {
    const where = job.region ?? "all regions";
    const said = (text: string): void => {
      progress.done(`[${String(index + 1)}/${String(jobs.length)}] ${job.offer}, ${where}: ${text}`);
    };
    const file = await fileOf(list, job, indexes);
    if (file === undefined) {
      said("no prices of the region");
      continue;
    }
    if (file.version === table.sources[sourceOf(job)]?.version && job.wanted.every((one) => has(table, job, one))) {
      said(`as before, of ${table.sources[sourceOf(job)]?.date ?? ""}`);
      continue;
    }
    const prices = await readOffer(file, job.wanted, (bytes) => {
      progress.bytes(job.offer, where, bytes);
    });
    table = withPrices(table, job, prices);
    keep(table);
    const lacking = job.wanted.filter((one) => !has(table, job, one)).map(({ name }) => name);
    said(`of ${prices.date}${lacking.length === 0 ? "" : `; it has none of ${lacking.join(", ")}`}`);
  }
}

function jobsOf({ regions, instanceTypes }: Needed): readonly Job[] {
  const regional = regions.flatMap((region) =>
    Object.entries(REGIONAL_OFFERS).map(([offer, items]): Job => ({
      offer,
      region,
      wanted: [
        ...Object.entries(items).map(([name, one]) => ({ ...one, name })),
        ...(offer === INSTANCES ? instanceTypes.map(instanceWanted) : []),
        ...(offer === TRANSFER ? [INTERNET] : []),
      ],
    })),
  );
  const wanted = [
    { ...cloudFrontGb, name: "gb" },
    { ...cloudFrontRequest, name: "request" },
  ];
  return [...regional, { offer: CLOUDFRONT, region: undefined, wanted }];
}

async function fileOf(
  list: string,
  { offer, region }: Job,
  indexes: Map<string, ReadonlyMap<string, OfferFile>>,
): Promise<OfferFile | undefined> {
  if (region === undefined) {
    return globalFile(list, offer);
  }
  const index = indexes.get(offer) ?? (await offerFiles(list, offer));
  indexes.set(offer, index);
  return index.get(region);
}

function sourceOf({ offer, region }: Job): string {
  return region === undefined ? offer : `${offer} ${region}`;
}

function has({ instanceHour, items, internet, cloudFront }: ReadTable, { region }: Job, { name }: Wanted): boolean {
  if (region === undefined) {
    return Object.keys(cloudFront).length > 0;
  }
  return name === INTERNET.name
    ? internet[region] !== undefined
    : items[name]?.[region] !== undefined || instanceHour.some(({ usd }) => usd[name]?.[region] !== undefined);
}

function withPrices(table: ReadTable, job: Job, { version, date, found }: OfferPrices): ReadTable {
  const key = sourceOf(job);
  const { offer, region } = job;
  const source = `AWS price list ${offer}, version ${version}${region === undefined ? "" : `, ${region}`}`;
  const next: ReadTable = structuredClone(table);
  next.sources[key] = { source, date, version };
  if (region === undefined) {
    withCloudFront(next, key, found);
    return next;
  }
  const hours: Record<string, Record<string, number>> = {};
  for (const { wanted, tiers } of found) {
    if (wanted.name === INTERNET.name) {
      next.internet[region] = { usd: tiers.map(([from, usd]) => [from, usd]), source: key };
    } else if (wanted.columns["Instance Type"] === undefined) {
      (next.items[wanted.name] ??= {})[region] = { usd: firstPaid(tiers), source: key };
    } else {
      hours[wanted.name] = { [region]: firstPaid(tiers) };
    }
  }
  if (offer === INSTANCES) {
    next.instanceHour = [...next.instanceHour.filter((block) => block.source !== key), { source: key, usd: hours }];
  }
  return next;
}

/** One of its two without the other is no price of a response. */
function withCloudFront(table: ReadTable, source: string, found: OfferPrices["found"]): void {
  const tiersOf = (usage: string, geography: string) =>
    found.find(({ wanted, prefix }) => wanted.usage === usage && prefix === `${geography}-`)?.tiers;
  for (const geography of new Set(found.map(({ prefix }) => prefix.replace("-", "")))) {
    const [gb, request] = [tiersOf(cloudFrontGb.usage, geography), tiersOf(cloudFrontRequest.usage, geography)];
    if (gb !== undefined && request !== undefined) {
      table.cloudFront[geography] = { usd: gb.map(([from, usd]) => [from, usd]), request: firstPaid(request), source };
    }
  }
}

/** What is free to begin with is left out of an estimate, and what falls with the quantity is taken at its first step. */
function firstPaid(tiers: readonly Tier[]): number {
  return tiers.find(([, usd]) => usd > 0)?.[1] ?? 0;
}
