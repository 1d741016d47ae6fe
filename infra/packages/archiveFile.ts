import { stat } from "node:fs/promises";
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { PackageLock } from "../../components/node/packageLock";
import { cacheHome } from "../terminal/cacheHome";
import { archivedPackages, writeArchive } from "./archive";
import { packageFile } from "./packageFiles";

export interface ArchiveFile {
  readonly path: string;
  readonly archive: PackageLock["archive"];
}

/** The archive of packages that have been fetched, in the cache folder. */
export async function archiveOf(lock: Pick<PackageLock, "packages" | "ssmAgent">): Promise<ArchiveFile> {
  const folder = join(cacheHome(), "archives");
  await mkdir(folder, { recursive: true });
  const made = join(folder, `${randomUUID()}.tar`);
  const archive = await writeArchive(archivedPackages(lock), packageFile, made);
  const path = join(folder, `${archive.sha256}.tar`);
  await rename(made, path);
  return { path, archive };
}

/** The archive that a lock names, if the cache folder has it. */
export async function keptArchive({ archive }: Pick<PackageLock, "archive">): Promise<ArchiveFile | undefined> {
  const path = join(cacheHome(), "archives", `${archive.sha256}.tar`);
  try {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    return hash.digest("hex") === archive.sha256 && (await stat(path)).size === archive.size
      ? { path, archive }
      : undefined;
  } catch {
    return undefined;
  }
}
