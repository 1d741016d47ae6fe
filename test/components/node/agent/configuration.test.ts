import { Configuration, shareOf, type ConfigurationOptions } from "../../../../components/node/agent/configuration";
import { AGENT_FAILED } from "../../../../components/node/agent/agentProgram";
import { Unfit } from "../../../../components/node/agent/artifacts";
import type { Bundle } from "../../../../components/node/protocol/bundleFormat";
import type { NodeReport } from "../../../../components/node/protocol/nodeReport";
import type { Pointer } from "../../../../components/node/protocol/pointer";
import { bundleWith, MemoryStore, textOf } from "./bundles";
import { keptLog } from "./quiet";
import { some } from "../../../support/some";

const INSTANCE = "i-1";
const pair = { current: { name: "c", version: 1 }, next: { name: "n", version: 1 } };

describe("the configuration", () => {
  let store: MemoryStore;
  let now: number;
  let leaving: boolean;
  let restarts: string[];
  let adopted: { bundle: Bundle; sha256: string } | undefined;
  let rejected: { sha256: string; reason: string; at: string } | null;
  let takes: boolean;
  /** SHA-256 of an agent that did not live. */
  let failed: string | undefined;

  beforeEach(() => {
    store = new MemoryStore();
    now = 1000;
    leaving = false;
    restarts = [];
    rejected = null;
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
    reject(sha256, reason) {
      rejected = { sha256, reason, at: "2026-01-01T00:00:00Z" };
    },
    forgive() {
      rejected = null;
    },
    get bundle() {
      return adopted?.bundle;
    },
    get generation() {
      return adopted?.sha256 ?? null;
    },
    get rejected() {
      return rejected;
    },
  };

  function configuration(): Configuration {
    return new Configuration({
      store,
      adoption,
      program: {
        prepare: () => Promise.resolve(),
        take: () => takes,
        hasFailed: ({ sha256 }) => sha256 === failed,
        forgive: () => {
          failed = undefined;
        },
      },
      instance: () => Promise.resolve(INSTANCE),
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
    return { bundle: { key: `bundles/${sha256}`, sha256 }, parameters: { "origin-auth": pair, purge: pair } };
  }

  function peer(instance: string, changes: Partial<NodeReport["configuration"]>, at = new Date()): void {
    const report: NodeReport = {
      instance,
      region: "eu-west-1",
      at: at.toISOString(),
      state: "serving",
      configuration: { generation: null, rejected: null, ...changes },
      purge: { position: 0, caughtUpAt: null, refused: 0 },
      secrets: null,
      health: { node: "ok", pop: "ok" },
    };
    store.objects.set(`nodes/${instance}.json`, JSON.stringify(report));
  }

  const next = bundleWith({ files: { "/etc/a": "next\n" } });
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

  test("that was rejected is not tried again, until the pointer has named another", async () => {
    const pointer = published(next);
    rejected = { sha256: pointer.bundle.sha256, reason: "no", at: "2026-01-01T00:00:00Z" };
    const follows = configuration();

    await follows.follow(pointer);
    now += delay();
    await follows.follow(pointer);
    expect(adoption.generation).toBe(textOf(bundleWith()).sha256);

    await follows.follow(published(bundleWith()));
    expect(rejected).toBeNull();
  });

  test("halts while a peer has rejected the same bundle, and says so", async () => {
    const pointer = published(next);
    peer("i-2", { rejected: { sha256: pointer.bundle.sha256, reason: "VCL", at: "2026-01-01T00:00:00Z" } });
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
        peer("i-2", { rejected: { sha256: "other", reason: "", at: "2026-01-01T00:00:00Z" } });
      },
    ],
    [
      "a report that has expired",
      () => {
        peer(
          "i-2",
          { rejected: { sha256: textOf(next).sha256, reason: "", at: "2026-01-01T00:00:00Z" } },
          new Date(Date.now() - 200_000),
        );
      },
    ],
    [
      "what is no report",
      () => {
        store.objects.set("nodes/i-2.json", "nonsense");
      },
    ],
    [
      "this node's own report",
      () => {
        peer(INSTANCE, { rejected: { sha256: textOf(next).sha256, reason: "", at: "2026-01-01T00:00:00Z" } });
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

  test("waits when the peers' reports cannot be read", async () => {
    const follows = configuration();
    await follows.follow(published(next));
    now += delay();
    store.away = true;
    await expect(follows.follow(published(next))).rejects.toThrow(new Error("the store is away"));
    expect(adoption.generation).toBe(textOf(bundleWith()).sha256);
  });

  test("rejects an object of another hash than the pointer's", async () => {
    adopted = undefined;
    const pointer = published(next);
    store.objects.set(pointer.bundle.key, "{}");

    await expect(configuration().follow(pointer)).rejects.toThrow(Unfit);

    expect(rejected).toMatchObject({ sha256: pointer.bundle.sha256 });
  });

  test("has the agent started anew for other settings and for another agent, and not else", async () => {
    const timing = { ...bundleWith().settings.timing, adoptionWindow: 0 };
    const settings = { ...bundleWith().settings, timing };
    const of = (changes: Partial<Bundle>) => published(bundleWith({ settings, ...changes }));
    const follows = configuration();
    adopted = { bundle: bundleWith({ settings }), sha256: "first" };

    await follows.follow(of({ files: { "/etc/a": "b\n" } }));
    expect(restarts).toEqual([]);
    await follows.follow(of({ settings: { ...settings, hosts: [] } }));
    expect(restarts).toEqual(["other settings"]);
    takes = true;
    await follows.follow(of({ settings: { ...settings, hosts: [] } }));
    expect(restarts).toEqual(["other settings", "another agent"]);
  });

  test("whose agent could not live stays, and is refused so that the others leave it alone, until there is another", async () => {
    const pointer = published(bundleWith());
    failed = bundleWith().agent.sha256;
    takes = true;
    const follows = configuration();

    await follows.follow(pointer);
    await follows.follow(pointer);
    expect(rejected).toMatchObject({ sha256: pointer.bundle.sha256, reason: AGENT_FAILED });
    expect(restarts).toEqual([]);

    const agent = { key: "agents/another", sha256: "b".repeat(64) };
    const other = published(bundleWith({ agent }));
    adopted = { bundle: bundleWith({ agent }), sha256: other.bundle.sha256 };
    await follows.follow(other);
    expect([rejected, failed, restarts]).toEqual([null, undefined, ["another agent"]]);
  });
});
