import { accessLogFiles } from "../../../components/node/accessLog";
import { haproxyConfig } from "../../../components/node/haproxy";
import { CLIENT_BACKENDS } from "../../../components/node/clientBackends";
import type { Origin } from "../../../components/node/site";
import { some } from "../../support/some";
import { OPTIONS } from "./options";
import { SITES } from "./site";

/** Lines of a section, without comments and indentation. */
function section(text: string, title: string): readonly string[] {
  const lines = text.split("\n");
  const start = lines.indexOf(title);
  if (start < 0) {
    throw new Error(`no section "${title}"`);
  }
  const length = lines.slice(start + 1).findIndex((line) => /^\S/.test(line) && !line.startsWith("#"));
  const body = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length);
  return body.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

function backendOf(origin: Origin): readonly string[] {
  const sites = SITES.slice(0, 1).map((site) => ({ ...site, origins: [origin] }));
  return section(haproxyConfig({ ...OPTIONS, sites }), "backend origin:cdn.example.com:0 from origin");
}

describe("haproxy.cfg", () => {
  const text = haproxyConfig(OPTIONS);
  const traffic = section(text, "frontend traffic from edge");
  const position = (pattern: RegExp) => traffic.findIndex((rule) => pattern.test(rule));

  test("gives clients' requests to the backends that a node counts before it leaves, and to no other", () => {
    const used = traffic.flatMap((rule) => /^(?:use|default)_backend (\S+)/.exec(rule)?.[1] ?? []);

    expect(new Set(used)).toEqual(new Set(CLIENT_BACKENDS));
  });

  test("ends with a newline, without which HAProxy refuses it", () => {
    expect(text.endsWith("\n")).toBe(true);
    expect(text.endsWith("\n\n")).toBe(false);
  });

  test("says to every section which defaults it has: HAProxy warns of a mixture", () => {
    const sections = text.split("\n").filter((line) => /^(frontend|backend) /.test(line));

    expect(sections.length).toBeGreaterThan(10);
    expect(sections.filter((line) => !/ from (edge|to-origins|origin|held|probe|bytes|relayed)$/.test(line))).toEqual(
      [],
    );
  });

  test("says that its PoP is unhealthy when no purge was read for too long, whether the agent lives or not", () => {
    const config = haproxyConfig({ ...OPTIONS, purgeMaxStaleness: 3600 });
    const rules = section(config, "frontend traffic from edge").filter((rule) =>
      rule.includes("/.well-known/pop-health"),
    );

    expect(section(config, "global")).toContain("set-var proc.started date()");
    expect(rules.map((rule) => rule.replace(/ if .*? \{ path [^}]*\}/, ""))).toEqual([
      expect.stringMatching(/^http-request return status 503 .*str\(pop\),map_str/),
      "http-request set-var(txn.seen) str(seen),map_str(opt@/run/footprint/purges-seen.map)",
      "http-request set-var(txn.seen) var(proc.started) !{ var(txn.seen) -m found }",
      "http-request set-var(txn.unseen) date,sub(txn.seen)",
      'http-request return status 503 content-type text/plain string "no purge could be read for 3600 s\\n" hdr Cache-Control no-store { var(txn.unseen) -m int gt 3600 }',
      'http-request return status 200 content-type text/plain string "ok\\n" hdr Cache-Control no-store',
    ]);
  });

  test("needs no root: systemd says who it runs as", () => {
    expect(text).not.toMatch(/^ {4}(user|group|chroot|daemon) /m);
  });

  test("takes traffic and redirects behind a PROXY header only", () => {
    expect(traffic).toContain("bind :8443 accept-proxy");
    expect(section(text, "frontend redirect from edge")).toContain("bind :8080 accept-proxy");
    expect(section(text, "frontend health from probe")).toContain("bind :8089");
  });

  test("listens elsewhere when told so", () => {
    const ports = { traffic: 1, redirect: 2, health: 3, metrics: 4, agentMetrics: 5, peers: 6, ownPeer: 7 };
    const moved = haproxyConfig({ ...OPTIONS, listen: { address: "127.0.0.1", ports } });

    expect(moved.match(/bind [\d.:]+/g)).toEqual([
      "bind 127.0.0.1:1",
      "bind 127.0.0.1:2",
      "bind 127.0.0.1:3",
      "bind 127.0.0.1:4",
    ]);
  });

  test("shows its metrics to the node itself alone", () => {
    expect(section(text, "frontend metrics from edge")).toContain("bind 127.0.0.1:8405");
  });

  test("answers the PoP's health before any limit", () => {
    expect(position(/pop-health/)).toBeGreaterThan(-1);
    expect(position(/pop-health/)).toBeLessThan(position(/http-request track-sc/));
  });

  test("counts a client's connections once its address is known, and its requests, and refuses those above its bounds", () => {
    const refused = (pattern: RegExp) =>
      traffic.filter((rule) => pattern.test(rule)).map((rule) => rule.replace(/^.* if /, ""));

    expect(traffic).toContain("tcp-request session track-sc0 src,ipmask(32,64) table connections");
    expect(refused(/^tcp-request session reject/)).toEqual([
      '{ sc_conn_cur(0) gt "${CLIENT_CONNECTIONS-474}" }',
      '{ sc_conn_cur(0) gt "${CLIENT_CONNECTIONS_CROWDED-60}" } { fe_conn gt "${CROWDED-7575}" }',
    ]);
    expect(refused(/return status 429 .*sc_(?:conn_cur|http_req_rate)\(1\)/)).toEqual([
      '{ sc_conn_cur(1) gt "${CLIENT_IN_FLIGHT-312}" }',
      '{ sc_conn_cur(1) gt "${CLIENT_IN_FLIGHT_CROWDED-40}" } { be_conn(cache),add(txn.past_cache),add(txn.held) gt "${IN_FLIGHT_CROWDED-1250}" }',
      '{ sc_http_req_rate(1) gt "${CLIENT_REQUESTS-10000}" }',
    ]);
  });

  test("keeps a part of the misses for each origin, and says at once who is above the others'", () => {
    const origins = section(text, "defaults origin from to-origins");
    const refused = origins.filter((rule) => rule.includes("X-Footprint-Full")).map((rule) => rule.split(" if ")[1]);

    // Three origins share a quarter: each has a twelfth.
    expect(origins).toContain('acl few-of-origin sc_conn_cur(1),mul(12) le "${MISSES-625}"');
    expect(refused).toEqual([
      '{ sc_conn_cur(3) gt "${MISSES_SHARED-468}" } !few-of-origin',
      '{ sc_conn_cur(1) gt "${ORIGIN_MISSES-260}" } !few-of-origin',
      '{ sc_conn_cur(1) gt "${ORIGIN_BUSY-104}" } { sc_conn_cur(0) gt "${CLIENT_MISSES-14}" }',
      '{ sc_conn_cur(1) gt "${ORIGIN_CROWDED-156}" } { sc_conn_cur(0) gt "${CLIENT_MISSES_CROWDED-2}" }',
    ]);
    expect(origins).toContain("http-request set-priority-class sc_conn_cur(0)");
  });

  // RFC 9110, section 9.2.1: all others may change something; RFC 9112, section 6: framing is each hop's own.
  test("sends every method but GET and HEAD past the cache, with no framing of a client's", () => {
    expect(traffic).toContain("http-request set-var(txn.way) str(past) unless { method GET HEAD }");
    expect(traffic).toContain("use_backend past-cache if { var(txn.way) -m str past }");
    expect(section(text, "backend past-cache from edge")).toContain(
      "server egress unix@/run/haproxy/origins.sock proto h2",
    );
  });

  // HAProxy's commits a3e9a0443 (not in Debian's 3.0.11) and 18ece2b42 (not in 3.0) say what happens otherwise.
  test("has origins asked in HTTP/2 alone, and takes the end of an interim response for no other", () => {
    const sockets = ["origins", "egress-held"].map((name) => `/run/haproxy/${name}.sock`);
    const asking = text
      .split("\n")
      .filter((line) => sockets.some((socket) => line.includes(`server egress unix@${socket}`)));

    expect(asking).toHaveLength(3);
    expect(asking.filter((line) => !line.endsWith(" proto h2"))).toEqual([]);
    for (const name of ["egress", "egress-held"]) {
      expect(section(text, `frontend ${name} from to-origins`)).toContain("filter lua.without_false_ends");
    }
    expect(section(text, "frontend fetch from bytes")).toContain("filter lua.final_alone");
  });

  test("holds connections for a site that says so, and for no other", () => {
    const ways = traffic.filter((rule) => rule.includes("str(held) if"));

    expect(ways.filter((rule) => !rule.includes(" if may-hold { method GET }"))).toEqual([]);
    expect(ways).toHaveLength(2);
    expect(text.match(/^backend held:.*$/gm)).toEqual([
      "backend held:shop.example.com:0 from held",
      "backend held:shop.example.com:1 from held",
    ]);
  });

  test("asks each origin by its own name, or by the site's where the site says so", () => {
    const hosts = (name: string) => section(text, name).filter((rule) => rule.includes("set-header Host"));

    expect(hosts("backend origin:cdn.example.com:0 from origin")).toEqual([
      "http-request set-header Host origin.example.org",
    ]);
    expect(hosts("backend origin:shop.example.com:0 from origin")).toEqual([]);
    expect(hosts("backend held:shop.example.com:0 from held")).toEqual([]);
  });

  test("sends lines of its access log, longer than HAProxy's own bound, to the socket that systemd holds open", () => {
    const unit = accessLogFiles()["/etc/systemd/system/access-log.socket"];
    const socket = /^ListenDatagram=(.*)$/m.exec(unit ?? "")?.[1];

    for (const frontend of ["traffic", "redirect"]) {
      const logs = section(text, `frontend ${frontend} from edge`).filter((rule) => rule.startsWith("log "));
      expect(logs).toEqual([`log ${String(socket)} len 4096 format raw local0 info`]);
    }
  });

  test("deletes a client's copies of internal fields before it sets its own", () => {
    const deleted = position(/del-header x-footprint- -m beg/);

    expect(deleted).toBeGreaterThan(-1);
    expect(deleted).toBeLessThan(position(/set-header X-Footprint-Client/));
  });

  test("closes idle connections before the load balancer does, after 350 s", () => {
    const edge = section(text, "defaults edge");

    expect(edge).toEqual(expect.arrayContaining(["timeout client-hs 340s", "timeout http-keep-alive 340s"]));
  });

  test("gives up on an origin before Varnish does, and Varnish before the client's side", () => {
    expect(section(text, "defaults to-origins")).toContain("timeout server 60s");
    expect(section(text, "defaults edge")).toContain("timeout server 75s");
  });

  test("goes from origin to origin, and to the first when none is up", () => {
    const rules = section(text, "frontend egress from to-origins");

    expect(rules.filter((rule) => rule.startsWith("use_backend"))).toEqual([
      "use_backend origin:%[var(txn.site)]:0 if { str(origin:),concat(,txn.site,:0),nbsrv gt 0 }",
      "use_backend origin:%[var(txn.site)]:1 if { str(origin:),concat(,txn.site,:1),nbsrv gt 0 }",
      "use_backend origin:%[var(txn.site)]:0",
    ]);
  });

  test.each([
    [{ scheme: "https", host: "o.example.org", port: 443 }, "o.example.org"],
    [{ scheme: "https", host: "o.example.org", port: 8443 }, "o.example.org:8443"],
    [{ scheme: "https", host: "o.example.org", port: 80 }, "o.example.org:80"],
    [{ scheme: "http", host: "o.example.org", port: 80 }, "o.example.org"],
    [{ scheme: "http", host: "o.example.org", port: 443 }, "o.example.org:443"],
  ] as const)("asks the origin %j by the name %s", (origin, name) => {
    expect(backendOf(origin)).toContain(`http-request set-header Host ${name}`);
  });

  test("verifies the certificate of an https origin by its name, in health checks too", () => {
    expect(backendOf({ scheme: "https", host: "o.example.org", port: 443 }).at(-1)).toBe(
      "server https:o.example.org:443 o.example.org:443 ssl verify required ca-file @system-ca sni str(o.example.org) " +
        "check-sni o.example.org pool-conn-name var(txn.connection)",
    );
  });

  test("holds what the resolver said last while it does not answer, longer than HAProxy's own 30 s", () => {
    const resolvers = section(text, "resolvers vpc");

    // Every kind of answer that HAProxy 3.0 has a time for (configuration manual, 5.3.2), but for those that are about the name.
    expect(resolvers.filter((line) => line.startsWith("hold "))).toEqual([
      "hold valid 10s",
      "hold timeout 1d",
      "hold refused 1d",
      "hold other 1d",
    ]);
  });

  test("gives each server that is asked by name what was known of it, and to no other origin", () => {
    const servers = [...text.matchAll(/^ {4}server (\S+) (?!unix@)(\S+)/gm)].map(([, name = "", address = ""]) => [
      name,
      address,
    ]);

    expect(section(text, "global").join()).toContain("server-state-file /run/footprint/origin-addresses");
    for (const name of ["defaults origin from to-origins", "defaults held from to-origins"]) {
      expect(section(text, name)).toContain("load-server-state-from-file global");
    }
    expect(some(servers).filter(([name = "", address]) => name.replace(/^https?:/, "") !== address)).toEqual([]);
    const same = backendOf({ scheme: "http", host: "o.example.org", port: 443 }).at(-1);
    expect(same).not.toContain(backendOf({ scheme: "https", host: "o.example.org", port: 443 }).at(-1)?.split(" ")[1]);
  });

  test("speaks no TLS to an http origin", () => {
    expect(backendOf({ scheme: "http", host: "o.example.org", port: 80 }).at(-1)).toBe(
      "server http:o.example.org:80 o.example.org:80 pool-conn-name var(txn.connection)",
    );
  });

  test("grows by the origins of a site alone: a hundred more sites are no more rules", () => {
    const many = Array.from({ length: 100 }, (_, i) => ({ ...SITES[1]!, host: `site${String(i)}.example.com` }));
    const withoutOrigins = (config: string) => {
      const parts = config.split("\n\n").filter((part) => !/^backend (origin|held):/.test(part));
      return parts.join("\n\n").split("\n").length;
    };

    const grown = haproxyConfig({ ...OPTIONS, sites: [...SITES, ...many] });

    expect(withoutOrigins(grown)).toBe(withoutOrigins(text));
  });
});
