import { DEBIAN } from "../debian";
import { VARNISH_FOLDER } from "../processes";
import type { Run } from "./commands";

export interface CacheTotals {
  readonly objects: number;
  /** Bytes that its storages have in use. */
  readonly bytes: number;
  /** Objects thrown out for want of room, since the cache was started. */
  readonly evictions: number;
  /** Requests that waited for what another was fetching, likewise. */
  readonly coalesced: number;
}

/** Varnish's own names, of varnish-counters(7). */
const COUNTERS = { objects: "MAIN.n_object", evictions: "MAIN.n_lru_nuked", coalesced: "MAIN.busy_sleep" } as const;

/** Of each storage, whatever its kind and name. */
const BYTES = "SM?.*.g_bytes";

/** What Varnish counts. Throws when it does not run. */
export async function cacheTotals(run: Run): Promise<CacheTotals> {
  const fields = [...Object.values(COUNTERS), BYTES].flatMap((name) => ["-f", name]);
  const { said } = await run([DEBIAN.varnish.statistics, "-n", VARNISH_FOLDER, "-1", ...fields]);
  const of = (name: string): number => {
    const found = said.split("\n").find((line) => line.startsWith(`${name} `));
    if (found === undefined) {
      throw new Error(`Varnish's counters cannot be read: ${said.trim().slice(0, 200)}`);
    }
    return Number(found.split(/ +/)[1]);
  };
  const storages = [...said.matchAll(/^SM\w\.\S+\.g_bytes +(\d+)/gm)].map(([, bytes]) => Number(bytes));
  return {
    objects: of(COUNTERS.objects),
    bytes: storages.reduce((sum, bytes) => sum + bytes, 0),
    evictions: of(COUNTERS.evictions),
    coalesced: of(COUNTERS.coalesced),
  };
}
