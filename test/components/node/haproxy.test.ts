import { haproxyConfig } from "../../../components/node/haproxy";
import type { Origin } from "../../../components/node/site";
import { POP_NAME, SITES } from "./site";

/** Lines of a section, without comments and indentation. */
function section(text: string, title: string): readonly string[] {
  const lines = text.split("\n");
  const start = lines.indexOf(title);
  if (start < 0) {
    throw new Error(`no section "${title}"`);
  }
  const length = lines.slice(start).findIndex((line) => line === "");
  const body = lines.slice(start + 1, length < 0 ? undefined : start + length);
  return body.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

function backendOf(origin: Origin): readonly string[] {
  const sites = SITES.slice(0, 1).map((site) => ({ ...site, origins: [origin] }));
  return section(haproxyConfig({ popName: POP_NAME, sites }), "backend site:cdn.example.com:0");
}

describe("haproxy.cfg", () => {
  const text = haproxyConfig({ popName: POP_NAME, sites: SITES });

  test("of two sites", () => {
    expect(text).toMatchSnapshot();
  });

  test("ends with a newline, without which HAProxy refuses it", () => {
    expect(text.endsWith("\n")).toBe(true);
    expect(text.endsWith("\n\n")).toBe(false);
  });

  test("drops root", () => {
    expect(section(text, "global")).toEqual(expect.arrayContaining(["user haproxy", "group haproxy"]));
  });

  test("takes traffic and redirects behind a PROXY header only", () => {
    expect(section(text, "frontend traffic")).toContain("bind :8443 accept-proxy");
    expect(section(text, "frontend redirect")).toContain("bind :8080 accept-proxy");
    expect(section(text, "frontend health")).toContain("bind :8089");
  });

  test("has no rule after the first choice of a backend: HAProxy would run it before", () => {
    const rules = section(text, "frontend traffic");
    const first = rules.findIndex((rule) => rule.startsWith("use_backend"));

    expect(rules.slice(first).filter((rule) => !/^(use|default)_backend /.test(rule))).toEqual([]);
  });

  test("goes from origin to origin, and to the first when none is up", () => {
    const here = "if { var(txn.host) -m str shop.example.com }";

    expect(section(text, "frontend traffic").filter((rule) => rule.startsWith("use_backend site:shop"))).toEqual([
      `use_backend site:shop.example.com:0 ${here} { nbsrv(site:shop.example.com:0) gt 0 }`,
      `use_backend site:shop.example.com:1 ${here} { nbsrv(site:shop.example.com:1) gt 0 }`,
      `use_backend site:shop.example.com:0 ${here}`,
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
      "server origin o.example.org:443 check resolvers vpc init-addr last,libc,none ssl verify required " +
        "ca-file @system-ca sni str(o.example.org) check-sni o.example.org",
    );
  });

  test("speaks no TLS to an http origin", () => {
    expect(backendOf({ scheme: "http", host: "o.example.org", port: 80 }).at(-1)).toBe(
      "server origin o.example.org:80 check resolvers vpc init-addr last,libc,none",
    );
  });

  test("closes idle connections before the load balancer does, after 350 s", () => {
    expect(section(text, "defaults")).toEqual(
      expect.arrayContaining(["timeout client 340s", "timeout http-keep-alive 340s"]),
    );
  });
});
