// Figures for a reader. Pure: the page in the browser runs this very file.

import { ms } from "../../page/words";
import type { Latency } from "./answers";

/** A difference in milliseconds, with its sign; whole, but for what would show as 0. */
export function signedMs(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 0.5 || size < 0.05 ? 0 : 1;
  return `${size < 0.05 ? "" : value > 0 ? "+" : "-"}${size.toFixed(digits)} ms`;
}

export function latencyText(latency: Latency | null): string {
  return latency === null
    ? "no figure"
    : `median ${ms(latency.median)}, p95 ${ms(latency.p95)}, average ${ms(latency.mean)}`;
}

/** Gbit/s: one decimal, whole numbers from 100. */
export function showGbps(gbps: number): string {
  return gbps >= 100 ? gbps.toFixed(0) : gbps.toFixed(1);
}
