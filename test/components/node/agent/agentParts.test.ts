import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { runCommand } from "../../../../components/node/agent/commands";
import { Launch } from "../../../../components/node/agent/launch";
import { Metrics, type Observed } from "../../../../components/node/agent/metrics";
import { once } from "../../../../components/node/agent/once";
import { PointerWatch } from "../../../../components/node/agent/pointerWatch";
import { Reporter } from "../../../../components/node/agent/report";
import { readIdentity } from "../../../../components/node/agent/settings";
import { nodeReportSchema } from "../../../../components/node/protocol/nodeReport";
import { MemoryStore } from "./bundles";
import { keptLog } from "./quiet";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "footprint-agent-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const pair = { current: { name: "c", version: 1 }, next: { name: "n", version: 1 } };
const POINTER = {
  bundle: { key: "bundles/a", sha256: "a".repeat(64) },
  parameters: { "origin-auth": pair, purge: pair },
};

describe("the pointer", () => {
  test("is read again when it changes", async () => {
    const store = new MemoryStore();
    const watch = new PointerWatch(store, "current.json");
    store.objects.set("current.json", JSON.stringify(POINTER));
    await watch.look();
    await watch.look();
    expect(watch.pointer).toEqual(POINTER);

    const next = { ...POINTER, bundle: { key: "bundles/b", sha256: "b".repeat(64) } };
    store.objects.set("current.json", JSON.stringify(next));
    await watch.look();
    expect(watch.pointer).toEqual(next);
  });

  test.each<[string, string | undefined, RegExp]>([
    ["that is missing", undefined, /^there is no current.json in the store$/],
    ["that is no JSON", "nonsense", /^the pointer is none: /],
    ["without parameters", JSON.stringify({ bundle: POINTER.bundle }), /^the pointer is none: parameters /],
    [
      "with a hash that is none",
      JSON.stringify({ ...POINTER, bundle: { key: "k", sha256: "../x" } }),
      /^the pointer is none: bundle.sha256 /,
    ],
  ])("rejects one %s, and keeps the former", async (_, content, message) => {
    const store = new MemoryStore();
    const watch = new PointerWatch(store, "current.json");
    store.objects.set("current.json", JSON.stringify(POINTER));
    await watch.look();
    if (content === undefined) {
      store.objects.delete("current.json");
    } else {
      store.objects.set("current.json", content);
    }

    await expect(watch.look()).rejects.toThrow(message);
    expect(watch.pointer).toEqual(POINTER);
  });
});

describe("the identity", () => {
  test("is what the bootstrap has written", () => {
    const file = join(folder, "identity.json");
    const identity = { footprint: "f", region: "eu-west-1", bucket: "b", pointer: "current.json" };
    writeFileSync(file, JSON.stringify({ ...identity, bootstrap: "more" }));
    expect(readIdentity(file)).toEqual(identity);
  });

  test("rejects a file that is missing, or lacks something", () => {
    const file = join(folder, "identity.json");
    expect(() => readIdentity(file)).toThrow(`${file} is missing: the bootstrap writes it before it starts the agent`);
    writeFileSync(file, "{}");
    expect(() => readIdentity(file)).toThrow(`${file} is no identity: `);
  });
});

describe("a report", () => {
  const STATUS = {
    state: "serving" as const,
    configuration: { generation: "a".repeat(64), rejected: null },
    purge: { position: 1, caughtUpAt: "2026-01-01T00:00:00.000Z", refused: 0 },
    secrets: null,
    health: { node: "ok", pop: "ok" },
  };

  test("is written when something is new, and when the last one is old", async () => {
    const store = new MemoryStore();
    let [now, status] = [0, STATUS];
    const instance = () => Promise.resolve("i-1");
    const reporter = new Reporter({
      store,
      instance,
      region: "eu-west-1",
      look: () => status,
      interval: () => 30,
      now: () => now,
    });
    const written = () => store.calls.filter((call) => call.startsWith("put")).length;

    await reporter.tell();
    now = 29_999;
    // That nothing newer was found is no news.
    status = { ...STATUS, purge: { ...STATUS.purge, caughtUpAt: "2026-01-01T00:00:29.000Z" } };
    await reporter.tell();
    expect(written()).toBe(1);
    status = { ...STATUS, purge: { ...STATUS.purge, position: 2 } };
    await reporter.tell();
    expect(written()).toBe(2);
    now += 30_000;
    await reporter.tell();
    expect(written()).toBe(3);
    // The clock was set back by an hour: it is no reason to be silent for one.
    now -= 3_600_000;
    await reporter.tell();
    expect(written()).toBe(4);
    const report = nodeReportSchema.parse(JSON.parse(store.objects.get("nodes/i-1.json") ?? ""));
    expect(report).toEqual({ instance: "i-1", region: "eu-west-1", at: new Date(now).toISOString(), ...status });
  });

  test("is written at the next turn when the store was away", async () => {
    const store = new MemoryStore();
    const instance = () => Promise.resolve("i-1");
    const reporter = new Reporter({
      store,
      instance,
      region: "r",
      look: () => STATUS,
      interval: () => 30,
      now: () => 0,
    });
    store.away = true;
    await expect(reporter.tell()).rejects.toThrow(new Error("the store is away"));
    store.away = false;
    await reporter.tell();
    expect(store.objects.has("nodes/i-1.json")).toBe(true);
  });
});

describe("the end of a boot", () => {
  const rig = (
    missing: () => string | undefined,
    health: () => string,
    complete: () => Promise<"completed" | "nothing to complete">,
  ) =>
    new Launch({
      missing,
      health: () => Promise.resolve(health()),
      lifecycle: { complete },
      log: keptLog().log,
      file: join(folder, "launched"),
    });

  test("comes when nothing is missing and the node is healthy, and once", async () => {
    let [missing, health]: [string | undefined, string] = ["secrets", "Varnish does not answer"];
    const told: number[] = [];
    const complete = () => Promise.resolve((told.push(1), "completed" as const));
    const launch = rig(
      () => missing,
      () => health,
      complete,
    );

    await launch.look();
    missing = undefined;
    await launch.look();
    expect([told.length, launch.done]).toEqual([0, false]);
    health = "ok";
    await launch.look();
    await launch.look();
    await rig(
      () => undefined,
      () => "ok",
      complete,
    ).look();
    expect([told.length, launch.done]).toEqual([1, true]);
  });

  test("is tried again until the group takes it", async () => {
    let fails = true;
    const launch = rig(
      () => undefined,
      () => "ok",
      () => (fails ? Promise.reject(new Error("throttled")) : Promise.resolve("nothing to complete")),
    );
    await expect(launch.look()).rejects.toThrow(new Error("throttled"));
    expect(launch.done).toBe(false);
    fails = false;
    await launch.look();
    expect(launch.done).toBe(true);
  });
});

describe("what is asked for until it is known", () => {
  test("is not asked for again after a success", async () => {
    let asked = 0;
    const ask = once(() => (++asked < 3 ? Promise.reject(new Error("away")) : Promise.resolve(asked)));
    await expect(ask()).rejects.toThrow(new Error("away"));
    await expect(ask()).rejects.toThrow(new Error("away"));
    expect([await ask(), await ask(), asked]).toEqual([3, 3, 3]);
  });
});

describe("a command", () => {
  test("ends with its status and its last words, whichever output they are on", async () => {
    expect(await runCommand(["sh", "-c", "echo out; echo err >&2; exit 3"])).toMatchObject({ status: 3 });
    expect((await runCommand(["sh", "-c", "echo out; echo err >&2"])).said.split("\n").sort().join()).toBe(",err,out");
  });

  test("that does not exist has the status that a shell gives", async () => {
    expect(await runCommand(["/no/such/program"])).toEqual({ status: 127, said: "spawn /no/such/program ENOENT" });
  });
});

describe("the metrics", () => {
  const OBSERVED: Observed = {
    report: {
      configuration: { generation: "a".repeat(64), rejected: null },
      purge: { position: 7, caughtUpAt: null, refused: 2 },
      secrets: { "origin-auth": { current: 3, next: 4 }, purge: { current: 5, next: 6 } },
    },
    halted: true,
    purgeLagSeconds: 1.5,
    purgesCarriedOut: 9,
    switches: { node: "disk", pop: undefined, draining: undefined },
  };

  test("say what there is to know, in Prometheus' format", async () => {
    const metrics = new Metrics(() => OBSERVED);
    metrics.loopFailed("secrets");
    metrics.callFailed("s3");
    metrics.rejected();
    const lines = (await metrics.text()).split("\n").filter((line) => /^footprint/.test(line));

    expect(lines.sort()).toEqual([
      "footprint_agent_adoption_halted 1",
      'footprint_agent_aws_call_failures_total{service="s3"} 1',
      "footprint_agent_bundle_rejected 0",
      "footprint_agent_bundles_rejected_total 1",
      `footprint_agent_generation_info{sha256="${"a".repeat(64)}"} 1`,
      "footprint_agent_last_adoption_timestamp_seconds 0",
      'footprint_agent_loop_failures_total{loop="secrets"} 1',
      "footprint_purge_lag_seconds 1.5",
      "footprint_purge_position 7",
      "footprint_purges_carried_out_total 9",
      "footprint_purges_refused_total 2",
      'footprint_secret_version{role="origin-auth",value="current"} 3',
      'footprint_secret_version{role="origin-auth",value="next"} 4',
      'footprint_secret_version{role="purge",value="current"} 5',
      'footprint_secret_version{role="purge",value="next"} 6',
      'footprint_switch_set{switch="draining"} 0',
      'footprint_switch_set{switch="node"} 1',
      'footprint_switch_set{switch="pop"} 0',
    ]);
    // A counter that is looked up does not add up from scrape to scrape.
    expect(await metrics.text()).toContain("footprint_purges_carried_out_total 9");
  });

  test("are answered at /metrics of the loopback interface, and nothing else is", async () => {
    const server = await new Metrics(() => OBSERVED).serve(0);
    const { port, address } = server.address() as AddressInfo;
    const get = (path: string) =>
      new Promise<http.IncomingMessage>((resolve, reject) => {
        http.get({ host: "127.0.0.1", port, path, agent: false }, resolve).on("error", reject);
      });
    const found = await get("/metrics");
    const body = await text(found);
    const missing = (await get("/")).statusCode;
    server.close();

    expect([address, found.statusCode, missing]).toEqual(["127.0.0.1", 200, 404]);
    expect(body).toContain("process_resident_memory_bytes");
  });
});
