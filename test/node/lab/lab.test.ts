import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import * as os from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { stringify } from "yaml";
import { debianRootFolder } from "../../../infra/edge/debianRoot";
import { LAB_ROOT } from "../../../infra/lab/image";
import { Lab } from "../../../infra/lab/lab";
import { clearRemains } from "../../../infra/lab/remains";
import { nearest } from "../../../infra/lab/scenarios/nearest";
import { outcomeText } from "../../../infra/lab/scenarios/play";
import { purge } from "../../../infra/lab/scenarios/purge";
import type { Outcome, Scenario } from "../../../infra/lab/scenarios/stage";
import { stageOf } from "../../../infra/lab/scenarios/stageOf";
import { surge } from "../../../infra/lab/scenarios/surge";
import { installedCli } from "../../../infra/pulumi/cli";
import { PULUMI_CLI } from "../../engine/engine";
import { coloursFor } from "../../../infra/terminal/colours";
import { describeWith } from "../../support/requirements";
import { some } from "../../support/some";
import { LAB } from "../debianRoot";
import { until } from "../origin/until";
import { PLAYED_AT_ONCE, playedAtOnce, POPS } from "./acts";

// What AWS's documents say of load balancers and groups, with the real engine, systemd, HAProxy, Varnish and agent.

const HOST = "www.example.com";
const OTHER_HOST = "zoo.example.com";
const FIRST = POPS.europe;

/** How many times faster AWS's own waits are: a scenario with the declared ones takes up to twenty minutes. */
const PACE = 10;

const STACK = {
  config: {
    "aws:region": "us-east-1",
    "footprint:zones": { "example.com": { create: true } },
    "footprint:sites": {
      [HOST]: { origin: "https://origin.example.org" },
      [OTHER_HOST]: { origin: "https://origin.example.net" },
    },
    "footprint:image": Object.fromEntries(Object.values(POPS).map((pop) => [pop, "ami-0f00f00f00f00f00f"])),
    "footprint:packages": { bucket: "lab-packages" },
    "footprint:defaults": { zones: 2, egress: "direct", nodes: { min: 2, max: 4 } },
    "footprint:pops": Object.fromEntries(Object.values(POPS).map((pop) => [pop, {}])),
    "footprint:protection": false,
  },
};

describeWith([LAB, PULUMI_CLI], "a footprint in the lab", () => {
  let folder: string;
  let lab: Lab;
  let addressesBefore: string;
  let said: string[];

  beforeAll(async () => {
    addressesBefore = machineAddresses();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-lab-"));
    const stacks = path.join(folder, "stacks");
    fs.mkdirSync(stacks);
    const text = stringify(STACK);
    fs.writeFileSync(path.join(stacks, "Pulumi.sandbox.yaml"), surge.prepare?.(text) ?? text);
    const cli = installedCli(() => undefined);
    if (cli === undefined) {
      throw new Error("the requirement is met, so there is a CLI");
    }
    const image = debianRootFolder(LAB_ROOT);
    // As the command does, so that what a killed lab has left is not taken for this one's.
    await clearRemains(image);
    lab = await Lab.open({ cli, stack: "sandbox", image, stacks, folder: path.join(folder, "lab"), pace: PACE });
    said = [];
    lab.happenings.listen(({ region, text: what }) => {
      said.push(`${new Date().toISOString().slice(11, 19)} ${region ?? "all"}: ${what}`);
    });
    const status = await lab.up(async (args) => {
      const up = await lab.sandbox.capture(args);
      process.stderr.write(up.status === 0 ? "" : `${up.stdout}${up.stderr}${said.join("\n")}\n`);
      return up.status;
    });
    expect(status).toBe(0);
  });

  afterAll(async () => {
    await lab.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test("is deployed only when every node is healthy in its load balancer", () => {
    const groups = [...lab.aws.groups.values()];

    expect(groups.map(({ healthy }) => healthy.length)).toEqual([2, 2, 2]);
    // The nodes said so themselves, as on AWS: each completed its launch hook, once.
    const instances = groups.flatMap((group) => group.instances.map(({ id }) => `${id} launching`));
    expect([...lab.cloud.completed].sort()).toEqual(instances.sort());
  });

  test("serves its site from the cache in every zone, with a certificate of its name", async () => {
    for (const address of some(addresses())) {
      const path = `/${address}`;
      const answers = [await ask(address, HOST, path), await ask(address, HOST, path), await ask(address, HOST, path)];

      expect(answers.map(({ status, body }) => `${String(status)} ${body}`)).toEqual(
        Array.from(answers, () => `200 ${HOST}${path}, version 1\n`),
      );
      // Two of three requests come to the same of two nodes, and the later one finds what the other has fetched.
      const words = answers.map(({ headers }) => String(headers["cache-status"]));
      expect(words.filter((word) => word.includes("; hit"))).not.toEqual([]);
    }
  });

  // Witness: the plan's table of latencies, which chooses and measures.
  test("nearest: each city is answered by the PoP of the data, at its distance, the second time from the cache", async () => {
    // Route 53 has found every PoP healthy.
    await stageOf(lab).restore();
    const { rows, broken } = await nearest.play(stageOf(lab));

    expect(broken).toEqual([]);
    expect(new Set(rows.map(([, region]) => region))).toEqual(new Set(Object.values(POPS)));
  });

  // Witness: what the origin says of its pages' versions.
  test("purge: whoever asks after the command has ended gets the current page", async () => {
    expect(shown(purge, await purge.play(stageOf(lab))).broken).toEqual([]);
  });

  describe("where much happens at once", () => {
    let outcomes: ReadonlyMap<string, Promise<Outcome>>;

    beforeAll(() => {
      outcomes = playedAtOnce(lab);
    });

    // Witness: AWS's documents, by the declared checks, thresholds, TTLs and policies; edits and commands are those of a person.
    test.each(PLAYED_AT_ONCE)(
      "$name: what is promised is kept",
      async (scenario) => {
        const outcome = await outcomes.get(scenario.name);

        expect(outcome && shown(scenario, outcome).broken).toEqual([]);
        expect(outcome?.rows).not.toEqual([]);
      },
      1_800_000,
    );
  });

  test("answers an operator's question for its status", async () => {
    await stageOf(lab).restore();
    const { pops } = JSON.parse((await footprint("status", "--json")).stdout) as Status;
    const whole: unknown = expect.objectContaining({ inService: 2, desired: 2 });
    expect(pops.map(({ region, group }) => [region, group])).toEqual(
      Object.values(POPS).map((region) => [region, whole]),
    );
  });

  test("goes on after the loss of a node: its load balancer finds it, and the group starts another", async () => {
    const group = groupOf(FIRST);
    const [lost] = group.instances;
    if (lost === undefined) {
      throw new Error("the group has instances");
    }
    await lab.power.cutNode(lost.id);
    await until("the load balancer has found it", () => group.isSick(lost) || group.find(lost.id) === undefined);

    for (const address of some(addresses().filter((each) => each.startsWith(prefixOf(FIRST))))) {
      expect(await ask(address, HOST, "/lost")).toMatchObject({ status: 200 });
    }
  });

  test("rejects a second lab in its folder, where nothing is touched", async () => {
    const files = () => fs.readdirSync(lab.sandbox.folder).sort();
    const before = files();

    await expect(Lab.open(lab.options)).rejects.toThrow(
      `a lab runs already, and ${lab.sandbox.folder} is its folder: end it first`,
    );

    expect(files()).toEqual(before);
    expect(before).toContain("world");
  });

  test("ends with nothing left: no process, namespace, address or control group", async () => {
    const own = namespaces(process.pid);
    const spaces = [...namespacesBelow(process.pid)].filter((each) => !own.includes(each));
    // A network and processes of their own for each node.
    expect(spaces.length).toBeGreaterThan(8);
    await lab.stop();

    expect(pids().filter((pid) => namespaces(pid).some((each) => spaces.includes(each)))).toEqual([]);
    expect(machineAddresses()).toBe(addressesBefore);
    expect(await clearRemains(debianRootFolder(LAB_ROOT))).toBe(0);
  });

  /** Figures of time are not judged on a machine that may be busy, but for a person to read. */
  function shown(scenario: Scenario, outcome: Outcome): Outcome {
    const style = { ...coloursFor(process.stderr), width: Infinity };
    process.stderr.write(`\n${outcomeText(scenario, outcome, style)}`);
    if (outcome.broken.length > 0) {
      process.stderr.write(`${said.join("\n")}\n`);
    }
    return outcome;
  }

  function groupOf(region: string) {
    const found = [...lab.aws.groups.values()].find(({ settings }) => settings.region === region);
    if (found === undefined) {
      throw new Error(`${region} has a group`);
    }
    return found;
  }

  function addresses(): readonly string[] {
    return [...lab.aws.loadBalancers.values()].flatMap(({ zones }) => zones.map(({ address }) => address));
  }

  function addressOf(region: string): string {
    const [found] = lab.aws.doorsOf(region).flatMap(({ zones }) => zones);
    return found?.address ?? "";
  }

  function prefixOf(region: string): string {
    return addressOf(region).replace(/\d+$/, "");
  }

  async function footprint(...args: readonly string[]) {
    const program = path.join(__dirname, "..", "..", "..", "infra", "cli", "footprint.js");
    const child = spawn(process.execPath, [program, ...args, "--stack", "sandbox"], {
      env: { ...process.env, ...lab.variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    if (child.exitCode === null) {
      await once(child, "close");
    }
    return { status: child.exitCode, stdout, stderr };
  }

  async function ask(address: string, host: string, target: string, agent: https.Agent | false = false) {
    const request = https.get({
      ...{ host: address, servername: host, path: target, headers: { host }, agent },
      ca: fs.readFileSync(lab.authorityFile),
    });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  }
});

interface Status {
  readonly pops: readonly { readonly region: string; readonly group: object }[];
}

function machineAddresses(): string {
  return execFileSync("ip", ["-brief", "address"], { encoding: "utf8" });
}

function pids(): readonly number[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Namespaces of a process; none of one that has ended. */
function namespaces(pid: number): readonly string[] {
  return ["mnt", "net", "pid"].flatMap((kind) => {
    try {
      return [fs.readlinkSync(`/proc/${String(pid)}/ns/${kind}`)];
    } catch {
      return [];
    }
  });
}

/** Namespaces of all that a process has started. */
function namespacesBelow(parent: number): ReadonlySet<string> {
  const children = pids().filter((pid) => parentOf(pid) === parent);
  return new Set(children.flatMap((pid) => [...namespaces(pid), ...namespacesBelow(pid)]));
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
