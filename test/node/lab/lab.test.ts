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
import { drainByFile } from "../../../infra/lab/scenarios/configured";
import { atHome, losePop } from "../../../infra/lab/scenarios/moving";
import { nearest } from "../../../infra/lab/scenarios/nearest";
import { stageOf } from "../../../infra/lab/scenarios/stageOf";
import { installedCli } from "../../../infra/pulumi/cli";
import { PULUMI_CLI } from "../../engine/engine";
import { describeWith } from "../../support/requirements";
import { some } from "../../support/some";
import { LAB } from "../debianRoot";
import { until } from "../origin/until";

// What AWS's documents say of load balancers and groups, with the real engine, systemd, HAProxy, Varnish and agent.

const HOST = "www.example.com";
const [FIRST, SECOND] = ["eu-central-1", "us-east-1"];

const STACK = {
  config: {
    "aws:region": "us-east-1",
    "footprint:zones": { "example.com": { create: true } },
    "footprint:sites": { [HOST]: { origin: "https://origin.example.org" } },
    "footprint:image": { [FIRST]: "ami-0f00f00f00f00f00f", [SECOND]: "ami-0f00f00f00f00f00f" },
    "footprint:packages": { bucket: "lab-packages" },
    "footprint:defaults": { zones: 2, egress: "direct", nodes: { min: 2, max: 4 } },
    "footprint:pops": { [FIRST]: {}, [SECOND]: {} },
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
    fs.writeFileSync(path.join(stacks, "Pulumi.sandbox.yaml"), stringify(STACK));
    const cli = installedCli(() => undefined);
    if (cli === undefined) {
      throw new Error("the requirement is met, so there is a CLI");
    }
    const image = debianRootFolder(LAB_ROOT);
    // As the command does, so that what a killed lab has left is not taken for this one's.
    await clearRemains(image);
    lab = await Lab.open({ cli, stack: "sandbox", image, stacks, folder: path.join(folder, "lab") });
    said = [];
    lab.happenings.listen(({ region, text: what }) => said.push(`${region ?? "all"}: ${what}`));
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

    expect(groups.map(({ healthy }) => healthy.length)).toEqual([2, 2]);
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
    expect(new Set(rows.map(([, region]) => region))).toEqual(new Set([FIRST, SECOND]));
  });

  // Witness: Route 53's documents, by the TTL of an alias; the edit and the command are those of a person.
  test("drain-by-file: an edit of the stack file and `up` move its cities to the other, and nobody loses a request", async () => {
    const { rows, broken } = await drainByFile.play(stageOf(lab));

    expect(broken).toEqual([]);
    expect(rows.some(([, before, , then]) => before !== then && then !== "")).toBe(true);
  });

  test("answers operators' commands: status, and a purge after which nobody gets the former page", async () => {
    const [address = ""] = addresses();
    // One connection, and so one node.
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const news = async () => (await ask(address, HOST, "/news", agent)).body;
    await news();
    lab.origin.version = 2;
    expect(await news()).toBe(`${HOST}/news, version 1\n`);

    // The stack's file of this repository has a PoP more.
    const waiting = ["--pop", FIRST, SECOND, "--wait", "--timeout", "300"];
    expect(await footprint("purge", "--url", `https://${HOST}/news`, ...waiting)).toMatchObject({ status: 0 });
    expect(await news()).toBe(`${HOST}/news, version 2\n`);
    agent.destroy();
    const { pops } = JSON.parse((await footprint("status", "--json")).stdout) as Status;
    expect(pops.map(({ region, group }) => [region, group])).toEqual([
      [FIRST, expect.objectContaining({ inService: 2, desired: 2 })],
      [SECOND, expect.objectContaining({ inService: 2, desired: 2 })],
    ]);
  });

  test("drains a PoP by its switch: its health says so, and whoever comes is served", async () => {
    const health = () => ask(addressOf(SECOND), `${SECOND}.pop.example.com`, "/.well-known/pop-health");
    expect(await health()).toMatchObject({ status: 200 });

    const drain = ["drain", SECOND, "--now", "--yes", "--reason", "a test", "--wait", "--timeout", "300"];
    expect(await footprint(...drain)).toMatchObject({ status: 0 });
    expect(await health()).toMatchObject({ status: 503 });
    expect(await ask(addressOf(SECOND), HOST, "/drained")).toMatchObject({ status: 200 });

    expect(await footprint("undrain", SECOND, "--wait", "--timeout", "300")).toMatchObject({ status: 0 });
    expect(await health()).toMatchObject({ status: 200 });
  });

  // Witness: Route 53's documents, by the declared interval, threshold and TTL.
  test("lose-pop: only its own cities lose requests, and they go to the other", async () => {
    const stage = stageOf(lab);
    await stage.restore();
    await atHome(stage);
    // Nobody waits for the power to be back: who is lost is the PoP that most cities ask, which is the first.
    const { rows, broken } = await losePop.play({ ...stage, restore: () => Promise.resolve() });

    expect(broken).toEqual([]);
    expect(rows.some(([, before, , then]) => before !== then && then !== "")).toBe(true);
  });

  test("goes on after the loss of a node: its load balancer finds it, and the group starts another", async () => {
    const group = groupOf(SECOND);
    const [lost] = group.instances;
    if (lost === undefined) {
      throw new Error("the group has instances");
    }
    await lab.power.cutNode(lost.id);
    await until("the load balancer has found it", () => group.isSick(lost) || group.find(lost.id) === undefined);

    for (const address of some(addresses().filter((each) => each.startsWith(prefixOf(SECOND))))) {
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
