import { canonicalName } from "../../config/names";
import { didYouMean } from "../../config/problems";
import { confirm, json, type Terminal } from "../../terminal/confirm";
import { exitCodes } from "../../terminal/exitCodes";
import { UserError } from "../../terminal/userError";
import { deployment, popOf, type Deployment, type StackOptions } from "../pops";
import { LogReader, type LogObject } from "./bucket";
import { absent, listed, requests, saved, type Unread } from "./fetch";
import { follow } from "./follow";
import { COLUMNS, csv, type Filter, type LogLine } from "./line";
import { answerSql } from "./sqlAnswer";
import { Summary, Top, TOPS, type TopKind } from "./summary";
import { bytesText, summaryText, topText } from "./text";
import { hoursOf, windowOf } from "./window";

export interface LogsOptions extends StackOptions {
  readonly since: string;
  readonly until?: string;
  readonly pop?: readonly string[];
  readonly site?: readonly string[];
  readonly top?: string;
  readonly limit: string;
  readonly json?: true;
  readonly csv?: true;
  readonly follow?: true;
  readonly out?: string;
  readonly sql?: string;
  readonly yes?: true;
}

/** More is fetched only by who says so. */
const ASK_ABOVE = 1_000_000_000;

/** Reads access logs. @returns the exit status: 0 when all that was asked for could be read */
export async function runLogs(options: LogsOptions, terminal: Terminal, folder?: string): Promise<number> {
  const top = topOf(options);
  const limit = limitOf(options.limit);
  const window = windowOf(options.since, options.until, Date.now());
  const deployed = await deployment(options, ["logBuckets"], terminal, folder);
  const sites = options.site?.map((site) => siteOf(site, deployed.hosts));
  const { readers, missing } = readersOf(deployed, options.pop);
  const filter: Filter = { window, sites: sites === undefined ? undefined : new Set(sites) };

  if (options.follow === true) {
    return follow({
      ...{ readers, filter, terminal },
      agree: (objects) => agreed(objects, options, terminal),
      end: ({ unread, broken }) => end([...missing, ...unread], broken, terminal),
    });
  }
  const fetch = async (out: string) => {
    const { objects, unread } = await listed(readers, hoursOf(window));
    await agreed(absent(objects, out), options, terminal);
    const put = await saved(readers, objects, out, terminal);
    return { files: put.files, unread: [...missing, ...unread, ...put.unread] };
  };
  if (options.sql !== undefined) {
    const { unread, broken } = await answerSql({ ...options, sql: options.sql }, limit, filter, fetch, terminal);
    return end(unread, broken, terminal);
  }
  if (options.out !== undefined) {
    return end((await fetch(options.out)).unread, 0, terminal);
  }
  const { objects, unread: unlisted } = await listed(readers, hoursOf(window));
  const unread = [...missing, ...unlisted];
  await agreed(objects, options, terminal);
  const view = viewOf(options, top, limit, filter, terminal);
  const taken = await requests(readers, objects, filter, terminal, view.take);
  view.end();
  return end([...unread, ...taken.unread], taken.broken, terminal);
}

interface View {
  readonly take: (line: LogLine) => void;
  readonly end: () => void;
}

function viewOf(
  options: LogsOptions,
  kind: TopKind | undefined,
  limit: number,
  { window }: Filter,
  terminal: Terminal,
): View {
  if (kind !== undefined) {
    const top = new Top(kind);
    let total = 0;
    return {
      take: (line) => {
        total++;
        top.add(line);
      },
      end: () => {
        terminal.out(topOut(options, kind, top, limit, total, terminal));
      },
    };
  }
  if (options.json === true || options.csv === true) {
    if (options.csv === true) {
      terminal.out(csv(COLUMNS));
    }
    return {
      take: (line) => {
        terminal.out(options.csv === true ? csv(COLUMNS.map((name) => line[name])) : `${JSON.stringify(line)}\n`);
      },
      end: () => undefined,
    };
  }
  const summary = new Summary(window);
  return {
    take: (line) => {
      summary.add(line);
    },
    end: () => {
      terminal.out(summaryText(summary, terminal.style));
    },
  };
}

function topOut(options: LogsOptions, kind: TopKind, top: Top, limit: number, total: number, terminal: Terminal) {
  const rows = top.rows(limit);
  if (options.json === true) {
    return json({ by: kind, requests: total, lowerBounds: top.isPartial, rows });
  }
  if (options.csv === true) {
    const columns = ["what", "requests", "bytes", "errors", "timed", "msFirstByte", "msLongest"] as const;
    return [csv(columns), ...rows.map((row) => csv(columns.map((name) => row[name])))].join("");
  }
  return topText(kind, top, limit, total, terminal.style);
}

async function agreed(objects: readonly LogObject[], options: LogsOptions, terminal: Terminal): Promise<void> {
  const size = objects.reduce((sum, each) => sum + each.size, 0);
  const what = `${String(objects.length)} objects, ${bytesText(size)}`;
  if (size > ASK_ABOVE) {
    await confirm(
      terminal,
      `That is ${what} to fetch, which AWS bills where it leaves the region. Fetch it?`,
      options.yes,
    );
  } else {
    terminal.say(`fetching ${what} ...`);
  }
}

function end(unread: readonly Unread[], broken: number, terminal: Terminal): number {
  for (const { region, reason } of unread) {
    terminal.say(`${region}: cannot be read: ${reason}`);
  }
  if (broken > 0) {
    terminal.say(`${String(broken)} lines are no lines of an access log, and were left out`);
  }
  return unread.length === 0 ? exitCodes.ok : exitCodes.failure;
}

function readersOf({ outputs, pops }: Deployment<"logBuckets">, regions: readonly string[] | undefined) {
  const wanted = regions === undefined ? pops : regions.map((region) => popOf(pops, "--pop", region));
  const readers = new Map<string, LogReader>();
  const missing: Unread[] = [];
  for (const { region } of wanted) {
    const bucket = outputs.logBuckets[region];
    if (bucket === undefined) {
      missing.push({ region, reason: "the outputs name no log bucket (logBuckets)" });
    } else {
      readers.set(region, new LogReader(region, bucket));
    }
  }
  return { readers, missing };
}

function siteOf(given: string, hosts: readonly string[]): string {
  const name = canonicalName(given);
  if (!hosts.includes(name)) {
    throw new UserError(
      `--site: must be a site of the stack, got "${given}"${didYouMean(name, hosts)}; there are: ${hosts.join(", ")}`,
      exitCodes.usage,
    );
  }
  return name;
}

/** What the busiest are wanted by. Refuses options that do not go together. */
function topOf({ top, json: asJson, csv: asCsv, follow: follows, out, sql }: LogsOptions): TopKind | undefined {
  const forms = [...given("--json", asJson), ...given("--csv", asCsv), ...given("--follow", follows)];
  // A question's files may be kept for the next one; nothing else has both.
  const ways = [...forms, ...(sql === undefined || forms.includes("--follow") ? given("--out", out) : [])];
  if (ways.length > 1) {
    throw new UserError(`${ways.join(", ")}: give one of them`, exitCodes.usage);
  }
  const alone = [...given("--follow", follows), ...given("--top", top)];
  if (sql !== undefined && alone.length > 0) {
    throw new UserError(`--sql: cannot be had with ${alone.join(", ")}`, exitCodes.usage);
  }
  if (top === undefined) {
    return undefined;
  }
  const kind = TOPS.find((each) => each === top);
  if (kind === undefined) {
    throw new UserError(
      `--top: must be one of ${TOPS.join(", ")}, got "${top}"${didYouMean(top, TOPS)}`,
      exitCodes.usage,
    );
  }
  if (follows === true || out !== undefined) {
    throw new UserError(`--top: cannot be had with ${ways.join(", ")}`, exitCodes.usage);
  }
  return kind;
}

function given(name: string, value: string | true | undefined): readonly string[] {
  return value === undefined ? [] : [name];
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,5}$/.test(text) || limit < 1) {
    throw new UserError(`--limit: must be a whole number from 1 to 99999, got "${text}"`, exitCodes.usage);
  }
  return limit;
}
