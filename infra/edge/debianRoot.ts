import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DEBIAN } from "../../components/node/debian";
import { cacheHome } from "../terminal/cacheHome";
import { UserError } from "../terminal/userError";
import { hasProgram, outputOf } from "./machine";
import { debianMirrors } from "./mirrors";

/** A Debian 13 that is built once and kept. */
export interface DebianRecipe {
  readonly packages: readonly string[];
  /** With what came after the release: updates and security fixes. */
  readonly updated: boolean;
}

/** What nodes run, for this machine's architecture, and what tests and benchmarks of a node use beside it. */
const NODE_PACKAGES = [
  ...DEBIAN.packages,
  // What any image of Debian has, and units and scripts of a node call.
  "procps",
  // Checks rendered units (systemd-analyze).
  "systemd",
  // Loads and compares in the benchmark.
  "nghttp2-client",
  "nginx-light",
] as const;

/** Has the packages of a node. */
export const NODE_ROOT: DebianRecipe = { packages: NODE_PACKAGES, updated: true };

/** Lines of the builder that an error repeats. */
const LAST_LINES = 15;

/** The folder of a Debian 13 of that recipe; default: that of a node. Another list of packages is another folder. */
export function debianRootFolder({ packages, updated }: DebianRecipe = NODE_ROOT): string {
  const recipe = createHash("sha256").update(
    JSON.stringify([DEBIAN.codename, packages, ...(updated ? [] : ["release"])]),
  );
  return join(cacheHome(), `debian-${String(DEBIAN.release)}-${recipe.digest("hex").slice(0, 12)}`);
}

/**
 * Returns the folder of a Debian 13, by default of one for nodes, and builds it first where it is missing: about
 * half a minute and 400 MB, from the mirror that this machine's apt uses for Debian, else from deb.debian.org. It is
 * never changed afterwards; remove the folder to have newer packages.
 *
 * @param progress takes lines that say what is being done
 * @throws UserError naming the remedy when it cannot be built here
 */
export async function debianRoot(progress: (line: string) => void, recipe: DebianRecipe = NODE_ROOT): Promise<string> {
  const folder = debianRootFolder(recipe);
  if (!existsSync(folder)) {
    await installBuilder(progress);
    progress(`building Debian 13 in ${folder}; this happens once and takes about half a minute`);
    mkdirSync(cacheHome(), { recursive: true });
    await run(
      "flock",
      [`${folder}.lock`, "sh", "-euc", BUILD, "sh", folder, ...builderArguments(folder, recipe)],
      progress,
    );
  }
  return folder;
}

/**
 * Runs with the lock held, which the kernel gives back however the holder ends. Another process may have built while
 * this one waited; what one left half-done is cleared away. The folder appears whole or not at all.
 */
const BUILD = `
[ ! -e "$1" ] || exit 0
folder=$1
shift
rm -rf --one-file-system "$folder.building"
"$@"
mv "$folder.building" "$folder"
`;

function builderArguments(folder: string, { packages, updated }: DebianRecipe): string[] {
  const { main, security } = debianMirrors();
  return [
    "mmdebstrap",
    "--mode=root",
    "--variant=apt",
    `--include=${packages.join(",")}`,
    ...aptOptions().map((option) => `--aptopt=${option}`),
    DEBIAN.codename,
    `${folder}.building`,
    `deb ${main} ${DEBIAN.codename} main`,
    ...(updated
      ? [`deb ${main} ${DEBIAN.codename}-updates main`, `deb ${security} ${DEBIAN.codename}-security main`]
      : []),
  ];
}

/** How this machine's apt goes out: proxies, certificates, and how old an index may be. */
export function aptOptions(): string[] {
  const wanted = /^Acquire::(Check-Valid-Until|Check-Date|https?)\b.* ".+";$/;
  return outputOf("apt-config", ["dump"])
    .split("\n")
    .filter((line) => wanted.test(line));
}

async function installBuilder(progress: (line: string) => void): Promise<void> {
  if (hasProgram("mmdebstrap")) {
    return;
  }
  if (!hasProgram("apt-get")) {
    throw new UserError("mmdebstrap is missing and there is no apt to install it with: install mmdebstrap and apt");
  }
  progress("installing mmdebstrap");
  const install = ["-qq", "install", "--yes", "--no-install-recommends", "mmdebstrap", "debian-archive-keyring"];
  const quiet = (line: string): string => line;
  try {
    await run("apt-get", install, quiet);
  } catch {
    // The lists of packages may be missing or old.
    await run("apt-get", ["-qq", "update"], quiet);
    await run("apt-get", install, quiet);
  }
}

/** Runs a program to its end and hands on what it says. Throws a UserError with its last lines when it fails. */
async function run(program: string, args: readonly string[], progress: (line: string) => void): Promise<void> {
  const child = spawn(program, args, {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines: string[] = [];
  createInterface(child.stderr).on("line", (line) => {
    lines.push(line);
    // mmdebstrap marks what it says of its own steps so; the rest is apt's.
    if (line.startsWith("I: ")) {
      progress(line.slice(3));
    }
  });
  const status = await new Promise<number | string | null>((resolve) => {
    child.on("error", (error) => {
      resolve(error.message);
    });
    child.on("close", (code, signal) => {
      resolve(code ?? signal);
    });
  });
  if (status !== 0) {
    const said = lines.slice(-LAST_LINES).join("\n");
    throw new UserError(
      `Debian 13 could not be had: ${program} ended with ${String(status)}. Check that its mirror can be reached.\n${said}`,
    );
  }
}
