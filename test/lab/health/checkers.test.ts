import { readFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Checkers, type StatusChange } from "../../../infra/lab/health/checkers";
import type { HealthCheck } from "../../../infra/lab/names/declared";

const PEM = readFileSync(join(__dirname, "..", "fixtures", "certificate.pem"));
const NAME = "us-east-1.pop.example.com";

/** What the endpoint was asked, and with what it answers. */
interface Seen {
  readonly path: string;
  readonly host: string;
  readonly servername: string;
  readonly protocol: string | null;
}

describe("health checkers", () => {
  let endpoint: Server;
  let port: number;
  let status: number;
  let checkers: Checkers | undefined;
  const seen: Seen[] = [];
  let addresses: readonly string[];
  let told: (change: StatusChange) => void;

  beforeEach(async () => {
    seen.length = 0;
    status = 200;
    addresses = ["127.0.0.1"];
    let servername = "";
    let protocol: string | null = null;
    const SNICallback = (name: string, done: (error: Error | null) => void) => {
      servername = name;
      done(null);
    };
    endpoint = createServer({ cert: PEM, key: PEM, SNICallback }, (request, response) => {
      seen.push({ path: request.url ?? "", host: request.headers.host ?? "", servername, protocol });
      response.writeHead(status).end();
    });
    endpoint.on("secureConnection", (socket) => {
      protocol = socket.getProtocol();
    });
    endpoint.listen(0, "127.0.0.1");
    await once(endpoint, "listening");
    port = (endpoint.address() as AddressInfo).port;
  });

  afterEach(async () => {
    checkers?.stop();
    endpoint.closeAllConnections();
    endpoint.close();
    await once(endpoint, "close");
  });

  /** Twenty times a second: only what follows what counts here. A machine that stalls may make an answer a late one. */
  const check = (more: Partial<HealthCheck> = {}): HealthCheck => ({
    ...{ id: "check", fqdn: NAME, port, path: "/.well-known/pop-health", sni: true },
    ...{ interval: 0.05, threshold: 3, disabled: false },
    ...more,
  });

  const start = (count?: number): Checkers => {
    checkers = new Checkers({
      addresses: (fqdn) => (fqdn === NAME ? addresses : []),
      onChange: (change) => {
        told(change);
      },
      ...(count === undefined ? {} : { count }),
    });
    return checkers;
  };
  const nextChange = () =>
    new Promise<StatusChange>((resolve) => {
      told = resolve;
    });
  const requests = async (number: number) => {
    while (seen.length < number) {
      await once(endpoint, "request");
    }
  };

  test("ask by HTTPS of at most TLS 1.2, by name and path, whatever the certificate says", async () => {
    start().update([check()]);
    await requests(4);
    expect(seen[0]).toEqual({ path: "/.well-known/pop-health", host: NAME, servername: NAME, protocol: "TLSv1.2" });
  });

  test("count a new check as healthy, find it unhealthy by its status, and healthy again", async () => {
    status = 503;
    const all = start();
    const first = nextChange();
    all.update([check()]);
    expect(all.isHealthy("check")).toBe(true);
    expect(await first).toMatchObject({ healthy: false, check: { id: "check" } });
    // Three checkers of three have to say so, three times each.
    expect(seen.length).toBeGreaterThanOrEqual(9);
    expect(all.isHealthy("check")).toBe(false);

    const second = nextChange();
    status = 302;
    expect(await second).toMatchObject({ healthy: true, detail: "HTTP 302" });
    expect(all.isHealthy("check")).toBe(true);
  });

  test("find an endpoint unhealthy that does not listen, and one whose name has no IPv4 address", async () => {
    const all = start(1);
    const silent = nextChange();
    all.update([check({ port: 1 })]);
    expect(await silent).toMatchObject({ healthy: false, detail: "connect ECONNREFUSED 127.0.0.1:1" });

    addresses = ["::1"];
    const nameless = nextChange();
    all.update([check({ id: "other" })]);
    expect(await nameless).toMatchObject({ healthy: false, detail: `${NAME} has no IPv4 address` });
  });

  test("begin anew where a check has changed, and forget one that is gone", async () => {
    status = 500;
    const all = start(1);
    const first = nextChange();
    all.update([check()]);
    await first;
    all.update([check()]);
    expect(all.isHealthy("check")).toBe(false);
    all.update([check({ threshold: 10 })]);
    expect(all.isHealthy("check")).toBe(true);
    all.update([]);
    expect(all.isHealthy("check")).toBe(true);
  });

  test("leave a disabled check alone: it is healthy", async () => {
    status = 500;
    const all = start(1);
    const other = nextChange();
    all.update([check({ disabled: true }), check({ id: "other", path: "/other" })]);
    await other;
    expect(all.isHealthy("check")).toBe(true);
    expect(new Set(seen.map(({ path }) => path))).toEqual(new Set(["/other"]));
  });
});
