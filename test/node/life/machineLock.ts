import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DEBIAN } from "../../../components/node/debian";
import type { PackageLock } from "../../../components/node/packageLock";
import { keptArchive, type ArchiveFile } from "../../../infra/packages/archiveFile";
import { readLock, updateLock } from "../../../infra/packages/lock";
import { cacheHome } from "../../../infra/terminal/cacheHome";
import type { Requirement } from "../../support/requirements";

/** A lock for this machine's architecture, and its archive. */
export interface MachinePackages extends ArchiveFile {
  readonly lock: PackageLock;
}

const ARCHITECTURE = process.arch === "arm64" ? "arm64" : "amd64";

/** Made once for each list of packages and kept with them, since Debian's mirrors drop a version at the next update. */
const FILE = join(
  cacheHome(),
  `packages-${ARCHITECTURE}-${createHash("sha256").update(JSON.stringify(DEBIAN.packages)).digest("hex").slice(0, 12)}.json`,
);

export const MACHINE_PACKAGES: Requirement = {
  name: "the packages of a node for this machine's architecture",
  isMet: () => existsSync(FILE),
  remedy: "test/node/install.sh",
};

/** Has what MACHINE_PACKAGES asks for. */
export async function makeMachinePackages(progress: (line: string) => void): Promise<void> {
  if (!existsSync(FILE)) {
    mkdirSync(cacheHome(), { recursive: true });
    await updateLock({ architecture: ARCHITECTURE, out: FILE }, { now: () => new Date(), progress });
  }
}

export async function machinePackages(): Promise<MachinePackages> {
  const lock = readLock(FILE);
  const kept = await keptArchive(lock);
  if (kept === undefined) {
    throw new Error(`the archive of ${FILE} is not in the cache folder any more: remove the lock, and install again`);
  }
  return { lock, ...kept };
}
