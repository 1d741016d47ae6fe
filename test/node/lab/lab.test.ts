import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { stringify } from "yaml";
import { debianRootFolder } from "../../../infra/edge/debianRoot";
import { LAB_ROOT } from "../../../infra/lab/image";
import { Lab } from "../../../infra/lab/lab";
import { chaos, everybody } from "../../../infra/lab/chaos/chaos";
import { violations, type Told } from "../../../infra/lab/chaos/invariants";
import type { Watch } from "../../../infra/lab/cities/watch";
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
import { ONE_CACHE, PLAYED_AT_ONCE, playedAtOnce, POPS, SHIELDED_HOST } from "./acts";

// What AWS's documents say of load balancers and groups, with the real engine, systemd, HAProxy, Varnish and agent.

const HOST = "www.example.com";
const OTHER_HOST = "zoo.example.com";
const FIRST = POPS.europe;

const PROGRAM = path.join(__dirname, "..", "..", "..", "infra", "cli", "footprint.js");

/** How many times faster AWS's own waits are: a scenario with the declared ones takes up to twenty minutes. */
const PACE = 10;

const STACK = {
  config: {
    "aws:region": "us-east-1",
    "footprint:zones": { "example.com": { create: true } },
    "footprint:sites": {
      [HOST]: { origin: "https://origin.example.org" },
      [SHIELDED_HOST]: { origin: "https://origin.example.com", shield: ONE_CACHE },
      [OTHER_HOST]: { origin: "https://origin.example.net" },
    },
    "footprint:image": Object.fromEntries(Object.values(POPS).map((pop) => [pop, "ami-0f00f00f00f00f00f"])),
    "footprint:packages": { bucket: "lab-packages" },
    "footprint:defaults": { zones: 2, egress: "direct", nodes: { min: 2, max: 4 } },
    "footprint:pops": Object.fromEntries(Object.values(POPS).map((pop) => [pop, { cluster: pop === ONE_CACHE }])),
    "footprint:protection": false,
  },
};

describeWith([LAB, PULUMI_CLI], "a footprint in the lab", () => {
  let folder: string;
  let lab: Lab;
  let addressesBefore: string;
  let said: string[];
  /** When the power of a node failed first, ms since 1970. */
  let firstLoss = Infinity;

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
      firstLoss = Math.min(firstLoss, what.endsWith("has lost its power") ? Date.now() : Infinity);
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

  // Witness: the kernel's word on who goes first.
  test("goes before its nodes, which have no more than their share", () => {
    const ownPids = some(pids().filter((pid) => parentOf(pid) === process.pid));

    expect(os.getPriority()).toBe(-10);
    // The machine's first session has no niceness: what is of it counts by its own alone.
    expect(fs.readFileSync("/proc/self/autogroup", "utf8")).toMatch(/(^| nice -10\n)$/);
    expect(new Set(ownPids.map((pid) => os.getPriority(pid)))).toEqual(new Set([0]));
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

  // Witness: the origin counts.
  test("has in a PoP whose nodes are one cache one request of the origin for a page, whichever node is asked", async () => {
    const [address = ""] = addressesOf(ONE_CACHE);
    const pages = 8;
    let round = 0;
    // A node that is new is known to the others some seconds later.
    await until("each knows the other", async () => {
      const before = lab.origin.requests;
      round++;
      for (let page = 0; page < pages; page++) {
        for (let asked = 0; asked < 8; asked++) {
          await ask(address, HOST, `/one-cache/${String(round)}/${String(page)}`);
        }
      }
      return lab.origin.requests - before === pages;
    });
  });

  // Witness: the plan's table of latencies, which chooses and measures.
  test("nearest: each city is answered by the PoP of the data, at its distance, the second time from the cache", async () => {
    // Route 53 has found every PoP healthy.
    await stageOf(lab).restore();
    const { rows, broken } = await nearest.play(stageOf(lab));

    expect(broken).toEqual([]);
    expect(new Set(rows.map(([, region]) => region))).toEqual(new Set(Object.values(POPS)));
  });

  // Witness: the origin counts. The shield is the PoP whose nodes are one cache.
  test("nearest: a site with a shield costs its origin one request, wherever it is asked for", async () => {
    const { broken } = shown(nearest, await nearest.play({ ...stageOf(lab), host: SHIELDED_HOST }));

    expect(broken).toEqual([]);
    expect(stageOf(lab).fetchers(SHIELDED_HOST)).toBe(1);
  });

  // Witness: what the origin says of its pages' versions.
  test("purge: whoever asks after the command has ended gets the current page", async () => {
    expect(shown(purge, await purge.play(stageOf(lab))).broken).toEqual([]);
  });

  describe("where much happens at once", () => {
    const told: Told[] = [];
    let people: Watch;
    let outcomes: ReadonlyMap<string, Promise<Outcome>>;

    beforeAll(() => {
      people = everybody(stageOf(lab), told);
      outcomes = playedAtOnce(lab);
    });

    afterAll(async () => {
      await people.stop();
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

    // Witness: what the origin says of its pages, for whom and how long each is (RFC 9111, RFC 5861).
    test("and all the time nobody gets another's page, or one beyond its window", async () => {
      await people.stop();

      expect(violations(some(told), [])).toEqual([]);
    });

    // Europe's PoP is drained twice and gets new nodes, one by one; it is one cache, and a shield. No power fails there, and the
    // origin that does is another site's.
    test("and nobody loses a request until power fails, nor anybody near a PoP where it never does", () => {
      const near = new Set(stageOf(lab, [FIRST]).cities.map(({ name }) => name));
      const mayNot = told.filter(
        ({ host, asked }) => host !== OTHER_HOST && (near.has(asked.city) || asked.over < firstLoss),
      );
      const lost = some(mayNot).filter(({ asked }) => asked.failure !== null);

      expect(
        lost.map(({ host, path, asked: { at, city, region, failure } }) =>
          [new Date(at).toISOString().slice(11, 19), city, region, `${host}${path}`, failure].join(" "),
        ),
      ).toEqual([]);
    });
  });

  // Witness: the same, and the plan's failover. The seed draws that the shield, which is one cache, is lost while another PoP is
  // drained: the third one has all clients, and asks the origins itself.
  test("chaos: with one PoP of three left nobody gets what is not for him, and all is well afterwards", async () => {
    await stageOf(lab).restore();
    const scenario = chaos({ seed: 35, minutes: 0.1 });
    const { rows, broken } = shown(scenario, await scenario.play(stageOf(lab)));

    expect(broken).toEqual([]);
    expect(rows.map(([, what]) => what)).toEqual([`${POPS.asia} is drained; ${ONE_CACHE} is lost`]);
  }, 1_800_000);

  test("answers an operator's question for its status", async () => {
    await stageOf(lab).restore();
    const { pops } = JSON.parse((await footprint("status", "--json")).stdout) as Status;
    const whole: unknown = expect.objectContaining({ inService: 2, desired: 2 });
    expect(pops.map(({ region, group }) => [region, group])).toEqual(
      Object.values(POPS).map((region) => [region, whole]),
    );
  });

  test("and where a rotation stands, and what the access logs say that nodes have sent", async () => {
    expect(await footprint("rotate", "origin-auth", "--check")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("every node knows its values") as string,
    });
    const { status, stdout } = await footprint("logs", "--since", "1h", "--top", "status", "--json");
    const { requests, rows } = JSON.parse(stdout) as Top;
    expect({ status, statuses: rows.map(({ what }) => what) }).toEqual({
      status: 0,
      statuses: expect.arrayContaining(["200"]) as string[],
    });
    expect(requests).toBeGreaterThan(0);
  });

  // Witness: HTML, "Server-sent events".
  test("and shows him the same on a page that is for a real deployment", async () => {
    const page = spawn(process.execPath, [PROGRAM, "status", "--web", "--stack", "sandbox"], {
      env: { ...process.env, ...lab.variables },
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const [address] = (await once(createInterface(page.stdout), "line")) as [string];
      const response = await fetch(new URL("/events", address));
      let said = "";
      for await (const data of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        said += Buffer.from(data).toString();
        if (/\nevent: state\n[^]*\n\n$/.test(said)) {
          break;
        }
      }
      const [, state = "{}"] = /\nevent: state\n(?:id: .*\n)?data: (.*)\n/.exec(said) ?? [];
      const shown = JSON.parse(state) as {
        readonly pops: readonly { readonly region: string; readonly nodes: object[] }[];
      };
      expect(shown.pops.map(({ region, nodes }) => [region, nodes.length])).toEqual(
        Object.values(POPS).map((region) => [region, 2]),
      );
    } finally {
      const ended = once(page, "close");
      page.kill();
      await ended;
    }
  });

  test("goes on after the loss of a node: its load balancer finds it, and the group starts another", async () => {
    const group = groupOf(FIRST);
    const [lost] = group.instances;
    if (lost === undefined) {
      throw new Error("the group has instances");
    }
    await lab.power.cutNode(lost.id);
    await until("the load balancer has found it", () => group.isSick(lost) || group.find(lost.id) === undefined);

    for (const address of some(addressesOf(FIRST))) {
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
    const isThere = (pid: number) => namespaces(pid).some((each) => spaces.includes(each));
    const inside = pids().filter(isThere);
    await lab.stop();

    // The kernel ends what is in a namespace after its first process, which takes a moment on a busy machine. Whoever comes after
    // that may have a namespace of the same number.
    await until("nothing of its namespaces is left", () => !inside.some(isThere));
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

  function addressesOf(region: string): readonly string[] {
    return lab.aws.doorsOf(region).flatMap(({ zones }) => zones.map((zone) => zone.address));
  }

  async function footprint(...args: readonly string[]) {
    const child = spawn(process.execPath, [PROGRAM, ...args, "--stack", "sandbox"], {
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

interface Top {
  readonly requests: number;
  readonly rows: readonly { readonly what: string }[];
}

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
