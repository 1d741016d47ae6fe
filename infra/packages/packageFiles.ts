import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { LockedPackage, PackageLock, SsmAgentPackage } from "../../components/node/packageLock";
import type { Mirrors } from "../edge/mirrors";
import { cacheHome } from "../terminal/cacheHome";
import { UserError } from "../terminal/userError";

/** Keeps whatever Debian has ever published, by the time at which it was there. */
const SNAPSHOTS = "https://snapshot.debian.org/archive";

/** Downloads at the same time. */
const PARALLEL = 8;

export interface PackageSources {
  readonly mirrors: Mirrors;
  /** Default: snapshot.debian.org. */
  readonly snapshots?: string;
}

/** Where a package's file is kept, by its content. */
export function packageFile({ sha256 }: { readonly sha256: string }): string {
  return join(cacheHome(), "packages", `${sha256}.deb`);
}

/**
 * Fetches the packages that the cache folder lacks, and verifies every one, those in the cache too.
 *
 * @param progress takes a line now and then
 * @throws UserError naming what cannot be had, and where it was looked for
 */
export async function fetchPackages(
  lock: Pick<PackageLock, "packages" | "ssmAgent" | "snapshot">,
  sources: PackageSources,
  progress: (line: string) => void,
): Promise<void> {
  const wanted = [
    ...lock.packages.map((each) => ({ ...each, addresses: addressesOf(each, lock.snapshot, sources) })),
    ...(lock.ssmAgent === null ? [] : [{ ...lock.ssmAgent, addresses: [lock.ssmAgent.url] }]),
  ];
  await mkdir(join(cacheHome(), "packages"), { recursive: true });
  const missing = (await Promise.all(wanted.map(async (each) => ((await isKept(each)) ? [] : [each])))).flat();
  const bytes = missing.reduce((sum, { size }) => sum + size, 0);
  if (missing.length > 0) {
    progress(`fetching ${String(missing.length)} packages, ${megabytes(bytes)}`);
  }
  let done = 0;
  const queue = missing.values();
  const worker = async (): Promise<void> => {
    for (const each of queue) {
      await fetchPackage(each, each.addresses);
      done += 1;
      if (done % 20 === 0 || done === missing.length) {
        progress(`[${String(done)}/${String(missing.length)}] ${each.name} ${each.version}`);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

/** Bytes for a person. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** In the order in which they are tried. Snapshots are taken some hours after a mirror has a package. */
function addressesOf(
  { archive, pool, file }: LockedPackage,
  snapshot: string,
  { mirrors, snapshots = SNAPSHOTS }: PackageSources,
): string[] {
  const mirror = archive === "debian" ? mirrors.main : mirrors.security;
  const path = [...pool.split("/"), file].map(encodeURIComponent).join("/");
  const nextDay = new Date(Date.parse(snapshot) + 24 * 3600 * 1000).toISOString();
  return [
    `${mirror.replace(/\/$/, "")}/${path}`,
    ...[snapshot, nextDay].map((time) => `${snapshots}/${archive}/${snapshotTime(time)}/${path}`),
  ];
}

/** As in 20260102T030405Z. */
function snapshotTime(iso: string): string {
  return new Date(iso).toISOString().replace(/[-:]|\.\d+/g, "");
}

type Wanted = Pick<LockedPackage | SsmAgentPackage, "name" | "version" | "sha256" | "size">;

async function isKept(wanted: Wanted): Promise<boolean> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(packageFile(wanted)), hash);
  } catch {
    return false;
  }
  return hash.digest("hex") === wanted.sha256;
}

async function fetchPackage(wanted: Wanted, addresses: readonly string[]): Promise<void> {
  const failures: string[] = [];
  for (const address of addresses) {
    const failure = await fetchFrom(address, wanted);
    if (failure === undefined) {
      return;
    }
    failures.push(`${address}: ${failure}`);
  }
  throw new UserError(
    `${wanted.name} ${wanted.version} of the lock could not be fetched:\n${failures.join("\n")}\n` +
      "`footprint node lock` writes a lock of what Debian has now",
  );
}

/** Returns why it failed; undefined when the verified file is in the cache folder. */
async function fetchFrom(address: string, wanted: Wanted): Promise<string | undefined> {
  const temporary = `${packageFile(wanted)}.${randomUUID()}`;
  try {
    const answer = await fetch(address);
    if (!answer.ok || answer.body === null) {
      return `HTTP status ${String(answer.status)}`;
    }
    const hash = createHash("sha256");
    await pipeline(
      Readable.fromWeb(answer.body),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(temporary),
    );
    const sha256 = hash.digest("hex");
    if (sha256 !== wanted.sha256) {
      return `its SHA-256 is ${sha256}, the lock says ${wanted.sha256}`;
    }
    await rename(temporary, packageFile(wanted));
    return undefined;
  } catch (error) {
    const { cause } = error instanceof Error ? error : {};
    return cause instanceof Error ? cause.message : String(error);
  } finally {
    await rm(temporary, { force: true });
  }
}
