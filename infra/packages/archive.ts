import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { randomUUID } from "node:crypto";
import type { LockedPackage, PackageLock, SsmAgentPackage } from "../../components/node/packageLock";
import { compare } from "../config/problems";

/** What an archive holds of a package. */
export type ArchivedPackage = Pick<
  LockedPackage | SsmAgentPackage,
  "name" | "version" | "architecture" | "file" | "size" | "sha256" | "relations"
>;

/** Name of the index that makes the unpacked archive a source of packages for apt. */
const INDEX = "Packages";

/** A record of a tar file; everything in it begins at a multiple. */
const BLOCK = 512;

/** The packages of a lock in the order of the archive. */
export function archivedPackages({
  packages,
  ssmAgent,
}: Pick<PackageLock, "packages" | "ssmAgent">): ArchivedPackage[] {
  return [...packages, ...(ssmAgent === null ? [] : [ssmAgent])].sort((a, b) => compare(a.file, b.file));
}

/**
 * Writes the archive of the packages and returns its SHA-256 and size. It is a tar file (ustar) with an index in front,
 * not compressed, since packages are. It has no date, owner or mode of this machine: the same packages give the same
 * bytes everywhere and always, which is why it is written here and not by a tar of whatever make.
 *
 * @param fileOf path of a package's file, whose content has been verified
 */
export async function writeArchive(
  packages: readonly ArchivedPackage[],
  fileOf: (each: ArchivedPackage) => string,
  path: string,
): Promise<PackageLock["archive"]> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  const hash = createHash("sha256");
  const file = await open(temporary, "wx");
  try {
    const write = async (bytes: Buffer): Promise<void> => {
      hash.update(bytes);
      await file.writeFile(bytes);
    };
    const index = Buffer.from(packageIndex(packages));
    await write(Buffer.concat([header(INDEX, index.length), index, padding(index.length)]));
    for (const each of packages) {
      await write(header(each.file, each.size));
      for await (const chunk of createReadStream(fileOf(each), { highWaterMark: 1 << 20 })) {
        await write(chunk as Buffer);
      }
      await write(padding(each.size));
    }
    await write(Buffer.alloc(2 * BLOCK));
    await file.close();
    const { size } = await stat(temporary);
    await rename(temporary, path);
    return { sha256: hash.digest("hex"), size };
  } finally {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
  }
}

/** The index of a flat repository, as apt reads it. */
export function packageIndex(packages: readonly ArchivedPackage[]): string {
  const stanza = ({ name, version, architecture, file, size, sha256, relations }: ArchivedPackage): string =>
    Object.entries({
      Package: name,
      Version: version,
      Architecture: architecture,
      ...relations,
      Filename: `./${file}`,
      Size: String(size),
      SHA256: sha256,
    })
      .map(([key, value]) => `${key}: ${value}\n`)
      .join("");
  return packages.map(stanza).join("\n");
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`;
  block.write(name, 0, 100, "latin1");
  block.write(octal(0o644, 8), 100, "latin1");
  block.write(octal(0, 8), 108, "latin1");
  block.write(octal(0, 8), 116, "latin1");
  block.write(octal(size, 12), 124, "latin1");
  block.write(octal(0, 12), 136, "latin1");
  // The checksum is that of the header with spaces in its own place.
  block.write(" ".repeat(8), 148, "latin1");
  block.write("0", 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}
