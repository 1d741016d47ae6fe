import { plain } from "../../terminal/plain";
import { table, type Style } from "../../terminal/table";
import type { LogLine } from "./line";
import type { Summary, Top, TopKind } from "./summary";

const BARS = "▁▂▃▄▅▆▇█";

/** Numbers as a line of bars, each beside the largest; nothing is a dot. */
function chart(values: readonly number[]): string {
  const largest = Math.max(...values, 1);
  return values
    .map((value) => (value === 0 ? "·" : (BARS[Math.ceil((value / largest) * BARS.length) - 1] ?? "")))
    .join("");
}

/** Bytes as people read them, in powers of ten. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ""}`;
}

export function summaryText(summary: Summary, style: Style): string {
  const { total, byCache, byClass, step } = summary;
  const share = (count: number): string => `${((100 * count) / Math.max(1, total)).toFixed(1)} %`;
  const counts = (of: ReadonlyMap<string, number>): string =>
    [...of]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${String(count)} (${share(count)})`)
      .join(", ");
  const ms = (part: number): string => `${String(summary.msFirstByte(part) ?? "-")} ms`;
  const per = step === 60_000 ? "minute" : `${String(step / 60_000)} minutes`;
  const line = (name: string, values: readonly number[]): readonly string[] => [
    name,
    chart(values),
    `at most ${String(Math.max(...values))} per ${per}`,
  ];
  return [
    `${style.bold(`${String(total)} requests`)}, ${bytesText(summary.bytes)}\n`,
    `  answers     ${counts(byClass)}\n`,
    `  cache       ${counts(byCache)}; hit ratio ${summary.hitRatio === undefined ? "-" : `${(100 * summary.hitRatio).toFixed(1)} %`}\n`,
    `  first byte  p50 ${ms(0.5)}, p95 ${ms(0.95)}, p99 ${ms(0.99)}\n\n`,
    `${table(
      ["", "oldest to newest", ""],
      [
        line("requests", summary.requests),
        line("400 to 499", summary.clientErrors),
        line("500 and above", summary.serverErrors),
      ],
      style,
    )}\n`,
  ].join("");
}

export function topText(kind: TopKind, top: Top, limit: number, total: number, style: Style): string {
  const rows = top
    .rows(limit)
    .map((row) => [
      plain(row.what),
      String(row.requests),
      `${((100 * row.requests) / Math.max(1, total)).toFixed(1)} %`,
      bytesText(row.bytes),
      String(row.errors),
      row.timed === 0 ? "-" : String(Math.round(row.msFirstByte / row.timed)),
      row.timed === 0 ? "-" : String(row.msLongest),
    ]);
  const note = top.isPartial ? style.yellow("There were too many to count each: these are lower bounds.\n") : "";
  return `${table([kind, "requests", "share", "bytes", "errors", "mean ms", "longest ms"], rows, style)}\n${note}`;
}

/** One request as a line to watch. */
export function requestText(line: LogLine, style: Style): string {
  const status = String(line.status);
  const coloured = line.status >= 500 ? style.red(status) : line.status >= 400 ? style.yellow(status) : status;
  const { time, pop, cache, ms_total: ms, method, site, path, client } = line;
  return `${time.slice(0, 23)} ${pop} ${coloured} ${(cache ?? "-").padEnd(5)} ${String(ms).padStart(6)} ms ${plain(
    `${method ?? "-"} ${site ?? "-"}${path ?? ""} ${client ?? "-"}`,
  )}\n`;
}
