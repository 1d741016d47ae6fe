import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { PrivateRoot } from "../../infra/edge/privateRoot";
import { describeWith } from "../support/requirements";
import { repository } from "../support/tree";
import { DEBIAN } from "./debianRoot";

/** Processes of this machine that have this text on their command line. */
function withArgument(text: string): readonly string[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").includes(text);
      } catch {
        // It ended meanwhile.
        return false;
      }
    });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await sleep(10);
  }
}

/** Unlike any other duration, so that its process can be told from others. */
function duration(): string {
  return `${String(process.pid)}${String(Math.random()).slice(1)}`;
}

describeWith([DEBIAN], "a private root", () => {
  let root: PrivateRoot;

  beforeEach(async () => {
    root = await PrivateRoot.start(debianRootFolder(), { "/srv/disk": 1_000_000 });
  });

  afterEach(async () => {
    await root.stop();
  });

  test("has its own files, and leaves the folder that it is of as it is", async () => {
    root.write("/etc/footprint/a", "content\n");
    await root.exec("sh", "-c", "rm /etc/debian_version; echo more >> /etc/footprint/a");

    expect(root.read("/etc/footprint/a")).toBe("content\nmore\n");
    expect(fs.existsSync(path.join(debianRootFolder(), "etc/debian_version"))).toBe(true);
    expect(fs.existsSync(path.join(debianRootFolder(), "etc/footprint"))).toBe(false);
    expect(fs.readdirSync(path.join(debianRootFolder(), "mnt"))).toEqual([]);
  });

  test("shares no file with another one", async () => {
    const other = await PrivateRoot.start(debianRootFolder());
    root.write("/run/here", "");

    const seen = other.has("/run/here");
    await other.stop();

    expect({ seen, own: root.has("/run/here") }).toEqual({ seen: false, own: true });
  });

  test("sees its own processes alone", async () => {
    const { stdout } = await root.exec("sh", "-c", "ls /proc | grep -c '^[0-9]'");

    // The first process, the shell, ls and grep.
    expect(Number(stdout)).toBeLessThanOrEqual(4);
  });

  test("ends although a program in it is stopped", async () => {
    const program = root.spawn(["sleep", duration()]);
    const stopped = () => root.processes().find(({ name }) => name === "sleep")?.pid;
    await until(() => stopped() !== undefined);
    await root.exec("kill", "-STOP", String(stopped()));
    // What had it started sees that, and stops too.
    await until(() => /^State:\s+T/m.test(fs.readFileSync(`/proc/${String(program.pid)}/status`, "utf8")));

    await expect(root.stop()).resolves.toBeUndefined();
  });

  test("gives the outcome of a program", async () => {
    expect(await root.exec("sh", "-c", "echo out; echo error >&2; exit 3")).toEqual({
      status: 3,
      stdout: "out\n",
      stderr: "error\n",
    });
  });

  test("has a disk that is full when it is full", async () => {
    const { status, stderr } = await root.exec("dd", "if=/dev/zero", "of=/srv/disk/a", "bs=1M", "count=2");

    expect(status).toBe(1);
    expect(stderr).toContain("No space left on device");
  });

  test("does not change this machine's kernel settings", async () => {
    // The value that it has: nothing happens to the machine if this is let pass.
    const setting = "/proc/sys/net/core/somaxconn";
    const { stderr } = await root.exec("sh", "-c", `value=$(cat ${setting}); echo "$value" > ${setting}`);

    expect(stderr).toContain("Read-only file system");
  });

  test("ends its programs when it is stopped, and may be stopped again", async () => {
    const seconds = duration();
    root.spawn(["sleep", seconds]);
    await until(() => withArgument(seconds).length === 2);

    await root.stop();
    await root.stop();

    await until(() => withArgument(seconds).length === 0);
  });

  test("leaves nothing when its owner is killed", async () => {
    const seconds = duration();
    const script = `
      const { PrivateRoot } = require("./infra/edge/privateRoot.ts");
      PrivateRoot.start(process.argv[1]).then((root) => root.spawn(["sleep", process.argv[2]]));
    `;
    const owner = spawn(
      process.execPath,
      ["-r", "./infra/cli/typescript.js", "-e", script, debianRootFolder(), seconds],
      { cwd: repository, stdio: "ignore" },
    );
    // The owner, nsenter and sleep itself.
    await until(() => withArgument(seconds).length === 3);

    owner.kill("SIGKILL");
    await once(owner, "exit");

    await until(() => withArgument(seconds).length === 0);
  });
});
