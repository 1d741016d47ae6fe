import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { archivedPackages, packageIndex, writeArchive } from "../../infra/packages/archive";
import { contentOf, locked, Scratch } from "./packages";

const PACKAGES = [
  locked("varnish", { relations: { "Pre-Depends": "init", Depends: "libc6 (>= 2.41), gcc" } }),
  locked("haproxy"),
  locked("adduser", { architecture: "all", file: "adduser_1.0-1_all.deb" }),
];

describe("the archive of packages", () => {
  let scratch: Scratch;
  const write = async (name: string, packages = PACKAGES) => {
    const files = (each: { readonly name: string }) => path.join(scratch.folder, each.name);
    packages.forEach((each) => {
      fs.writeFileSync(files(each), contentOf(each.name));
    });
    const archive = await writeArchive(
      archivedPackages({ packages, ssmAgent: null }),
      files,
      path.join(scratch.folder, name),
    );
    return { ...archive, path: path.join(scratch.folder, name) };
  };

  beforeEach(() => {
    scratch = new Scratch();
  });

  afterEach(() => {
    scratch.end();
  });

  test("has these bytes on every machine: their hash is in locks that are out", async () => {
    const { sha256, size } = await write("a.tar");

    expect({ sha256, size }).toEqual({
      sha256: "734870f3fc9b3a977f1922797e2b3604f56116cad0f9d039561c10553b48e9d0",
      size: 5632,
    });
  });

  test("does not depend on the order of the packages", async () => {
    const [first, second] = [await write("a.tar"), await write("b.tar", [...PACKAGES].reverse())];

    expect(fs.readFileSync(second.path).equals(fs.readFileSync(first.path))).toBe(true);
  });

  test("is read by tar, with the index first, of no user and no time", async () => {
    const { path: file } = await write("a.tar");
    const { stdout } = spawnSync("tar", ["--list", "--verbose", "--numeric-owner", "--utc", "--file", file], {
      encoding: "utf8",
    });

    expect(stdout.split("\n").map((line) => line.replace(/ +/g, " "))).toEqual([
      `-rw-r--r-- 0/0 ${String(packageIndex(archivedPackages({ packages: PACKAGES, ssmAgent: null })).length)} 1970-01-01 00:00 Packages`,
      "-rw-r--r-- 0/0 19 1970-01-01 00:00 adduser_1.0-1_all.deb",
      "-rw-r--r-- 0/0 19 1970-01-01 00:00 haproxy_1.0-1_arm64.deb",
      "-rw-r--r-- 0/0 19 1970-01-01 00:00 varnish_1.0-1_arm64.deb",
      "",
    ]);
  });

  test("gives back what went into it", async () => {
    const { path: file } = await write("a.tar");

    for (const { name, file: member } of PACKAGES) {
      const { stdout } = spawnSync("tar", ["--extract", "--to-stdout", "--file", file, member], { encoding: "utf8" });
      expect(stdout).toBe(contentOf(name));
    }
  });

  test("has an index that apt reads", () => {
    expect(packageIndex(archivedPackages({ packages: PACKAGES.slice(0, 2), ssmAgent: null }))).toBe(
      `Package: haproxy
Version: 1.0-1
Architecture: arm64
Filename: ./haproxy_1.0-1_arm64.deb
Size: 19
SHA256: ${locked("haproxy").sha256}

Package: varnish
Version: 1.0-1
Architecture: arm64
Pre-Depends: init
Depends: libc6 (>= 2.41), gcc
Filename: ./varnish_1.0-1_arm64.deb
Size: 19
SHA256: ${locked("varnish").sha256}
`,
    );
  });
});
