import { RESPONSE_BYTES } from "./capacity";
import { BYTES_OF_A_GB, cents } from "./cost";
import { type CdnPrice, type Geography, priceOf, type PriceBook } from "./prices";

/** What every account has of CloudFront each month without paying (Amazon CloudFront pricing, "Always Free Tier"). */
const FREE = { gb: 1024, requests: 10_000_000 };

/** The same traffic at a managed CDN, at its public prices without a commitment or a plan. */
export interface ManagedCdn {
  readonly requests: number;
  readonly monthly: number;
  /**
   * Which of the two is cheaper, from a number of gigabytes a month on, with the same parts of each geography. The first entry begins at 0. Null where the footprint's cost is not known whole.
   */
  readonly cheaper: readonly Cheaper[] | null;
}

export interface Cheaper {
  readonly from: number;
  readonly which: "CloudFront" | "footprint";
}

/** Which of CloudFront's geographies people are in who are answered from a region. */
export function geography(region: string): Geography {
  const [area = "", place = ""] = region.split("-");
  if (area === "eu" || area === "il") {
    return "EU";
  }
  if (area === "us" || area === "ca" || area === "mx") {
    return "US";
  }
  if (area === "sa" || area === "me") {
    return area === "sa" ? "SA" : "ME";
  }
  if (area === "af") {
    return "ZA";
  }
  return BY_REGION[region] ?? (place === "south" ? "IN" : "AP");
}

const BY_REGION: Readonly<Record<string, Geography | undefined>> = {
  "ap-northeast-1": "JP",
  "ap-northeast-3": "JP",
  "ap-southeast-2": "AU",
  "ap-southeast-4": "AU",
  "ap-southeast-6": "AU",
};

/**
 * What CloudFront would take for the traffic, and where the line between the two is.
 *
 * @param byRegion gigabytes of a month
 * @param footprint cost of a month with so many times the traffic; null where a price of it is missing
 */
export function managedCdn(
  byRegion: ReadonlyMap<string, number>,
  prices: PriceBook,
  footprint: ((times: number) => number) | null,
): ManagedCdn | null {
  const parts = new Map<Geography, number>();
  byRegion.forEach((gb, region) => parts.set(geography(region), (parts.get(geography(region)) ?? 0) + gb));
  const priced = [...parts].map(([where, gb]) => ({ gb, price: prices.cloudFront(where) }));
  const all = [...byRegion.values()].reduce((sum, gb) => sum + gb, 0);
  if (all === 0 || !priced.every(isPriced)) {
    return null;
  }
  const cdn = (times: number): number => cloudFront(priced, times);
  return {
    requests: Math.round(requestsOf(all)),
    monthly: cents(cdn(1)),
    cheaper: footprint === null ? null : cheaper(cdn, footprint, all),
  };
}

interface Part {
  readonly gb: number;
  readonly price: CdnPrice;
}

function isPriced(part: { readonly gb: number; readonly price: CdnPrice | undefined }): part is Part {
  return part.price !== undefined;
}

function requestsOf(gb: number): number {
  return (gb * BYTES_OF_A_GB) / RESPONSE_BYTES;
}

/** What is free is the first of each geography's, by its part of the whole. */
function cloudFront(parts: readonly Part[], times: number): number {
  const all = parts.reduce((sum, { gb }) => sum + gb * times, 0);
  const free = { gb: Math.min(1, FREE.gb / all), requests: Math.min(1, FREE.requests / requestsOf(all)) };
  return parts.reduce((sum, { gb, price }) => {
    const own = gb * times;
    const requests = requestsOf(own) * (1 - free.requests) * price.request.usd;
    return sum + priceOf(own, price.gb) - priceOf(own * free.gb, price.gb) + requests;
  }, 0);
}

/** From 1 GB to an exabyte a month, a step being a hundredth. */
const [LEAST, MOST, STEP] = [1, 2 ** 30, 1.01];

function cheaper(
  cdn: (times: number) => number,
  footprint: (times: number) => number,
  all: number,
): readonly Cheaper[] {
  const found: Cheaper[] = [];
  for (let gb = LEAST; gb <= MOST; gb *= STEP) {
    const which = cdn(gb / all) <= footprint(gb / all) ? "CloudFront" : "footprint";
    if (found.at(-1)?.which !== which) {
      found.push({ from: found.length === 0 ? 0 : Math.round(gb), which });
    }
  }
  return found;
}
