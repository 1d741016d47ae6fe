import { mkdtempSync, rmSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Json } from "@duckdb/node-api";
import type { Terminal } from "../../terminal/confirm";
import { plain } from "../../terminal/plain";
import { table } from "../../terminal/table";
import type { LogFile, Taken, Unread } from "./fetch";
import { csv, type Filter } from "./line";
import { Question, type Answer } from "./sql";

interface SqlOptions {
  readonly sql: string;
  /** Folder that keeps the files; without one they go when the question is answered. */
  readonly out?: string;
  readonly json?: true;
  readonly csv?: true;
}

type Fetch = (folder: string) => Promise<{ readonly files: readonly LogFile[]; readonly unread: readonly Unread[] }>;

/** Answers a question in SQL. Nothing is fetched for one that DuckDB does not understand. */
export async function answerSql(
  options: SqlOptions,
  limit: number,
  filter: Filter,
  fetch: Fetch,
  terminal: Terminal,
): Promise<Taken> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), "footprint-sql-"));
  const clean = (): void => {
    rmSync(scratch, { recursive: true, force: true });
  };
  const folder = options.out ?? path.join(scratch, "logs");
  const uninterrupted = terminal.whenInterrupted(() => {
    clean();
    return `Nothing was answered; ${options.out === undefined ? "what was fetched is gone" : `what was fetched is in ${options.out}`}.`;
  });
  try {
    const question = await Question.of(options.sql, folder, scratch);
    try {
      const { files, unread } = await fetch(folder);
      const byFile = new Map(files.map(({ file, object }) => [file, object]));
      const loaded = await question.load([...byFile.keys()], filter);
      await write(await question.answer(), options, limit, terminal);
      const broken = loaded.unread.map(({ file, reason }) => {
        const { region = "", key = "" } = byFile.get(file) ?? {};
        return { region, reason: `${key}: ${reason}` };
      });
      return { unread: [...unread, ...broken], broken: loaded.broken };
    } finally {
      question.end();
    }
  } finally {
    uninterrupted();
    clean();
  }
}

async function write({ columns, rows }: Answer, options: SqlOptions, limit: number, terminal: Terminal): Promise<void> {
  if (options.csv === true) {
    terminal.out(csv(columns));
    for await (const some of rows) {
      terminal.out(some.map((row) => csv(row.map(textOf))).join(""));
    }
  } else if (options.json === true) {
    const object = (row: readonly (Json | null)[]): string =>
      `${JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, row[i]])))}\n`;
    for await (const some of rows) {
      terminal.out(some.map(object).join(""));
    }
  } else {
    await writeTable(columns, rows, limit, terminal);
  }
}

async function writeTable(columns: readonly string[], rows: Answer["rows"], limit: number, terminal: Terminal) {
  const shown: (readonly string[])[] = [];
  let isMore = false;
  for await (const some of rows) {
    const taken = some.slice(0, limit - shown.length);
    shown.push(...taken.map((row) => row.map((value) => plain(textOf(value) ?? "-"))));
    isMore = taken.length < some.length;
    if (isMore) {
      break;
    }
  }
  terminal.out(`${table(columns.map(plain), shown, terminal.style)}\n`);
  if (isMore) {
    terminal.say(`the first ${String(limit)} rows; --limit shows more of them, --json and --csv give all`);
  }
}

/** What has parts, as JSON. */
function textOf(value: Json | null | undefined): string | null {
  return value === null || value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value);
}
