import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { createServer as createPlainServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { Client, type AskOptions, type ClientOptions } from "../../../infra/lab/cities/ask";
import { connectFar } from "../../../infra/lab/cities/farSocket";
import { NameServer } from "../../../infra/lab/names/server";

const PEM = readFileSync(join(__dirname, "..", "fixtures", "certificate.pem"), "utf8");
const BODY = "x".repeat(300_000);

/** A city whose people and resolver are this machine. */
const CITY = {
  ...{ name: "Here", country: "DE", lat: 0, lon: 0, address: "127.0.0.1", resolver: "127.0.0.1" },
  ms: { "us-east-1": 40 },
};

describe("a client in a city", () => {
  let pop: Server;
  let names: NameServer;
  let addresses: readonly string[];
  let status: number;
  let cacheStatus: string | undefined;
  let proxyStatus: string | undefined;

  beforeEach(async () => {
    addresses = ["127.0.0.1"];
    status = 200;
    cacheStatus = "us-east-1.pop.example.com; hit; ttl=59";
    proxyStatus = undefined;
    pop = createServer({ cert: PEM, key: PEM }, (request, response) => {
      if (request.url === "/cut") {
        response.writeHead(200, { "Content-Length": 10 }).write("half");
        setImmediate(() => response.destroy());
        return;
      }
      response
        .writeHead(status, {
          ...(cacheStatus === undefined ? {} : { "Cache-Status": cacheStatus }),
          ...(proxyStatus === undefined ? {} : { "Proxy-Status": proxyStatus }),
        })
        .end(BODY);
    });
    pop.listen(0, "127.0.0.1");
    await once(pop, "listening");
    names = await NameServer.start({ address: "127.0.0.1", port: 0 }, ({ name }) => ({
      rcode: name === "www.example.com" ? 0 : 3,
      answers: name === "www.example.com" ? addresses.map((data) => ({ type: "A", name, ttl: 60, data })) : [],
      authorities: [],
      tailored: false,
    }));
  });

  afterEach(async () => {
    pop.closeAllConnections();
    pop.close();
    await Promise.all([names.stop(), once(pop, "close")]);
  });

  const ports = () => ({ dnsPort: names.endpoint.port, port: (pop.address() as AddressInfo).port });
  const ask = (options: Partial<AskOptions> = {}, lab: Partial<ClientOptions> = {}) =>
    new Client({
      regionOf: (address) => (address === "127.0.0.1" ? "us-east-1" : undefined),
      authority: PEM,
      ...ports(),
      ...lab,
    }).ask(CITY, { url: new URL("https://www.example.com/"), ...options });

  test("is told who answered, what the cache did, and with what", async () => {
    expect(await ask()).toMatchObject({
      city: "Here",
      failure: null,
      region: "us-east-1",
      status: 200,
      cache: "hit",
      body: createHash("sha256").update(BODY).digest("hex"),
    });
  });

  test("waits a round trip each for the connection, for TLS and for the first byte", async () => {
    const { times } = await ask();
    // Never less: that is what the distance is. How much more is the machine's business.
    for (const part of [times?.connect, times?.tls, times?.answer]) {
      expect(part).toBeGreaterThanOrEqual(38);
    }
    expect(times?.total).toBeGreaterThanOrEqual(3 * 38);
  });

  test.each([
    // RFC 9211: the member of the cache nearest to the client is the last; a stale one has a lifetime below zero.
    ["us-east-1.pop.example.com; fwd=miss; fwd-status=200; detail=storing", "miss"],
    ["us-east-1.pop.example.com; hit; ttl=-7", "stale"],
    ["shield; hit; ttl=5, us-east-1.pop.example.com; fwd=miss", "miss"],
    ["shield; fwd=miss, us-east-1.pop.example.com; hit; ttl=5", "hit"],
    ["us-east-1.pop.example.com; hit; ttl=5, us-east-1.pop.example.com; fwd=miss", "hit"],
    [undefined, null],
  ] as const)("reads what %s says", async (field, cache) => {
    cacheStatus = field;
    expect((await ask()).cache).toBe(cache);
  });

  test("asks again over the connection that stands, and ends with what fails", async () => {
    const seen: (number | undefined)[] = [];
    pop.on("request", (request) => seen.push(request.socket.remotePort));
    const client = new Client({ regionOf: () => "us-east-1", authority: PEM, ...ports() });
    const urls = ["/", "/again", "/cut", "/never"].map((path) => ({ url: new URL(path, "https://www.example.com") }));
    const [first, second, cut, ...others] = await client.visit(CITY, "www.example.com", urls);
    expect([first?.failure, second?.failure, cut?.failure, others]).toEqual([null, null, "Error: aborted", []]);
    expect(second?.times).toMatchObject({ dns: 0, connect: 0, tls: 0 });
    expect(second?.times?.answer).toBeGreaterThanOrEqual(38);
    expect(new Set(seen).size).toBe(1);
  });

  test("takes the next address where the first does not answer, as browsers do", async () => {
    addresses = ["127.0.0.2", "127.0.0.1"];
    const regionOf = (address: string) => (address === "127.0.0.2" ? "eu-west-1" : "us-east-1");
    const roundTrip = (_: unknown, region: string) => (region === "eu-west-1" ? null : 1);
    expect(await ask({}, { regionOf, roundTrip })).toMatchObject({ failure: null, region: "us-east-1" });
  });

  test("says why it has no answer", async () => {
    const failure = async (...args: Parameters<typeof ask>) => (await ask(...args)).failure;
    expect(await failure({ url: new URL("https://other.example.com/") })).toBe(
      "Error: queryA ENOTFOUND other.example.com",
    );
    expect(await failure({}, { roundTrip: () => null })).toBe("Error: the way to us-east-1 is cut");
    expect(await failure({}, { regionOf: () => undefined })).toBe("Error: nobody has 127.0.0.1");
    expect(await failure({}, { port: 1 })).toBe("Error: connect ECONNREFUSED 127.0.0.1:1");
    expect(await failure({}, { authority: "" })).toMatch(/self-signed certificate/);
    expect(await failure({ url: new URL("https://www.example.com/cut") })).toBe("Error: aborted");
    status = 503;
    expect(await failure()).toBe("HTTP 503");
    // RFC 9209, section 2.3.4.
    proxyStatus = "SomeReverseProxy; error=destination_unavailable";
    expect(await failure()).toBe("HTTP 503 by SomeReverseProxy; error=destination_unavailable");
  });
});

describe("a far connection", () => {
  test("brings every byte in order, both ways, and its end", async () => {
    const echo = createPlainServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
    await once(echo, "listening");
    const { port } = echo.address() as AddressInfo;
    const far = await connectFar({ address: "127.0.0.1", port, from: "127.0.0.1", roundTrip: 5, within: 60_000 });
    const pieces = Array.from({ length: 500 }, (_, index) => Buffer.from(`${index} `.repeat(50)));
    const received: Buffer[] = [];
    far.on("data", (data: Buffer) => received.push(data));
    pieces.forEach((piece) => far.write(piece));
    far.end();
    await once(far, "end");
    expect(Buffer.concat(received).equals(Buffer.concat(pieces))).toBe(true);
    echo.close();
    await once(echo, "close");
  });
});
