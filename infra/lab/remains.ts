import { existsSync } from "node:fs";
import { PrivateRoot } from "../edge/privateRoot";
import { MACHINE_GROUPS, removeGroup } from "./machine/system";

/**
 * Control groups are the kernel's: those of machines that were killed stay, with nothing in them, and only they do.
 * Removes them.
 *
 * @param image folder of the lab's Debian
 * @returns how many there were
 */
export async function clearRemains(image: string): Promise<number> {
  const root = await PrivateRoot.start(image);
  try {
    const { stdout } = await root.exec("sh", "-euc", LIST, "sh", MACHINE_GROUPS.folder);
    // A machine's group has the number of its first process.
    const gone = stdout
      .split("\n")
      .filter((name) => name.startsWith(MACHINE_GROUPS.prefix))
      .filter((name) => !existsSync(`/proc/${name.slice(MACHINE_GROUPS.prefix.length)}`));
    for (const name of gone) {
      await removeGroup(root, `${MACHINE_GROUPS.folder}/${name}`);
    }
    return gone.length;
  } finally {
    await root.stop();
  }
}

const LIST = `
mkdir -p "$1"
mount -t cgroup2 cgroup2 "$1"
ls "$1"
`;
