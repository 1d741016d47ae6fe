import { z } from "zod";
import type { coloursFor } from "../terminal/colours";
import { jsonOf } from "../terminal/jsonOf";

/** HAProxy's null and empty text: what a request did not have, or did not come to. */
const nullable = z.string().nullish();

/** What is read of a line of a node's access log; it has more. */
const accessLine = z.object({
  time: z.string(),
  site: nullable,
  method: nullable,
  path: nullable,
  status: z.number(),
  cache: nullable,
  ms_total: z.number(),
});

/** A line of a node's access log for a person; a line that is none as it is. */
export function readableAccess(line: string, { bold, dim, green, red, yellow }: ReturnType<typeof coloursFor>): string {
  const { data } = accessLine.safeParse(jsonOf(line));
  if (data === undefined) {
    return line;
  }
  const { time, method, site, path, status, cache, ms_total: ms } = data;
  const colour = status >= 500 ? red : status >= 400 ? yellow : green;
  return [
    dim(time.slice(11, 23)),
    colour(String(status)),
    shown(method).padEnd(4),
    bold(`${site ?? ""}${path ?? ""}`),
    shown(cache),
    dim(`${String(ms)} ms`),
  ].join(" ");
}

function shown(text: string | null | undefined): string {
  return text === undefined || text === null || text === "" ? "-" : text;
}
