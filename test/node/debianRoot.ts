import { existsSync } from "node:fs";
import { debianRoot, debianRootFolder } from "../../infra/edge/debianRoot";
import type { Requirement } from "../support/requirements";

/** Root on Linux, and a Debian with the packages of a node: for suites that run a real node. */
export const DEBIAN: Requirement = {
  name: "a Debian 13 to run nodes of, as root",
  isMet: () => process.getuid?.() === 0 && existsSync(debianRootFolder()),
  remedy: "test/node/install.sh as root",
};

// As a program it installs that Debian: `node -r ./infra/cli/typescript.js test/node/debianRoot.ts`.
if (require.main === module) {
  debianRoot((line) => process.stderr.write(`footprint: ${line}\n`)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
