import type { Window } from "./window";

/** One request, as a node has logged it. What HAProxy could not know of it, and has as an empty text, is null. */
export interface LogLine {
  /** When it began, ISO 8601; of what HAProxy answered before it was a request, when that was answered. */
  readonly time: string;
  readonly pop: string;
  readonly site: string | null;
  /** As much of the address as the site has logged. */
  readonly client: string | null;
  readonly request_id: string | null;
  readonly protocol: string | null;
  readonly method: string | null;
  readonly path: string | null;
  /** 0 or -1 where there was no answer. */
  readonly status: number;
  readonly bytes: number;
  /** What the cache did: hit, stale, miss, pass; null for what the edge answered by itself. */
  readonly cache: string | null;
  /** Milliseconds; -1 where it did not get so far. With the first byte of a request with a body its client's time for that counts. */
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

/** What may be null. */
export const NULLABLE = [
  "site",
  "client",
  "request_id",
  "protocol",
  "method",
  "path",
  "cache",
] as const satisfies readonly (keyof LogLine)[];

/** Which requests are wanted. */
export interface Filter {
  readonly window: Window;
  /** Hosts; undefined for all. */
  readonly sites: ReadonlySet<string> | undefined;
}

/** The request of a line, when it is wanted; undefined when it is not, and null when the line is none. */
export function requestOf(text: string, { window, sites }: Filter): LogLine | undefined | null {
  let line: { -readonly [Field in keyof LogLine]: LogLine[Field] };
  let time: number;
  try {
    line = JSON.parse(text) as LogLine;
    time = Date.parse(line.time);
  } catch {
    return null;
  }
  if (Number.isNaN(time)) {
    return null;
  }
  for (const field of NULLABLE) {
    if (line[field] === "") {
      line[field] = null;
    }
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
