import { bootstrap } from "../../../components/node/bootstrap";
import { PACKAGE_LOCK, type LockedPackage } from "../../../components/node/packageLock";

const OF_A_NODE: LockedPackage = {
  name: "haproxy",
  version: "3.0.11-1",
  architecture: "arm64",
  archive: "debian",
  pool: "pool/main/h/haproxy",
  file: "haproxy_3.0.11-1_arm64.deb",
  size: 1,
  sha256: "ab".repeat(32),
  base: false,
  relations: {},
};
const OF_ANY_DEBIAN = { ...OF_A_NODE, name: "libc6", base: true };
const SSM_AGENT = { ...OF_A_NODE, name: "amazon-ssm-agent", version: "3.3.0.0", url: "https://example.com/agent.deb" };
const LOCK = { archive: { sha256: "cd".repeat(32), size: 1 }, packages: [OF_A_NODE, OF_ANY_DEBIAN], ssmAgent: null };

/** What the script asks for, by name. */
function wanted(script: string): unknown {
  const entries = /^PACKAGES = \{\n(.*?)^\}$/ms.exec(script)?.[1] ?? "";
  return JSON.parse(`{${entries.trim().replace(/,$/, "")}}`);
}

describe("the bootstrap", () => {
  test("is the same for every PoP: a change of this text replaces every node", () => {
    expect(bootstrap(LOCK)).toMatchSnapshot();
  });

  test("names no region and no bucket of its own", () => {
    expect(bootstrap(PACKAGE_LOCK)).not.toMatch(/[a-z]{2}-[a-z]+-\d/);
    expect(bootstrap(PACKAGE_LOCK)).not.toContain("s3.");
  });

  test("asks for what only a node has, and leaves the rest as the image has it", () => {
    expect(wanted(bootstrap(LOCK))).toEqual({ haproxy: "3.0.11-1" });
  });

  test("asks for AWS's agent where the lock has it", () => {
    expect(wanted(bootstrap({ ...LOCK, ssmAgent: SSM_AGENT }))).toEqual({
      haproxy: "3.0.11-1",
      "amazon-ssm-agent": "3.3.0.0",
    });
  });

  test("changes with the archive, of which it runs nothing else", () => {
    const other = bootstrap({ ...LOCK, archive: { sha256: "ef".repeat(32), size: 1 } });

    expect(other).toBe(bootstrap(LOCK).replaceAll("cd".repeat(32), "ef".repeat(32)));
    expect(other).not.toBe(bootstrap(LOCK));
  });
});

describe("the lock that is shipped", () => {
  test("is for the nodes' architecture and has what they run", () => {
    const names = PACKAGE_LOCK.packages.map(({ name }) => name);

    expect(PACKAGE_LOCK.architecture).toBe("arm64");
    expect(names).toEqual(
      expect.arrayContaining(["haproxy", "varnish", "varnish-modules", "nodejs", "ca-certificates"]),
    );
    expect(names).toContain("gcc-aarch64-linux-gnu");
  });

  test("has each package once, sorted, for that architecture or for all", () => {
    const names = PACKAGE_LOCK.packages.map(({ name }) => name);

    expect(names).toEqual([...new Set(names)].sort());
    expect([...new Set(PACKAGE_LOCK.packages.map(({ architecture }) => architecture))].sort()).toEqual([
      "all",
      "arm64",
    ]);
  });
});
