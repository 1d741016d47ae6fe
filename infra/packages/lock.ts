import { accessSync, constants, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { packageLockSchema, type PackageLock, type SsmAgentPackage } from "../../components/node/packageLock";
import { debianMirrors, type Mirrors } from "../edge/mirrors";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";
import { archiveOf } from "./archiveFile";
import { fetchPackages } from "./packageFiles";
import { resolvePackages } from "./resolve";
import { checkSsmAgentVersion, ssmAgentPackage } from "./ssmAgent";

/** The lock that the program and the nodes go by. */
export const LOCK_FILE = join(__dirname, "..", "..", "components", "node", "packages.lock.json");

export interface LockOptions {
  readonly architecture: PackageLock["architecture"];
  /** File that is written; what it says already is compared with. Default: that of this repository. */
  readonly out?: string;
  /** Version of AWS's agent; as in the former lock where it is not given. */
  readonly ssmAgent?: string;
}

export interface LockRun {
  readonly now: () => Date;
  readonly progress: (line: string) => void;
  readonly mirrors?: Mirrors;
}

/**
 * Writes the lock of what Debian 13 has now, and returns what is other than before, a line each; nothing when nothing
 * is, and then the file stays as it is.
 *
 * @throws UserError for options that cannot be meant, before anything is fetched, and when something cannot be had; the
 * former lock stays
 */
export async function updateLock(
  { architecture, out: given, ssmAgent: version }: LockOptions,
  { now, progress, mirrors = debianMirrors() }: LockRun,
): Promise<readonly string[]> {
  const out = given ?? ownLock(architecture);
  checkWritable(out);
  if (version !== undefined) {
    checkSsmAgentVersion(version);
  }
  const former = formerLock(out, architecture);
  progress(`working out the packages for ${architecture}`);
  const packages = await resolvePackages(architecture, mirrors);
  const ssmAgent = version === undefined ? (former?.ssmAgent ?? null) : await ssmAgentPackage(version, architecture);
  if (former !== undefined && isDeepStrictEqual({ packages, ssmAgent }, pick(former))) {
    return [];
  }
  const contents = { architecture, snapshot: seconds(now()), packages: [...packages], ssmAgent };
  await fetchPackages(contents, { mirrors }, progress);
  const { archive } = await archiveOf(contents);
  const lock = packageLockSchema.parse({ architecture, snapshot: contents.snapshot, archive, ssmAgent, packages });
  writeWhole(out, `${JSON.stringify(lock, null, 2)}\n`);
  return changes(former, lock);
}

/** Reads a lock. @throws UserError for a file that is none */
export function readLock(file: string): PackageLock {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UserError(`${file}: cannot be read as a lock: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { data, error } = packageLockSchema.safeParse(content);
  if (data === undefined) {
    const [issue] = error.issues;
    throw new UserError(`${file}: is no lock of packages: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
  }
  return data;
}

/** The repository's lock, which the nodes of every stack install: that of another architecture would not start them. */
function ownLock(architecture: string): string {
  const own = readLock(LOCK_FILE).architecture;
  if (own !== architecture) {
    throw new UserError(
      `--out: must be given with --architecture ${architecture}, as the lock of this repository is for ${own}`,
      exitCodes.usage,
    );
  }
  return LOCK_FILE;
}

function checkWritable(file: string): void {
  try {
    accessSync(`${dirname(file)}/`, constants.W_OK);
  } catch (error) {
    throw new UserError(
      `--out: must be in a folder that is there and can be written to, got "${file}" (${error instanceof Error ? error.message : String(error)})`,
      exitCodes.usage,
    );
  }
}

/** Another architecture's packages are no former state of these. */
function formerLock(file: string, architecture: string): PackageLock | undefined {
  const lock = existsSync(file) ? readLock(file) : undefined;
  return lock?.architecture === architecture ? lock : undefined;
}

function pick({ packages, ssmAgent }: PackageLock) {
  return { packages, ssmAgent };
}

function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+/, "");
}

function changes(former: PackageLock | undefined, lock: PackageLock): readonly string[] {
  if (former === undefined) {
    return [`${String(lock.packages.length)} packages for ${lock.architecture}`];
  }
  const all = (each: PackageLock): ReadonlyMap<string, string> =>
    new Map([...each.packages, ...listOf(each.ssmAgent)].map(({ name, version }) => [name, version]));
  const [before, after] = [all(former), all(lock)];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const lines = names.flatMap((name) => {
    const [old, current] = [before.get(name), after.get(name)];
    if (old === current) {
      return [];
    }
    return [`${name}: ${old === undefined ? `added ${String(current)}` : `${old} -> ${current ?? "removed"}`}`];
  });
  return lines.length > 0 ? lines : ["the same versions, with other files or relations"];
}

function listOf(ssmAgent: SsmAgentPackage | null): readonly SsmAgentPackage[] {
  return ssmAgent === null ? [] : [ssmAgent];
}

/** Whoever reads it sees the former lock or this one, never a part. */
function writeWhole(file: string, content: string): void {
  const temporary = `${file}.${String(process.pid)}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}
