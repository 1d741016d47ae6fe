import * as net from "node:net";
import * as os from "node:os";
import { NODE_HEALTH_PATH, POP_HEALTH_PATH } from "../../components/node/ports";
import { SOCKETS } from "../../components/node/sockets";
import { accepts } from "../../infra/edge/ports";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { reply } from "./origin/scripted";
import { HOST, Rig } from "./origin/rig";
import { until } from "./origin/until";
import { clientHeader, exchange, exchangeHttp2, LOCAL_HEADER, request } from "./proxied";

const FIELDS = [
  ...["time", "pop", "site", "client", "request_id", "protocol", "method", "path", "status", "bytes", "cache"],
  ...["ms_request", "ms_queue", "ms_first_byte", "ms_transfer", "ms_total", "end"],
];

/** Sites that have less of a client's address logged, or nothing. */
const [TRUNCATED, NAMELESS] = ["truncated.example.com", "nameless.example.com"];

/** What must be in no line, wherever it stands in a request or a response. */
const SECRETS = ["s3cret-token", "s3cret-cookie", "s3cret-query", "s3cret-set-cookie", "s3cret-body"];

describeWith([DEBIAN], "what a node tells", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({
      site: { methods: ["GET", "HEAD", "POST"] },
      more: { [TRUNCATED]: { clientAddress: "truncated" }, [NAMELESS]: { clientAddress: "none" } },
    });
  });

  afterAll(async () => {
    await rig.stop();
  });

  describe("in its access log", () => {
    test("is one JSON object a request, with these fields", async () => {
      rig.origin.on("/logged", reply("12345", { "cache-control": "max-age=60" }));
      const { headers } = await rig.ask("/logged", { client: "203.0.113.77" });

      const line = await rig.logged('"/logged"');

      expect(Object.keys(line)).toEqual(FIELDS);
      expect(line).toMatchObject({
        pop: "local",
        site: HOST,
        client: "203.0.113.77",
        request_id: headers["x-request-id"],
        protocol: "1.1",
        method: "GET",
        path: "/logged",
        status: 200,
        cache: "miss",
      });
      expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
      expect(line.bytes).toBeGreaterThan(5);
      expect(line.ms_total).toBeGreaterThanOrEqual(0);
    });

    // Google, "IP masking in Universal Analytics": the last octet of IPv4 is set to zero.
    test.each([
      [TRUNCATED, "203.0.113.0"],
      [NAMELESS, "0.0.0.0"],
    ])("has of a client's address what the site %s wants, while the origin gets all of it", async (host, logged) => {
      rig.origin.on("/whose", reply("x"));
      await rig.ask(`/whose?${host}`, { host, client: "203.0.113.77" });
      await rig.ask("/of-nobody", { host: `not.${host}`, client: "203.0.113.77" });

      const lines = (await rig.loggedLines(`"${host}"`, 1)).map((line) => JSON.parse(line) as { client: string });
      expect(lines.map(({ client }) => client)).toEqual([logged]);
      expect(rig.origin.requests("/whose").at(-1)?.headers["x-forwarded-for"]).toBe("203.0.113.77");
      // What is of no site is not what a site decides.
      const [other = ""] = await rig.loggedLines(`"not.${host}"`, 1);
      expect(JSON.parse(other)).toMatchObject({ client: "203.0.113.77", status: 421 });
    });

    test("is what the cache did", async () => {
      rig.origin.on("/did/hit", reply("x", { "cache-control": "max-age=60" }));
      rig.origin.on("/did/stale", reply("x", { "cache-control": "max-age=60, stale-while-revalidate=600" }));
      rig.origin.on("/did/post", reply("x"));
      await rig.get("/did/hit");
      await rig.get("/did/hit");
      await rig.get("/did/stale");
      await rig.age("/did/stale");
      await rig.get("/did/stale");
      await rig.ask("/did/post", { method: "POST" });

      const did = async (path: string, count: number) =>
        (await rig.loggedLines(`"${path}"`, count)).map((line) => (JSON.parse(line) as { cache: string }).cache);
      expect(await did("/did/hit", 2)).toEqual(["miss", "hit"]);
      expect(await did("/did/stale", 2)).toEqual(["miss", "stale"]);
      expect(await did("/did/post", 1)).toEqual(["pass"]);
    });

    test("are requests that were refused too, and by HTTP/2", async () => {
      const headers = { ":path": "/by-http2", ":authority": HOST, ":scheme": "https" };
      await rig.ask("/refused", { host: "unknown.example.com" });
      await exchangeHttp2(rig.node.ports.traffic, clientHeader("203.0.113.78"), headers);

      expect(await rig.logged('"/refused"')).toMatchObject({ site: "unknown.example.com", status: 421 });
      expect(await rig.logged('"/by-http2"')).toMatchObject({ protocol: "2.0", client: "203.0.113.78" });
    });

    test("is no secret: no credentials, cookies, queries or bodies", async () => {
      rig.origin.on("/secrets", reply("s3cret-body", { "set-cookie": "a=s3cret-set-cookie" }));
      await rig.ask("/secrets?token=s3cret-query", {
        method: "POST",
        headers: {
          authorization: "Bearer s3cret-token",
          cookie: "a=s3cret-cookie",
          "proxy-authorization": "s3cret-token",
        },
        body: "password=s3cret-body",
      });

      const [line = ""] = await rig.loggedLines('"/secrets"', 1);

      expect(SECRETS.filter((secret) => line.includes(secret))).toEqual([]);
    });

    test.each([
      ["of a long path", "a".repeat(7000)],
      ["of a long path of quotes", '"'.repeat(7000)],
      ["of a long path of backslashes", "\\".repeat(7000)],
      ["of a long path of bytes above ASCII", "\xff".repeat(7000)],
    ])("%s are whole, and say the status", async (title, text) => {
      const address = `203.0.113.${String(100 + title.length)}`;
      const raw = Buffer.from(request("GET", `/${text}`, { Host: "unknown.example.com" }), "latin1");
      const { status } = await exchange(rig.node.ports.traffic, clientHeader(address), raw);

      const [line = ""] = await rig.loggedLines(address, 1);
      expect(Buffer.byteLength(line)).toBeLessThan(4096);
      expect(JSON.parse(line)).toMatchObject({ status, client: address });
    });

    test("of a long name that is no site are whole", async () => {
      const name = `${"n".repeat(6000)}.example.com`;
      await exchange(rig.node.ports.traffic, clientHeader("203.0.113.99"), request("GET", "/", { Host: name }));

      const [line = ""] = await rig.loggedLines("203.0.113.99", 1);
      expect(JSON.parse(line)).toMatchObject({ status: 421, path: "/" });
    });

    test.each([
      ["quotes and backslashes", '/hostile1/"},{"status":"999\\'],
      ["what looks like an end of line", "/hostile2/%0a%0d{}"],
      ["bytes above ASCII", "/hostile3/\xff\xfe\xe2\x28"],
      ["braces of a template", "/hostile4/%[src]%{+Q}o${HOME}"],
      ["a tag of HTML", "/hostile5/<script>alert(1)</script>"],
    ])("are %s one line of valid JSON", async (title, target) => {
      const raw = Buffer.from(request("GET", target, { Host: HOST, "User-Agent": '"\\\u0001' }), "latin1");
      await exchange(rig.node.ports.traffic, clientHeader("203.0.113.79"), raw).catch(() => undefined);
      await exchange(
        rig.node.ports.traffic,
        clientHeader("203.0.113.79"),
        Buffer.from(request("GET", "/", { Host: target.slice(1) }), "latin1"),
      ).catch(() => undefined);
      await rig.ask(`/after/${title.replaceAll(" ", "-")}`);

      await rig.loggedLines(`/after/${title.replaceAll(" ", "-")}`, 1);
      const lines = await rig.loggedLines("203.0.113.79", 1);
      for (const line of lines) {
        expect(Object.keys(JSON.parse(line) as object)).toEqual(FIELDS);
      }
    });
  });

  describe("of itself", () => {
    test("is its health, on connections with and without a PROXY header", async () => {
      const plain = request("GET", NODE_HEALTH_PATH, { Host: "health" });

      expect((await exchange(rig.node.ports.health, plain)).status).toBe(200);
      expect((await exchange(rig.node.ports.health, LOCAL_HEADER, plain)).status).toBe(200);
      expect((await exchange(rig.node.ports.health, clientHeader("203.0.113.1"), plain)).status).toBe(200);
    });

    test("is the PoP's health at the PoP's own name alone", async () => {
      const own = await rig.ask(POP_HEALTH_PATH, { host: rig.popName });
      const site = await rig.ask(POP_HEALTH_PATH);

      expect([own.status, own.body, own.headers["cache-control"]]).toEqual([200, "ok\n", "no-store"]);
      expect(site.status).toBe(404);
      expect(rig.origin.requests(POP_HEALTH_PATH)).toHaveLength(1);
    });

    test("are metrics, for nobody but the machine itself", async () => {
      const { metrics } = rig.node.ports;
      const answer = await exchange(metrics, request("GET", "/metrics", { Host: "metrics" }));
      const others = Object.values(os.networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .filter(({ internal, family }) => !internal && family === "IPv4");

      expect(answer.status).toBe(200);
      expect(answer.body).toContain("haproxy_backend_status");
      expect(await Promise.all(others.map(({ address }) => accepts(address, metrics)))).toEqual(
        others.map(() => false),
      );
    });

    test("is bound to the loopback interface for metrics wherever the rest listens", () => {
      const config = rig.node.root.read("/etc/haproxy/haproxy.cfg");

      expect(config).toMatch(
        new RegExp(`frontend metrics .*\n\\s+bind 127\\.0\\.0\\.1:${String(rig.node.ports.metrics)}\n`),
      );
    });

    test("is nothing to who is not root, on the sockets that change it", async () => {
      const { stdout } = await rig.node.exec("stat", "-c", "%U %a", SOCKETS.admin, SOCKETS.master, SOCKETS.purge);

      expect(stdout.trim().split("\n")).toEqual(["haproxy 600", "haproxy 600", "haproxy 600"]);
    });
  });

  test("a connection that the load balancer opens ahead, without a byte, is no request and no error", async () => {
    const before = (await rig.loggedLines("", 1)).length;
    const socket = net.connect(rig.node.ports.traffic, "127.0.0.1");
    await until("the connection", () => !socket.connecting);
    socket.end();
    await until("its end", () => socket.closed);
    await rig.ask("/after-preconnect");

    await rig.loggedLines('"/after-preconnect"', 1);
    const lines = (await rig.loggedLines("", 1)).slice(before);
    const paths = lines.map((line) => (JSON.parse(line) as { path: string }).path);
    // What was asked before may be logged after its answer.
    expect(paths.filter((path) => path !== POP_HEALTH_PATH)).toEqual(["/after-preconnect"]);
  });
});
