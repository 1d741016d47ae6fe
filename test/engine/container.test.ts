import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { installedCli } from "../../infra/pulumi/cli";
import { describeWith, type Requirement } from "../support/requirements";
import { repository } from "../support/tree";
import { PULUMI_CLI, STORY } from "./engine";

/** A container is made of these, whoever makes it. */
const NAMESPACES: Requirement = {
  name: "Linux with namespaces for root",
  isMet: () =>
    process.getuid?.() === 0 &&
    spawnSync("unshare", ["--mount", "--net", "--pid", "--fork", "ip", "link", "set", "lo", "up"]).status === 0,
  remedy: "run as root on Linux, with util-linux and iproute2",
};

/** Has no entry in any list of users, and so no name and no home. */
const USER = 12_345;

interface LockedPackage {
  readonly dev?: boolean;
}

/**
 * The layout of README, "In a container": the checkout is read-only and installed by somebody else without what is for
 * development, the user has no home, nothing but the folder for temporary files can be written, and there is no network.
 *
 * $1 repository, $2 Node, $3 folder of the Pulumi CLI, $4 npm's account of a production install, $5 how /tmp is
 * mounted, $6 user; the packages for development come by stdin, the rest is the command.
 */
const CONTAINER = `
set -eu
mount --make-rprivate /
ip link set lo up
repository=$1 node=$2 cli=$3 account=$4 temporary=$5 user=$6
shift 6
mount -t tmpfs -o mode=755 container /mnt
mkdir /mnt/footprint /mnt/pulumi
touch /mnt/node /mnt/none
mount --bind "$node" /mnt/node
mount --bind "$cli" /mnt/pulumi
mount --bind "$repository" /mnt/footprint
mount -o remount,bind,ro /mnt/footprint
cd /mnt/footprint
while read -r package; do mount -t tmpfs -o ro none "node_modules/$package"; done
mount --bind "$account" node_modules/.package-lock.json
if [ -e node_modules/.footprint-lock ]; then mount --bind /mnt/none node_modules/.footprint-lock; fi
mount -t tmpfs -o "$temporary" none /tmp
exec env -i PATH=/mnt/pulumi:/usr/bin:/bin setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs \\
  /mnt/node infra/cli/footprint.js "$@"
`;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describeWith([PULUMI_CLI, NAMESPACES], "a container of any user, read-only and without a network", () => {
  let folder: string;
  let development: readonly string[];
  const ended = new Map<string, Ended>();

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-container-"));
    fs.chmodSync(folder, 0o755);
    const modules = path.join(repository, "node_modules");
    const file = path.join(modules, ".package-lock.json");
    const account = JSON.parse(fs.readFileSync(file, "utf8")) as {
      readonly packages: Readonly<Record<string, LockedPackage>>;
    };
    const packages = Object.entries(account.packages);
    const own = path.join(folder, "package-lock.json");
    const production = Object.fromEntries(packages.filter(([, { dev }]) => dev !== true));
    fs.writeFileSync(own, JSON.stringify({ ...account, packages: production }));
    development = packages
      .filter(([name, { dev }]) => dev === true && name.lastIndexOf("node_modules/") === 0)
      .map(([name]) => name.replace("node_modules/", ""))
      .filter((name) => fs.existsSync(path.join(modules, name)));

    for (const [command, temporary] of [
      ["plan --stack sandbox --json", "mode=1777"],
      ["sandbox preview --stack sandbox", "mode=1777"],
      ["plan --stack sandbox", "mode=1777,ro"],
    ] as const) {
      ended.set(`${command} ${temporary}`, contained(own, temporary, command.split(" ")));
    }
  }, STORY);

  afterAll(() => {
    fs.rmSync(folder, { recursive: true });
  });

  function contained(account: string, temporary: string, command: readonly string[]): Ended {
    const cli = path.dirname(installedCli(() => undefined)?.path ?? "");
    return spawnSync(
      "unshare",
      [
        // What is started in there ends with its first process, and its mounts are gone then.
        ...["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
        ...["bash", "-c", CONTAINER, "container", repository, fs.realpathSync(process.execPath), cli],
        ...[account, temporary, String(USER), ...command],
      ],
      { input: development.map((name) => `${name}\n`).join(""), encoding: "utf8", maxBuffer: 1 << 28 },
    );
  }

  test("makes a plan", () => {
    const { status, stdout, stderr } = ended.get("plan --stack sandbox --json mode=1777") ?? {};

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout ?? "")).toMatchObject({ stack: "sandbox" });
  });

  test("runs the engine", () => {
    const { status, stdout } = ended.get("sandbox preview --stack sandbox mode=1777") ?? {};

    expect(status).toBe(0);
    expect(stdout).toMatch(/\d+ to create/);
  });

  test("rejects a command where nothing at all can be written, in one line", () => {
    expect(ended.get("plan --stack sandbox mode=1777,ro")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: "footprint: EROFS: no cache folder can be made; set XDG_CACHE_HOME to a folder that you may write to\n",
    });
  });

  test("had no package that is for development", () => {
    expect(development).toEqual(expect.arrayContaining(["jest", "eslint", "prettier"]));
  });
});
