import * as net from "node:net";
import { POP_HEALTH_PATH } from "../../components/node/ports";
import { SOCKETS } from "../../components/node/sockets";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Held, reply } from "./origin/scripted";
import { HOST, Rig } from "./origin/rig";
import { until } from "./origin/until";
import { clientHeader, exchange, request } from "./proxied";

const LIMITS = { inFlight: 3, perTenSeconds: 40 };
/** What the rendered file waits for a request's header, and what the tests' copy waits. */
const [HEADER_TIME, SHORT] = ["timeout http-request 10s", "timeout http-request 2s"];

describeWith([DEBIAN], "limits of one client", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({
      bounds: { CLIENT_IN_FLIGHT: LIMITS.inFlight, CLIENT_REQUESTS: LIMITS.perTenSeconds },
      edit: (files) => {
        const config = files["/etc/haproxy/haproxy.cfg"] ?? "";
        return { ...files, "/etc/haproxy/haproxy.cfg": config.replace(HEADER_TIME, SHORT) };
      },
    });
    rig.origin.on("/", reply("x", { "cache-control": "max-age=60" }));
  });

  afterAll(async () => {
    await rig.stop();
  });

  test("more requests at once than allowed are answered 429; other clients notice nothing", async () => {
    const greedy = "192.0.2.1";
    const held = new Held(reply("x", { "cache-control": "no-store" }));
    rig.origin.on("/slow", held.handler);
    // Different objects, so that none waits for another's fetch.
    const within = Array.from({ length: LIMITS.inFlight }, (_, i) => rig.ask(`/slow?${String(i)}`, { client: greedy }));
    await held.holds(LIMITS.inFlight);

    const beyond = await rig.ask("/", { client: greedy });
    const others = await Promise.all(["192.0.2.2", "192.0.3.1"].map((client) => rig.ask("/", { client })));
    held.release();

    expect(beyond).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
    expect(beyond.headers["proxy-status"]).toBe(`${rig.popName}; error=http_request_denied`);
    expect(others.map(({ status }) => status)).toEqual([200, 200]);
    expect((await Promise.all(within)).map(({ status }) => status)).toEqual([200, 200, 200]);
    // What has ended does not count any more.
    expect((await rig.ask("/", { client: greedy })).status).toBe(200);
  });

  describe("a client with too many requests", () => {
    const greedy = "192.0.2.77";
    let statuses: readonly number[];

    beforeAll(async () => {
      const answers = [];
      for (let i = 0; i < LIMITS.perTenSeconds + 10; i++) {
        answers.push(await rig.ask("/", { client: greedy }));
      }
      statuses = answers.map(({ status }) => status);
    });

    test("has those within the limit answered, and the others refused with 429", () => {
      expect(statuses.slice(0, LIMITS.perTenSeconds)).toEqual(Array(LIMITS.perTenSeconds).fill(200));
      expect(statuses.slice(LIMITS.perTenSeconds)).toEqual(Array(10).fill(429));
    });

    test("hears when to come back", async () => {
      const { headers } = await rig.ask("/", { client: greedy });

      expect(headers["retry-after"]).toBe("10");
    });

    test("hurts nobody else", async () => {
      expect((await rig.ask("/", { client: "192.0.2.78" })).status).toBe(200);
    });

    test("is still answered the PoP's health", async () => {
      expect((await rig.ask(POP_HEALTH_PATH, { client: greedy, host: rig.popName })).status).toBe(200);
    });

    test("may not hide behind an address that it makes up", async () => {
      const answer = await rig.ask("/", { client: greedy, headers: { "x-forwarded-for": "192.0.2.200" } });

      expect(answer.status).toBe(429);
    });
  });

  test("a client that drips its header is closed with 408", async () => {
    // The default is longer than a test may wait.
    expect(rig.node.root.read("/etc/haproxy/haproxy.cfg")).toContain(SHORT);

    const answer = await exchange(rig.node.ports.traffic, clientHeader("192.0.2.90"), "GET / HTTP/1.1\r\nHost: w");

    // The text is HAProxy's own: before a request is whole, nothing of the configuration speaks.
    expect(answer.status).toBe(408);
  });

  test("a request whose client has gone counts as long as it is worked on, and no longer", async () => {
    const held = new Held(reply("x", { "cache-control": "no-store" }));
    rig.origin.on("/left", held.handler);
    const gone = "192.0.2.95";
    const socket = net.connect(rig.node.ports.traffic, "127.0.0.1");
    socket.write(Buffer.concat([clientHeader(gone), Buffer.from(request("GET", "/left", { Host: HOST }))]));
    await held.holds(1);
    socket.destroy();
    const table = (): Promise<string> => rig.node.say(SOCKETS.admin, "show table clients");
    expect(await table()).toMatch(new RegExp(`${gone} .*conn_cur=1`));
    held.release();

    await until("no request of that client in the table", async () =>
      new RegExp(`${gone} .*conn_cur=0`).test(await table()),
    );
  });
});
