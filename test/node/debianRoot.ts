import { existsSync } from "node:fs";
import { debianRoot, debianRootFolder, NODE_ROOT, type DebianRecipe } from "../../infra/edge/debianRoot";
import { LAB_ROOT } from "../../infra/lab/image";
import type { Requirement } from "../support/requirements";
import { makeMachinePackages } from "./life/machineLock";

/** What an image of Debian for the cloud has, as of the release: none of a node's packages, and older ones than now. */
export const IMAGE_ROOT: DebianRecipe = {
  packages: ["cloud-init", "dbus", "e2fsprogs", "iproute2", "kmod", "libpam-systemd", "procps", "systemd-sysv", "udev"],
  updated: false,
};

/** Root on Linux, and a Debian with the packages of a node: for suites that run a real node. */
export const DEBIAN = requirement("a Debian 13 to run nodes of, as root", NODE_ROOT);

/** Root on Linux, and a Debian as a new machine has it: for suites that boot a node. */
export const IMAGE = requirement("a fresh Debian 13 to boot nodes from, as root", IMAGE_ROOT);

/** Root on Linux, and a Debian that a lab boots its nodes from, and asks for names in. */
export const LAB = requirement("a Debian 13 for the lab, as root", LAB_ROOT);

function requirement(name: string, recipe: DebianRecipe): Requirement {
  return {
    name,
    isMet: () => process.getuid?.() === 0 && existsSync(debianRootFolder(recipe)),
    remedy: "test/node/install.sh as root",
  };
}

async function install(): Promise<void> {
  const progress = (line: string) => process.stderr.write(`footprint: ${line}\n`);
  for (const recipe of [NODE_ROOT, IMAGE_ROOT, LAB_ROOT]) {
    await debianRoot(progress, recipe);
  }
  await makeMachinePackages(progress);
}

// As a program it installs all of them, and the packages that a booting node fetches: `node -r ./infra/cli/typescript.js test/node/debianRoot.ts`.
if (require.main === module) {
  install().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
