import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Ended, PrivateRoot, Program } from "../../edge/privateRoot";

/** Kernel settings that a node makes and that are not its network's, below /proc/sys. */
const SETTINGS = ["kernel/panic", "kernel/panic_on_oops", "vm/max_map_count", "vm/min_free_kbytes", "vm/swappiness"];

/**
 * Becomes systemd, as the first process of its own, in the control group that is its own. /proc is that of the private
 * root until then, so what it prints is its process id in there.
 */
const FIRST_PROCESS = `
read -r self _ < /proc/self/stat
mount -t proc proc /proc
# Of kernel settings its network has its own. The others are the whole machine's: a node's get files in their places.
mount -t tmpfs -o mode=755 settings /mnt
for setting in $1; do
  mkdir -p "/mnt/\${setting%/*}"
  cat "/proc/sys/$setting" > "/mnt/$setting"
done
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,rw /proc/sys/net
for setting in $1; do
  mount --bind "/mnt/$setting" "/proc/sys/$setting"
done
umount --lazy /mnt
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# Devices are the machine's, too.
mount -t tmpfs -o mode=755 dev /mnt
for device in null zero full random urandom tty; do
  touch "/mnt/$device"
  mount --bind "/dev/$device" "/mnt/$device"
done
mkdir /mnt/pts /mnt/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts /mnt/pts
mount -t tmpfs -o mode=1777 shm /mnt/shm
ln -s pts/ptmx /mnt/ptmx
ln -s /proc/self/fd /mnt/fd
mount --move /mnt /dev
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs -o mode=1777 tmp /tmp
# As systemd does it itself on a machine that is no container: a service sees what is mounted after its start.
mount --make-rshared /
echo "$self"
exec env --ignore-environment container=footprint PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --unit=multi-user.target
`;

/** Of a machine's control group, where these share processors: a tenth of the usual, so that what is around it goes before it. */
const WEIGHT = 10;

/** Leaves this machine's control groups for one of its own, $1, so that systemd finds none but its own. */
const START = `
mkdir -p /run/groups
mountpoint -q /run/groups || mount -t cgroup2 cgroup2 /run/groups
mkdir -p "$1"
[ ! -e "$1/cpu.weight" ] || echo ${String(WEIGHT)} > "$1/cpu.weight"
echo $$ > "$1/cgroup.procs"
shift
exec unshare --mount --pid --cgroup --uts --ipc --fork --kill-child sh -euc "$1" sh "$2"
`;

/** Where the control groups of machines are, and how each is called: this, and the number of its root's first process. */
export const MACHINE_GROUPS = { folder: "/run/groups", prefix: "footprint-" } as const;

/** A private root that is booted: systemd runs in it, with processes, name and control groups of its own. */
export class System {
  private constructor(
    private readonly root: PrivateRoot,
    private readonly program: Program,
    /** Process id of systemd, in the private root. */
    private readonly pid: number,
  ) {}

  static async boot(root: PrivateRoot): Promise<System> {
    const program = root.spawn(["sh", "-euc", START, "sh", groupOf(root), FIRST_PROCESS, SETTINGS.join(" ")]);
    let said = "";
    program.stderr.on("data", (data: Buffer) => (said += data.toString()));
    const [first] = (await Promise.race([
      once(createInterface(program.stdout), "line"),
      once(program, "close").then(() => [""]),
    ])) as [string];
    if (first === "") {
      throw new Error(`systemd cannot be started here: ${said}`);
    }
    program.stdout.resume();
    return new System(root, program, Number(first));
  }

  /** Its first process has ended. */
  get isOver(): boolean {
    return this.program.exitCode !== null || this.program.signalCode !== null;
  }

  /** Runs a program in it to its end. */
  exec(...command: readonly string[]): Promise<Ended> {
    const namespaces = ["--mount", "--pid", "--cgroup", "--uts", "--ipc", "--root", "--wd"];
    return this.root.exec("nsenter", "--target", String(this.pid), ...namespaces, ...command);
  }

  /** Where a file of it is seen from outside. */
  outside(path: string): string {
    return this.root.outside(join("/proc", String(this.pid), "root", path));
  }

  /** Has systemd end all that runs, in order, and then itself. */
  async shutDown(): Promise<void> {
    await this.endedBy(() => this.exec("systemctl", "poweroff"));
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await this.endedBy(() => this.root.exec("kill", "-KILL", String(this.pid)));
  }

  private async endedBy(end: () => Promise<Ended>): Promise<void> {
    if (!this.isOver) {
      const ended = once(this.program, "close");
      await end();
      await ended;
    }
    await removeGroup(this.root, groupOf(this.root));
  }
}

/**
 * Removes a control group and all below it, which are the kernel's and would stay. What has just been killed may hold one
 * for a moment, so this is tried for half a minute.
 */
export async function removeGroup(root: PrivateRoot, folder: string): Promise<void> {
  await root.exec("sh", "-euc", REMOVE, "sh", folder);
}

const REMOVE = `
for try in $(seq 150); do
  [ -e "$1" ] || exit 0
  find "$1" -depth -type d -delete 2> /dev/null || sleep 0.2
done
`;

function groupOf({ pid }: PrivateRoot): string {
  return `${MACHINE_GROUPS.folder}/${MACHINE_GROUPS.prefix}${String(pid)}`;
}
