import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { AGENT_FAILED } from "../../../components/node/agent/agentProgram";
import { AGENT_FILES } from "../../../components/node/agentFiles";
import type { NodeReport } from "../../../components/node/protocol/nodeReport";
import { BOOT_SCRIPT } from "../../../components/node/userData";
import { describeWith } from "../../support/requirements";
import { DEBIAN, IMAGE } from "../debianRoot";
import { until } from "../origin/until";
import { BootWorld, deployment, INSTANCE, REGION, SITE, type Deployment } from "./bootWorld";
import type { Answer } from "./machine";
import { MACHINE_PACKAGES, machinePackages, type MachinePackages } from "./machineLock";

/** Installing a node's packages takes some ten seconds, and several times that on a machine that has other work. */
const PATIENCE = 600;
const PATIENCE_MS = PATIENCE * 1000;

/** In the image, of what the packages of a node want a certain version: one is newer than theirs, one is older. */
const OTHER_VERSIONS = { libcrypt1: "1:4.4.99-1", libc6: "2.41-1" };

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
    await until("the node is in service", () => cloud.completed.length > 0, PATIENCE);
    first = await machine.ask(SITE, "/a");
    const total = (Date.now() - begun) / 1000;
    second = await machine.ask(SITE, "/a");
    const agent = (Date.now() - booted) / 1000;
    const seconds = { ...parts(log), "agent adopts and reports": agent, total };
    process.stderr.write(`boot to first served request, seconds: ${JSON.stringify(seconds)}\n`);
  }, PATIENCE_MS);

  afterAll(async () => {
    await world.stop();
  });

  test("takes the user data for valid cloud-config", async () => {
    world.machine.root.write("/tmp/user-data", deployed.userData);

    expect(await world.machine.exec("cloud-init", "schema", "--config-file", "/tmp/user-data")).toMatchObject({
      status: 0,
      stdout: "Valid schema /tmp/user-data\n",
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

  test("starts nothing before the agent, which starts the rest", () => {
    const calls = world.machine.systemctlCalls();
    const started = calls.filter((words) => words.some((word) => /^(?:re)?start$|^--now$/.test(word)));

    expect(started.slice(0, 3)).toEqual([
      ["disable", "--now", "apt-daily.timer"],
      ["disable", "--now", "apt-daily-upgrade.timer"],
      ["enable", "--now", "footprint-agent.service"],
    ]);
    expect(started.flat()).toEqual(expect.arrayContaining(["haproxy.service", "varnish.service"]));
    // The packages' own scripts have called it as well: they would have started their services.
    expect(calls).toContainEqual(["--system", "daemon-reload"]);
  });

  test("leaves no trace of how it was installed", () => {
    expect(world.machine.root.has("/usr/sbin/policy-rc.d")).toBe(false);
    expect(world.machine.root.has("/var/lib/footprint/packages")).toBe(false);
  });

  describe("and gets an agent that passes its check, and ends whenever it is started", () => {
    const BROKEN = 'process.exit(process.argv[2] === "check" ? 0 : 1);\n';
    let former: string;
    let refused: string;
    let report: NodeReport;
    let meanwhile: Answer;

    beforeAll(async () => {
      former = world.machine.root.read(AGENT_FILES.program);
      refused = world.publish(BROKEN, { methods: ["GET", "HEAD", "POST"] });
      await until("the agent has been taken", () => world.machine.root.read(AGENT_FILES.program) === BROKEN, PATIENCE);
      meanwhile = await world.machine.ask(SITE, "/a");
      await until("it is refused", () => world.report().configuration.rejected?.sha256 === refused, PATIENCE);
      report = world.report();
    }, PATIENCE_MS);

    test("serves on, has its former agent back, and says so", () => {
      expect(meanwhile.status).toBe(200);
      expect(world.machine.root.read(AGENT_FILES.program)).toBe(former);
      expect(report).toMatchObject({
        state: "serving",
        configuration: { generation: refused, rejected: { reason: AGENT_FAILED } },
      });
    });

    test(
      "takes up what comes next, and refuses the same agent in another bundle",
      async () => {
        const again = world.publish(BROKEN, { methods: ["GET"] });
        await until("it is refused, too", () => world.report().configuration.rejected?.sha256 === again, PATIENCE);
        const generation = world.report().configuration.generation;
        const next = world.publish(former, {});
        await until("the next is adopted", () => world.report().configuration.generation === next, PATIENCE);

        expect(generation).toBe(refused);
        expect(world.report().configuration.rejected).toBeNull();
        await until("it is forgotten", () => !world.machine.root.has(AGENT_FILES.refusedProgram), PATIENCE);
      },
      PATIENCE_MS,
    );
  });

  describe("when the script runs again", () => {
    let status: number | null;
    let before: string;
    let after: string;
    let calls: readonly string[];

    beforeAll(async () => {
      const { cloud, machine } = world;
      before = (await machine.exec("systemctl", "show", "footprint-agent.service")).stdout;
      const from = cloud.calls.length;
      ({ status } = await machine.exec(BOOT_SCRIPT));
      after = (await machine.exec("systemctl", "show", "footprint-agent.service")).stdout;
      calls = cloud.calls.slice(from).map(({ what }) => what);
    }, PATIENCE_MS);

    test("it does nothing that is done", () => {
      expect(status).toBe(0);
      expect(calls).not.toContain(`GET /${deployed.keys.archive}`);
      expect(JSON.parse(after)).toEqual(JSON.parse(before));
    });
  });

  describe("and an image that is made of it", () => {
    let calls: readonly string[];
    let answer: Answer;

    beforeAll(async () => {
      const { cloud, machine } = world;
      await machine.bake();
      cloud.waiting.add(LAUNCHED);
      const from = cloud.calls.length;
      const begun = Date.now();
      await machine.boot(deployed.userData);
      await until("the node is in service", () => !cloud.waiting.has(LAUNCHED), PATIENCE);
      answer = await machine.ask(SITE, "/b");
      process.stderr.write(`of an image with the packages: ${String((Date.now() - begun) / 1000)}\n`);
      calls = cloud.calls.slice(from).map(({ what }) => what);
    }, PATIENCE_MS);

    test("comes into service without the archive", () => {
      expect(answer).toMatchObject({ status: 200, body: "from the origin" });
      expect(calls).toContain(`GET /${deployed.keys.bootstrap}`);
      expect(calls).not.toContain(`GET /${deployed.keys.archive}`);
    });
  });
});

describeWith([DEBIAN, IMAGE, MACHINE_PACKAGES], "a node never comes into service", () => {
  /** What is in the image already: then a boot comes to bundle and agent in a second. */
  const nothingMissing = () => ({
    ...packages,
    lock: { ...packages.lock, packages: packages.lock.packages.map((each) => ({ ...each, base: true })) },
  });

  test.each([
    ["bootstrap", () => packages],
    ["archive", () => packages],
    ["bundle", nothingMissing],
    ["agent", nothingMissing],
  ] as const)(
    "with another %s than it is told",
    async (which, given) => {
      const deployed = deployment(given());
      const key = deployed.keys[which];
      const objects = new Map(deployed.objects).set(key, "something else");
      const world = await start({ ...deployed, objects });
      try {
        const log = await world.machine.boot(deployed.userData);

        const sha256 = key.replace(/^.*\/|\.tar$/g, "");
        expect(log).toContain(`\n${key} has another SHA-256 than ${sha256}: it is not used\n`);
        expect(world.cloud.completed).toEqual([]);
        expect(world.machine.systemctlCalls().flat()).not.toContain("footprint-agent.service");
      } finally {
        await world.stop();
      }
    },
    PATIENCE_MS,
  );
});
