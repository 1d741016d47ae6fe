import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "../../components/node/agent/logPacking";
import type { Point } from "../../components/node/agent/point";
import { Traffic } from "../../components/node/agent/traffic";
import { NULLABLE, requestOf, type LogLine } from "../../infra/operate/logs/line";
import { Question } from "../../infra/operate/logs/sql";
import { Summary } from "../../infra/operate/logs/summary";
import { hoursOf } from "../../infra/operate/logs/window";
import { describeWith } from "../support/requirements";
import { some } from "../support/some";
import { DEBIAN } from "./debianRoot";
import { reply } from "./origin/scripted";
import { HOST, Rig } from "./origin/rig";
import { clientHeader, exchange, request } from "./proxied";
import { fieldsOf } from "./wire/cases/http2";
import { block, END_HEADERS, END_STREAM, endOf, FAREWELL, frame, PREFACE } from "./wire/http2";
import { converse } from "./wire/rawClient";

/** Who asks for all of it. */
const CLIENT = "203.0.113.50";

/** How long a client takes for the body of its upload, ms: longer than anything else here. */
const UPLOAD_MS = 3_000;

/** What HAProxy answers before it is a request, by the bytes that it comes from: one line each. */
const UNREADABLE = {
  "a Host of bytes beyond ASCII": ["GET /unreadable HTTP/1.1\r\nHost: \xff\xfe.example.com\r\n\r\n", 400],
  "a target of bytes beyond ASCII": [`GET /\xff HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, 400],
  "a line that is no field": [`GET /unreadable HTTP/1.1\r\nHost: ${HOST}\r\nnot a field\r\n\r\n`, 400],
  "a header that stops": ["GET /unreadable HTTP/1.1\r\nHos", 408],
} as const;

/** Who is asked for a path of bytes beyond ASCII, and how. */
const BEYOND = [
  ["traffic", "GET"],
  ["traffic", "POST"],
  ["redirect", "GET"],
] as const;

// Each line is what HAProxy has written of bytes that were sent to it. RFC 8259 says what JSON is, the number of requests is
// the test's own.
describeWith([DEBIAN], "the lines of a real node, for all who read them", () => {
  let rig: Rig;
  let lines: readonly string[];
  let begun: number;
  let ended: number;
  let expected = 0;

  /** Sends bytes over HTTP/2. @returns how the first stream ended */
  const http2 = async (port: number, ...frames: readonly Buffer[]) =>
    endOf(1, await converse(port, clientHeader(CLIENT), Buffer.concat([PREFACE, ...frames, FAREWELL])));
  const target = (path: string, method = "GET") =>
    block(fieldsOf("", method).map(([name, value]) => [name, name === ":path" ? path : value]));

  beforeAll(async () => {
    rig = await Rig.start({
      site: { methods: ["GET", "HEAD", "POST"] },
      edit: (files) => ({
        ...files,
        "/etc/haproxy/haproxy.cfg": (files["/etc/haproxy/haproxy.cfg"] ?? "").replace(
          "timeout http-request 10s",
          "timeout http-request 1s",
        ),
      }),
    });
    rig.origin.on("/page", reply("x", { "cache-control": "max-age=60" }));
    rig.origin.on("/upload", reply("taken"));
    begun = Date.now();
    const { ports } = rig.node;
    await rig.ask("/page", { client: CLIENT });
    await rig.ask("/page", { client: CLIENT });
    await rig.ask("/page", { client: CLIENT, host: "unknown.example.com" });
    const upload = request("POST", "/upload", { Host: HOST, "Content-Length": String(UPLOAD_MS / 100) });
    const slowly = Array.from({ length: UPLOAD_MS / 100 }, () => "x");
    await converse(ports.traffic, clientHeader(CLIENT), upload, ...slowly);
    expected += 4;
    for (const [bytes, status] of some(Object.values(UNREADABLE))) {
      const answer = await exchange(ports.traffic, clientHeader(CLIENT), Buffer.from(bytes, "latin1"));
      expect(answer.status).toBe(status);
      expected++;
    }
    // HTTP/2 lets any byte into a path: Varnish would refuse them, a POST would take them to the origin, and a redirect back.
    for (const [name, method] of some(BEYOND)) {
      const asked = frame("headers", END_STREAM | END_HEADERS, 1, target("/beyond/\xff\xe9?\xfe", method));
      expect(await http2(ports[name], asked)).toBe(400);
      expected++;
    }
    expect(await http2(ports.traffic, frame("headers", END_STREAM | END_HEADERS, 1, target("/a b")))).toBe("reset");
    expected++;
    lines = await rig.loggedLines(CLIENT, expected);
    ended = Date.now();
  });

  afterAll(async () => {
    await rig.stop();
  });

  const taken = () => {
    // HAProxy's clock is this machine's; a second for where a step is between two of its looks.
    const window = { from: begun - 1000, to: ended + 1000 };
    return lines.flatMap((line) => requestOf(line, { window, sites: undefined }) ?? []);
  };
  const ofStatus = (...statuses: readonly number[]): readonly LogLine[] =>
    taken().filter(({ status }) => statuses.includes(status));

  test("are as many requests for metrics, summary and SQL as there were, each at its time", async () => {
    const traffic = new Traffic([], rig.popName);
    lines.forEach((line) => {
      traffic.add(line);
    });
    const summary = new Summary({ from: begun - 1000, to: ended + 1000 });
    taken().forEach((line) => {
      summary.add(line);
    });
    const [requests] = of(traffic.take(), "Requests");

    expect([lines.length, requests, summary.total]).toEqual([expected, [expected, 1], expected]);
    expect(await bySql("SELECT count(*) FROM requests")).toEqual([[expected]]);
  });

  test("go to the hour of their requests, those of no request too", async () => {
    const text = Buffer.from(`${lines.join("\n")}\n`);
    const packed = await pack(
      // eslint-disable-next-line @typescript-eslint/require-await -- as a file is read
      (async function* () {
        yield text;
      })(),
      text.length,
      "an hour of its own",
    );

    expect(packed.lines).toBe(expected);
    expect(hoursOf({ from: begun, to: ended + 1 })).toEqual(expect.arrayContaining([...packed.byHour.keys()]));
  });

  test("have what HAProxy did not know as null, and never as an empty text", async () => {
    const unknown = taken().filter(({ status, path }) => [400, 408].includes(status) && path === null);

    expect(unknown).toHaveLength(Object.keys(UNREADABLE).length);
    for (const line of unknown) {
      const nothing = { site: null, request_id: null, protocol: null, method: null, path: null, cache: null };
      expect(line).toMatchObject({ ...nothing, client: CLIENT });
    }
    expect(taken().flatMap((line) => NULLABLE.filter((field) => line[field] === ""))).toEqual([]);
    expect(ofStatus(421).map(({ cache }) => cache)).toEqual([null]);
    const empty = NULLABLE.map((field) => `${field} = ''`).join(" OR ");
    expect(await bySql(`SELECT count(*) FROM requests WHERE ${empty}`)).toEqual([[0]]);
    expect(await bySql("SELECT count(*) FROM requests WHERE path IS NULL")).toEqual([[unknown.length + 1]]);
  });

  // RFC 8259, section 8.1: UTF-8; RFC 3986, section 2: a URI is of characters of ASCII.
  test("are JSON whatever bytes a path has, which reach no origin", () => {
    const beyond = lines.filter((line) => line.includes("/beyond/")).map((line) => JSON.parse(line) as LogLine);

    expect(beyond.map(({ path, status, cache }) => ({ path, status, cache }))).toEqual(
      BEYOND.map(() => ({ path: "/beyond/??", status: 400, cache: "" })),
    );
    expect(lines.filter((line) => line.includes("\ufffd"))).toEqual([]);
    expect(rig.origin.all().map(({ target }) => target)).toEqual(["/page", "/upload"]);
  });

  // HAProxy's Configuration Manual, 8.4, "Tr": "for instance during a POST request, the time already runs".
  test("blame no origin for the time that a client takes for its body", () => {
    const [upload] = taken().filter(({ path }) => path === "/upload");
    expect(upload).toMatchObject({ method: "POST", status: 200, cache: "pass" });
    // That it is so is what this is for.
    expect(upload?.ms_first_byte).toBeGreaterThan(UPLOAD_MS / 10);

    const traffic = new Traffic([], rig.popName);
    const summary = new Summary({ from: begun - 1000, to: ended + 1000 });
    traffic.add(lines.find((line) => line.includes("/upload")) ?? "");
    summary.add(upload as LogLine);
    const points = traffic.take();

    expect([of(points, "Passes"), of(points, "FirstByte"), of(points, "OriginFirstByte")]).toEqual([[[1, 1]], [], []]);
    expect(summary.msFirstByte(0.99)).toBeUndefined();
  });

  const of = (points: readonly Point[], name: Point["name"]) =>
    points.filter((point) => point.name === name).flatMap(({ values }) => [...values]);

  async function bySql(statement: string): Promise<readonly unknown[]> {
    const scratch = mkdtempSync(join(tmpdir(), "footprint-readers-"));
    const folder = join(scratch, "logs");
    mkdirSync(folder);
    writeFileSync(join(folder, "a.json.gz"), gzipSync(`${lines.join("\n")}\n`));
    const question = await Question.of(statement, folder, scratch);
    try {
      const window = { from: begun - 1000, to: ended + 1000 };
      const loaded = await question.load([join(folder, "a.json.gz")], { window, sites: undefined });
      expect(loaded).toEqual({ unread: [], broken: 0 });
      const { rows } = await question.answer();
      const all: unknown[] = [];
      for await (const part of rows) {
        all.push(...part);
      }
      return all;
    } finally {
      question.end();
      rmSync(scratch, { recursive: true });
    }
  }
});
