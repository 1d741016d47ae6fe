import { bundle } from "../../../components/node/bundle";
import { haproxyConfig } from "../../../components/node/haproxy";
import { POP_NAME, SITES } from "./site";

describe("the bundle", () => {
  const options = { popName: POP_NAME, sites: SITES, purgeMaxStaleness: 3600 };
  const parsed = JSON.parse(bundle(options)) as { files: Record<string, string>; health: unknown; purge: unknown };

  test("holds HAProxy's configuration and the sites' settings, and nothing else", () => {
    expect(Object.keys(parsed)).toEqual(["files", "purge", "health"]);
    expect(Object.keys(parsed.files)).toEqual(["/etc/haproxy/haproxy.cfg", "/etc/footprint/sites.json"]);
    expect(parsed.files["/etc/haproxy/haproxy.cfg"]).toBe(haproxyConfig(options));
    expect(JSON.parse(parsed.files["/etc/footprint/sites.json"] ?? "")).toEqual(SITES);
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
