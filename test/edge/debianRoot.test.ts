import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { debianRoot, debianRootFolder } from "../../infra/edge/debianRoot";
import { command, describeWith } from "../support/requirements";

/** In place of mmdebstrap: notes that it ran, and makes the folder with a file in it. */
const BUILDER = `#!/bin/sh
for argument; do case $argument in *.building) folder=$argument ;; esac; done
[ "$1" = --version ] && exit 0
echo run >> "$XDG_CACHE_HOME/runs"
mkdir "$folder"
echo "$@" > "$folder/built"
echo "I: built" >&2
echo "not for everybody" >&2
`;

/** This machine's apt, as far as it is asked. */
const APT_GET = `#!/bin/sh
[ "$1" != indextargets ] || echo "Debian|Debian|http://mirror.example.org/debian/"
`;
const APT_CONFIG = `#!/bin/sh
echo 'Acquire::Check-Valid-Until "false";'
echo 'Acquire::http::Proxy "http://proxy.example.org:3128";'
echo 'Acquire::http::User-Agent "";'
echo 'APT::Architecture "amd64";'
`;

describeWith([command("flock", "install the package util-linux")], "the Debian that nodes are run of", () => {
  const before = { ...process.env };
  let scratch: string;
  const program = (name: string, text: string) => {
    fs.writeFileSync(path.join(scratch, name), text, { mode: 0o755 });
  };
  const runs = () => fs.readFileSync(path.join(scratch, "runs"), "utf8").split("\n").length - 1;

  beforeEach(() => {
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-debian-"));
    process.env.XDG_CACHE_HOME = scratch;
    process.env.PATH = `${scratch}:${before.PATH ?? ""}`;
    program("mmdebstrap", BUILDER);
    program("apt-get", APT_GET);
    program("apt-config", APT_CONFIG);
  });

  afterEach(() => {
    process.env = { ...before };
    fs.rmSync(scratch, { recursive: true });
  });

  test("is built in the cache folder, with the steps as progress", async () => {
    const progress: string[] = [];

    const folder = await debianRoot((line) => progress.push(line));

    expect(path.dirname(folder)).toBe(path.join(scratch, "footprint"));
    const args = fs.readFileSync(path.join(folder, "built"), "utf8");
    expect(args).toMatch(/ --include=(?:[\w-]+,)*haproxy,/);
    expect(args.split("--aptopt=").slice(1, 2)).toEqual(['Acquire::Check-Valid-Until "false"; ']);
    expect(args).toMatch(
      new RegExp(
        ' --aptopt=Acquire::http::Proxy "http://proxy\\.example\\.org:3128"; trixie \\S+' +
          " deb http://mirror\\.example\\.org/debian/ trixie main" +
          " deb http://mirror\\.example\\.org/debian/ trixie-updates main" +
          " deb http://deb\\.debian\\.org/debian-security trixie-security main\n$",
      ),
    );
    expect(progress).toEqual([
      `building Debian 13 in ${folder}; this happens once and takes about half a minute`,
      "built",
    ]);
  });

  test("is built once, whoever asks for it at the same time and afterwards", async () => {
    const quiet = () => undefined;

    await Promise.all([debianRoot(quiet), debianRoot(quiet), debianRoot(quiet)]);
    await debianRoot(quiet);

    expect(runs()).toBe(1);
  });

  test("is built anew where somebody left it half-done", async () => {
    fs.mkdirSync(`${debianRootFolder()}.building/left`, { recursive: true });

    const folder = await debianRoot(() => undefined);

    expect(fs.readdirSync(folder)).toEqual(["built"]);
  });

  test("is not there when it could not be built, and the builder's words are", async () => {
    program("mmdebstrap", '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "E: no mirror" >&2\nexit 3\n');

    await expect(debianRoot(() => undefined)).rejects.toThrow(
      new Error("Debian 13 could not be had: flock ended with 3. Check that its mirror can be reached.\nE: no mirror"),
    );
    expect(fs.existsSync(debianRootFolder())).toBe(false);
  });
});
