import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { UserError } from "../terminal/userError";

/** A program in a private root, its output to be read. */
export type Program = ChildProcessByStdio<null, Readable, Readable>;

export interface Ended {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PrivateProcess {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
}

/**
 * Makes the private root and stays as its first process until its standard input ends: then, or when it is killed, the
 * kernel kills all else in there and drops the mounts. So whatever way the owner ends, its pipe is closed and nothing
 * is left. $1 is the folder of the system, which stays as it is; the other arguments are folders and sizes of disks.
 */
const FIRST_PROCESS = `
# /proc is still that of outside, so this is the process id out there.
read -r outside _ < /proc/self/stat
# Relative, because overlay options give a meaning to colons and commas.
cd "$1"
shift
mount -t tmpfs -o mode=755 footprint mnt
mkdir mnt/upper mnt/work mnt/root
mount -t overlay -o lowerdir=.,upperdir=mnt/upper,workdir=mnt/work footprint mnt/root
cd mnt/root
mount -t proc proc proc
# Kernel settings are the whole machine's.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
while [ $# -gt 0 ]; do
  mkdir -p ".$1"
  mount -t tmpfs -o "mode=755,size=$2" disk ".$1"
  shift 2
done
# Bash, because it reaps what loses its parent. It speaks only once it is in place: from then on files can be written.
exec chroot . bash -c 'echo "$0"; while read -r _; do :; done' "$outside"
`;

const ENVIRONMENT = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** The machine's network, one of its own that has only a loopback interface, or that of another private root. */
export type Network = "machine" | "own" | PrivateRoot;

/**
 * A system of its own over a folder that holds one: private mounts and processes, the network as it is asked for. Its
 * files are the folder's; what is written to them stays in memory and is gone with it. Needs root on Linux.
 */
export class PrivateRoot {
  private readonly programs = new Set<Program>();

  private constructor(
    private readonly holder: ChildProcess,
    /** Process id of its first process, seen from outside. */
    readonly pid: number,
  ) {}

  /**
   * @param folder a whole system, as `debianRoot` gives it
   * @param disks file systems of limited size by folder: for a full disk
   * @param network default: the machine's
   * @throws UserError where the machine does not let it have namespaces
   */
  static async start(
    folder: string,
    disks: Readonly<Record<string, number>> = {},
    network: Network = "machine",
  ): Promise<PrivateRoot> {
    const sizes = Object.entries(disks).flatMap(([path, bytes]) => [path, String(bytes)]);
    // Detached, so that Ctrl-C reaches the owner alone, who then ends this in order.
    const [program = "", ...entered] = [
      ...(network instanceof PrivateRoot ? ["nsenter", `--net=/proc/${String(network.pid)}/ns/net`] : []),
      ...["unshare", "--mount", "--pid", "--fork", "--kill-child", ...(network === "own" ? ["--net"] : [])],
    ];
    const holder = spawn(program, [...entered, "sh", "-euc", FIRST_PROCESS, "sh", folder, ...sizes], {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    const failed = text(holder.stderr);
    const said = await new Promise<string>((resolve) => {
      let start = "";
      holder.stdout.on("data", (data: Buffer) => {
        start += data.toString();
        if (start.endsWith("\n")) {
          resolve(start);
        }
      });
      holder.on("error", () => {
        resolve("");
      });
      holder.on("close", () => {
        resolve("");
      });
    });
    if (said === "") {
      throw new UserError(
        `a private root needs mount and process namespaces and overlay mounts of Linux, as root; this machine refuses: ${(await failed).trim()}`,
      );
    }
    return new PrivateRoot(holder, Number(said));
  }

  /** Where a file of it is seen from outside; for sockets, too. */
  outside(path: string): string {
    return join("/proc", String(this.pid), "root", path);
  }

  /** Puts a file in place in one step; it belongs to root. */
  write(path: string, content: string, mode = 0o644): void {
    const file = this.outside(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, content);
    chmodSync(`${file}.new`, mode);
    renameSync(`${file}.new`, file);
  }

  makeFolder(path: string): void {
    mkdirSync(this.outside(path), { recursive: true });
  }

  read(path: string): string {
    return readFileSync(this.outside(path), "utf8");
  }

  has(path: string): boolean {
    return existsSync(this.outside(path));
  }

  remove(path: string): void {
    rmSync(this.outside(path), { force: true, recursive: true });
  }

  /** Starts a program in it, as root, with an environment of its own. */
  spawn(command: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const entered = ["--target", String(this.pid), "--mount", "--pid", "--net", "--root", "--wd", ...command];
    const program = spawn("nsenter", entered, {
      env: { ...ENVIRONMENT, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.programs.add(program);
    program.once("close", () => this.programs.delete(program));
    return program;
  }

  /** Runs a program in it to its end. */
  async exec(...command: readonly string[]): Promise<Ended> {
    const program = this.spawn(command);
    const [stdout, stderr] = await Promise.all([
      text(program.stdout),
      text(program.stderr),
      program.exitCode ?? once(program, "close"),
    ]);
    return { status: program.exitCode, stdout, stderr };
  }

  /** The processes in it, with their process ids in there. */
  processes(): readonly PrivateProcess[] {
    const folder = this.outside("/proc");
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const stat = readFileSync(join(folder, name, "stat"), "utf8");
          // The name stands in brackets and may hold anything.
          const [, parent = ""] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
          const comm = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
          return [{ pid: Number(name), parent: Number(parent), name: comm }];
        } catch {
          // It ended meanwhile.
          return [];
        }
      });
  }

  /** Ends everything in it at once. It may be called again. */
  async stop(): Promise<void> {
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) {
      return;
    }
    const ended = once(this.holder, "exit");
    // One that was stopped (SIGSTOP) has stopped the nsenter around it, and would never be waited for.
    for (const program of this.programs) {
      program.kill("SIGCONT");
    }
    this.holder.stdin?.end();
    await ended;
  }
}
