import { bundle } from "../../../components/node/bundle";
import { nodeFiles } from "../../../components/node/files";
import { OPTIONS } from "./options";
import { SITES } from "./site";

describe("the bundle", () => {
  const options = { ...OPTIONS, purgeMaxStaleness: 3600 };
  const parsed = JSON.parse(bundle(options)) as {
    files: Record<string, string>;
    checks: unknown;
    units: unknown;
    health: unknown;
    purge: unknown;
  };

  test("holds a node's files, and what a bootstrap does with them", () => {
    expect(Object.keys(parsed)).toEqual(["files", "checks", "units", "purge", "health"]);
    expect(parsed.files).toEqual(nodeFiles(options));
  });

  test("has both programs' configurations checked before anything is started", () => {
    expect(parsed.checks).toEqual([
      ["/usr/sbin/haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg"],
      expect.arrayContaining(["/usr/sbin/varnishd", "-C", "/etc/varnish/default.vcl"]),
    ]);
  });

  test("starts HAProxy before Varnish, which asks for origins at its socket", () => {
    expect(parsed.units).toEqual([
      "footprint-prepare.service",
      "haproxy.service",
      "varnish.service",
      "access-log.timer",
    ]);
  });

  test("says where a node answers its health", () => {
    expect(parsed.health).toEqual({ port: 8089, path: "/health" });
  });

  test("says how stale content may become", () => {
    expect(parsed.purge).toEqual({ maxStaleness: 3600 });
  });

  test("is the same text for the same options: its hash is its name", () => {
    expect(bundle(structuredClone(options))).toBe(bundle(options));
  });

  test.each(["maxAge", "tagHeader", "stale", "cacheKey", "compression"] as const)("differs with a site's %s", (key) => {
    const [first, second] = SITES;

    const other = bundle({ ...options, sites: [{ ...first!, [key]: second![key] }, second!] });

    expect(other).not.toBe(bundle(options));
  });
});
