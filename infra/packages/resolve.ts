import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DEBIAN } from "../../components/node/debian";
import type { LockedPackage, PackageLock } from "../../components/node/packageLock";
import { compare } from "../config/problems";
import { aptOptions } from "../edge/debianRoot";
import { hasProgram } from "../edge/machine";
import type { Mirrors } from "../edge/mirrors";
import { UserError } from "../terminal/userError";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Fields of Debian's index that decide what may be installed beside what, and in which order. */
const RELATIONS = [
  "Essential",
  "Multi-Arch",
  "Pre-Depends",
  "Depends",
  "Provides",
  "Conflicts",
  "Breaks",
  "Replaces",
] as const;

/**
 * Has apt work out which packages of Debian 13 a machine needs that has none, so that the answer does not depend on
 * this machine. Apt works in a folder of its own; recommended packages are left out. Nothing is downloaded but indexes.
 *
 * @returns sorted by name
 * @throws UserError where there is no apt, or when Debian's archives cannot be read
 */
export async function resolvePackages(
  architecture: PackageLock["architecture"],
  mirrors: Mirrors,
): Promise<readonly LockedPackage[]> {
  if (!hasProgram("apt-get") || !existsSync(KEYRING)) {
    throw new UserError(
      "the packages of nodes are worked out by apt with Debian's keys: run this on Debian or Ubuntu with the package debian-archive-keyring",
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "footprint-lock-"));
  try {
    const apt = privateApt(folder, architecture, mirrors);
    await apt("apt-get", "-qq", "update");
    const stanzas = stanzasOf(await apt("apt-cache", "dumpavail"));
    const base = stanzas
      .filter((each) => each["Essential"] === "yes" || ["required", "important"].includes(each["Priority"] ?? ""))
      .map((each) => each["Package"] ?? "");
    const baseClosure = new Set((await closure(apt, base)).map(({ name }) => name));
    const wanted = await closure(apt, DEBIAN.packages);
    const shown = stanzasOf(await apt("apt-cache", "show", ...wanted.map(({ name, version }) => `${name}=${version}`)));
    const isWanted: readonly string[] = DEBIAN.packages;
    return wanted
      .map(({ name, version }) => {
        const stanza = stanzaOf(shown, name, version);
        return lockedPackage(stanza, baseClosure.has(name) && !isWanted.includes(name));
      })
      .sort((a, b) => compare(a.name, b.name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Apt = (program: "apt-get" | "apt-cache", ...args: readonly string[]) => Promise<string>;

/** Apt with its own lists, and with no package installed. Whatever this machine's apt is set up with is not seen. */
function privateApt(folder: string, architecture: string, { main, security }: Mirrors): Apt {
  for (const needed of ["etc/apt.conf.d", "etc/preferences.d", "state/lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(folder, needed), { recursive: true });
  }
  writeFileSync(join(folder, "status"), "");
  writeFileSync(
    join(folder, "sources.list"),
    [
      `deb [signed-by=${KEYRING}] ${main} ${DEBIAN.codename} main`,
      `deb [signed-by=${KEYRING}] ${main} ${DEBIAN.codename}-updates main`,
      `deb [signed-by=${KEYRING}] ${security} ${DEBIAN.codename}-security main`,
      "",
    ].join("\n"),
  );
  const config = join(folder, "apt.conf");
  writeFileSync(
    config,
    [
      `APT::Architecture "${architecture}";`,
      `APT::Architectures { "${architecture}"; };`,
      `APT::Install-Recommends "false";`,
      `APT::Sandbox::User "root";`,
      `Acquire::Languages "none";`,
      `Dir::Etc "${folder}/etc";`,
      `Dir::Etc::sourcelist "${folder}/sources.list";`,
      `Dir::Etc::sourceparts "-";`,
      `Dir::State "${folder}/state";`,
      `Dir::State::status "${folder}/status";`,
      `Dir::Cache "${folder}/cache";`,
      ...aptOptions(),
      "",
    ].join("\n"),
  );
  return async (program, ...args) => {
    try {
      const { stdout } = await promisify(execFile)(program, args, {
        env: { ...process.env, APT_CONFIG: config, LC_ALL: "C.UTF-8" },
        maxBuffer: 256 * 1024 * 1024,
      });
      return stdout;
    } catch (error) {
      throw new UserError(
        `${program} ${args.join(" ").slice(0, 100)} failed; check that Debian's archives can be reached\n${saidBy(error)}`,
      );
    }
  };
}

/** What a program that failed has said, else why it could not be run. */
function saidBy(error: unknown): string {
  const stderr = typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr).trim() : "";
  return stderr === "" ? String(error) : stderr;
}

interface Wanted {
  readonly name: string;
  readonly version: string;
}

/** What apt would install, as it says in a simulation: `Inst name (version release [architecture])`. */
async function closure(apt: Apt, names: readonly string[]): Promise<readonly Wanted[]> {
  const said = await apt("apt-get", "--simulate", "--quiet", "install", "--yes", ...names);
  return [...said.matchAll(/^Inst (\S+) \((\S+) /gm)].map(([, name = "", version = ""]) => ({ name, version }));
}

export type Stanza = Readonly<Record<string, string>>;

/** Paragraphs of fields, as in Debian's indexes and control files; what a field goes on with on lines of its own is left out. */
export function stanzasOf(text: string): readonly Stanza[] {
  return text
    .split(/\n\n+/)
    .map((paragraph) =>
      Object.fromEntries(
        [...paragraph.matchAll(/^([A-Za-z0-9-]+): (.*)$/gm)].map(([, key = "", value = ""]) => [key, value]),
      ),
    );
}

/** Where the security archive's files stand. */
const SECURITY_POOL = "pool/updates/";

/** A version that has gone into a point release is in both archives; the release keeps it for longer. */
function stanzaOf(stanzas: readonly Stanza[], name: string, version: string): Stanza {
  const found = stanzas.filter((each) => each["Package"] === name && each["Version"] === version);
  return found.find((each) => each["Filename"]?.startsWith(SECURITY_POOL) === false) ?? found[0] ?? { Package: name };
}

function lockedPackage(stanza: Stanza, base: boolean): LockedPackage {
  const field = (key: string): string => {
    const value = stanza[key];
    if (value === undefined) {
      throw new Error(`Debian's index has no ${key} for ${stanza["Package"] ?? "a package"}`);
    }
    return value;
  };
  const [, pool = "", file = ""] = /^(.*)\/([^/]+)$/.exec(field("Filename")) ?? [];
  return {
    name: field("Package"),
    version: field("Version"),
    architecture: field("Architecture"),
    archive: pool.startsWith(SECURITY_POOL) ? "debian-security" : "debian",
    pool,
    file,
    size: Number(field("Size")),
    sha256: field("SHA256"),
    base,
    relations: relationsOf(stanza),
  };
}

/** The fields of a paragraph of Debian's index that apt needs to install a package. */
export function relationsOf(stanza: Stanza): Readonly<Record<string, string>> {
  return Object.fromEntries(
    RELATIONS.flatMap((key) => {
      const value = stanza[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
