import { z } from "zod";
import lock from "./packages.lock.json";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Debian's rules for the name of a package and for a version. */
const name = z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/);
const version = z.string().regex(/^[0-9][A-Za-z0-9.+:~-]*$/);

const fields = {
  name,
  version,
  /** Its own, which may be "all". */
  architecture: z.string().min(1),
  /** Name of its file, in the pool and in the packages' archive. */
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+~_-]{0,98}\.deb$/),
  size: z.int().positive(),
  sha256,
  /** What apt must know of it to install it, as it stands in Debian's index: Depends, Breaks and so on. */
  relations: z.record(z.string(), z.string()),
};

const packageSchema = z.object({
  ...fields,
  /** Which of Debian's archives it came from. */
  archive: z.enum(["debian", "debian-security"]),
  /** Folder of its file in that archive. */
  pool: z.string().regex(/^pool\/[A-Za-z0-9.+~_/-]+$/),
  /** Part of any Debian: a node keeps what its image has, unless another package needs this very version. */
  base: z.boolean(),
});

export const packageLockSchema = z.object({
  /** Of the nodes. */
  architecture: z.enum(["arm64", "amd64"]),
  /** When Debian's archives were read, ISO 8601. What they drop since is found in Debian's snapshot of that time. */
  snapshot: z.iso.datetime(),
  /** The one file that nodes fetch, with all packages in it. Its bytes follow from this lock. */
  archive: z.object({ sha256, size: z.int().positive() }),
  /** AWS's agent for Session Manager and Run Command; null leaves nodes without it. */
  ssmAgent: z.object({ ...fields, url: z.url() }).nullable(),
  packages: z.array(packageSchema).min(1),
});

/** The Debian packages that nodes install: what a node runs, and all that it depends on. */
export type PackageLock = z.output<typeof packageLockSchema>;
export type LockedPackage = z.output<typeof packageSchema>;
export type SsmAgentPackage = NonNullable<PackageLock["ssmAgent"]>;

/** The lock that this repository ships. `footprint node lock` writes it. */
export const PACKAGE_LOCK: PackageLock = packageLockSchema.parse(lock);
