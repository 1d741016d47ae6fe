import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { LOCK_FILE, readLock, updateLock, type LockOptions } from "../../infra/packages/lock";
import { ssmAgentPackage } from "../../infra/packages/ssmAgent";
import { describeWith } from "../support/requirements";
import { contentOf, FileServer, locked, Scratch } from "./packages";

const NOW = new Date("2026-11-23T05:19:01.234Z");

/** A paragraph of Debian's index. */
function stanza(name: string, fields: Readonly<Record<string, string>> = {}): string {
  const { version, architecture, pool, file, size, sha256 } = locked(name, {
    version: fields["Version"] ?? "1.0-1",
  });
  const all = {
    Package: name,
    Version: version,
    Architecture: architecture,
    Filename: `${pool}/${file}`,
    Size: String(size),
    SHA256: sha256,
    Priority: "optional",
    ...fields,
  };
  return Object.entries(all)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join("");
}

/** Stands in for apt: what its index has, and what it would install for each set of names that it is asked for. */
function aptOf(stanzas: readonly string[]): Readonly<Record<"apt-get" | "apt-cache", string>> {
  const names = stanzas.map((text) => /^Package: (.*)$/m.exec(text)?.[1] ?? "");
  const versions = stanzas.map((text) => /^Version: (.*)$/m.exec(text)?.[1] ?? "");
  const lines = names.map((name, i) => `Inst ${name} (${String(versions[i])} Debian:13.7/stable [arm64])`);
  return {
    "apt-get": `#!/bin/sh
case " $* " in
*" --version "*) ;;
*" haproxy "*) cat << 'END'
${lines.join("\n")}
END
;;
*" --simulate "*) echo '${lines.find((line) => line.startsWith("Inst libc6 ")) ?? ""}' ;;
esac
`,
    "apt-cache": `#!/bin/sh
cat << 'END'
${stanzas.join("\n")}
END
`,
  };
}

const FIRST = [
  stanza("varnish", { Depends: "libc6 (>= 2.41), gcc" }),
  stanza("haproxy", { "Pre-Depends": "libc6", Description: "no matter" }),
  stanza("libc6", { Priority: "required", Filename: "pool/updates/main/g/glibc/libc6_1.0-1_arm64.deb" }),
];

const KEYS = {
  name: "the package debian-archive-keyring",
  isMet: () => fs.existsSync("/usr/share/keyrings/debian-archive-keyring.gpg"),
  remedy: "apt-get install debian-archive-keyring",
};

describeWith([KEYS], "the lock of packages", () => {
  let scratch: Scratch;
  let mirror: FileServer;
  let out: string;
  const apt = (stanzas: readonly string[]) => {
    const programs = aptOf(stanzas);
    scratch.program("apt-get", programs["apt-get"]);
    scratch.program("apt-cache", programs["apt-cache"]);
  };
  const update = (now = NOW, architecture: "arm64" | "amd64" = "arm64") =>
    updateLock(
      { architecture, out },
      { now: () => now, progress: () => undefined, mirrors: { main: mirror.url, security: `${mirror.url}/security` } },
    );

  beforeEach(async () => {
    scratch = new Scratch();
    out = path.join(scratch.folder, "lock.json");
    mirror = new FileServer();
    await mirror.start();
    apt(FIRST);
    for (const name of ["haproxy", "varnish", "nodejs"]) {
      mirror.files.set(`/pool/main/${name.slice(0, 1)}/${name}/${name}_1.0-1_arm64.deb`, contentOf(name));
    }
    mirror.files.set("/security/pool/updates/main/g/glibc/libc6_1.0-1_arm64.deb", contentOf("libc6"));
  });

  afterEach(async () => {
    await mirror.stop();
    scratch.end();
  });

  test("has what apt would install, sorted, and the archive that they make", async () => {
    expect(await update()).toEqual(["3 packages for arm64"]);

    const { archive, ...lock } = readLock(out);
    expect(lock).toEqual({
      architecture: "arm64",
      snapshot: "2026-11-23T05:19:01Z",
      ssmAgent: null,
      packages: [
        locked("haproxy", { relations: { "Pre-Depends": "libc6" } }),
        locked("libc6", { archive: "debian-security", pool: "pool/updates/main/g/glibc", base: true }),
        locked("varnish", { relations: { Depends: "libc6 (>= 2.41), gcc" } }),
      ],
    });
    const made = fs.readFileSync(path.join(scratch.folder, "footprint", "archives", `${archive.sha256}.tar`));
    expect(createHash("sha256").update(made).digest("hex")).toBe(archive.sha256);
    expect(made.length).toBe(archive.size);
  });

  test("stays as it is, with its time, while Debian has nothing else", async () => {
    await update();
    const before = fs.readFileSync(out, "utf8");

    expect(await update(new Date("2026-12-01T00:00:00Z"))).toEqual([]);
    expect(fs.readFileSync(out, "utf8")).toBe(before);
  });

  test("says what has changed", async () => {
    await update();
    const newer = { Version: "2.0-1", Filename: "pool/main/h/haproxy/haproxy_1.0-1_arm64.deb" };
    apt([stanza("haproxy", newer), stanza("nodejs"), FIRST[2] ?? ""]);

    expect(await update()).toEqual(["haproxy: 1.0-1 -> 2.0-1", "nodejs: added 1.0-1", "varnish: 1.0-1 -> removed"]);
  });

  test("of another architecture is not compared with", async () => {
    await update();

    expect(await update(NOW, "amd64")).toEqual(["3 packages for amd64"]);
  });

  test("is left as it was when a package cannot be had", async () => {
    await update();
    const before = fs.readFileSync(out, "utf8");
    apt([...FIRST, stanza("gone")]);

    await expect(update()).rejects.toThrow(/^gone 1\.0-1 of the lock could not be fetched:\n/);
    expect(fs.readFileSync(out, "utf8")).toBe(before);
  });

  test("rejects to be written over what is no lock", async () => {
    fs.writeFileSync(out, '{"packages":[]}');

    await expect(update()).rejects.toThrow(new RegExp(`^${out}: is no lock of packages: architecture: `));
  });

  test("rejects to be made when apt fails, with apt's words", async () => {
    scratch.program("apt-get", '#!/bin/sh\n[ "$1" = --version ] || { echo "E: no mirror" >&2; exit 100; }\n');

    await expect(update()).rejects.toThrow(
      new Error("apt-get -qq update failed; check that Debian's archives can be reached\nE: no mirror"),
    );
  });

  test("that is shipped is as this program writes it", () => {
    expect(fs.readFileSync(LOCK_FILE, "utf8")).toBe(`${JSON.stringify(readLock(LOCK_FILE), null, 2)}\n`);
  });
});

describe("rejects, before anything is fetched,", () => {
  const said: string[] = [];
  const update = (options: LockOptions) =>
    updateLock(options, { now: () => NOW, progress: (line) => said.push(line), mirrors: { main: "", security: "" } });
  afterEach(() => {
    expect(said).toEqual([]);
  });

  test.each(["nowhere", "lock.test.ts"])("rejects a lock in %s, which is no folder", async (name) => {
    const out = path.join(__dirname, name, "lock.json");

    await expect(update({ architecture: "arm64", out })).rejects.toMatchObject({
      message: expect.stringContaining(
        `--out: must be in a folder that is there and can be written to, got "${out}" (E`,
      ) as string,
      exitCode: 2,
    });
  });

  test("rejects what is no version of AWS's agent", async () => {
    await expect(update({ architecture: "arm64", ssmAgent: "latest" })).rejects.toMatchObject({
      message: '--ssm-agent: must be a version such as 3.3.4624.0, got "latest"',
      exitCode: 2,
    });
  });

  test("rejects to write the repository's own lock for another architecture", async () => {
    const before = fs.readFileSync(LOCK_FILE, "utf8");

    await expect(update({ architecture: "amd64" })).rejects.toMatchObject({
      message: "--out: must be given with --architecture amd64, as the lock of this repository is for arm64",
      exitCode: 2,
    });
    expect(fs.readFileSync(LOCK_FILE, "utf8")).toBe(before);
  });
});

describe("AWS's agent in the lock", () => {
  let scratch: Scratch;
  let releases: FileServer;

  beforeEach(async () => {
    scratch = new Scratch();
    releases = new FileServer();
    await releases.start();
    scratch.program(
      "dpkg-deb",
      `#!/bin/sh
cat << 'END'
Package: amazon-ssm-agent
Version: 3.3.4624.0-1
Architecture: arm64
Maintainer: no matter
Depends: libc6
END
`,
    );
  });

  afterEach(async () => {
    await releases.stop();
    scratch.end();
  });

  test("comes from its release, with its hash and what it depends on", async () => {
    releases.files.set("/3.3.4624.0/debian_arm64/amazon-ssm-agent.deb", contentOf("amazon-ssm-agent"));

    const { sha256, size } = locked("amazon-ssm-agent");
    expect(await ssmAgentPackage("3.3.4624.0", "arm64", releases.url)).toEqual({
      name: "amazon-ssm-agent",
      version: "3.3.4624.0-1",
      architecture: "arm64",
      file: "amazon-ssm-agent_3.3.4624.0_arm64.deb",
      size,
      sha256,
      relations: { Depends: "libc6" },
      url: `${releases.url}/3.3.4624.0/debian_arm64/amazon-ssm-agent.deb`,
    });
    const kept = path.join(scratch.folder, "footprint", "packages", `${sha256}.deb`);
    expect(fs.readFileSync(kept, "utf8")).toBe(contentOf("amazon-ssm-agent"));
  });

  test("rejects a release that is not there", async () => {
    await expect(ssmAgentPackage("3.3.0.0", "amd64", releases.url)).rejects.toThrow(
      new Error(`${releases.url}/3.3.0.0/debian_amd64/amazon-ssm-agent.deb could not be fetched: HTTP status 404`),
    );
  });

  test.each(["latest", "3.3", "../x", ""])("rejects %j as a version", async (version) => {
    await expect(ssmAgentPackage(version, "arm64", releases.url)).rejects.toThrow(
      new Error(`--ssm-agent: must be a version such as 3.3.4624.0, got "${version}"`),
    );
  });
});
