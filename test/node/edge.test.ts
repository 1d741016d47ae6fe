import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isTaken, freePorts } from "../../infra/edge/ports";
import { describeWith } from "../support/requirements";
import { repository } from "../support/tree";
import { DEBIAN } from "./debianRoot";

const READY = "Ctrl-C ends it.";

interface Edge {
  readonly process: ChildProcess;
  readonly port: number;
  readonly output: () => { readonly stdout: string; readonly stderr: string };
}

/** Two ports side by side that are free. */
async function freePair(): Promise<number> {
  const [port = 0, second] = await freePorts(2);
  return second === port + 1 ? port : freePair();
}

async function start(origin: string, ...more: readonly string[]): Promise<Edge> {
  const port = await freePair();
  const child = spawn(
    process.execPath,
    [path.join(repository, "infra/cli/footprint.js"), "edge", "--origin", origin, "--port", String(port), ...more],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => (texts.stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (texts.stderr += data.toString()));
  while (!texts.stderr.includes(READY) && child.exitCode === null) {
    await sleep(20);
  }
  if (child.exitCode !== null) {
    throw new Error(texts.stderr);
  }
  return { process: child, port, output: () => texts };
}

function get({ port, output }: Edge, host: string, target: string): Promise<http.IncomingMessage> {
  // As one who pastes the line does.
  const file = /--cacert (\S+) /.exec(output().stderr)?.[1] ?? "";
  return new Promise((resolve, reject) => {
    https
      .get({
        host: "127.0.0.1",
        port,
        servername: host,
        path: target,
        headers: { host },
        ca: fs.readFileSync(file),
        agent: false,
      })
      .on("error", reject)
      .on("response", (response) => {
        response.resume();
        response.on("end", () => {
          resolve(response);
        });
      });
  });
}

/** A process and all below it, as far as they run. */
function family(pid: number): readonly number[] {
  const parents = new Map(
    fs
      .readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const stat = fs.readFileSync(`/proc/${name}/stat`, "utf8");
          const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
          return state === "Z" ? [] : [[Number(name), Number(parent)] as const];
        } catch {
          // It ended meanwhile.
          return [];
        }
      }),
  );
  const below = (each: number): number[] => [
    each,
    ...[...parents].filter(([, parent]) => parent === each).flatMap(([child]) => below(child)),
  ];
  return parents.has(pid) ? below(pid) : [];
}

describeWith([DEBIAN], "footprint edge", () => {
  let origin: http.Server;
  let address: string;
  let edge: Edge | undefined;

  beforeAll(async () => {
    origin = http.createServer(({ url, headers }, response) => {
      response.setHeader("Cache-Control", "max-age=60");
      response.end(JSON.stringify({ url, headers }));
    });
    origin.listen(0, "127.0.0.1");
    await once(origin, "listening");
    address = `http://127.0.0.1:${String((origin.address() as AddressInfo).port)}`;
  });

  afterEach(() => {
    edge?.process.kill("SIGKILL");
  });

  afterAll(() => {
    origin.close();
    origin.closeAllConnections();
  });

  test("serves the origin from the cache, says so for each request in JSON, and nothing else on stdout", async () => {
    edge = await start(address);

    const [first, second] = [
      await get(edge, "localhost", "/a?token=secret"),
      await get(edge, "localhost", "/a?token=secret"),
    ];
    while (edge.output().stdout.split("\n").length < 3) {
      await sleep(20);
    }

    const lines = edge.output().stdout.trimEnd().split("\n");
    expect([first.statusCode, second.statusCode]).toEqual([200, 200]);
    expect(first.headers["cache-status"]).toMatch(/fwd=/);
    expect(second.headers["cache-status"]).toMatch(/; ?hit/);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ site: "localhost", method: "GET", path: "/a", status: 200 }),
      expect.objectContaining({ site: "localhost", method: "GET", path: "/a", status: 200, cache: "hit" }),
    ]);
  });

  test("serves a site of a stack under its name, and no other", async () => {
    edge = await start(address, "--stack", "global", "--site", "images.example.com");

    const own = await get(edge, "images.example.com", "/");
    const other = new Promise((resolve, reject) => {
      http
        .get({ host: "127.0.0.1", port: edge!.port + 1, headers: { host: "api.example.com" }, agent: false })
        .on("error", reject)
        .on("response", ({ statusCode }) => {
          resolve(statusCode);
        });
    });

    expect(own.statusCode).toBe(200);
    expect(await other).toBe(421);
  });

  test("warns of an origin that is not there, and goes on", async () => {
    const [gone = 0] = await freePorts(1);

    edge = await start(`http://127.0.0.1:${gone}`);

    expect(edge.output().stderr).toContain(
      `footprint: warning: the origin http://127.0.0.1:${gone} does not take connections yet; the node answers 503 until it does\n`,
    );
    expect((await get(edge, "localhost", "/")).statusCode).toBe(503);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("ends with exit code 0 and leaves nothing at %s", async (signal) => {
    edge = await start(address);
    const processes = family(edge.process.pid!);

    edge.process.kill(signal);
    const [code] = (await once(edge.process, "exit")) as [number | null];

    expect(code).toBe(0);
    expect(processes.length).toBeGreaterThan(5);
    expect(processes.flatMap(family)).toEqual([]);
    expect([await isTaken(edge.port), await isTaken(edge.port + 1)]).toEqual([false, false]);
  });

  test("leaves nothing when it is killed", async () => {
    edge = await start(address);
    const processes = family(edge.process.pid!);

    edge.process.kill("SIGKILL");
    await once(edge.process, "exit");
    while (processes.flatMap(family).length > 0) {
      await sleep(20);
    }

    expect(await isTaken(edge.port)).toBe(false);
  });
});
