import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Pointer } from "../../../components/node/protocol/pointer";
import { BOOT_SCRIPT } from "../../../components/node/userData";
import { sealed } from "../../components/node/signing";
import { describeWith } from "../../support/requirements";
import { DEBIAN, IMAGE } from "../debianRoot";
import { until } from "../origin/until";
import { BootWorld, BUCKET, deployment, INSTANCE, REGION, SITE, type Deployment } from "./bootWorld";
import type { Answer } from "./machine";
import { MACHINE_PACKAGES, machinePackages, type MachinePackages } from "./machineLock";

/** In the image, of what the packages of a node want a certain version: one is newer than theirs, one is older. */
const OTHER_VERSIONS = { libcrypt1: "1:4.4.99-1", libc6: "2.41-1" };

/** A pointer as it is stored. */
interface Sealed {
  readonly body: string;
  readonly signature: string;
}

const NOT_SIGNED = "is not signed by this footprint's program for this region: it is not used";

const LAUNCHED = `${INSTANCE} launching`;

let packages: MachinePackages;
let scratch: string;

beforeAll(async () => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-boot-"));
  packages = await machinePackages();
});

afterAll(() => {
  fs.rmSync(scratch, { recursive: true });
});

function start(deployed: Deployment): Promise<BootWorld> {
  return BootWorld.start(deployed, path.join(scratch, "ca"), (_request, response) => {
    response.writeHead(200, { "cache-control": "max-age=600" }).end("from the origin");
  });
}

/** Seconds of each part of a boot, as the boot itself says. */
function parts(log: string): Readonly<Record<string, number>> {
  const said = log.split("\n").filter((line) => line.startsWith('{"uptime"'));
  return Object.fromEntries(
    said
      .map((line) => JSON.parse(line) as { part?: string; seconds?: number })
      .map((each) => [each.part, each.seconds]),
  ) as Record<string, number>;
}

describeWith([DEBIAN, IMAGE, MACHINE_PACKAGES], "a fresh Debian 13 that boots with a node's user data", () => {
  let deployed: Deployment;
  let world: BootWorld;
  /** What the node answered for its health when its group heard of it. */
  const healthWhenLaunched: number[] = [];
  let log: string;
  let first: Answer;
  let second: Answer;

  beforeAll(async () => {
    deployed = deployment(packages);
    world = await start(deployed);
    const { cloud, machine } = world;
    machine.pretendInstalled(OTHER_VERSIONS);
    const push = cloud.completed.push.bind(cloud.completed);
    cloud.completed.push = (...completed) => {
      healthWhenLaunched.push(machine.healthNow());
      return push(...completed);
    };
    const begun = Date.now();
    log = await machine.boot(deployed.userData);
    const booted = Date.now();
    await until("the node is in service", () => cloud.completed.length > 0);
    first = await machine.ask(SITE, "/a");
    const total = (Date.now() - begun) / 1000;
    second = await machine.ask(SITE, "/a");
    const agent = (Date.now() - booted) / 1000;
    const seconds = { ...parts(log), "agent adopts and reports": agent, total };
    process.stderr.write(`boot to first served request, seconds: ${JSON.stringify(seconds)}\n`);
  });

  afterAll(async () => {
    await world.stop();
  });

  test("takes the user data for valid cloud-config", async () => {
    const file = "/var/lib/cloud/seed/nocloud/user-data";

    expect(await world.machine.exec("cloud-init", "schema", "--config-file", file)).toMatchObject({
      status: 0,
      stdout: `Valid schema ${file}\n`,
    });
  });

  test("serves its site from the cache", () => {
    expect(first).toMatchObject({ status: 200, body: "from the origin" });
    expect(second).toMatchObject({ status: 200, body: "from the origin" });
    expect(second.headers["cache-status"]).toMatch(/; hit/);
  });

  test("reports for service once, when it answers health", () => {
    expect([...world.cloud.completed]).toEqual([LAUNCHED]);
    expect(healthWhenLaunched).toEqual([200]);
  });

  test("calls nothing but instance metadata and its region's endpoints (P38)", () => {
    const called = new Set(world.cloud.calls.map(({ service, region }) => `${service} ${region}`));
    // As soon as a minute of the clock has ended.
    called.delete(`monitoring ${REGION}`);

    // There is no way to anything else: its network is a loopback interface.
    expect([...called].sort()).toEqual([`autoscaling ${REGION}`, "metadata ", `s3 ${REGION}`, `ssm ${REGION}`]);
  });

  test("has the locked packages, and no other version of what only a node has", async () => {
    const { stdout } = await world.machine.exec("dpkg-query", "--show", "--showformat", "${Package} ${Version}\\n");
    const installed = new Set(stdout.split("\n"));
    const own = packages.lock.packages.filter(({ base }) => !base).map(({ name, version }) => `${name} ${version}`);

    expect(own.length).toBeGreaterThan(30);
    expect(own.filter((each) => !installed.has(each))).toEqual([]);
  });

  test("fits to them what the image has, whether it is newer or older", async () => {
    const names = Object.keys(OTHER_VERSIONS);
    const format = "${Package} ${Version} ${db:Status-Status}\\n";
    const { stdout } = await world.machine.exec("dpkg-query", "--show", "--showformat", format, ...names.sort());
    const expected = packages.lock.packages.filter(({ name }) => names.includes(name));

    expect(stdout).toBe(expected.map(({ name, version }) => `${name} ${version} installed\n`).join(""));
    expect((await world.machine.exec("dpkg", "--audit")).stdout).toBe("");
  });

  test("starts nothing before the agent, which starts the rest", async () => {
    const started = async (unit: string) => {
      const { ActiveState, ExecMainStartTimestampMonotonic, NRestarts } = await world.machine.unit(
        unit,
        "ActiveState",
        "ExecMainStartTimestampMonotonic",
        "NRestarts",
      );
      expect([unit, ActiveState, NRestarts]).toEqual([unit, "active", "0"]);
      // The packages' own scripts would have started theirs, and what is configured would then be another process.
      const words = await world.machine.journal(unit);
      expect(words.filter((word) => word.startsWith("Started "))).toHaveLength(1);
      return Number(ExecMainStartTimestampMonotonic);
    };
    const agent = await started("footprint-agent.service");

    expect(await started("haproxy.service")).toBeGreaterThan(agent);
    expect(await started("varnish.service")).toBeGreaterThan(agent);
    for (const timer of ["apt-daily.timer", "apt-daily-upgrade.timer"]) {
      expect(await world.machine.unit(timer, "ActiveState")).toEqual({ ActiveState: "inactive" });
    }
  });

  test("has its kernel settings, those that depend on the machine as well", async () => {
    // Of what is the whole machine's the node has files in their places, and a shorter value leaves the former's end.
    const setting = async (name: string) => parseInt((await world.machine.exec("sysctl", "-n", name)).stdout);

    expect(await setting("net.core.somaxconn")).toBe(16384);
    expect(await setting("vm.swappiness")).toBe(1);
    expect(await setting("vm.min_free_kbytes")).toBeGreaterThanOrEqual(65536);
  });

  test("has no unit that failed", async () => {
    expect(await world.machine.failedUnits()).toBe("");
  });

  test("leaves no trace of how it was installed", () => {
    expect(world.machine.has("/usr/sbin/policy-rc.d")).toBe(false);
    expect(world.machine.has("/var/lib/footprint/packages")).toBe(false);
  });

  describe("when the script runs again", () => {
    let status: number | null;
    let before: object;
    let after: object;
    let calls: readonly string[];

    beforeAll(async () => {
      const { cloud, machine } = world;
      const agent = () => machine.unit("footprint-agent.service", "MainPID", "InvocationID");
      before = await agent();
      const from = cloud.calls.length;
      ({ status } = await machine.exec(BOOT_SCRIPT));
      after = await agent();
      calls = cloud.calls.slice(from).map(({ what }) => what);
    });

    test("it does nothing that is done", () => {
      expect(status).toBe(0);
      expect(calls).not.toContain(`GET /${deployed.keys.archive}`);
      expect(after).toEqual(before);
    });
  });

  describe("and an image that is made of it", () => {
    beforeAll(() => world.machine.bake());

    // The pointer is verified by Node.js, which is in the image: only here a boot comes so far within seconds.
    test.each([
      ["a pointer that nobody has signed", "pointer", ({ body }: Sealed) => body, NOT_SIGNED],
      ["a pointer that is no JSON", "pointer", () => "<html>", NOT_SIGNED],
      [
        "a pointer with another signature",
        "pointer",
        ({ body }: Sealed) => JSON.stringify({ body, signature: "c29tZXRoaW5nIGVsc2U=" }),
        NOT_SIGNED,
      ],
      [
        "a signed pointer of another region",
        "pointer",
        ({ body }: Sealed) => sealed("eu-west-2", JSON.parse(body) as Pointer),
        NOT_SIGNED,
      ],
      ["another bundle than the pointer names", "bundle", () => "{}", "has another SHA-256 than"],
      ["another agent than the bundle names", "agent", () => "{}", "has another SHA-256 than"],
    ] as const)("does not come into service with %s, though no other node serves", async (_, which, other, why) => {
      const { cloud, machine } = world;
      const key = deployed.keys[which];
      const { length } = cloud.completed;
      const pointer = JSON.parse(String(deployed.objects.get(deployed.keys.pointer))) as Sealed;
      cloud.put(BUCKET, key, other(pointer));

      expect(await machine.boot(deployed.userData)).toContain(`\n${key} ${why}`);

      expect(cloud.completed).toHaveLength(length);
      const agent = await machine.unit("footprint-agent.service", "LoadState", "ActiveState");
      expect(agent).toEqual({ LoadState: "not-found", ActiveState: "inactive" });
      cloud.put(BUCKET, key, deployed.objects.get(key) ?? "");
      await machine.forget();
    });

    test("comes into service without the archive", async () => {
      const { cloud, machine } = world;
      cloud.waiting.add(LAUNCHED);
      const from = cloud.calls.length;
      const begun = Date.now();
      await machine.boot(deployed.userData);
      await until("the node is in service", () => !cloud.waiting.has(LAUNCHED));
      process.stderr.write(`of an image with the packages: ${String((Date.now() - begun) / 1000)}\n`);

      const calls = cloud.calls.slice(from).map(({ what }) => what);
      expect(await machine.ask(SITE, "/b")).toMatchObject({ status: 200, body: "from the origin" });
      expect(calls).toContain(`GET /${deployed.keys.bootstrap}`);
      expect(calls).not.toContain(`GET /${deployed.keys.archive}`);
    });
  });
});

describeWith([DEBIAN, IMAGE, MACHINE_PACKAGES], "a node never comes into service", () => {
  test.each(["bootstrap", "archive"] as const)("with another %s than it is told", async (which) => {
    const deployed = deployment(packages);
    const key = deployed.keys[which];
    const objects = new Map(deployed.objects).set(key, "something else");
    const world = await start({ ...deployed, objects });
    try {
      const log = await world.machine.boot(deployed.userData);

      const sha256 = key.replace(/^.*\/|\.tar$/g, "");
      expect(log).toContain(`\n${key} has another SHA-256 than ${sha256}: it is not used\n`);
      expect(world.cloud.completed).toEqual([]);
      const agent = await world.machine.unit("footprint-agent.service", "LoadState", "ActiveState");
      expect(agent).toEqual({ LoadState: "not-found", ActiveState: "inactive" });
    } finally {
      await world.stop();
    }
  });
});
