import type { FootprintConfig } from "../config/model";

/** Hosts that DNS knows, in the order of the stack file: those of `dns: later` nobody can ask for yet. */
export function namedSites({ sites }: FootprintConfig): readonly string[] {
  return sites.flatMap(({ host, dns }) => (dns === "now" ? [host] : []));
}
