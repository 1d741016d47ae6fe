import { bundle } from "../../../components/node/bundle";
import { nodeFiles } from "../../../components/node/files";
import { bundleSchema, STAGED } from "../../../components/node/protocol/bundleFormat";
import { UNITS } from "../../../components/node/systemd";
import { AGENT_TIMING } from "../../../components/node/timing";
import { OPTIONS } from "./options";
import { SITES } from "./site";

const SHA256 = "a".repeat(64);

describe("the bundle", () => {
  const options = { ...OPTIONS, purgeMaxStaleness: 3600, agentSha256: SHA256 };
  const parsed = bundleSchema.parse(JSON.parse(bundle(options)));

  test("holds a node's files", () => {
    expect(parsed.files).toEqual(nodeFiles(options));
  });

  test("is what the agent reads, and nothing else", () => {
    expect(JSON.parse(bundle(options))).toEqual(parsed);
  });

  test("has both programs' configurations checked where they are staged, before they are placed", () => {
    expect(parsed.checks).toEqual([
      ["/usr/sbin/haproxy", "-C", `${STAGED}/etc/haproxy`, "-c", "-f", `${STAGED}/etc/haproxy/haproxy.cfg`],
      expect.arrayContaining(["/usr/sbin/varnishd", "-C", `${STAGED}/etc/varnish/default.vcl`]),
    ]);
  });

  test("has Varnish take its files up without a restart", () => {
    expect(parsed.reload).toEqual([expect.arrayContaining(["/usr/share/varnish/varnishreload"])]);
  });

  test("starts HAProxy before Varnish, which asks for origins at its socket, and each unit is among its files", () => {
    const { units, files } = parsed;

    expect(units).toEqual(UNITS);
    expect(units.indexOf("haproxy.service")).toBeLessThan(units.indexOf("varnish.service"));
    expect(units.filter((unit) => files[`/etc/systemd/system/${unit}`] === undefined)).toEqual([]);
  });

  test("names the agent by its hash", () => {
    expect(parsed.agent).toEqual({ key: `agents/${SHA256}`, sha256: SHA256 });
  });

  test("tells the agent where it is, whom it serves and when it does what", () => {
    expect(parsed.settings).toEqual({
      region: OPTIONS.region,
      popName: OPTIONS.popName,
      hosts: OPTIONS.sites.map(({ host }) => host),
      ports: { traffic: 8443, health: 8089, agentMetrics: 8406 },
      purgeMaxStaleness: 3600,
      timing: AGENT_TIMING,
    });
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
