import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { varnishPurgeCache } from "../../../../components/node/agent/purgeCache";

let folder: string;
let socket: string;
let server: net.Server;
/** What Varnish was asked, as a line each. */
let asked: string[];
/** What it answers, in turn; nothing: it breaks off. */
let answers: (number | undefined)[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "purge-"));
  socket = join(folder, "purge.sock");
  asked = [];
  answers = [];
  // Not an HTTP server: Node's takes no methods that are Varnish's own.
  server = net.createServer((connection) => {
    connection.on("data", (data) => {
      const [first = "", ...fields] = data.toString("latin1").trimEnd().split("\r\n");
      const field = (name: string): string[] =>
        fields.filter((line) => line.toLowerCase().startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
      const told = ["host", "x-footprint-purge", "x-footprint-tag", "x-footprint-done", "x-footprint-needs"];
      asked.push([first, ...told.flatMap(field)].join(" "));
      const status = answers.shift();
      const count = first.startsWith("BAN") ? "" : "x-footprint-count: 7\r\n";
      connection.end(status === undefined ? "" : `HTTP/1.1 ${String(status)} x\r\n${count}content-length: 0\r\n\r\n`);
    });
  });
  server.listen(socket);
  await once(server, "listening");
});

afterEach(async () => {
  const closed = once(server, "close");
  server.close();
  await closed;
  rmSync(folder, { recursive: true });
});

const URL_TARGET = { kind: "url", host: "www.example.com", path: '/a?b="1"#' } as const;

test("each kind is asked for as Varnish takes it", async () => {
  answers = [200, 200, 200, 200, 200, 200];
  const cache = varnishPurgeCache(socket);

  await cache.purge(URL_TARGET, false);
  await cache.purge({ kind: "tag", host: "www.example.com", tag: "t" }, true);
  await cache.purge({ kind: "host", host: "www.example.com" }, true);
  await cache.purge({ kind: "prefix", host: "www.example.com", path: "/a/" }, false);
  await cache.purge({ kind: "all" }, true);
  await cache.flush();

  expect(asked).toEqual([
    'PURGE /a?b="1"# HTTP/1.1 www.example.com url',
    "SOFTPURGE / HTTP/1.1 www.example.com tag t",
    "SOFTPURGE / HTTP/1.1 www.example.com host",
    "BAN /a/ HTTP/1.1 www.example.com prefix",
    "SOFTPURGE / HTTP/1.1 all all",
    "BAN / HTTP/1.1 all all",
  ]);
});

test("Varnish says how many objects that were; a ban does not know", async () => {
  answers = [200, 400, 200, 200];
  const cache = varnishPurgeCache(socket);

  expect(await cache.purge(URL_TARGET, false)).toBe(7);
  expect(await cache.purge(URL_TARGET, false)).toBe(7);
  expect(await cache.purge({ kind: "prefix", host: "www.example.com", path: "/a/" }, false)).toBeNull();
});

test("a URL of a site that is not there at the moment goes with all that is left of the site", async () => {
  answers = [421, 200];

  await varnishPurgeCache(socket).purge(URL_TARGET, false);

  expect(asked.at(-1)).toBe("PURGE / HTTP/1.1 www.example.com host");
});

test.each([
  [false, "PURGE"],
  [true, "SOFTPURGE"],
])("what Varnish cannot take out by itself goes with its whole site, soft: %s", async (soft, method) => {
  answers = [503, 200];

  await varnishPurgeCache(socket).purge(URL_TARGET, soft);

  expect(asked).toEqual([
    `${method} /a?b="1"# HTTP/1.1 www.example.com url`,
    `${method} / HTTP/1.1 www.example.com host`,
  ]);
});

test("rejects when Varnish takes out neither a target nor its site", async () => {
  answers = [400, 503];

  await expect(varnishPurgeCache(socket).purge(URL_TARGET, false)).rejects.toThrow(
    new Error("Varnish answers PURGE of url with 400, and of the whole with 503"),
  );
});

test("rejects when Varnish does not take a ban", async () => {
  answers = [500];

  await expect(varnishPurgeCache(socket).flush()).rejects.toThrow(
    new Error("Varnish answers a ban of everything with 500"),
  );
});

test("rejects when Varnish breaks off, and asks nothing else", async () => {
  await expect(varnishPurgeCache(socket).purge(URL_TARGET, false)).rejects.toThrow(new Error("socket hang up"));
  expect(asked).toHaveLength(1);
});

test("a mark is given in fields", async () => {
  answers = [200];
  const cache = varnishPurgeCache(socket);

  await cache.mark({ done: "12.10", needs: "eu-central-1=17.15,eu-west-1=12.10" });

  expect(asked).toEqual(["MARK / HTTP/1.1 all 12.10 eu-central-1=17.15,eu-west-1=12.10"]);
});

test("a Varnish whose configuration knows no marks goes on without", async () => {
  answers = [405];

  await expect(varnishPurgeCache(socket).mark({ done: "1.1", needs: "eu-west-1=1.1" })).resolves.toBeUndefined();
});

test("rejects when Varnish does not take a mark", async () => {
  answers = [503];

  await expect(varnishPurgeCache(socket).mark({ done: "1.1", needs: "eu-west-1=1.1" })).rejects.toThrow(
    new Error("Varnish answers a mark with 503"),
  );
});

test("rejects when there is no Varnish", async () => {
  const nowhere = join(folder, "nowhere.sock");

  await expect(varnishPurgeCache(nowhere).flush()).rejects.toThrow(new Error(`connect ENOENT ${nowhere}`));
});

test("what small responses take is given back on demand, and a configuration that does not know how is no error", async () => {
  answers = [200, 405, 500];
  const cache = varnishPurgeCache(socket);

  expect(await cache.relieve()).toBe(7);
  await cache.relieve();
  await expect(cache.relieve()).rejects.toThrow("Varnish answers with 500 that its memory is short");
  expect(asked[0]).toBe("RELIEVE / HTTP/1.1 all");
});
