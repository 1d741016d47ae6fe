import * as path from "node:path";
import type * as duckdb from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBInstance, DuckDBValueConverter, Json } from "@duckdb/node-api";
import { exitCodes } from "../../terminal/exitCodes";
import { UserError } from "../../terminal/userError";
import { COLUMNS, NULLABLE, type Filter, type LogLine } from "./line";

type Api = typeof duckdb;

/** What each field is in SQL. Times are UTC; `TIMESTAMP` needs no time zones, which are an extension of their own. */
const TYPES: Readonly<Record<keyof LogLine, string>> = {
  ...{ time: "TIMESTAMP", pop: "VARCHAR", site: "VARCHAR", client: "VARCHAR", request_id: "VARCHAR" },
  ...{ protocol: "VARCHAR", method: "VARCHAR", path: "VARCHAR", status: "INTEGER", bytes: "BIGINT", cache: "VARCHAR" },
  ...{ ms_request: "INTEGER", ms_queue: "INTEGER", ms_first_byte: "INTEGER", ms_transfer: "INTEGER" },
  ...{ ms_total: "INTEGER", end: "VARCHAR" },
};

/** Files that are read at once. */
const AT_ONCE = 4;

/** The answer, as it comes. */
export interface Answer {
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<readonly (readonly (Json | null)[])[]>;
}

/** What was read of files. */
export interface Loaded {
  readonly unread: readonly { readonly file: string; readonly reason: string }[];
  /** Lines that are none. */
  readonly broken: number;
}

/**
 * One question in SQL to the table `requests`, whose columns are the fields of the access log. DuckDB reads the files of
 * one folder and nothing else: no other file, no network, no extension that it would have to fetch.
 */
export class Question {
  private constructor(
    private readonly api: Api,
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    private readonly sql: string,
  ) {}

  /**
   * Before anything is fetched, so that a mistake costs nothing.
   *
   * @param logs from which log files will be read
   * @param scratch of its own: holds the table, and what has no room in memory
   * @throws UserError when the text is not one statement that DuckDB understands, or the engine is not installed
   */
  static async of(sql: string, logs: string, scratch: string): Promise<Question> {
    const api = await engine();
    const instance = await api.DuckDBInstance.create(path.join(scratch, "requests.duckdb"), {
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const connection = await instance.connect();
    const question = new Question(api, instance, connection, sql);
    try {
      await connection.run(`CREATE TABLE requests (${fields((name) => `${quoted(name)} ${TYPES[name]}`)})`);
      // In this order: from the second on there are no other files, and after the third nothing takes that back.
      await connection.run(`SET allowed_directories = [${literal(`${path.resolve(logs)}${path.sep}`)}]`);
      await connection.run("SET enable_external_access = false");
      await connection.run("SET lock_configuration = true");
      await check(connection, sql);
    } catch (error) {
      question.end();
      throw error;
    }
    return question;
  }

  /** Takes the wanted requests of the files. A file that cannot be read does not hide the others. */
  async load(files: readonly string[], { window, sites }: Filter): Promise<Loaded> {
    const at = (ms: number): string => `make_timestamp_ms(${String(ms)})`;
    const ofSites = sites === undefined ? "true" : `coalesce(site, '') IN (${[...sites].map(literal).join(", ")})`;
    const wanted = `time >= ${at(window.from)} AND time < ${at(window.to)} AND ${ofSites}`;
    const unread: { file: string; reason: string }[] = [];
    const queue = [...files];
    const worker = async (): Promise<void> => {
      // A connection does one thing at a time.
      const connection = await this.instance.connect();
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
        try {
          // A line that is none comes without a time.
          await connection.run(
            `INSERT INTO requests SELECT ${fields(selected)} FROM ${source(file)} WHERE time IS NULL OR (${wanted})`,
          );
        } catch (error) {
          unread.push({ file, reason: reasonOf(error).split("\n")[0] ?? "" });
        }
      }
      connection.closeSync();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const { rowsChanged: broken } = await this.connection.run("DELETE FROM requests WHERE time IS NULL");
    return { unread, broken };
  }

  async answer(): Promise<Answer> {
    const result = await refused(exitCodes.failure, () => this.connection.stream(this.sql));
    return {
      columns: result.deduplicatedColumnNames(),
      rows: orRefused(result.yieldConvertedRows(converterOf(this.api))),
    };
  }

  /** Lets go of the scratch folder. */
  end(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}

async function engine(): Promise<Api> {
  try {
    return await import("@duckdb/node-api");
  } catch (error) {
    throw new UserError(
      `--sql: needs DuckDB's engine, which is not installed here (${reasonOf(error).split("\n")[0] ?? ""}): \`npm ci --include=optional\` in Footprint's folder installs it; or fetch with --out, and ask any DuckDB (infra/operate/LOGS.md)`,
    );
  }
}

async function check(connection: DuckDBConnection, sql: string): Promise<void> {
  // DuckDB takes a text without a statement for an error of its own.
  const isNothing = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*$/.test(sql);
  await refused(exitCodes.usage, async () => {
    const statements = isNothing ? undefined : await connection.extractStatements(sql);
    if (statements?.count !== 1) {
      throw new Error(`must be one statement, got ${String(statements?.count ?? 0)}`);
    }
    const { parameterCount } = await statements.prepare(0);
    if (parameterCount > 0) {
      throw new Error(`must have no parameters, got ${String(parameterCount)}`);
    }
  });
}

/** What DuckDB says of a statement is told as it is: it points to the place. */
async function refused<T>(exitCode: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new UserError(`--sql: ${reasonOf(error)}`, exitCode);
  }
}

async function* orRefused<T>(parts: AsyncIterator<T>): AsyncGenerator<T> {
  for (;;) {
    const part = await refused(exitCodes.failure, () => parts.next());
    if (part.done === true) {
      return;
    }
    yield part.value;
  }
}

/** A field of a line; null for the empty text that HAProxy has where it knows nothing. */
function selected(field: keyof LogLine): string {
  return NULLABLE.some((each) => each === field) ? `nullif(${quoted(field)}, '')` : quoted(field);
}

/** A log file as a table. A line that is none, and a value of another type, are null. */
function source(file: string): string {
  // A name that would be a pattern is one only where there is no such file.
  const name = literal(file);
  const columns = `{${fields((field) => `${literal(field)}: ${literal(TYPES[field])}`)}}`;
  return `read_json(${name}, format = 'newline_delimited', compression = 'gzip', ignore_errors = true, hive_partitioning = false, columns = ${columns})`;
}

function fields(one: (name: keyof LogLine) => string): string {
  return COLUMNS.map(one).join(", ");
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** Counts as numbers, which DuckDB's own JSON has as texts; beyond what a double holds exactly, they stay texts. */
function converterOf({ JsonDuckDBValueConverter, DuckDBDecimalValue }: Api): DuckDBValueConverter<Json> {
  return (value, type, converter) => {
    if (typeof value === "bigint") {
      const isExact = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
      return isExact ? Number(value) : String(value);
    }
    return value instanceof DuckDBDecimalValue ? value.toDouble() : JsonDuckDBValueConverter(value, type, converter);
  };
}

function reasonOf(error: unknown): string {
  return String(error).replace(/^Error: (?:Failed to extract statements: )?/, "");
}
