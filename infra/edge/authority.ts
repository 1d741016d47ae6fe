import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheHome } from "../terminal/cacheHome";
import type { PrivateRoot } from "./privateRoot";

/** A certificate authority of this machine's user, for certificates of sites that are tried out here. */
export interface Authority {
  /** File of its certificate (PEM): for `curl --cacert`, or to be trusted by a browser. */
  readonly file: string;
  readonly certificate: string;
  readonly key: string;
}

const AUTHORITY_DAYS = 3650;

/** A run is rarely longer, and each has a new one. */
const LEAF_DAYS = 90;

/** Host names on one certificate. */
const SUBJECT_NAMES = 100;

/**
 * The authority in `folder`, made once and kept, so that it can be trusted once.
 *
 * @param root a private root that has openssl
 */
export async function authority(root: PrivateRoot, folder = join(cacheHome(), "edge-ca")): Promise<Authority> {
  try {
    return read(folder);
  } catch {
    await make(root, folder);
    return read(folder);
  }
}

/** A certificate for these hosts with its chain and its key, as HAProxy reads them (PEM). */
export async function certificateFor(
  root: PrivateRoot,
  { certificate, key }: Authority,
  hosts: readonly string[],
): Promise<string> {
  const names = hosts.slice(0, SUBJECT_NAMES).map((host) => `DNS:${host}`);
  root.write("/tmp/ca.pem", certificate);
  root.write("/tmp/ca.key", key, 0o600);
  await openssl(root, [
    ...["req", "-x509", "-CA", "/tmp/ca.pem", "-CAkey", "/tmp/ca.key", "-days", String(LEAF_DAYS)],
    ...["-subj", "/CN=footprint edge", ...NEW_KEY, "-keyout", "/tmp/leaf.key", "-out", "/tmp/leaf.pem"],
    ...["-addext", `subjectAltName=${names.join(",")}`, "-addext", "basicConstraints=critical,CA:FALSE"],
    ...["-addext", "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=serverAuth"],
  ]);
  const leaf = root.read("/tmp/leaf.pem") + certificate + root.read("/tmp/leaf.key");
  for (const file of ["ca.pem", "ca.key", "leaf.pem", "leaf.key"]) {
    root.remove(`/tmp/${file}`);
  }
  return leaf;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

function read(folder: string): Authority {
  const file = join(folder, "ca.pem");
  return { file, certificate: readFileSync(file, "utf8"), key: readFileSync(join(folder, "ca.key"), "utf8") };
}

/** Appears whole or not at all; of two processes that make one at once the first wins. */
async function make(root: PrivateRoot, folder: string): Promise<void> {
  await openssl(root, [
    ...["req", "-x509", "-days", String(AUTHORITY_DAYS), "-subj", "/CN=Footprint edge on this machine"],
    ...[...NEW_KEY, "-keyout", "/tmp/new.key", "-out", "/tmp/new.pem"],
    ...["-addext", "basicConstraints=critical,CA:TRUE,pathlen:0", "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
  ]);
  mkdirSync(cacheHome(), { recursive: true });
  const made = mkdtempSync(`${folder}.`);
  try {
    // Whoever may enter the cache folder may read the certificate; the key is the owner's.
    chmodSync(made, 0o755);
    writeFileSync(join(made, "ca.pem"), root.read("/tmp/new.pem"));
    writeFileSync(join(made, "ca.key"), root.read("/tmp/new.key"), { mode: 0o600 });
    renameSync(made, folder);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!isOccupied(error)) {
      throw error;
    }
  }
}

function isOccupied(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST");
}

async function openssl(root: PrivateRoot, args: readonly string[]): Promise<void> {
  const { status, stderr } = await root.exec("openssl", ...args);
  if (status !== 0) {
    throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
  }
}
