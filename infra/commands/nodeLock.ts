import { Option, type Command } from "commander";
import type { LockOptions } from "../packages/lock";

/** `footprint node lock`: which Debian packages nodes install. */
export function registerNodeLock(node: Command): void {
  node
    .command("lock")
    .description("Write the lock of the Debian packages that nodes install, as Debian 13 has them now.")
    .addOption(new Option("--architecture <name>", "of the nodes").choices(["arm64", "amd64"]).default("arm64"))
    .option(
      "-o, --out <file>",
      "lock that is written; default: that of this repository, components/node/packages.lock.json, if it is for the architecture",
    )
    .option("--ssm-agent <version>", "release of AWS's agent for Session Manager; else it stays as the lock has it")
    .addHelpText(
      "after",
      `
Says what is other than before, one package a line. The packages are fetched into the cache folder, about 100 MB, since
the lock has the hash of their archive. Needs apt (Debian or Ubuntu); AWS's agent comes from its bucket in us-east-1.
A new lock is a new bootstrap: publish its packages, and the next deployment replaces the nodes, a few at a time.

Examples:
  $ footprint node lock && footprint node publish --bucket my-edge-packages
  $ footprint node lock --ssm-agent 3.3.4624.0`,
    )
    .action(async (options: LockOptions) => {
      const { updateLock } = await import("../packages/lock");
      const changes = await updateLock(options, {
        now: () => new Date(),
        progress: (line) => {
          process.stderr.write(`${line}\n`);
        },
      });
      process.stdout.write(
        changes.length === 0 ? "nothing has changed\n" : changes.map((line) => `${line}\n`).join(""),
      );
    });
}
