import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { HAPROXY, VARNISH } from "../processes";
import { lastWordsKey } from "../protocol/logKeys";
import type { Run } from "./commands";
import type { LogStore } from "./logStore";

export interface LastWordsOptions {
  readonly store: LogStore;
  readonly run: Run;
  readonly node: () => Promise<string>;
}

/** Whose words are taken along: with the machine its journal goes. */
const UNITS = [HAPROXY.unit, VARNISH.unit, "footprint-agent", "access-log"] as const;

/** Lines of each; what a command says is cut to its last 16 KB anyway. */
const LINES = 200;

/** Puts what the programs of a node said last into the log bucket. */
export async function sendLastWords(bucket: string, { store, run, node }: LastWordsOptions): Promise<void> {
  const words = await Promise.all(
    UNITS.map(async (unit) => {
      const of = ["--unit", `${unit}.service`, "--lines", String(LINES)];
      const { said } = await run(["journalctl", "--quiet", "--no-pager", "--output", "short-iso-precise", ...of]);
      return `== ${unit}\n${said}\n`;
    }),
  );
  const content = await promisify(gzip)(words.join(""));
  await store.put(bucket, lastWordsKey(await node(), new Date().toISOString()), content);
}
