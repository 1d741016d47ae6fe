import type { Window } from "./window";

/** One request, as a node has logged it. What HAProxy could not know of it is null. */
export interface LogLine {
  /** When it began, ISO 8601. */
  readonly time: string;
  readonly pop: string;
  readonly site: string | null;
  /** As much of the address as the site has logged. */
  readonly client: string | null;
  readonly request_id: string;
  readonly protocol: string | null;
  readonly method: string | null;
  readonly path: string | null;
  readonly status: number;
  readonly bytes: number;
  /** What the cache did: hit, stale, miss, pass; null for what the edge answered by itself. */
  readonly cache: string | null;
  /** Milliseconds; -1 where it did not get so far. */
  readonly ms_request: number;
  readonly ms_queue: number;
  readonly ms_first_byte: number;
  readonly ms_transfer: number;
  readonly ms_total: number;
  /** Who ended it, and at what (HAProxy's documentation, "Session state at disconnection"). */
  readonly end: string;
}

/** In the order in which a node writes them, and CSV has them. */
export const COLUMNS = [
  ...([
    "time",
    "pop",
    "site",
    "client",
    "request_id",
    "protocol",
    "method",
    "path",
    "status",
    "bytes",
    "cache",
  ] as const),
  ...(["ms_request", "ms_queue", "ms_first_byte", "ms_transfer", "ms_total", "end"] as const),
] satisfies readonly (keyof LogLine)[];

/** Which requests are wanted. */
export interface Filter {
  readonly window: Window;
  /** Hosts; undefined for all. */
  readonly sites: ReadonlySet<string> | undefined;
}

/** The request of a line, when it is wanted; undefined when it is not, and null when the line is none. */
export function requestOf(text: string, { window, sites }: Filter): LogLine | undefined | null {
  let line: LogLine;
  try {
    line = JSON.parse(text) as LogLine;
  } catch {
    return null;
  }
  const time = Date.parse(line.time);
  if (Number.isNaN(time)) {
    return null;
  }
  const isWanted = time >= window.from && time < window.to && (sites === undefined || sites.has(line.site ?? ""));
  return isWanted ? line : undefined;
}

/** A line of CSV (RFC 4180). */
export function csv(values: readonly (string | number | null)[]): string {
  return `${values
    .map((value) => {
      const text = String(value ?? "");
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(",")}\n`;
}
