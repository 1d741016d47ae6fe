import { setTimeout as sleep } from "node:timers/promises";
import { NODE_HEALTH_PATH } from "../../../components/node/ports";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { Held, reply, ScriptedOrigin } from "../origin/scripted";
import { exchange, request } from "../proxied";
import { until } from "../origin/until";
import { AgentNode, type AgentNodeOptions } from "./agentNode";
import { Cloud } from "../../../infra/lab/aws/cloud";
import { LeavingLoad } from "./leavingLoad";

const HOOK = "i-1 terminating";
const DRAIN = ["node", "/usr/local/lib/footprint/agent.js", "drain"] as const;

describeWith([DEBIAN], "a node that leaves", () => {
  let cloud: Cloud;
  let origin: ScriptedOrigin;
  let node: AgentNode;

  beforeEach(async () => {
    cloud = await Cloud.start();
    origin = await ScriptedOrigin.start();
  });

  afterEach(async () => {
    await node.stop();
    await origin.stop();
    await cloud.stop();
  });

  const start = async (timing: AgentNodeOptions["timing"] = {}): Promise<void> => {
    node = await AgentNode.start({ cloud, origin, timing });
  };
  const hookCompleted = () => until("the hook is completed", () => cloud.completed.includes(HOOK));
  const tries = () => cloud.calls.filter(({ what }) => what === "CompleteLifecycleAction").length;
  const health = () => node.node.health();

  test("because its group takes it out: no request fails, and it goes when the last one is answered", async () => {
    await start();
    const held = new Held(reply("last"));
    origin.on("/last", held.handler);
    const load = await LeavingLoad.start(node, origin);
    try {
      node.machine.facts.targetLifecycleState = "Terminated";
      await node.untilReport("it drains", ({ state }) => state === "draining");
      // Deregistration takes its time: new connections still come, and are served.
      await load.goesOn();
      const healthMeanwhile = await health();
      const last = node.ask("/last");
      await held.holds(1);
      load.deregister();
      cloud.waiting.add(HOOK);
      const { wrong, asked, moved } = await load.ended();
      // Longer than it waits between two tries.
      await sleep(6000);
      const early = cloud.completed.includes(HOOK);
      held.release();
      const answer = await last;
      await hookCompleted();
      const completions = cloud.completed.filter((each) => each === HOOK);
      const triesThen = tries();
      await sleep(2000);

      expect(wrong).toEqual([]);
      expect(asked).toBeGreaterThan(100);
      // Every kept connection was ended in order, of HTTP/1.1 and of HTTP/2.
      expect(moved).toBe(12);
      expect([early, answer.status]).toEqual([false, 200]);
      expect(healthMeanwhile).toBe(200);
      expect([completions, tries()]).toEqual([[HOOK], triesThen]);
    } finally {
      await load.stop();
    }
  });

  test("goes on asking until its group waits for it, through an outage of Auto Scaling", async () => {
    await start();
    node.machine.facts.targetLifecycleState = "Terminated";
    await until("a first try", () => tries() > 1);
    cloud.outage("autoscaling", "fails");
    const before = tries();
    await until("a try that fails", () => tries() > before);
    cloud.waiting.add(HOOK);
    cloud.outage("autoscaling", undefined);
    await hookCompleted();

    expect(cloud.completed.filter((each) => each === HOOK)).toEqual([HOOK]);
  });

  test("does not go while the metadata of the instance cannot be read, and does so afterwards", async () => {
    await start();
    for (const outage of ["fails", "refuses", "hangs"] as const) {
      cloud.outage("metadata", outage);
      const before = cloud.calls.length;
      await until("looks at metadata", () => cloud.calls.slice(before).some(({ service }) => service === "metadata"));
      expect([await health(), node.report()?.state]).toEqual([200, "serving"]);
    }
    cloud.outage("metadata", undefined);
    node.machine.facts.targetLifecycleState = "<html>Terminated</html>";
    await until("a complaint", () => node.said.some((line) => line.includes("not in the form that it has")));
    const answer = await health();
    cloud.waiting.add(HOOK);
    node.machine.facts.targetLifecycleState = "Terminated";
    await hookCompleted();

    expect(answer).toBe(200);
  });

  test("because EC2 takes it back: it is unhealthy at once, says why, and serves on", async () => {
    await start({ drainUnannounced: 3 });
    origin.on("/page", reply("page"));
    node.machine.facts.spotAction = { action: "terminate", time: "2026-01-02T03:04:05Z" };
    await until("unhealthy", async () => (await health()) === 503);
    const said = await exchange(node.node.ports.health, request("GET", NODE_HEALTH_PATH, {}));
    const answer = await node.ask("/page", { headers: { connection: "keep-alive" } });
    await until("it is drained", () => node.said.some((line) => line.includes('"drained"')));

    expect(said.body).toBe("EC2 takes this Spot instance back at 2026-01-02T03:04:05Z\n");
    expect([answer.status, answer.headers.connection]).toEqual([200, "close"]);
    expect((await node.popHealth()).status).toBe(200);
    expect((await node.ask("/page")).status).toBe(200);
  });

  test("because it shuts down: the command ends when it may, at once the second time", async () => {
    await start({ drainUnannounced: 1, drainLimit: 60 });
    const held = new Held(reply("late"));
    origin.on("/late", held.handler);
    const late = node.ask("/late");
    await held.holds(1);
    let ended = false;
    const drain = node.node.exec(...DRAIN).then((end) => {
      ended = true;
      return end;
    });
    await until("unhealthy", async () => (await health()) === 503);
    await sleep(3000);
    const endedEarly = ended;
    held.release();
    const first = await drain;
    const drained = node.said.filter((line) => line.includes('"drained"')).length;
    const second = await node.node.exec(...DRAIN);

    expect([endedEarly, (await late).status, first.status, second.status]).toEqual([false, 200, 0, 0]);
    expect([drained, node.said.filter((line) => line.includes('"drained"')).length]).toEqual([1, 1]);
  });

  test("does not wait for ever for a request that never ends", async () => {
    await start({ drainUnannounced: 0, drainLimit: 3 });
    const held = new Held(reply("never"));
    origin.on("/never", held.handler);
    const never = node.ask("/never").catch(() => undefined);
    await held.holds(1);

    expect((await node.node.exec(...DRAIN)).status).toBe(0);
    expect(held.count).toBe(1);
    held.release();
    await never;
  });

  test.each(["KILL", "STOP"])("without an agent (%s): the command does it by itself", async (signal) => {
    await start({ drainUnannounced: 2 });
    await node.signalAgent(signal);
    const { status, stdout } = await node.node.exec(...DRAIN);

    expect([status, await health()]).toEqual([0, 503]);
    expect(stdout).toContain("no agent answers: draining without it");
    expect(stdout).toContain('"drained"');
  });
});
