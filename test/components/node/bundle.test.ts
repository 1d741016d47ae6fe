import { bundle } from "../../../components/node/bundle";
import { nodeFiles } from "../../../components/node/files";
import { PACKAGE_LOCK } from "../../../components/node/packageLock";
import { bundleSchema } from "../../../components/node/protocol/bundleFormat";
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

  test.each([
    ["/etc/footprint/identity.json", "who the node is, and whose signature it takes"],
    ["/usr/local/lib/footprint/agent.js", "the agent"],
    ["/usr/local/lib/footprint/boot", "the script of the user data"],
    ["/etc/passwd", "a file of the system"],
    ["/etc/haproxy/../passwd", "a way out"],
    ["/root/.ssh/authorized_keys", "a key of an operator's"],
    ["etc/haproxy/haproxy.cfg", "a relative path"],
  ])("rejects %s among its files: %s is not a bundle's to change", (file) => {
    expect(bundleSchema.safeParse({ ...parsed, files: { ...parsed.files, [file]: "" } }).success).toBe(false);
  });

  test.each(["--now", "-H", "reboot.target", "haproxy.service poweroff.target", "../x.service"])(
    "rejects %s as a unit: it would be a word of systemctl's",
    (unit) => {
      expect(bundleSchema.safeParse({ ...parsed, units: [unit] }).success).toBe(false);
    },
  );

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
      metrics: { cloudwatch: false, sites: [] },
      packagesLocked: PACKAGE_LOCK.snapshot,
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
