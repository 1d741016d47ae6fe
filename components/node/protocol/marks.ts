import type { After } from "./purgeLog";

/*
 * How far nodes are with purges, as they tell each other. Both marks are texts that Varnish keeps (varnish/peers.ts):
 *
 *   done   of the node that is asked: "12.10", the numbers of the entries of its own log that it has carried out, and of
 *          those that it has carried out for the second time
 *   needs  of the node that asks: "eu-central-1=17.15,eu-west-1=12.10", by region what a node there must have done
 *
 * A node raises what it needs before it takes anything out, and says what is done after that. So what it fetches after a
 * purge is asked for with that purge's number; who is not so far asks its origin anew instead of looking into its cache.
 * The second number is for what the first time can miss (varnish/inFlight.ts): once a node has carried out an entry for the
 * second time, nothing will take out what it gets after that from a node that has not.
 */

/** Places that a mark is made of, by number of entry. */
export interface Mark {
  readonly first: number;
  readonly again: number;
}

/** More than any log has: nothing is so far. */
const NEVER = 999_999_999_999;

export function doneText({ first, again }: Mark): string {
  return `${String(first)}.${String(again)}`;
}

/** What a node in `region` needs: of its own PoP's nodes what it has done itself, of others what its log says. */
export function needsText(region: string, own: Mark, first: After, again: After): string {
  const others = [...new Set([...Object.keys(first), ...Object.keys(again)])]
    .filter((each) => each !== region)
    .map((each) => [each, { first: numberIn(first, each), again: numberIn(again, each) }] as const);
  return [[region, own] as const, ...others]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([each, mark]) => `${each}=${doneText(mark)}`)
    .join(",");
}

function numberIn(after: After, region: string): number {
  const number = after[region];
  return number === null ? NEVER : (number ?? 0);
}
