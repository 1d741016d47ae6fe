import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { fetchPackages, packageFile } from "../../infra/packages/packageFiles";
import { contentOf, FileServer, locked, Scratch } from "./packages";

const HAPROXY = locked("haproxy", { version: "1:3.0~rc1+deb13u1", file: "haproxy_3.0~rc1+deb13u1_arm64.deb" });
const SECURITY = locked("varnish", { archive: "debian-security", pool: "pool/updates/main/v/varnish" });
const SNAPSHOT = "2026-11-23T05:19:01Z";

describe("the packages of a lock", () => {
  let scratch: Scratch;
  let server: FileServer;
  const progress: string[] = [];
  const fetchAll = (...packages: ReturnType<typeof locked>[]) =>
    fetchPackages(
      { packages, ssmAgent: null, snapshot: SNAPSHOT },
      {
        mirrors: { main: `${server.url}/debian/`, security: `${server.url}/security` },
        snapshots: `${server.url}/archive`,
      },
      (line) => progress.push(line),
    );

  beforeEach(async () => {
    scratch = new Scratch();
    server = new FileServer();
    await server.start();
    progress.length = 0;
  });

  afterEach(async () => {
    await server.stop();
    scratch.end();
  });

  test("come from the mirrors of their archives, and into the cache folder", async () => {
    server.files.set("/debian/pool/main/h/haproxy/haproxy_3.0~rc1%2Bdeb13u1_arm64.deb", contentOf("haproxy"));
    server.files.set("/security/pool/updates/main/v/varnish/varnish_1.0-1_arm64.deb", contentOf("varnish"));

    await fetchAll(HAPROXY, SECURITY);

    expect(fs.readFileSync(packageFile(HAPROXY), "utf8")).toBe(contentOf("haproxy"));
    expect(fs.readFileSync(packageFile(SECURITY), "utf8")).toBe(contentOf("varnish"));
    expect(progress[0]).toBe("fetching 2 packages, 0.0 MB");
    expect(progress.length).toBe(2);
  });

  test("come from Debian's snapshots when a mirror has dropped them, perhaps of a day later", async () => {
    server.files.set(
      "/archive/debian-security/20261124T051901Z/pool/updates/main/v/varnish/varnish_1.0-1_arm64.deb",
      contentOf("varnish"),
    );

    await fetchAll(SECURITY);

    expect(server.asked).toEqual([
      "/security/pool/updates/main/v/varnish/varnish_1.0-1_arm64.deb",
      "/archive/debian-security/20261123T051901Z/pool/updates/main/v/varnish/varnish_1.0-1_arm64.deb",
      "/archive/debian-security/20261124T051901Z/pool/updates/main/v/varnish/varnish_1.0-1_arm64.deb",
    ]);
  });

  test("are not fetched again, unless what is kept is broken", async () => {
    server.files.set("/security/pool/updates/main/v/varnish/varnish_1.0-1_arm64.deb", contentOf("varnish"));
    await fetchAll(SECURITY);
    await fetchAll(SECURITY);

    expect(server.asked.length).toBe(1);

    fs.writeFileSync(packageFile(SECURITY), "broken");
    await fetchAll(SECURITY);

    expect(server.asked.length).toBe(2);
    expect(fs.readFileSync(packageFile(SECURITY), "utf8")).toBe(contentOf("varnish"));
  });

  test("rejects what has another hash, and says where it was looked for", async () => {
    const [mirror, first, second] = [
      "/debian",
      "/archive/debian/20261123T051901Z",
      "/archive/debian/20261124T051901Z",
    ].map((folder) => `${folder}/pool/main/h/haproxy/haproxy_3.0~rc1%2Bdeb13u1_arm64.deb`);
    server.files.set(mirror ?? "", "something else");

    await expect(fetchAll(HAPROXY)).rejects.toThrow(
      new Error(
        `haproxy 1:3.0~rc1+deb13u1 of the lock could not be fetched:
${server.url}${String(mirror)}: its SHA-256 is ${createHash("sha256").update("something else").digest("hex")}, the lock says ${HAPROXY.sha256}
${server.url}${String(first)}: HTTP status 404
${server.url}${String(second)}: HTTP status 404
\`footprint node lock\` writes a lock of what Debian has now`,
      ),
    );
    expect(fs.existsSync(packageFile(HAPROXY))).toBe(false);
    expect(fs.readdirSync(`${scratch.folder}/footprint/packages`)).toEqual([]);
  });
});
