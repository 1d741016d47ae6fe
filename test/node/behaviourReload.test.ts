import * as net from "node:net";
import { text } from "node:stream/consumers";
import { SOCKETS } from "../../components/node/sockets";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { KeptConnection } from "./keptConnection";
import { Held, reply } from "./origin/scripted";
import { HOST, Rig, type RigOptions } from "./origin/rig";
import { clientHeader, exchangeHttp2 } from "./proxied";

const RELOADS = 5;
/** Clients that ask without a pause, each on its own connection. */
const CLIENTS = 6;
const NEW = "new.example.com";

/** Structure that changes from reload to reload: a site comes, changes and goes. */
const STEPS: readonly Pick<RigOptions, "site" | "more">[] = [
  { more: { [NEW]: {} } },
  { more: { [NEW]: { maxAge: 10 } } },
  { more: { [NEW]: { maxAge: 10 }, "other.example.com": {} } },
  { site: { stale: { whileRevalidate: 0, ifError: 0 } }, more: { [NEW]: {} } },
  {},
];

describeWith([DEBIAN], "reloads", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
    rig.origin.on("/hit", reply("stored", { "cache-control": "max-age=600" }));
    rig.origin.on("/miss", reply("fetched", { "cache-control": "no-store" }));
    await rig.get("/hit");
  });

  afterAll(async () => {
    await rig.stop();
  });

  test(`${RELOADS} of them under load: no client has an error, and the cache stays`, async () => {
    const child = rig.cacheProcesses();
    const port = rig.node.ports.traffic;
    const wrong: string[] = [];
    let asked = 0;
    const load = { done: false };
    const tell = (expected: string, got: string): void => {
      asked++;
      if (got !== expected) {
        wrong.push(got);
      }
    };
    const failure = (error: unknown): string => String(error);

    const kept = Array.from({ length: CLIENTS }, () => new KeptConnection(port));
    const clients = kept.map(async (connection, i) => {
      const { path, expected } =
        i % 2 === 0 ? { path: "/hit", expected: "200 stored" } : { path: "/miss", expected: "200 fetched" };
      while (!load.done) {
        tell(expected, await connection.get(path).catch(failure));
      }
      connection.destroy();
    });
    const newcomers = (async () => {
      while (!load.done) {
        tell("200", String(await rig.get("/hit").then(({ status }) => status, failure)));
        const headers = { ":path": "/hit", ":authority": HOST, ":scheme": "https" };
        tell(
          "200",
          String(await exchangeHttp2(port, clientHeader("203.0.113.6"), headers).then(({ status }) => status, failure)),
        );
      }
    })();

    for (const step of STEPS) {
      await rig.reload(step);
      // The load goes through what was loaded before the next comes.
      await rig.get("/hit");
    }
    load.done = true;
    await Promise.all([...clients, newcomers]);

    expect(STEPS).toHaveLength(RELOADS);
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(100);
    // Their connections were ended in order and they came again; else the load did not meet the reloads.
    expect(Math.max(...kept.map(({ opened }) => opened))).toBeGreaterThan(1);
    expect(rig.cacheProcesses()).toEqual(child);
    expect((await rig.get("/hit")).headers["cache-status"]).toMatch(/; ?hit/);
    expect(rig.origin.requests("/hit")).toHaveLength(1);
  });

  test("Varnish keeps no connection on which a request would meet a process that ends", async () => {
    const socket = net.connect(rig.node.root.outside(SOCKETS.egress));
    socket.write(`GET /hit HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);

    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*\r\nconnection: close\r\n.*stored$/s);
  });

  test("a site that is added is served, one that is taken out is not, and a changed setting counts at once", async () => {
    expect((await rig.ask("/hit", { host: NEW })).status).toBe(421);

    await rig.reload({ more: { [NEW]: { methods: ["GET", "HEAD", "POST"] } } });
    expect((await rig.ask("/hit", { host: NEW })).status).toBe(200);
    expect((await rig.ask("/hit", { host: NEW, method: "POST" })).status).toBe(200);

    await rig.reload({ more: { [NEW]: {} } });
    expect((await rig.ask("/hit", { host: NEW, method: "POST" })).status).toBe(405);

    await rig.reload({});
    expect((await rig.ask("/hit", { host: NEW })).status).toBe(421);
  });

  test("a request that is on its way is answered, even when its site is taken out", async () => {
    const held = new Held(reply("late", { "cache-control": "max-age=60" }));
    rig.origin.on("/on-its-way", held.handler);
    await rig.reload({ more: { [NEW]: {} } });

    const answers = [rig.get("/on-its-way"), rig.ask("/on-its-way", { host: NEW })];
    await held.holds(2);
    await rig.reload({});
    held.release();

    expect((await Promise.all(answers)).map(({ status, body }) => `${status} ${body}`)).toEqual([
      "200 late",
      "200 late",
    ]);
  });
});
