import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { answerTo } from "../../../infra/lab/names/answer";
import { NameServer } from "../../../infra/lab/names/server";
import { known, latencyRecord, POPS, valueRecord, ZONE } from "./footprint";

// What is answered is read by Node's resolver, which is c-ares.

const ISSUERS = Array.from({ length: 40 }, (_, index) => `0 issue "issuer-${index}.example.org"`);
const FOOTPRINT = known([
  ZONE,
  ...POPS.flatMap((region) => [latencyRecord(region), latencyRecord(region, "AAAA")]),
  valueRecord("www.example.com", "CAA", 3600, ['0 issue "amazon.com"', '0 issuewild "amazon.com"']),
  valueRecord("_proof.www.example.com", "CNAME", 300, ["_4d5e6f.acm-validations.aws."]),
  valueRecord("long.example.com", "CAA", 60, ISSUERS),
]);

describe("a name server", () => {
  let server: NameServer;
  let resolver: Resolver;

  beforeEach(async () => {
    server = await NameServer.start({ address: "127.0.0.1", port: 0 }, (question) =>
      answerTo(question, { "us-east-1": 10, "eu-central-1": 90 }, FOOTPRINT),
    );
    resolver = new Resolver({ timeout: 60_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${String(server.endpoint.port)}`]);
  });

  afterEach(() => server.stop());

  test("is understood: addresses with their TTL, issuers, names, the zone", async () => {
    const [v4, v6] = [
      await resolver.resolve4("www.example.com", { ttl: true }),
      await resolver.resolve6("www.example.com"),
    ];
    expect(v4).toEqual([
      { address: "203.0.113.1", ttl: 60 },
      { address: "203.0.113.2", ttl: 60 },
    ]);
    expect(v6).toEqual(["2001:db8::3"]);
    // Newer Nodes say the type, too.
    expect(await resolver.resolveCaa("www.example.com")).toMatchObject([
      { critical: 0, issue: "amazon.com" },
      { critical: 0, issuewild: "amazon.com" },
    ]);
    expect(await resolver.resolveCname("_proof.www.example.com")).toEqual(["_4d5e6f.acm-validations.aws"]);
    expect(await resolver.resolveNs("example.com")).toContain("ns-2051.awsdns-67.co.uk");
    expect(await resolver.resolveSoa("example.com")).toEqual({
      nsname: "ns-2048.awsdns-64.com",
      hostmaster: "awsdns-hostmaster.amazon.com",
      serial: 1,
      refresh: 7200,
      retry: 900,
      expire: 1_209_600,
      minttl: 86_400,
    });
  });

  test("is understood where there is nothing: no name, no data, not its zone", async () => {
    await expect(resolver.resolve4("other.example.com")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(resolver.resolveMx("www.example.com")).rejects.toMatchObject({ code: "ENODATA" });
    await expect(resolver.resolve4("www.example.org")).rejects.toMatchObject({ code: "EREFUSED" });
  });

  test("gives by TCP what is too long for UDP", async () => {
    expect(await resolver.resolveCaa("long.example.com")).toHaveLength(40);
  });

  test("takes several questions on one connection, in pieces, and ends one that is no query", async () => {
    const socket = connect(server.endpoint.port, "127.0.0.1");
    // RFC 1035, 4.2.2: the length first.
    const query = Buffer.from("001d0001010000010000000000000377777707657861", "hex");
    const rest = Buffer.from("6d706c6503636f6d0000010001", "hex");
    const whole = Buffer.concat([Buffer.from("0021", "hex"), query.subarray(2), rest]);
    let received = Buffer.alloc(0);
    socket.on("data", (data: Buffer) => {
      received = Buffer.concat([received, data]);
    });
    socket.write(whole.subarray(0, 20));
    socket.write(Buffer.concat([whole.subarray(20), whole]));
    while (received.length < 2 || received.length < 2 * (2 + received.readUInt16BE(0))) {
      await once(socket, "data");
    }
    expect(received.readUInt16BE(8)).toBe(2);
    socket.write(Buffer.from("00020000", "hex"));
    await once(socket, "close");
  });

  test("lives on after a datagram that is no message", async () => {
    const socket = createSocket("udp4");
    socket.send(Buffer.from("nonsense"), server.endpoint.port, "127.0.0.1");
    socket.send(Buffer.alloc(0), server.endpoint.port, "127.0.0.1");
    expect(await resolver.resolve4("www.example.com")).toHaveLength(2);
    socket.close();
  });

  test("rejects an address that is taken, naming it", async () => {
    const { port } = server.endpoint;
    await expect(
      NameServer.start({ address: "127.0.0.1", port }, () => answerTo({ name: "", type: "A" }, {}, FOOTPRINT)),
    ).rejects.toThrow(
      new RegExp(
        `^the name server needs 127\\.0\\.0\\.1 port ${String(port)}, by TCP and UDP: Error: listen EADDRINUSE: .*$`,
      ),
    );
  });
});
