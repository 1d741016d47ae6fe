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
import { configurationKey } from "../../../../components/node/protocol/configurationKey";
import { digestOf, sealPointer, type Pointer } from "../../../../components/node/protocol/pointer";
import { nodeKey } from "../../../../components/node/protocol/storeKeys";
import { TIMING } from "../../../../components/node/timing";
import { CONFIGURATION_KEYS, sealed, Serial } from "../signing";
import { MemoryStore } from "./bundles";
import { keptLog } from "./quiet";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "footprint-agent-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const pair = (role: string) => ({
  current: { name: `${role}-current`, version: 1 },
  next: { name: `${role}-next`, version: 1 },
});
const CONTENT = {
  bundle: { key: "bundles/a", sha256: "a".repeat(64) },
  parameters: { "origin-auth": pair("origin-auth"), purge: pair("purge") },
};
const REGION = "eu-west-1";

describe("the pointer", () => {
  let store: MemoryStore;
  let serial: Serial;
  let asked: number;
  let away: boolean;

  beforeEach(() => {
    store = new MemoryStore();
    serial = new Serial();
    [asked, away] = [0, false];
  });

  const watching = (keys: readonly string[] = CONFIGURATION_KEYS) =>
    new PointerWatch({
      store,
      key: "current.json",
      region: REGION,
      keys,
      newest: () => {
        asked++;
        return away
          ? Promise.reject(new Error("parameters are away"))
          : Promise.resolve({ version: serial.values.length, value: serial.values.at(-1) ?? "" });
      },
      file: join(folder, "serial"),
    });
  const content = (sha256: string) => ({ ...CONTENT, bundle: { key: `bundles/${sha256}`, sha256: sha256.repeat(64) } });
  const put = (pointer: Pointer, region = REGION) => store.objects.set("current.json", sealed(region, pointer));

  test("is read again when it changes, and asks for its number's parameter on a new node alone", async () => {
    const watch = watching();
    const first = serial.numbered(CONTENT);
    put(first);
    await watch.look();
    await watch.look();
    expect([watch.pointer, asked]).toEqual([first, 1]);

    const next = serial.numbered(content("b"));
    put(next);
    await watch.look();
    expect([watch.pointer, asked, watch.refused]).toEqual([next, 1, undefined]);
  });

  test("is taken when the key that signs is the node's second: so it is rotated", async () => {
    put(serial.numbered(CONTENT));
    const watch = watching([configurationKey("another"), ...CONFIGURATION_KEYS]);

    await watch.look();
    expect(watch.pointer?.bundle).toEqual(CONTENT.bundle);
  });

  const unsigned = (change: (signed: { body: string; signature: string }) => object) => () => {
    const signed = JSON.parse(sealed(REGION, serial.numbered(content("b")))) as { body: string; signature: string };
    return JSON.stringify(change(signed));
  };

  test.each<[string, () => string | undefined, RegExp]>([
    ["that is missing", () => undefined, /^there is no current.json in the store$/],
    ["that is no JSON", () => "nonsense", /^the pointer is none: /],
    ["as former versions wrote it, which anyone can write", () => JSON.stringify(CONTENT), /^the pointer is none: /],
    [
      "whose body was changed",
      unsigned(({ body, signature }) => ({ body: body.replace("bundles/b", "bundles/c"), signature })),
      /^the pointer is not signed by this footprint's program for eu-west-1/,
    ],
    [
      "that another has signed",
      () => sealPointer("another secret", REGION, serial.numbered(content("b"))),
      /^the pointer is not signed by this footprint's program for eu-west-1/,
    ],
    [
      "of another region",
      () => sealed("us-east-1", serial.numbered(content("b"))),
      /^the pointer is not signed by this footprint's program for eu-west-1/,
    ],
    [
      "with an empty signature",
      unsigned(({ body }) => ({ body, signature: "" })),
      /^the pointer is not signed by this footprint's program for eu-west-1/,
    ],
  ])("rejects one %s, and keeps the former", async (_, text, message) => {
    const watch = watching();
    const former = serial.numbered(CONTENT);
    put(former);
    await watch.look();
    const given = text();
    if (given === undefined) {
      store.objects.delete("current.json");
    } else {
      store.objects.set("current.json", given);
    }

    await expect(watch.look()).rejects.toThrow(message);
    expect(watch.pointer).toEqual(former);
    expect(watch.refused === undefined).toBe(given === undefined);
  });

  test("is never signed when it names the purge key as the proof for origins, nor taken", () => {
    const wrong = { ...CONTENT, parameters: { "origin-auth": pair("purge"), purge: pair("purge") } };

    expect(() => sealed(REGION, serial.numbered(wrong))).toThrow(/names one parameter for two secrets/);
  });

  describe("that is older than one which was there", () => {
    let older: Pointer;
    let newer: Pointer;

    beforeEach(() => {
      older = serial.numbered(CONTENT);
      newer = serial.numbered(content("b"));
    });

    test("is refused by a node that has seen the newer one, over a restart of it too, and said so", async () => {
      put(newer);
      await watching().look();
      put(older);
      const restarted = watching();

      await expect(restarted.look()).rejects.toThrow(
        new Error("the pointer was turned back: it is number 1, and 2 is the newest; the next `up` puts it right"),
      );
      expect([restarted.pointer, restarted.refused]).toEqual([
        undefined,
        "the pointer was turned back: it is number 1, and 2 is the newest; the next `up` puts it right",
      ]);
      put(newer);
      await restarted.look();
      expect([restarted.pointer, restarted.refused]).toEqual([newer, undefined]);
    });

    test("is refused by a new node, which asks for the number's parameter", async () => {
      put(older);
      await expect(watching().look()).rejects.toThrow(
        /^the pointer was turned back: it is number 1, and 2 is the newest/,
      );
    });

    test("is not taken by a new node while parameters are away", async () => {
      put(newer);
      away = true;
      const watch = watching();
      await expect(watch.look()).rejects.toThrow(new Error("parameters are away"));

      away = false;
      await watch.look();
      expect(watch.pointer).toEqual(newer);
    });

    test("is taken when an operator has said so in the parameter; what was left is refused then", async () => {
      put(newer);
      await watching().look();
      serial.values.push(digestOf(older));
      put(older);
      const watch = watching();

      await watch.look();
      expect(watch.pointer).toEqual(older);
      put(newer);
      await expect(watch.look()).rejects.toThrow(/^the pointer was turned back: it is number 2, and 3 is the newest/);
      const next = serial.numbered(content("c"));
      put(next);
      await watch.look();
      expect([watch.pointer, next.serial.version]).toEqual([next, 4]);
    });

    test("is taken when the parameter was made anew and an operator has the node forget", async () => {
      put(newer);
      const watch = watching();
      await watch.look();
      serial = new Serial();
      put(serial.numbered(content("c")));
      await expect(watch.look()).rejects.toThrow(/^the pointer was turned back/);

      watch.forget();
      await watch.look();
      expect(watch.pointer?.serial.version).toBe(1);
    });
  });
});

describe("the identity", () => {
  test("is what the bootstrap has written", () => {
    const file = join(folder, "identity.json");
    const identity = {
      footprint: "f",
      region: "eu-west-1",
      bucket: "b",
      pointer: "current.json",
      configurationKeys: [...CONFIGURATION_KEYS],
      role: "AROAEXAMPLE",
    };
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
    configuration: { generation: "a".repeat(64), rejected: null, failing: null },
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
      role: "AROAEXAMPLE",
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
    const report = nodeReportSchema.parse(JSON.parse(store.objects.get(nodeKey("AROAEXAMPLE", "i-1")) ?? ""));
    expect(report).toEqual({ instance: "i-1", region: "eu-west-1", at: new Date(now).toISOString(), ...status });
  });

  test("is written at the next turn when the store was away", async () => {
    const store = new MemoryStore();
    const instance = () => Promise.resolve("i-1");
    const reporter = new Reporter({
      store,
      instance,
      role: "AROAEXAMPLE",
      region: "r",
      look: () => STATUS,
      interval: () => 30,
      now: () => 0,
    });
    store.away = true;
    await expect(reporter.tell()).rejects.toThrow(new Error("the store is away"));
    store.away = false;
    await reporter.tell();
    expect(store.objects.has(nodeKey("AROAEXAMPLE", "i-1"))).toBe(true);
  });
});

describe("the end of a boot", () => {
  let now: number;
  let missing: string | undefined;
  let health: string;
  /** What Auto Scaling answers to each try, in order; then it goes on with the last. */
  let completions: (Error | "completed" | "nothing to complete")[];
  let state: Error | string | undefined;
  let tries: number;

  beforeEach(() => {
    [now, missing, health, completions, state, tries] = [0, undefined, "ok", ["completed"], "Pending:Wait", 0];
  });

  const started = () =>
    new Launch({
      missing: () => missing,
      health: () => Promise.resolve(health),
      lifecycle: {
        complete: () => {
          const answer = completions[Math.min(tries++, completions.length - 1)];
          return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? "completed");
        },
        state: () => (state instanceof Error ? Promise.reject(state) : Promise.resolve(state)),
      },
      log: keptLog().log,
      file: join(folder, "launched"),
      now: () => now,
    });
  const pass = async (launch: Launch, seconds: number): Promise<void> => {
    for (let i = 0; i < seconds; i++) {
      now += 1;
      await launch.look();
    }
  };

  test("comes when nothing is missing and the node is healthy, and once", async () => {
    [missing, health] = ["secrets", "Varnish does not answer"];
    const launch = started();

    await launch.look();
    missing = undefined;
    await launch.look();
    expect([tries, launch.done]).toEqual([0, false]);
    health = "ok";
    await launch.look();
    await pass(launch, 60);
    await started().look();
    expect([tries, launch.done]).toEqual([1, true]);
  });

  test("is tried again until Auto Scaling answers", async () => {
    completions = [new Error("throttled"), "completed"];
    const launch = started();
    await expect(launch.look()).rejects.toThrow(new Error("throttled"));
    expect(launch.done).toBe(false);
    await pass(launch, 5);
    expect(launch.done).toBe(true);
  });

  test("is not there yet while Auto Scaling knows no action and the group still waits: it is asked again", async () => {
    completions = ["nothing to complete", "nothing to complete", "completed"];
    const launch = started();
    await pass(launch, 6);
    expect([launch.done, tries]).toEqual([false, 2]);
    await pass(launch, 5);
    expect([launch.done, tries]).toEqual([true, 3]);
  });

  test("is over when the group says that the node is in service", async () => {
    completions = ["nothing to complete"];
    state = "InService";
    const launch = started();
    await launch.look();
    expect([launch.done, tries]).toEqual([true, 1]);
  });

  test.each<[string, Error | undefined]>([
    ["says nothing of the node", undefined],
    ["may not be asked", new Error("AccessDenied")],
  ])("is over with the heartbeat where the group %s", async (_, answer) => {
    completions = ["nothing to complete"];
    state = answer;
    const launch = started();
    await pass(launch, TIMING.launchingHeartbeat - 1);
    expect(launch.done).toBe(false);
    await pass(launch, 6);
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
      configuration: { generation: "a".repeat(64), rejected: null, failing: null },
      purge: { position: 7, caughtUpAt: null, refused: 2 },
      secrets: { "origin-auth": { current: 3, next: 4 }, purge: { current: 5, next: 6 } },
      logs: { shippedAt: null, waiting: 11, lost: 12 },
    },
    halted: true,
    purgeLagSeconds: 1.5,
    purgesCarriedOut: 9,
    logLines: 10,
    metricsLost: 0,
    switches: { node: "disk", pop: undefined, draining: undefined, ring: undefined },
  };

  test("say what there is to know, in Prometheus' format", async () => {
    const metrics = new Metrics(() => OBSERVED);
    metrics.loopFailed("secrets");
    metrics.callFailed("s3");
    metrics.rejected();
    metrics.failed();
    const lines = (await metrics.text()).split("\n").filter((line) => /^footprint/.test(line));

    expect(lines.sort()).toEqual([
      "footprint_access_log_lines_total 10",
      "footprint_access_log_lost_bytes 12",
      "footprint_access_log_waiting_bytes 11",
      "footprint_agent_adoption_halted 1",
      "footprint_agent_adoptions_failed_total 1",
      'footprint_agent_aws_call_failures_total{service="s3"} 1',
      "footprint_agent_bundle_failing 0",
      "footprint_agent_bundle_rejected 0",
      "footprint_agent_bundles_rejected_total 1",
      `footprint_agent_generation_info{sha256="${"a".repeat(64)}"} 1`,
      "footprint_agent_last_adoption_timestamp_seconds 0",
      'footprint_agent_loop_failures_total{loop="secrets"} 1',
      "footprint_metrics_periods_lost_total 0",
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
      'footprint_switch_set{switch="ring"} 0',
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
