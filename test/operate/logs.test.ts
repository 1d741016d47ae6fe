import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { accessKey } from "../../components/node/protocol/logKeys";
import type { LogLine } from "../../infra/operate/logs/line";
import { runLogs, type LogsOptions } from "../../infra/operate/logs/run";
import { Edge, type Ran, type Region } from "./edge";

const NODE = "AROAEXAMPLE:i-eu-central-1-1";
/** In the past, so that no clock has a say. */
const SINCE = "2026-11-01T06:30Z";
const UNTIL = "2026-11-01T07:30Z";

let edge: Edge;
beforeEach(async () => {
  edge = await Edge.start();
});
afterEach(() => edge.stop());

function line(changes: Partial<LogLine>): LogLine {
  return {
    ...{ time: "2026-11-01T07:00:00.123456Z", pop: "eu-central-1", site: "www.example.com", client: "203.0.113.7" },
    ...{ request_id: "0f7c", protocol: "2.0", method: "GET", path: "/", status: 200, bytes: 1000, cache: "hit" },
    ...{ ms_request: 0, ms_queue: 0, ms_first_byte: 1, ms_transfer: 0, ms_total: 1, end: "--" },
    ...changes,
  };
}

let pieces = 0;
/** Puts lines into a region's log bucket, as a node does. */
function put(region: Region, lines: readonly LogLine[]): void {
  const byHour = new Map<string, LogLine[]>();
  for (const each of lines) {
    const hour = each.time.slice(0, 13);
    byHour.set(hour, [...(byHour.get(hour) ?? []), each]);
  }
  for (const [hour, some] of byHour) {
    const text = some.map((each) => `${JSON.stringify(each)}\n`).join("");
    const key = accessKey({ hour, node: NODE, file: "20261101T060000.000000000", offset: pieces++ });
    edge.cloud.put(edge.logBucket(region), key, gzipSync(text));
  }
}

function logs(options: Partial<LogsOptions> = {}): Promise<Ran> {
  const given = { stack: "edge", outputs: edge.outputs, since: SINCE, until: UNTIL, limit: "20", ...options };
  return edge.run((terminal, folder) => runLogs(given, terminal, folder));
}

const many = (count: number, changes: Partial<LogLine>): readonly LogLine[] =>
  Array.from({ length: count }, () => line(changes));

describe("footprint logs", () => {
  test("says how much, how well and how slow, of the window alone, and when it was wrong", async () => {
    put("eu-central-1", [
      ...many(60, { cache: "hit", ms_first_byte: 1 }),
      ...many(30, { cache: "miss", ms_first_byte: 100 }),
      ...many(10, { cache: "pass", ms_first_byte: 1000, status: 503, time: "2026-11-01T06:45:10.5Z" }),
      line({ time: "2026-11-01T06:29:59.999999Z" }),
      line({ time: "2026-11-01T07:30:00.000000Z" }),
    ]);
    put("us-east-1", [
      ...many(4, { pop: "us-east-1", status: 404, cache: "", ms_first_byte: -1 }),
      // HAProxy's status of a stream that it resets, and its time of one with a body.
      line({ pop: "us-east-1", status: 0, cache: "", ms_first_byte: -1 }),
      line({ pop: "us-east-1", method: "POST", cache: "pass", ms_first_byte: 90_000 }),
    ]);

    const { status, out, err } = await logs();

    expect(status).toBe(0);
    expect(err).toMatch(/^fetching \d objects, \d+(\.\d)? k?B \.\.\.\n$/);
    expect(out.split("\n").map((each) => each.trimEnd())).toEqual([
      "106 requests, 106.0 kB",
      "  answers     2xx 91 (85.8 %), 4xx 4 (3.8 %), 5xx 10 (9.4 %), none 1 (0.9 %)",
      "  cache       hit 60 (56.6 %), miss 30 (28.3 %), none 5 (4.7 %), pass 11 (10.4 %); hit ratio 66.7 %",
      expect.stringMatching(/^ {2}first byte {2}p50 1 ms, p95 1\d{3} ms, p99 1\d{3} ms$/),
      "",
      "                 oldest to newest",
      `  requests       ${"·".repeat(15)}▁${"·".repeat(14)}█${"·".repeat(29)}  at most 96 per minute`,
      `  400 to 499     ${"·".repeat(30)}█${"·".repeat(29)}  at most 4 per minute`,
      `  500 and above  ${"·".repeat(15)}█${"·".repeat(44)}  at most 10 per minute`,
      "",
    ]);
  });

  test.each([
    ["path", ["www.example.com/a", "shop.example.com/a"], [4, 3]],
    ["client", ["203.0.113.7", "203.0.113.8"], [4, 3]],
    ["status", ["200", "502"], [4, 3]],
    ["miss", ["shop.example.com/a"], [3]],
    ["slow", ["shop.example.com/a", "www.example.com/a"], [3, 4]],
  ])("says the busiest by %s", async (top, what, requests) => {
    put("eu-central-1", [
      ...many(4, { path: "/a" }),
      ...many(3, {
        ...{ site: "shop.example.com", path: "/a", client: "203.0.113.8", cache: "miss", status: 502 },
        ...{ ms_first_byte: 70 },
      }),
    ]);

    const { out } = await logs({ top, json: true });
    const { rows } = JSON.parse(out) as { rows: { what: string; requests: number }[] };
    expect(rows.map((row) => row.what)).toEqual(what);
    expect(rows.map((row) => row.requests)).toEqual(requests);
    expect((await logs({ top, limit: "1" })).out).toContain(what[0]);
  });

  test("says the longest of those whose time is the edge's own, and a mean of them alone", async () => {
    put("eu-central-1", [
      ...many(2, { path: "/a", ms_first_byte: 30 }),
      line({ path: "/a", ms_first_byte: -1 }),
      line({ path: "/a", method: "PUT", cache: "pass", ms_first_byte: 90_000 }),
      line({ path: "/b", method: "POST", cache: "pass", ms_first_byte: 90_000 }),
    ]);

    expect((await logs({ top: "slow" })).out.split("\n").map((each) => each.trim().split(/  +/))).toEqual([
      ["slow", "requests", "share", "bytes", "errors", "mean ms", "longest ms"],
      ["www.example.com/a", "4", "80.0 %", "4.0 kB", "0", "30", "30"],
      ["www.example.com/b", "1", "20.0 %", "1.0 kB", "0", "-", "-"],
      [""],
    ]);
  });

  test("takes sites and PoPs alone, where they are named", async () => {
    put("eu-central-1", [...many(2, {}), ...many(3, { site: "shop.example.com" })]);
    put("us-east-1", many(4, { pop: "us-east-1" }));

    expect((await logs({ site: ["shop.example.com"] })).out).toMatch(/^3 requests/);
    expect((await logs({ pop: ["us-east-1"] })).out).toMatch(/^4 requests/);
    expect((await logs()).out).toMatch(/^9 requests/);
  });

  test("gives each request as JSON and as CSV, which other programs read as it was written", async () => {
    const hostile = line({ path: '/a,"b"\u0007<x>', client: null });
    put("eu-central-1", [{ ...hostile, client: "" }]);

    expect(JSON.parse((await logs({ json: true })).out)).toEqual(hostile);
    const read = "import csv, json, sys; print(json.dumps(list(csv.DictReader(sys.stdin))))";
    const rows = execFileSync("python3", ["-c", read], { input: (await logs({ csv: true })).out, encoding: "utf8" });
    expect(JSON.parse(rows)).toEqual([
      Object.fromEntries(Object.entries(hostile).map(([name, value]) => [name, value === null ? "" : String(value)])),
    ]);
  });

  test("puts the files as they are into a folder", async () => {
    put("eu-central-1", many(3, {}));
    const folder = path.join(edge.folder, "out");
    expect(await logs({ out: folder })).toMatchObject({ status: 0, out: "" });

    const files = fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".gz"));
    expect(files).toEqual([
      expect.stringMatching(
        /^pop=eu-central-1\/day=2026-11-01\/hour=07\/AROAEXAMPLE:i-eu-central-1-1\/[^/]+\.json\.gz$/,
      ),
    ]);
    const [file = ""] = files;
    expect(execFileSync("gzip", ["-dc", path.join(folder, file)], { encoding: "utf8" }).split("\n")).toHaveLength(4);
  });

  test("asks before it fetches more than a gigabyte, and fetches nothing without an answer", async () => {
    // The list says so; nobody would put so much into a test.
    const content = gzipSync("");
    Object.defineProperty(content, "length", { value: 1_100_000_000 });
    const key = accessKey({ hour: "2026-11-01T07", node: NODE, file: "20261101T060000.000000000", offset: 0 });
    edge.cloud.buckets.get(edge.logBucket("eu-central-1"))?.set(key, content);

    await expect(logs()).rejects.toMatchObject({
      message:
        "That is 1 objects, 1.1 GB to fetch, which AWS bills where it leaves the region. Fetch it? Nobody can be asked here: add --yes to agree. Nothing was done.",
      exitCode: 2,
    });
    edge.answer = "n";
    await expect(logs()).rejects.toMatchObject({ message: "nothing was done" });
    expect(edge.cloud.calls.filter(({ what }) => what.includes(".json.gz"))).toEqual([]);
  });

  test("says what it could not read, and shows the rest", async () => {
    put("eu-central-1", many(2, {}));
    edge.cloud.put(
      edge.logBucket("eu-central-1"),
      accessKey({ hour: "2026-11-01T07", node: NODE, file: "20261101T060000.000000001", offset: 0 }),
      gzipSync(`no line\n{"time": "no time"}\n${JSON.stringify(line({}))}\n`),
    );
    edge.cloud.buckets.delete(edge.logBucket("us-east-1"));

    const { status, out, err } = await logs();
    expect(status).toBe(1);
    expect(out).toMatch(/^3 requests/);
    expect(err).toContain("us-east-1: cannot be read: NoSuchBucket");
    expect(err).toContain("2 lines are no lines of an access log, and were left out\n");
  });

  test("reads past an object that is broken, and says which", async () => {
    put("eu-central-1", many(2, {}));
    const key = accessKey({ hour: "2026-11-01T07", node: NODE, file: "20261101T060000.000000009", offset: 0 });
    edge.cloud.put(edge.logBucket("eu-central-1"), key, "no gzip");

    const { status, out, err } = await logs();
    expect([status, out.slice(0, 10)]).toEqual([1, "2 requests"]);
    expect(err).toContain(`eu-central-1: cannot be read: ${key}: Error: incorrect header check\n`);
  });
});

describe("footprint logs --sql", () => {
  const sql = (statement: string, options: Partial<LogsOptions> = {}): Promise<Ran> =>
    logs({ sql: statement, ...options });
  const rows = (ran: Ran): unknown[] =>
    ran.out
      .split("\n")
      .filter((text) => text !== "")
      .map((text) => JSON.parse(text) as unknown);

  test("has DuckDB answer of the wanted requests alone, as a table, as JSON and as CSV", async () => {
    put("eu-central-1", [
      ...many(3, { path: "/a", ms_first_byte: 10 }),
      ...many(2, { path: '/b,"c"', status: 503, bytes: 3_000_000_000 }),
      line({ path: "/before", time: "2026-11-01T06:29:59.999999Z" }),
      line({ path: "/after", time: "2026-11-01T07:30:00.000000Z" }),
    ]);
    put("us-east-1", many(4, { pop: "us-east-1", path: "/a", site: "shop.example.com", client: null }));
    const byPath = "SELECT path, count(*) AS requests, sum(bytes) AS bytes FROM requests GROUP BY path ORDER BY path";

    const shown = await sql(byPath);
    expect(shown.status).toBe(0);
    expect(shown.err).toMatch(/^fetching \d objects, \d+(\.\d)? k?B \.\.\.\n$/);
    expect(shown.out.split("\n").map((each) => each.trimEnd())).toEqual([
      "  path    requests  bytes",
      "  /a      7         7000",
      '  /b,"c"  2         6000000000',
      "",
    ]);
    expect(rows(await sql(byPath, { json: true }))).toEqual([
      { path: "/a", requests: 7, bytes: 7000 },
      { path: '/b,"c"', requests: 2, bytes: 6_000_000_000 },
    ]);
    expect((await sql(byPath, { csv: true })).out).toBe('path,requests,bytes\n/a,7,7000\n"/b,""c""",2,6000000000\n');
    expect(rows(await sql(byPath, { json: true, site: ["shop.example.com"] }))).toEqual([
      { path: "/a", requests: 4, bytes: 4000 },
    ]);
    expect(rows(await sql(byPath, { json: true, pop: ["us-east-1"] }))).toHaveLength(1);
  });

  test("has every field of a line as it was written, times to the microsecond", async () => {
    const written = line({ cache: null, path: "/\u00e4\u0007", ms_first_byte: -1 });
    put("eu-central-1", [written]);

    const [row] = rows(await sql("SELECT * FROM requests", { json: true }));
    expect(row).toEqual({ ...written, time: "2026-11-01 07:00:00.123456" });
    expect(Object.keys(row ?? {})).toEqual(Object.keys(written));
    expect((await sql("SELECT path FROM requests")).out).not.toContain("\u0007");
  });

  test("says values that no number holds exactly, and what has parts, so that other programs read them", async () => {
    put("eu-central-1", [line({})]);
    const ran = await sql(
      "SELECT 9007199254740993 AS big, 1.5::DECIMAL(4, 1) AS part, ['a', NULL] AS list, {'k': 1} AS struct, true AS yes, NULL AS none FROM requests",
      { json: true },
    );
    expect(rows(ran)).toEqual([
      { big: "9007199254740993", part: 1.5, list: ["a", null], struct: { k: 1 }, yes: true, none: null },
    ]);
  });

  test("shows so many rows as a table, and says that there are more", async () => {
    put("eu-central-1", many(30, {}));
    const { out, err } = await sql("SELECT path FROM requests", { limit: "3" });
    expect(out.split("\n").filter((text) => text !== "")).toHaveLength(4);
    expect(err).toContain("the first 3 rows; --limit shows more of them, --json and --csv give all\n");
    expect((await sql("SELECT path FROM requests", { limit: "30" })).err).not.toContain("the first");
  });

  test("reads past files and lines that are broken, and says which", async () => {
    put("eu-central-1", many(2, {}));
    const at = (offset: number): string =>
      accessKey({ hour: "2026-11-01T07", node: NODE, file: "20261101T060000.000000007", offset });
    edge.cloud.put(edge.logBucket("eu-central-1"), at(0), "no gzip");
    const more = `no line\n{"time": "no time"}\n${JSON.stringify({ ...line({}), later: 1 })}\n`;
    edge.cloud.put(edge.logBucket("eu-central-1"), at(1), gzipSync(more));

    const { status, out, err } = await sql("SELECT count(*) AS requests FROM requests", { json: true });
    expect([status, out]).toEqual([1, '{"requests":3}\n']);
    expect(err).toContain(`eu-central-1: cannot be read: ${at(0)}: IO Error: Input is not a GZIP stream`);
    expect(err).toContain("2 lines are no lines of an access log, and were left out\n");
  });

  test("keeps the files where that is wanted, and fetches none of them twice", async () => {
    put("eu-central-1", many(3, {}));
    // A folder whose name would be a pattern.
    const out = path.join(edge.folder, "it's [a] *");
    const count = "SELECT count(*) AS requests FROM requests";
    const fetched = () => edge.cloud.calls.filter(({ what }) => what.includes(".json.gz")).length;

    expect((await sql(count, { json: true, out })).out).toBe('{"requests":3}\n');
    expect(fetched()).toBe(1);
    put("eu-central-1", many(2, {}));
    expect((await sql(count, { json: true, out })).out).toBe('{"requests":5}\n');
    expect(fetched()).toBe(2);
    const files = fs.readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("."));
    expect(files.filter((name) => !name.endsWith(".json.gz"))).toEqual([]);
  });

  test("says what to do where the engine is not installed, and fetches nothing", async () => {
    put("eu-central-1", [line({})]);
    jest.doMock("@duckdb/node-api", () => {
      throw new Error("Cannot find module '@duckdb/node-api'\nRequire stack:\n- somewhere");
    });
    try {
      await expect(sql("SELECT 1")).rejects.toMatchObject({
        message:
          "--sql: needs DuckDB's engine, which is not installed here (Cannot find module '@duckdb/node-api'): `npm ci --include=optional` in Footprint's folder installs it; or fetch with --out, and ask any DuckDB (infra/operate/LOGS.md)",
        exitCode: 1,
      });
    } finally {
      jest.dontMock("@duckdb/node-api");
    }
    expect(edge.cloud.calls.filter(({ what }) => what.includes(".json.gz"))).toEqual([]);
  });

  test("leaves nothing behind", async () => {
    put("eu-central-1", [line({})]);
    const scratch = () => fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith("footprint-sql-"));
    const before = scratch();
    await sql("SELECT 1");
    await expect(sql("SELECT error('as asked')")).rejects.toMatchObject({ exitCode: 1 });
    await expect(sql("SELEC")).rejects.toMatchObject({ exitCode: 2 });
    expect(scratch().filter((name) => !before.includes(name))).toEqual([]);
  });

  // DuckDB's documentation, "Securing DuckDB".
  test.each([
    ["another file", "SELECT * FROM read_text('/etc/hostname')"],
    ["another file by its name", "SELECT * FROM '/etc/hostname.csv'"],
    ["the network", "SELECT * FROM read_csv('https://127.0.0.1:1/x.csv')"],
    ["an extension", "INSTALL httpfs"],
    ["the way to other files", "SET enable_external_access = true"],
    ["a file to write", "COPY requests TO '/tmp/requests.csv'"],
    ["another database", "ATTACH '/tmp/other.duckdb'"],
  ])("rejects a statement that asks for %s", async (_, statement) => {
    put("eu-central-1", [line({})]);
    await expect(sql(statement)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^--sql: (Permission|Invalid Input) Error: .*(file system operations are disabled|has been locked)/,
      ) as string,
    });
  });

  test.each([
    ["words that are no SQL", "SELEC", /^--sql: Parser Error: syntax error at or near "SELEC"/],
    ["a field that is none", "SELECT pathh FROM requests", /^--sql: Binder Error: Referenced column "pathh" not found/],
    ["two statements", "SELECT 1; SELECT 2", /^--sql: must be one statement, got 2$/],
    ["none", " -- nothing\n", /^--sql: must be one statement, got 0$/],
    ["none at all", "", /^--sql: must be one statement, got 0$/],
    ["parameters", "SELECT $1", /^--sql: must have no parameters, got 1$/],
  ])("rejects %s, before anything is fetched or written", async (_, statement, message) => {
    put("eu-central-1", [line({})]);
    await expect(sql(statement)).rejects.toMatchObject({ message: expect.stringMatching(message) as string });
    expect(edge.cloud.calls.filter(({ what }) => what.includes(".json.gz"))).toEqual([]);
  });
});

describe("rejects", () => {
  test.each<[string, Partial<LogsOptions>, string]>([
    [
      "a time that is none",
      { since: "yesterday" },
      '--since: must be so long ago (90s, 15m, 6h, 2d) or a time (2026-11-28T07:00Z), got "yesterday"',
    ],
    [
      "a day that is none",
      { until: "2026-13-01" },
      '--until: must be so long ago (90s, 15m, 6h, 2d) or a time (2026-11-28T07:00Z), got "2026-13-01"',
    ],
    [
      "an end before the beginning",
      { since: UNTIL, until: SINCE },
      `--since: must be before --until, got "${UNTIL}" and "${SINCE}"`,
    ],
    [
      "a window longer than logs are kept",
      { since: "2026-09-01" },
      '--since: must be at most 32 days before the end, got "2026-09-01"; for more, Athena reads the bucket (infra/operate/LOGS.md)',
    ],
    [
      "a kind of busiest that is none",
      { top: "paths" },
      '--top: must be one of path, client, status, miss, slow, got "paths", did you mean "path"?',
    ],
    ["two forms at once", { json: true, csv: true }, "--json, --csv: give one of them"],
    ["the busiest of what is followed", { top: "path", follow: true }, "--top: cannot be had with --follow"],
    ["the busiest of a question", { top: "path", sql: "SELECT 1" }, "--sql: cannot be had with --top"],
    ["a question of what is followed", { follow: true, sql: "SELECT 1" }, "--sql: cannot be had with --follow"],
    ["a folder beside a form", { out: "logs", json: true }, "--json, --out: give one of them"],
    ["no limit", { limit: "0" }, '--limit: must be a whole number from 1 to 99999, got "0"'],
    [
      "another site",
      { site: ["ww.example.com"] },
      '--site: must be a site of the stack, got "ww.example.com", did you mean "www.example.com"?; there are: shop.example.com, www.example.com',
    ],
    [
      "another PoP",
      { pop: ["us-east-2"] },
      '--pop: must be the region of a deployed PoP, got "us-east-2", did you mean "us-east-1"?; there are: ap-southeast-2, eu-central-1, us-east-1',
    ],
  ])("rejects %s", async (_, options, message) => {
    await expect(logs(options)).rejects.toMatchObject({ message, exitCode: 2 });
  });
});
