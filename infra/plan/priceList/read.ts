import * as http from "node:http";
import * as https from "node:https";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { jsonOf } from "../../terminal/jsonOf";
import { proxyOptions } from "../../terminal/proxy";
import { UserError } from "../../terminal/userError";
import type { Tier } from "../prices";
import { isRowOf, type Row, type Wanted } from "./offers";

/** Where AWS's price list stands, to be read by anybody ("Getting price list files manually", AWS Billing user guide). */
export const PRICE_LIST = "https://pricing.us-east-1.amazonaws.com";

/** What an offer file says of what was wanted in it. */
export interface OfferPrices {
  readonly version: string;
  /** Day of publication. */
  readonly date: string;
  /** By the name of what was wanted and the letters in front of its usage type; what the file lacks is absent. */
  readonly found: readonly Found[];
}

export interface Found {
  readonly wanted: Wanted;
  /** Letters of the region or of the part of the world; empty in us-east-1. */
  readonly prefix: string;
  /** By the quantity of a month. */
  readonly tiers: readonly Tier[];
}

/** A file of the list: where it is, and the version that its address names. */
export interface OfferFile {
  readonly url: string;
  readonly version: string;
}

const regionIndex = z.object({
  regions: z.record(z.string(), z.object({ currentVersionUrl: z.string() })),
});

/** The newest file of an offer in each region; an offer's index has some kilobytes. */
export async function offerFiles(list: string, offer: string): Promise<ReadonlyMap<string, OfferFile>> {
  const url = `${list}/offers/v1.0/aws/${offer}/current/region_index.json`;
  let text = "";
  for await (const line of lines(await open(url))) {
    text += line;
  }
  const index = regionIndex.safeParse(jsonOf(text));
  if (!index.success) {
    throw new UserError(`${url}: is no index of a price list`);
  }
  return new Map(
    Object.entries(index.data.regions).map(([region, { currentVersionUrl }]) => [
      region,
      fileAt(list, currentVersionUrl),
    ]),
  );
}

/** The file of all regions of an offer, which for some services is the only one that has their prices. It names no version. */
export function globalFile(list: string, offer: string): OfferFile {
  return { ...fileAt(list, `/offers/v1.0/aws/${offer}/current/index.json`), version: "" };
}

/** As CSV, which the list has beside each file of JSON: a third of the bytes, and each row is whole. */
function fileAt(list: string, path: string): OfferFile {
  return { url: `${list}${path.replace(/\.json$/, ".csv")}`, version: path.split("/").at(-3) ?? "" };
}

/**
 * Reads an offer file as it comes, a line at a time: that of EC2 has 300 MB in one region.
 *
 * @param progress hears how many bytes have come
 * @throws UserError for what cannot be had, is no offer file, or gives two prices for one thing
 */
export async function readOffer(
  { url }: OfferFile,
  wanted: readonly Wanted[],
  progress: (bytes: number) => void,
): Promise<OfferPrices> {
  const head = new Map<string, string>();
  let columns: readonly string[] | undefined;
  const found = new Map<string, { wanted: Wanted; prefix: string; tiers: Map<number, number> }>();
  let bytes = 0;
  const count = (length: number): void => {
    bytes += length;
    progress(bytes);
  };
  for await (const line of lines(await open(url), count)) {
    if (columns === undefined) {
      const [name = "", value = "", ...more] = cells(line, url);
      if (name === "SKU") {
        columns = [name, value, ...more];
      } else {
        head.set(name, value);
      }
      continue;
    }
    // Most of a file is of no interest, and to take a line apart is dear.
    const possible = wanted.filter(({ usage }) => line.includes(`${usage}"`));
    if (possible.length === 0) {
      continue;
    }
    const values = cells(line, url);
    const row: Row = new Map(columns.map((column, index) => [column, values[index] ?? ""]));
    for (const each of possible.filter((one) => isRowOf(one, row))) {
      note(each, row);
    }
  }
  const version = head.get("Version");
  const date = head.get("Publication Date")?.slice(0, 10);
  if (columns === undefined || version === undefined || date === undefined) {
    throw new UserError(`${url}: is no file of a price list`);
  }
  return {
    version,
    date,
    found: [...found.values()].map(({ wanted: each, prefix, tiers }) => ({
      wanted: each,
      prefix,
      tiers: [...tiers].sort(([a], [b]) => a - b),
    })),
  };

  function note(each: Wanted, row: Row): void {
    const prefix = (row.get("usageType") ?? "").slice(0, -each.usage.length);
    const entry = found.get(`${prefix}${each.name}`) ?? { wanted: each, prefix, tiers: new Map<number, number>() };
    const from = Number(row.get("StartingRange"));
    const usd = Number(row.get("PricePerUnit"));
    const before = entry.tiers.get(from);
    if (!(from >= 0 && usd >= 0) || (before !== undefined && before !== usd)) {
      throw new UserError(
        `${url}: gives for ${row.get("usageType") ?? ""} from ${String(from)} on ${String(before ?? "nothing")} and ${String(usd)} dollars, of which one can be right`,
      );
    }
    entry.tiers.set(from, usd);
    found.set(`${prefix}${each.name}`, entry);
  }
}

function cells(line: string, url: string): readonly string[] {
  try {
    const [row = []] = parse(line, { relax_column_count: true });
    return row;
  } catch (error) {
    throw new UserError(`${url}: is no CSV (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** Silence of this length ends a download, milliseconds. */
const PATIENCE_MS = 60_000;

function open(url: string): Promise<http.IncomingMessage> {
  const isPlain = url.startsWith("http:");
  const agent = isPlain ? undefined : proxyOptions().httpsAgent;
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      reject(new UserError(`${url}: cannot be had (${reason})`));
    };
    const request = (isPlain ? http : https).get(url, { timeout: PATIENCE_MS, ...(agent && { agent }) }, (answer) => {
      if (answer.statusCode === 200) {
        resolve(answer);
      } else {
        answer.resume();
        fail(`HTTP status ${String(answer.statusCode)}`);
      }
    });
    request.on("timeout", () => request.destroy(new Error(`nothing came for ${String(PATIENCE_MS / 1000)} s`)));
    request.on("error", (error) => {
      fail(error.message);
    });
  });
}

async function* lines(stream: http.IncomingMessage, count: (bytes: number) => void = () => undefined) {
  stream.setEncoding("utf8");
  let rest = "";
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      count(Buffer.byteLength(chunk));
      const parts = `${rest}${chunk}`.split("\n");
      rest = parts.pop() ?? "";
      yield* parts.map((part) => part.replace(/\r$/, ""));
    }
  } catch (error) {
    throw new UserError(`the price list stopped coming (${error instanceof Error ? error.message : String(error)})`);
  }
  if (rest !== "") {
    yield rest;
  }
}
