import { Configuration, shareOf, type ConfigurationOptions } from "../../../../components/node/agent/configuration";
import { AGENT_FAILED } from "../../../../components/node/agent/agentProgram";
import { Harmful, OtherContent } from "../../../../components/node/agent/artifacts";
import type { Bundle } from "../../../../components/node/protocol/bundleFormat";
import type { NodeReport } from "../../../../components/node/protocol/nodeReport";
import { nodeKey } from "../../../../components/node/protocol/storeKeys";
import type { Pointer } from "../../../../components/node/protocol/pointer";
import { bundleWith, MemoryStore, textOf } from "./bundles";
import { keptLog } from "./quiet";
import { some } from "../../../support/some";

const INSTANCE = "i-1";
const SOFTWARE = "haproxy 3.0 varnish 7.7 agent 1";
const pair = { current: { name: "c", version: 1 }, next: { name: "n", version: 1 } };

function rejectedOf(sha256: string, reason: string, software = SOFTWARE) {
  return { sha256, reason, at: "2026-01-01T00:00:00Z", software };
}

describe("the configuration", () => {
  let store: MemoryStore;
  let now: number;
  let leaving: boolean;
  let restarts: string[];
  let adopted: { bundle: Bundle; sha256: string } | undefined;
  let failing: NodeReport["configuration"]["failing"];
  /** Whether the adoption lets bundles be tried. */
  let mayTry: boolean;
  let isOnProbation: boolean;
  let takes: boolean;
  /** SHA-256 of an agent that did not live. */
  let failed: string | undefined;

  beforeEach(() => {
    store = new MemoryStore();
    now = 1000;
    leaving = false;
    restarts = [];
    [failing, mayTry, isOnProbation] = [null, true, false];
    takes = false;
    failed = undefined;
    const bundle = bundleWith();
    adopted = { bundle, sha256: textOf(bundle).sha256 };
  });

  const adoption: ConfigurationOptions["adoption"] = {
    adopt(sha256, text) {
      const bundle = JSON.parse(text) as Bundle;
      adopted = { bundle, sha256 };
      return Promise.resolve(bundle);
    },
    mayTry: () => Promise.resolve(mayTry),
    failed(sha256, error) {
      const times = (failing?.times ?? 0) + 1;
      const reason = error instanceof Error ? error.message : "";
      failing = { sha256, reason, at: "2026-01-01T00:00:00Z", times, harmful: error instanceof Harmful };
    },
    forgive() {
      failing = null;
    },
    get bundle() {
      return adopted?.bundle;
    },
    get generation() {
      return adopted?.sha256 ?? null;
    },
    get failing() {
      return failing;
    },
  };

  function configuration(): Configuration {
    return new Configuration({
      store,
      adoption,
      program: {
        prepare: () => Promise.resolve(),
        take: () => takes,
        get isOnProbation() {
          return isOnProbation;
        },
        hasFailed: ({ sha256 }) => sha256 === failed,
        forgive: () => {
          failed = undefined;
        },
      },
      instance: () => Promise.resolve(INSTANCE),
      software: () => Promise.resolve(SOFTWARE),
      leaving: () => leaving,
      restart: (reason) => restarts.push(reason),
      log: keptLog().log,
      now: () => now,
    });
  }

  /** Puts a bundle into the store and points to it. */
  function published(bundle: Bundle): Pointer {
    const { text, sha256 } = textOf(bundle);
    store.objects.set(`bundles/${sha256}`, text);
    return {
      serial: { name: "serial", version: 1 },
      bundle: { key: `bundles/${sha256}`, sha256 },
      parameters: { "origin-auth": pair, purge: pair },
    };
  }

  function peer(instance: string, changes: Partial<NodeReport["configuration"]>, at = new Date()): void {
    const report: NodeReport = {
      instance,
      region: "eu-west-1",
      at: at.toISOString(),
      state: "serving",
      configuration: { generation: null, rejected: null, failing: null, ...changes },
      purge: { position: 0, caughtUpAt: null, refused: 0 },
      secrets: null,
      health: { node: "ok", pop: "ok" },
    };
    store.objects.set(nodeKey("AROAEXAMPLE", instance), JSON.stringify(report));
  }

  const next = bundleWith({ files: { "/etc/haproxy/a": "next\n" } });
  const delay = () => shareOf(INSTANCE, textOf(next).sha256) * bundleWith().settings.timing.adoptionWindow * 1000;

  test("of a new node is adopted at once", async () => {
    adopted = undefined;
    await configuration().follow(published(next));
    expect(adoption.generation).toBe(textOf(next).sha256);
  });

  test("is adopted at the node's own time within the window", async () => {
    const follows = configuration();
    const pointer = published(next);

    await follows.follow(pointer);
    now += delay() - 1;
    await follows.follow(pointer);
    const before = adoption.generation;
    now += 1;
    await follows.follow(pointer);

    expect(before).toBe(textOf(bundleWith()).sha256);
    expect(adoption.generation).toBe(textOf(next).sha256);
  });

  test("spreads the nodes over the window", () => {
    const shares = Array.from({ length: 200 }, (_, i) => shareOf(`i-${String(i)}`, "bundle")).sort((a, b) => a - b);
    const gaps = shares.slice(1).map((share, i) => share - (shares[i] ?? 0));

    expect(some(shares).every((share) => share >= 0 && share < 1)).toBe(true);
    expect(Math.max(...gaps)).toBeLessThan(0.05);
    expect(shareOf("i-1", "bundle")).toBe(shareOf("i-1", "bundle"));
    expect(shareOf("i-1", "bundle")).not.toBe(shareOf("i-1", "another bundle"));
  });

  test("does not move while the node leaves", async () => {
    leaving = true;
    const follows = configuration();
    await follows.follow(published(next));
    now += delay();
    await follows.follow(published(next));
    expect(adoption.generation).toBe(textOf(bundleWith()).sha256);
  });

  test("is not tried while a verdict or a pause holds, and verdicts are forgotten when the pointer names what runs", async () => {
    const pointer = published(next);
    mayTry = false;
    const follows = configuration();

    await follows.follow(pointer);
    now += delay();
    await follows.follow(pointer);
    expect(adoption.generation).toBe(textOf(bundleWith()).sha256);

    adoption.failed(pointer.bundle.sha256, new Error("no"));
    await follows.follow(published(bundleWith()));
    expect(failing).toBeNull();
  });

  test("that has failed is tried again without waiting for its time in the window", async () => {
    const pointer = published(next);
    adoption.failed(pointer.bundle.sha256, new Error("no"));

    await configuration().follow(pointer);

    expect(adoption.generation).toBe(pointer.bundle.sha256);
  });

  test("halts while a peer has rejected the same bundle, and says so", async () => {
    const pointer = published(next);
    peer("i-2", { rejected: rejectedOf(pointer.bundle.sha256, "VCL") });
    const follows = configuration();

    await follows.follow(pointer);
    now += delay();
    await follows.follow(pointer);

    expect(follows.halted).toBe("i-2 has rejected it: VCL");
    expect(adoption.generation).toBe(textOf(bundleWith()).sha256);
    peer("i-2", {});
    await follows.follow(pointer);
    expect([follows.halted, adoption.generation]).toEqual([undefined, textOf(next).sha256]);
  });

  test.each<[string, () => void]>([
    [
      "a peer that rejected another bundle",
      () => {
        peer("i-2", { rejected: rejectedOf("other", "") });
      },
    ],
    [
      "a peer whose parsers are others",
      () => {
        peer("i-2", { rejected: rejectedOf(textOf(next).sha256, "", "varnish 7.6") });
      },
    ],
    [
      "a peer that could not adopt it, and did no harm: it may be full, or drown in requests",
      () => {
        peer("i-2", { failing: { ...failure(), harmful: false } });
      },
    ],
    [
      "a report under another node's key",
      () => {
        peer("i-2", { rejected: rejectedOf(textOf(next).sha256, "") });
        store.objects.set(nodeKey("AROAEXAMPLE", "i-3"), store.objects.get(nodeKey("AROAEXAMPLE", "i-2")) ?? "");
        store.objects.delete(nodeKey("AROAEXAMPLE", "i-2"));
      },
    ],
    [
      "a report that has expired",
      () => {
        peer("i-2", { rejected: rejectedOf(textOf(next).sha256, "") }, new Date(Date.now() - 200_000));
      },
    ],
    [
      "what is no report",
      () => {
        store.objects.set(nodeKey("AROAEXAMPLE", "i-2"), "nonsense");
      },
    ],
    [
      "this node's own report",
      () => {
        peer(INSTANCE, { rejected: rejectedOf(textOf(next).sha256, "") });
      },
    ],
  ])("is not halted by %s", async (_, prepare) => {
    prepare();
    const follows = configuration();
    await follows.follow(published(next));
    now += delay();
    await follows.follow(published(next));
    expect(adoption.generation).toBe(textOf(next).sha256);
  });

  const failure = () => ({
    sha256: textOf(next).sha256,
    reason: "www is answered with 500",
    at: "2026-01-01T00:00:00Z",
    times: 1,
    harmful: true,
  });

  test("waits while peers answer wrongly with it, twice as long for each, and then finds out itself", async () => {
    const pointer = published(next);
    const follows = configuration();
    const tryAfter = async (seconds: number) => {
      now += seconds * 1000;
      await follows.follow(pointer);
      return adoption.generation === pointer.bundle.sha256;
    };
    peer("i-2", { failing: failure() });
    peer("i-3", { failing: failure() });

    await follows.follow(pointer);
    now += delay();
    expect(await tryAfter(1199)).toBe(false);
    expect(follows.halted).toBe("i-2 has turned it back: www is answered with 500");
    expect(await tryAfter(1)).toBe(true);
  });

  test("waits when the peers' reports cannot be read", async () => {
    const follows = configuration();
    await follows.follow(published(next));
    now += delay();
    store.away = true;
    await expect(follows.follow(published(next))).rejects.toThrow(new Error("the store is away"));
    expect(adoption.generation).toBe(textOf(bundleWith()).sha256);
  });

  test("rejects an object of another hash than the pointer's, counts that, and takes the right one when it is there", async () => {
    adopted = undefined;
    const pointer = published(next);
    const right = store.objects.get(pointer.bundle.key) ?? "";
    store.objects.set(pointer.bundle.key, "{}");

    await expect(configuration().follow(pointer)).rejects.toThrow(OtherContent);

    expect(failing).toMatchObject({ sha256: pointer.bundle.sha256, times: 1, harmful: false });
    store.objects.set(pointer.bundle.key, right);
    await configuration().follow(pointer);
    expect(adoption.generation).toBe(pointer.bundle.sha256);
  });

  test("counts no failure of the bundle's while the store is away", async () => {
    adopted = undefined;
    const pointer = published(next);
    store.away = true;

    await expect(configuration().follow(pointer)).rejects.toThrow(new Error("the store is away"));
    expect(failing).toBeNull();
  });

  test("has the agent started anew for other settings and for another agent, and not else", async () => {
    const timing = { ...bundleWith().settings.timing, adoptionWindow: 0 };
    const settings = { ...bundleWith().settings, timing };
    const of = (changes: Partial<Bundle>) => published(bundleWith({ settings, ...changes }));
    const follows = configuration();
    adopted = { bundle: bundleWith({ settings }), sha256: "first" };

    await follows.follow(of({ files: { "/etc/haproxy/a": "b\n" } }));
    expect(restarts).toEqual([]);
    await follows.follow(of({ settings: { ...settings, hosts: [] } }));
    expect(restarts).toEqual(["other settings"]);
    takes = true;
    await follows.follow(of({ settings: { ...settings, hosts: [] } }));
    expect(restarts).toEqual(["other settings", "another agent"]);
  });

  test("whose agent could not live stays, says so, and tries the agent again after the pause", async () => {
    const pointer = published(bundleWith());
    failed = bundleWith().agent.sha256;
    takes = true;
    mayTry = false;
    const follows = configuration();

    await follows.follow(pointer);
    await follows.follow(pointer);
    expect(failing).toMatchObject({ sha256: pointer.bundle.sha256, reason: AGENT_FAILED, times: 1, harmful: true });
    expect(restarts).toEqual([]);

    mayTry = true;
    await follows.follow(pointer);
    expect([failed, restarts]).toEqual([undefined, ["another agent"]]);
    // It is on probation then; only when it has lived is its failure forgotten.
    takes = false;
    isOnProbation = true;
    await follows.follow(pointer);
    expect(failing?.times).toBe(1);
    isOnProbation = false;
    await follows.follow(pointer);
    expect(failing).toBeNull();
  });
});
