import { Drain, type DrainState } from "../../../../components/node/agent/drain";
import type { HaproxyActivity } from "../../../../components/node/agent/haproxy";
import type { Completion } from "../../../../components/node/agent/lifecycle";
import type { SpotAction } from "../../../../components/node/agent/metadata";
import type { Switch } from "../../../../components/node/protocol/switches";
import { AGENT_TIMING, TIMING } from "../../../../components/node/timing";
import { keptLog } from "./quiet";

const IDLE: HaproxyActivity = { inFlight: 0, requests: 0, http2: 0 };
const SPOT: SpotAction = { action: "terminate", time: "2026-01-02T03:04:05Z" };

/** A node that is to leave, its surroundings and its clock. */
class Leaving {
  seconds = 1000;
  target: string | Error | undefined = "InService";
  spot: SpotAction | Error | undefined;
  activity: HaproxyActivity | Error = IDLE;
  completion: Completion | Error = "completed";
  reloading = Promise.resolve();
  readonly switches = new Map<Switch, string>();
  /** When the group was told, and when HAProxy was reloaded, in seconds since the start. */
  readonly told: number[] = [];
  readonly reloads: number[] = [];
  /** When its logs were sent, likewise. */
  readonly farewells: number[] = [];
  readonly kept = keptLog();
  /** Each second of a shutdown's wait. */
  onPause: () => void = () => undefined;
  readonly drain = new Drain({
    metadata: { targetLifecycleState: () => given(this.target), spotAction: () => given(this.spot) },
    lifecycle: {
      complete: (hook) => {
        this.told.push(this.seconds - 1000);
        expect(hook).toBe("terminating");
        return given(this.completion);
      },
    },
    switches: {
      set: (which, reason) => {
        if (reason === undefined) {
          this.switches.delete(which);
        } else {
          this.switches.set(which, reason);
        }
        return Promise.resolve();
      },
      reason: (which) => this.switches.get(which),
    },
    haproxy: {
      activity: () => given(this.activity),
      reload: () => {
        this.reloads.push(this.seconds - 1000);
        return this.reloading;
      },
    },
    timing: () => AGENT_TIMING,
    farewell: () => {
      this.farewells.push(this.seconds - 1000);
      return Promise.resolve();
    },
    log: this.kept.log,
    now: () => this.seconds,
    pause: (seconds) => {
      this.seconds += seconds;
      this.onPause();
      return Promise.resolve();
    },
  });

  /** Looks and steps each second until a second after the start; returns the state then. */
  async until(second: number, each: (second: number) => void = () => undefined): Promise<DrainState> {
    while (this.seconds <= 1000 + second) {
      each(this.seconds - 1000);
      await this.drain.look().catch(() => undefined);
      await this.drain.step();
      this.seconds++;
    }
    return this.drain.state;
  }
}

async function given<T>(value: T | Error): Promise<T> {
  return value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
}

test("a node that shuts down sends its logs, and once more when it has drained already", async () => {
  const node = new Leaving();
  await node.drain.shutdown();
  const [first = 0] = node.farewells;
  await node.drain.shutdown();

  expect(first).toBeGreaterThanOrEqual(AGENT_TIMING.drainUnannounced);
  expect(node.farewells.length).toBe(3);
});

describe("a node that its group takes out", () => {
  test("serves on until then, and changes nothing", async () => {
    const node = new Leaving();

    expect(await node.until(60)).toBe("serving");
    expect([[...node.switches], node.told, node.reloads]).toEqual([[], [], []]);
  });

  test("ends connections, stays healthy, and completes the hook once it has been idle for a while", async () => {
    const node = new Leaving();
    node.target = "Terminated";
    const before = await node.until(AGENT_TIMING.drainIdle - 1);

    expect([before, await node.until(100)]).toEqual(["draining", "drained"]);
    expect([...node.switches]).toEqual([["draining", "this node is taken out of service"]]);
    expect(node.told).toEqual([AGENT_TIMING.drainIdle]);
  });

  test("sends its logs when nobody asks any more, before its group is told: that ends the machine", async () => {
    const node = new Leaving();
    [node.target, node.completion] = ["Terminated", "nothing to complete"];
    await node.until(AGENT_TIMING.drainIdle);
    expect(node.farewells).toEqual([AGENT_TIMING.drainIdle]);

    // What was asked for meanwhile goes, too.
    await node.until(AGENT_TIMING.drainIdle + 2);
    expect(node.farewells).toEqual([10, 11, 12]);
  });

  test("is not idle while a request is under way or new ones come", async () => {
    const node = new Leaving();
    node.target = "Terminated";
    await node.until(100, (second) => {
      node.activity =
        second < 40
          ? { ...IDLE, inFlight: 1 }
          : { ...IDLE, requests: second < 60 && second % 9 === 0 ? second : Math.min(54, second - (second % 9)) };
    });

    expect(node.told).toEqual([54 + AGENT_TIMING.drainIdle]);
  });

  test("goes in the end when a request never does", async () => {
    const node = new Leaving();
    [node.target, node.activity] = ["Terminated", { ...IDLE, inFlight: 1 }];

    expect(await node.until(TIMING.terminatingHeartbeat - 1)).toBe("draining");
    expect(await node.until(TIMING.terminatingHeartbeat)).toBe("drained");
    expect(node.told).toEqual([TIMING.terminatingHeartbeat]);
  });

  test("asks again each five seconds until the group waits for it, and not once more", async () => {
    const node = new Leaving();
    [node.target, node.completion] = ["Terminated", "nothing to complete"];
    const state = await node.until(100, (second) => {
      node.completion = second < 31 ? "nothing to complete" : "completed";
    });

    expect(state).toBe("drained");
    expect(node.told).toEqual([10, 15, 20, 25, 30, 35]);
  });

  test("does not ask while it is not idle any more", async () => {
    const node = new Leaving();
    node.target = "Terminated";
    await node.until(100, (second) => {
      node.completion = second < 70 ? "nothing to complete" : "completed";
      node.activity = { ...IDLE, requests: second < 22 ? 0 : Math.min(second, 60) };
    });

    expect(node.told).toEqual([10, 15, 20, 70]);
  });

  test("asks again when Auto Scaling fails, and complains once", async () => {
    const node = new Leaving();
    node.target = "Terminated";
    await node.until(60, (second) => {
      node.completion = second < 40 ? new Error("Rate exceeded") : "completed";
    });

    expect(node.drain.state).toBe("drained");
    expect(node.kept.said.filter((line) => line.startsWith("warn"))).toEqual(["warn drain meets a problem"]);
  });

  test("gives up when the group cannot wait for it any more", async () => {
    const node = new Leaving();
    [node.target, node.completion] = ["Terminated", "nothing to complete"];
    const limit = TIMING.deregistrationDelay + TIMING.terminatingHeartbeat;

    expect(await node.until(limit - 1)).toBe("draining");
    expect(await node.until(limit)).toBe("drained");
  });

  test("reloads HAProxy at once, and again as long as HTTP/2 connections come", async () => {
    const node = new Leaving();
    node.target = "Terminated";
    await node.until(60, (second) => {
      node.activity = { inFlight: second < 45 ? 1 : 0, requests: 0, http2: second < 35 ? 3 : 0 };
    });

    expect(node.reloads).toEqual([0, 10, 20, 30]);
    expect(node.drain.state).toBe("drained");
  });

  test.each([
    ["refuses", Promise.reject(new Error("HAProxy has not reloaded")), ["warn drain meets a problem"]],
    ["never ends", new Promise<void>(() => undefined), []],
  ])("drains all the same when HAProxy's reload %s", async (_, reloading, complaints) => {
    const node = new Leaving();
    reloading.catch(() => undefined);
    [node.target, node.reloading] = ["Terminated", reloading];

    expect(await node.until(100)).toBe("drained");
    expect(node.told).toEqual([AGENT_TIMING.drainIdle]);
    expect(node.kept.said.filter((line) => line.startsWith("warn"))).toEqual(complaints);
  });

  test("waits for the limit when HAProxy cannot be asked: it may serve all the same", async () => {
    const node = new Leaving();
    [node.target, node.activity] = ["Terminated", new Error("no answer")];
    await node.until(TIMING.terminatingHeartbeat + 10);

    expect(node.told).toEqual([TIMING.terminatingHeartbeat]);
  });

  test("serves on while metadata cannot be read, and rejects the look", async () => {
    const node = new Leaving();
    [node.target, node.spot] = [new Error("garbage"), new Error("slow")];

    await expect(node.drain.look()).rejects.toThrow("garbage");
    expect(await node.until(60)).toBe("serving");
  });

  test("drains although one half of the metadata cannot be read", async () => {
    const node = new Leaving();
    [node.target, node.spot] = ["Terminated", new Error("slow")];
    expect(await node.until(60)).toBe("drained");

    const other = new Leaving();
    [other.target, other.spot] = [new Error("slow"), SPOT];
    expect(await other.until(120)).toBe("drained");
  });
});

describe("a Spot node that EC2 takes back", () => {
  test("is unhealthy at once, and serves on until the load balancer has found out", async () => {
    const node = new Leaving();
    node.spot = SPOT;
    await node.until(0);

    expect([...node.switches.keys()]).toEqual(["draining", "node"]);
    expect(node.switches.get("node")).toBe("EC2 takes this Spot instance back at 2026-01-02T03:04:05Z");
    expect(await node.until(AGENT_TIMING.drainUnannounced - 1)).toBe("draining");
    expect(await node.until(AGENT_TIMING.drainUnannounced)).toBe("drained");
    expect(node.told).toEqual([]);
  });

  test("is done before EC2 is, whatever is under way", async () => {
    const node = new Leaving();
    [node.spot, node.activity] = [SPOT, { ...IDLE, inFlight: 1 }];

    expect(await node.until(AGENT_TIMING.spotLimit - 1)).toBe("draining");
    expect(await node.until(AGENT_TIMING.spotLimit)).toBe("drained");
  });

  test("completes the hook when its group takes it out meanwhile", async () => {
    const node = new Leaving();
    node.spot = SPOT;
    await node.until(29);
    node.target = "Terminated";

    expect(await node.until(31)).toBe("drained");
    expect(node.told).toEqual([30]);
  });

  test("completes the hook when its group takes it out afterwards", async () => {
    const node = new Leaving();
    node.spot = SPOT;
    const drained = await node.until(80);
    node.target = "Terminated";

    expect([drained, await node.until(90)]).toEqual(["drained", "drained"]);
    expect(node.told).toEqual([81]);
  });
});

describe("a machine that shuts down", () => {
  test("is unhealthy, and waits until the load balancer has found out", async () => {
    const node = new Leaving();
    await node.drain.shutdown();

    expect(node.seconds - 1000).toBe(AGENT_TIMING.drainUnannounced);
    expect([...node.switches]).toEqual([
      ["draining", "this node is shutting down"],
      ["node", "this node is shutting down"],
    ]);
  });

  test("waits for what is under way, but not for ever", async () => {
    const node = new Leaving();
    node.activity = { ...IDLE, inFlight: 1 };
    await node.drain.shutdown();

    expect(node.seconds - 1000).toBe(AGENT_TIMING.drainLimit);
  });

  test("waits for new requests to end", async () => {
    const node = new Leaving();
    node.onPause = () => {
      node.activity = { ...IDLE, requests: Math.min(node.seconds - 1000, 80) };
    };
    await node.drain.shutdown();

    expect(node.seconds - 1000).toBe(80 + AGENT_TIMING.drainIdle);
  });

  test("does not wait when it has drained already", async () => {
    const node = new Leaving();
    node.target = "Terminated";
    await node.until(20);
    const before = node.seconds;
    await node.drain.shutdown();

    expect([node.drain.state, node.seconds]).toEqual(["drained", before]);
  });

  test("waits for a drain that is under way, no longer than its own limit", async () => {
    const node = new Leaving();
    [node.target, node.activity] = ["Terminated", { ...IDLE, inFlight: 1 }];
    await node.until(59);
    const before = node.seconds;
    await node.drain.shutdown();

    expect(node.seconds - before).toBe(AGENT_TIMING.drainLimit);
  });

  test("takes one step at a time, whoever asks for it", async () => {
    const node = new Leaving();
    node.target = "Terminated";
    await node.drain.look();
    node.seconds += AGENT_TIMING.drainIdle;
    node.activity = IDLE;
    await Promise.all([node.drain.step(), node.drain.step(), node.drain.shutdown()]);
    await node.until(100);

    expect(node.told).toHaveLength(1);
  });
});

describe("a drain that an earlier agent began", () => {
  test("is lifted when the node is not to go", async () => {
    const node = new Leaving();
    node.switches.set("draining", "this node is shutting down");
    await node.until(1);

    expect([...node.switches]).toEqual([]);
  });

  test("stays while metadata cannot be read", async () => {
    const node = new Leaving();
    node.switches.set("draining", "this node is taken out of service");
    node.target = new Error("slow");
    await node.until(10);

    expect([...node.switches.keys()]).toEqual(["draining"]);
  });

  test("goes on when the node is to go", async () => {
    const node = new Leaving();
    node.switches.set("draining", "of an earlier agent");
    node.target = "Terminated";

    expect(await node.until(20)).toBe("drained");
    expect(node.told).toHaveLength(1);
  });
});
