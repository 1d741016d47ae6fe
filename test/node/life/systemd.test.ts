import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { AGENT_FAILED } from "../../../components/node/agent/agentProgram";
import { AGENT_FILES } from "../../../components/node/agentFiles";
import { ACCESS_LOG, VARNISH_FOLDER } from "../../../components/node/processes";
import type { MetricName } from "../../../components/node/protocol/metrics";
import type { NodeReport } from "../../../components/node/protocol/nodeReport";
import type { Purge } from "../../../components/node/protocol/purgeLog";
import { SOCKETS } from "../../../components/node/sockets";
import { METADATA_ADDRESSES } from "../../../components/node/systemd";
import { describeWith } from "../../support/requirements";
import { DEBIAN, IMAGE } from "../debianRoot";
import { until } from "../origin/until";
import { BootWorld, BUCKET, deployment, INSTANCE, LOGS, REGION, SITE } from "./bootWorld";
import type { Answer } from "./machine";
import { MACHINE_PACKAGES, machinePackages } from "./machineLock";
import { write } from "./writtenLog";

/** Found before Debian's own: what Varnish compiles with. */
const COMPILER = `/usr/local/bin/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu-gcc`;

/** Asked for before the node leaves. */
const ASKED: readonly string[] = Array.from({ length: 50 }, (_, n) => `/asked/${String(n)}`);

const LAUNCHED = `${INSTANCE} launching`;

// The other tests of a node run its programs as root or as their users, but without what confines them.
describeWith([DEBIAN, IMAGE, MACHINE_PACKAGES], "a node whose units run under systemd, confined as they are", () => {
  let scratch: string;
  let world: BootWorld;
  let body = "first";

  beforeAll(async () => {
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-systemd-"));
    const deployed = deployment(await machinePackages());
    world = await BootWorld.start(deployed, path.join(scratch, "ca"), (_request, response) => {
      response.writeHead(200, { "cache-control": "max-age=600" }).end(body);
    });
    await world.machine.boot(deployed.userData);
    await until("the node is in service", () => world.cloud.completed.length > 0);
  });

  afterAll(async () => {
    await world.stop();
    fs.rmSync(scratch, { recursive: true });
  });

  /** What stands in the log bucket below a prefix, uncompressed by a program that is not ours. */
  const objectsBelow = (prefix: string): readonly string[] =>
    [...(world.cloud.buckets.get(LOGS) ?? [])]
      .filter(([key]) => key.startsWith(prefix))
      .map(([, content]) => execFileSync("gzip", ["-dc"], { input: content, encoding: "utf8" }));

  const served = () => world.machine.ask(SITE, "/a");

  test("sizes its programs by the machine, though its units let them see little of it", async () => {
    const of = async (unit: string, file: string) => {
      const { MainPID } = await world.machine.unit(unit, "MainPID");
      return world.machine.read(`/proc/${MainPID ?? ""}/${file}`);
    };
    const megabytes = os.totalmem() / 2 ** 20;
    const [, files] = /^Max open files +(\d+)/m.exec(await of("haproxy.service", "limits")) ?? [];
    const [, connections] = /(?:^|\0)CONNECTIONS=(\d+)/.exec(await of("haproxy.service", "environ")) ?? [];
    const [, cache] = /memory=malloc,(\d+)m/.exec(await of("varnish.service", "cmdline")) ?? [];

    expect(Number(cache) / megabytes).toBeCloseTo(0.44 * 0.75, 2);
    const wanted = Math.min((megabytes * 1024) / 264, Number(files) / 4);
    expect(Number(connections) / wanted).toBeCloseTo(1, 2);
  });

  test("ends Varnish's cache, and no more, when it takes more than its part of the memory", async () => {
    const { MemoryMax, OOMPolicy } = await world.machine.unit("varnish.service", "MemoryMax", "OOMPolicy");

    expect(Number(MemoryMax) / os.totalmem()).toBeCloseTo(0.8, 2);
    expect(OOMPolicy).toBe("continue");
  });

  test("carries out a purge", async () => {
    expect((await served()).body).toBe("first");
    body = "second";
    expect((await served()).body).toBe("first");

    const key = "value-of-purge-current";
    const purge: Purge = {
      at: new Date().toISOString(),
      soft: false,
      targets: [{ kind: "url", host: SITE, path: "/a" }],
    };
    write({ cloud: world.cloud, region: REGION, bucket: BUCKET, keys: [key] }, [purge]);

    await until("the new body is served", async () => (await served()).body === "second");
  });

  test("publishes what its programs count, which it reads past what confines them", async () => {
    const published = (name: MetricName) => world.cloud.metrics.filter((datum) => datum.name === name);
    await until("a whole minute", () => published("Reporting").length > 0);

    for (const name of ["Objects", "Memory", "Evictions", "OriginRequests", "Connections"] as const) {
      expect(published(name)).not.toEqual([]);
    }
    await until("a report of it", () => world.report().metrics?.publishedAt != null);
    expect(world.report().metrics).toEqual({ publishedAt: expect.any(String) as string, lost: 0 });
  });

  describe("whose HAProxy or Varnish was taken over by somebody", () => {
    /** Runs a command as the program itself could: in its groups, its network, its control group. */
    const as = async (unit: string, command: string): Promise<string> => {
      const { machine } = world;
      const { MainPID: pid = "" } = await machine.unit(unit, "MainPID");
      const status = machine.read(`/proc/${pid}/status`);
      const [, uid = ""] = /^Uid:\t(\d+)/m.exec(status) ?? [];
      const [, gid = ""] = /^Gid:\t(\d+)/m.exec(status) ?? [];
      const [, groups = ""] = /^Groups:\t(.*?) *$/m.exec(status) ?? [];
      const identity = [`--reuid=${uid}`, `--regid=${gid}`, `--groups=${groups.replaceAll(" ", ",")}`];
      const { stdout, stderr } = await machine.exec(
        ...["sh", "-c", 'echo $$ > "/sys/fs/cgroup/system.slice/$0/cgroup.procs"; exec "$@"', unit],
        ...[
          "nsenter",
          `--net=/proc/${pid}/ns/net`,
          "setpriv",
          ...identity,
          "timeout",
          "5",
          "bash",
          "-c",
          `${command} && echo done`,
        ],
      );
      return `${stdout}${stderr}`;
    };
    const connect = (address: string, port: number): string => `exec 3<>/dev/tcp/${address}/${String(port)}`;

    test("does not reach the instance's metadata, and so no credentials of its role", async () => {
      for (const address of METADATA_ADDRESSES) {
        // What the kernel drops has no answer; without that there is one here, be it that nothing listens.
        expect(await as("haproxy.service", connect(address, 80))).not.toMatch(/done|refused/);
        expect(await as("varnish.service", connect(address, 80))).toMatch(/Network is unreachable|No route to host/);
      }
      // What its work is HAProxy reaches.
      expect(await as("haproxy.service", connect("127.0.0.9", 80))).toBe("done\n");
      expect(await as("footprint-agent.service", connect("169.254.169.254", 80))).toBe("done\n");
    });

    test("has no network at all as Varnish", async () => {
      expect(await as("varnish.service", "ls /sys/class/net/ > /dev/null; ip -brief link | cut -d' ' -f1")).toBe(
        "lo\ndone\n",
      );
      expect(await as("varnish.service", connect("127.0.0.9", 80))).toMatch(/Connection refused/);
    });

    test("reads nothing that is the other's secret, nor gives orders to the other", async () => {
      const secret = "/run/footprint/secrets/origin-auth.map";
      const own = await as("haproxy.service", `test -s ${secret}`);
      const denied = [
        await as("varnish.service", `cat ${secret}`),
        await as("haproxy.service", `cat ${VARNISH_FOLDER}/_.secret`),
        await as("haproxy.service", `ls ${VARNISH_FOLDER}`),
        await as("haproxy.service", "cat /run/footprint/secrets/known.json"),
        await as(
          "varnish.service",
          `python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect("${SOCKETS.admin}")'`,
        ),
      ];

      expect(own).toBe("done\n");
      expect(denied.filter((said) => !/Permission denied/.test(said))).toEqual([]);
    });
  });

  test("puts its access log aside when the writer starts again, and goes on", async () => {
    const { machine } = world;
    const logged = () =>
      machine
        .read(ACCESS_LOG)
        .split("\n")
        .filter((line) => line !== "");
    const paths = () => logged().map((line) => (JSON.parse(line) as { path: string }).path);
    await until("lines are there", () => machine.has(ACCESS_LOG) && paths().includes("/a"));

    expect((await machine.exec("systemctl", "restart", "access-log.service")).status).toBe(0);
    await machine.ask(SITE, "/rotated");

    await until("the line is there", () => machine.has(ACCESS_LOG) && paths().includes("/rotated"));
    expect(paths()).not.toContain("/a");
    expect((await machine.exec("sh", "-c", `ls ${path.dirname(ACCESS_LOG)}`)).stdout).toMatch(
      /^access-\d{8}T\S+\.json/,
    );
  });

  test("adopts what it could not compile at first: its compiler was killed, which is no verdict", async () => {
    const { machine } = world;
    await machine.exec("sh", "-c", `printf '#!/bin/sh\\nkill -KILL $$\\n' > ${COMPILER}; chmod +x ${COMPILER}`);
    const former = machine.read(AGENT_FILES.program);
    const wanted = world.publish(former, { methods: ["GET", "HEAD", "PUT"] });
    const { configuration } = await until("it has failed twice", () => {
      const report = world.report();
      return (report.configuration.failing?.times ?? 0) >= 2 && report;
    });
    await machine.exec("rm", COMPILER);
    await until("it is adopted", () => world.report().configuration.generation === wanted);

    expect(configuration).toMatchObject({
      rejected: null,
      failing: { sha256: wanted, harmful: false, reason: expect.stringMatching(/C-compiler failed/) as string },
    });
    expect(world.report().configuration).toMatchObject({ rejected: null, failing: null });
  });

  test.each(["haproxy", "varnish", "footprint-agent", "footprint-connections", "access-log"])(
    "serves again after %s was killed",
    async (name) => {
      const { machine } = world;
      const unit = `${name}.service`;
      const { MainPID: before } = await machine.unit(unit, "MainPID");

      await machine.exec("kill", "-KILL", before ?? "");
      await until("it is started again", async () => {
        const { MainPID, ActiveState } = await machine.unit(unit, "MainPID", "ActiveState");
        return ActiveState === "active" && MainPID !== before && MainPID !== "0";
      });

      await until("it serves", async () => (await served()).status === 200);
    },
  );

  describe("that gets an agent that passes its check, and ends whenever it is started", () => {
    const BROKEN = 'process.exit(process.argv[2] === "check" ? 0 : 1);\n';
    let former: string;
    let refused: string;
    let report: NodeReport;
    let meanwhile: Answer;

    beforeAll(async () => {
      former = world.machine.read(AGENT_FILES.program);
      refused = world.publish(BROKEN, { methods: ["GET", "HEAD", "POST"] });
      await until("the agent has been taken", () => world.machine.read(AGENT_FILES.program) === BROKEN);
      meanwhile = await served();
      await until("it has failed", () => world.report().configuration.failing?.sha256 === refused);
      report = world.report();
    });

    test("serves on, has its former agent back, and says so", () => {
      expect(meanwhile.status).toBe(200);
      expect(world.machine.read(AGENT_FILES.program)).toBe(former);
      expect(report).toMatchObject({
        state: "serving",
        configuration: { generation: refused, rejected: null, failing: { reason: AGENT_FAILED, harmful: true } },
      });
    });

    test("takes up what comes next, and not the same agent in another bundle", async () => {
      const again = world.publish(BROKEN, { methods: ["GET"] });
      await until("it has failed, too", () => world.report().configuration.failing?.sha256 === again);
      const generation = world.report().configuration.generation;
      const next = world.publish(former, {});
      await until("the next is adopted", () => world.report().configuration.generation === next);

      expect(generation).toBe(refused);
      await until("the failure is forgotten", () => world.report().configuration.failing === null);
      await until("it is forgotten", () => !world.machine.has(AGENT_FILES.refusedProgram));
    });
  });

  describe("that is restarted", () => {
    let words: readonly string[];
    let answer: Answer;
    let logged: readonly string[];
    let counted: number;

    beforeAll(async () => {
      const { cloud, machine } = world;
      for (const path of ASKED) {
        await machine.ask(SITE, path);
      }
      const shutDown = machine.shutDown();
      await until("it says that it leaves", () => world.report().state === "draining");
      await shutDown;
      logged = objectsBelow("access/");
      counted = cloud.metrics
        .filter(({ name }) => name === "Requests")
        .flatMap(({ values }) => values)
        .reduce((sum, [value, count]) => sum + value * count, 0);
      cloud.waiting.add(LAUNCHED);
      await machine.start();
      await until("the node is in service", () => !cloud.waiting.has(LAUNCHED));
      answer = await served();
      words = await machine.journal();
    });

    test("leaves in order first: the drain has ended when the first of its programs is stopped", () => {
      const at = (start: string) => words.findIndex((word) => word.startsWith(start));

      expect(at("Stopping footprint-drain.service")).toBeGreaterThan(0);
      expect(at("Stopped footprint-drain.service")).toBeGreaterThan(at("Stopping footprint-drain.service"));
      for (const unit of ["footprint-agent", "haproxy", "varnish"]) {
        expect(at(`Stopping ${unit}.service`)).toBeGreaterThan(at("Stopped footprint-drain.service"));
      }
    });

    // It sends each five minutes, and when it leaves.
    test("has sent what it served until then, has counted each of it once, and what its programs said last", () => {
      const lines = logged
        .flatMap((text) => text.trimEnd().split("\n"))
        .map((line) => JSON.parse(line) as { path: string; site: string });

      expect(
        lines
          .map(({ path: asked }) => asked)
          .filter((each) => ASKED.includes(each))
          .sort(),
      ).toEqual([...ASKED].sort());
      // Those for its health are no clients'.
      expect(counted).toBe(lines.filter(({ site }) => !site.includes(".pop.")).length);
      const [last = ""] = objectsBelow("last-words/");
      expect(last).toMatch(/^== haproxy\n.*Started haproxy\.service/ms);
      expect(last).toMatch(/^== footprint-agent\n.*"event":"drain"/ms);
    });

    test("serves again, by itself", () => {
      expect(answer).toMatchObject({ status: 200, body });
    });

    test("has no unit that failed", async () => {
      expect(await world.machine.failedUnits()).toBe("");
    });
  });
});
