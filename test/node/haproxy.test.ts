import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Site } from "../../components/node/site";
import { shippedSites } from "../support/sites";
import { SHIPPED } from "../support/stacks";
import { nodeFiles } from "../../components/node/files";
import { HAPROXY, STAGED, VARNISH } from "../../components/node/processes";
import { SOCKETS, SOCKETS_GROUP } from "../../components/node/sockets";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { RunningNode } from "../../infra/edge/node";
import { PrivateRoot } from "../../infra/edge/privateRoot";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { clientHeader, exchange, exchangeHttp2, LOCAL_HEADER, request, type Answer } from "./proxied";

const POP = "eu-west-1.pop.example.com";
const CLIENT = clientHeader("198.51.100.7");

const SITE: Site = {
  host: "cdn.example.com",
  origins: [],
  originHost: "origin",
  cacheKey: { query: "all", headers: [], cookies: [] },
  stale: { whileRevalidate: 0, ifError: 0 },
  maxAge: 60,
  methods: ["GET", "HEAD"],
  websocket: false,
  compression: false,
  clientAddress: "full",
  redirectStatus: 308,
  tagHeader: "Surrogate-Key",
};

/** An origin that answers with what it was asked. */
function echo(): Promise<http.Server> {
  const server = http.createServer(({ method, url, headers }, response) => {
    response.end(JSON.stringify({ method, url, headers }));
  });
  server.listen(0, "127.0.0.1");
  return once(server, "listening").then(() => server);
}

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}

function asked({ body }: Answer): { url: string; headers: Record<string, string> } {
  return JSON.parse(body) as { url: string; headers: Record<string, string> };
}

/** What Varnish says to any compiler that it is told to use, also before it has compiled anything. */
const NOTE = "Warnings:\n\nChange will take effect when VCL script is reloaded\n";

/** Varnish shows the C code that it has made; what comes before is what it has to say. */
function warnings(text: string): string[] {
  return text
    .replace(NOTE, "")
    .split("\n")
    .filter((line) => /warning|alert/i.test(line));
}

describeWith([DEBIAN], "a node takes its configuration without a warning", () => {
  let root: PrivateRoot;
  let egress: net.Server;
  /** What HAProxy and Varnish say to the files of a node: nothing when they are valid and raise no warning. */
  const complaints = async (sites: readonly Site[]): Promise<readonly string[]> => {
    const files = nodeFiles({ region: "eu-west-1", popName: POP, sites });
    for (const [file, content] of Object.entries(files)) {
      root.write(file, content);
    }
    const commands = [HAPROXY, VARNISH].map(({ check }) => check.map((word) => word.replaceAll(STAGED, "")));
    const ended = await Promise.all(commands.map((command) => root.exec(...command)));
    return ended.flatMap(({ status, stderr }) => (status === 0 ? warnings(stderr) : [stderr]));
  };

  beforeAll(async () => {
    root = await PrivateRoot.start(debianRootFolder());
    await root.exec("groupadd", "--system", SOCKETS_GROUP);
    // Varnish warns when HAProxy is not there yet.
    root.makeFolder(path.dirname(SOCKETS.egress));
    egress = net.createServer().listen(root.outside(SOCKETS.egress));
    await once(egress, "listening");
  });

  afterAll(async () => {
    egress.close();
    await root.stop();
  });

  test.each(SHIPPED)("of the sites of %s", async (stack) => {
    expect(await complaints(shippedSites(stack))).toEqual([]);
  });

  test("of a hundred sites", async () => {
    const origins = [{ scheme: "https", host: "origin.example.org", port: 443 }] as const;
    const sites = Array.from({ length: 100 }, (_, i) => ({ ...SITE, host: `site${i}.example.com`, origins }));

    expect(await complaints(sites)).toEqual([]);
  });
});

describeWith([DEBIAN], "HAProxy on a node", () => {
  let origin: http.Server;
  let second: http.Server;
  let node: RunningNode;
  const traffic = (text: string) => exchange(node.ports.traffic, CLIENT, text);
  const redirect = (text: string) => exchange(node.ports.redirect, CLIENT, text);

  beforeAll(async () => {
    [origin, second] = [await echo(), await echo()];
    const gone = await echo();
    const local = (server: net.Server) => ({ scheme: "http", host: "127.0.0.1", port: portOf(server) }) as const;
    const sites: Site[] = [
      { ...SITE, origins: [local(origin)] },
      { ...SITE, host: "post.example.com", origins: [local(origin)], methods: ["GET", "POST"], redirectStatus: 301 },
      { ...SITE, host: "failover.example.com", origins: [local(gone), local(second)] },
      { ...SITE, host: "tls.example.com", origins: [{ ...local(origin), scheme: "https" }] },
    ];
    gone.close();
    node = await RunningNode.start({
      root: debianRootFolder(),
      files: (listen) => nodeFiles({ region: "eu-west-1", popName: POP, sites, listen }),
    });
  });

  afterAll(async () => {
    await node.stop();
    for (const server of [origin, second]) {
      server.close();
      server.closeAllConnections();
    }
  });

  describe("node health", () => {
    test.each([
      ["without a PROXY header", []],
      ["behind the LOCAL header of the load balancer's own checks", [LOCAL_HEADER]],
      ["behind a client's header", [CLIENT]],
    ])("is answered %s", async (_, header) => {
      const answer = await exchange(node.ports.health, ...header, request("GET", "/health", {}));

      expect(answer).toMatchObject({ status: 200, body: "ok\n" });
    });

    test("is answered when the header comes in a packet of its own", async () => {
      const halves = [LOCAL_HEADER.subarray(0, 5), LOCAL_HEADER.subarray(5)];

      const answer = await exchange(node.ports.health, ...halves, request("GET", "/health", {}));

      expect(answer.status).toBe(200);
    });

    test("has one path", async () => {
      expect((await exchange(node.ports.health, request("GET", "/", {}))).status).toBe(404);
    });
  });

  describe("PoP health", () => {
    const path = "/.well-known/pop-health";

    test("is answered at the PoP's own name", async () => {
      expect(await traffic(request("GET", path, { Host: POP }))).toMatchObject({ status: 200, body: "ok\n" });
    });

    // The check of Route 53 has a new name at once (UpdateHealthCheck, FullyQualifiedDomainName), nodes a minute or two later.
    test.each(["eu-west-1.one.pop.example.com", "eu-west-1.pop.example.net", "192.0.2.1"])(
      "is answered by another name of the PoP (%s)",
      async (host) => {
        expect(await traffic(request("GET", path, { Host: host }))).toMatchObject({ status: 200, body: "ok\n" });
        expect((await traffic(request("GET", "/", { Host: host }))).status).toBe(421);
      },
    );

    test("is a site's own path at a site's host", async () => {
      expect(asked(await traffic(request("GET", path, { Host: SITE.host }))).url).toBe(path);
    });

    test("is all that the PoP's own name has", async () => {
      expect((await traffic(request("GET", "/", { Host: POP }))).status).toBe(421);
    });
  });

  describe("a site", () => {
    test("is proxied to its origin, by the origin's name, with path and query", async () => {
      const answer = await traffic(request("GET", "/a%20b?c=d&e", { Host: "CDN.example.com:443" }));

      expect(answer.status).toBe(200);
      expect(asked(answer)).toMatchObject({ url: "/a%20b?c=d&e", headers: { host: `127.0.0.1:${portOf(origin)}` } });
    });

    test("is proxied from cleartext HTTP/2 on the same port", async () => {
      const answer = await exchangeHttp2(node.ports.traffic, CLIENT, {
        ":path": "/over-h2",
        ":authority": SITE.host,
        ":scheme": "https",
      });

      expect(answer.status).toBe(200);
      expect(asked(answer).url).toBe("/over-h2");
    });

    test("tells its origin the client's address, whatever the client says of itself", async () => {
      const spoofed = { Host: SITE.host, "X-Forwarded-For": "203.0.113.1", "X-Forwarded-Proto": "http" };

      const { headers } = asked(await traffic(request("GET", "/", spoofed)));

      expect(headers).toMatchObject({ "x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https" });
    });

    test("rejects a method that it does not answer with 405 and those that it does", async () => {
      const answer = await traffic(request("POST", "/", { Host: SITE.host, "Content-Length": "0" }));

      expect(answer).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
    });

    test("has methods of its own", async () => {
      const post = request("POST", "/", { Host: "post.example.com", "Content-Length": "0" });

      expect((await traffic(post)).status).toBe(200);
    });

    test("goes to the second origin, by its name, when the first is down", async () => {
      let answer = await traffic(request("GET", "/", { Host: "failover.example.com" }));
      // The first check of the first origin may not have failed yet.
      for (let tries = 0; answer.status === 503 && tries < 100; tries++) {
        await sleep(100);
        answer = await traffic(request("GET", "/", { Host: "failover.example.com" }));
      }

      expect(asked(answer).headers.host).toBe(`127.0.0.1:${portOf(second)}`);
    });

    test("rejects an https origin that does not speak TLS", async () => {
      expect((await traffic(request("GET", "/", { Host: "tls.example.com" }))).status).toBe(503);
    });
  });

  test("rejects a connection without a PROXY header on the traffic port", async () => {
    const answer = exchange(node.ports.traffic, request("GET", "/", { Host: SITE.host }));

    await expect(answer).rejects.toThrow(/^(read ECONNRESET|the connection was closed without an answer)$/);
  });

  test.each(["unknown.example.com", "127.0.0.1", "cdn.example.com.evil.example.org"])(
    "rejects the unknown host %s with 421",
    async (host) => {
      expect((await traffic(request("GET", "/", { Host: host }))).status).toBe(421);
      expect((await redirect(request("GET", "/", { Host: host }))).status).toBe(421);
    },
  );

  describe("the redirect port", () => {
    test.each([
      ["cdn.example.com", 308],
      ["post.example.com", 301],
    ])("sends %s to https with %i, path and query kept", async (host, status) => {
      const answer = await redirect(request("GET", "/a/b%20c?d=e&f", { Host: host }));

      expect(answer).toMatchObject({ status, headers: { location: `https://${host}/a/b%20c?d=e&f` } });
    });

    test("drops the port that the client named", async () => {
      const answer = await redirect(request("GET", "/", { Host: "cdn.example.com:80" }));

      expect(answer.headers.location).toBe("https://cdn.example.com/");
    });

    test("answers no health", async () => {
      expect((await redirect(request("GET", "/health", { Host: POP }))).status).toBe(421);
    });
  });
});
