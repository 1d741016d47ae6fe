import { AGENT_FILES } from "../../../components/node/agentFiles";
import type { Bundle } from "../../../components/node/protocol/bundleFormat";
import type { NodeReport } from "../../../components/node/protocol/nodeReport";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { reply, ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";
import { AgentNode, RELOAD_WAITS } from "./agentNode";
import { Cloud } from "../../../infra/lab/aws/cloud";
import { Load } from "./load";

describeWith([DEBIAN], "a node of which a process is killed", () => {
  let cloud: Cloud;
  let origin: ScriptedOrigin;
  let node: AgentNode;
  let load: Load | undefined;

  beforeAll(async () => {
    cloud = await Cloud.start();
    origin = await ScriptedOrigin.start();
    origin.on("/page", reply("page", { "cache-control": "max-age=600" }));
    node = await AgentNode.start({ cloud, origin, timing: { selfTestPatience: 5 } });
  });

  afterAll(async () => {
    await node.stop();
    await origin.stop();
    await cloud.stop();
  });

  // Of a test that has failed, too.
  afterEach(async () => {
    await load?.stop();
    load = undefined;
  });

  async function killAgent(): Promise<void> {
    await node.signalAgent("KILL");
    await node.agentEnded();
  }

  /** Publishes a bundle with a new site whose adoption does not come to its end, and waits until its files are in place. */
  async function adoptionThatHangs(host: string): Promise<string> {
    node.node.root.write(RELOAD_WAITS, host);
    const sha256 = node.publish({ more: { [host]: {} } });
    await until("the files of the new bundle", () => node.node.root.read("/etc/footprint/sites.json").includes(host));
    return sha256;
  }

  test("its agent: clients notice nothing, and the next agent goes on where it was", async () => {
    load = await Load.start(node, origin);
    const report = node.report();

    await killAgent();
    await load.goesOn();
    node.startAgent();
    // Its very first report may be from before it has looked.
    const again = await node.untilReport(
      "a report of the next one",
      ({ at, configuration, purge }) =>
        at > (report?.at ?? "") && configuration.serial !== undefined && purge.position >= 0,
    );
    await node.adopted(node.publish({ more: { "later.example.com": {} } }));
    const { wrong } = await load.stop();

    expect(wrong).toEqual([]);
    expect(again).toMatchObject({ configuration: report?.configuration, purge: { position: report?.purge.position } });
    expect((await node.ask("/page", { host: "later.example.com" })).status).toBe(200);
  });

  test("its agent, in the middle of an adoption: the next agent puts the former files back", async () => {
    const good = node.publish({});
    await node.adopted(good);
    const files = () => Object.keys(bundleOf(node).files).map((path) => node.node.root.read(path));
    const former = files();
    load = await Load.start(node, origin);

    await adoptionThatHangs("once.example.com");
    await killAgent();
    node.publish({});
    node.node.root.remove(RELOAD_WAITS);
    node.startAgent();
    await until(
      "the former files",
      () => !node.node.root.read("/etc/footprint/sites.json").includes("once.example.com"),
    );
    await until("that it is noted", () => node.node.root.read(AGENT_FILES.journal).includes('"placing":null'));
    await load.goesOn();
    const { wrong } = await load.stop();

    expect(files()).toEqual(former);
    expect(wrong).toEqual([]);
    expect((await node.ask("/page", { host: "once.example.com" })).status).toBe(421);
  });

  test("its agent, twice in the adoption of the same bundle: it is tried again, and adopted when nothing is in the way", async () => {
    const good = node.publish({});
    await node.adopted(good);

    const slow = await adoptionThatHangs("twice.example.com");
    await killAgent();
    node.startAgent();
    await node.untilReport("it is noted", failedTimes(slow, 1));
    await until("the next try", () => node.node.root.read(AGENT_FILES.journal).includes(`"placing":"${slow}"`));
    await killAgent();
    node.startAgent();

    const { configuration } = await node.untilReport("it is noted again", failedTimes(slow, 2));
    node.node.root.remove(RELOAD_WAITS);
    expect(configuration).toMatchObject({
      generation: good,
      rejected: null,
      failing: { reason: "the agent was ended while it adopted the bundle" },
    });
    await node.adopted(slow);
  });

  test.each(["haproxy", "varnish"] as const)(
    "%s: started again, it serves, and takes up the next bundle",
    async (program) => {
      const agent = node.agentProcess();

      await node.node.kill(program, "main");
      await node.node.restart(program);
      const kept = node.agentProcess();
      await node.adopted(node.publish({ more: { [`${program}.example.com`]: {} } }));

      expect(kept).toBe(agent);
      expect((await node.ask("/page", { host: `${program}.example.com` })).status).toBe(200);
    },
  );
});

function failedTimes(sha256: string, times: number): (report: NodeReport) => boolean {
  return ({ configuration: { failing } }) => failing?.sha256 === sha256 && failing.times === times;
}

function bundleOf(node: AgentNode): Bundle {
  return JSON.parse(node.node.root.read(AGENT_FILES.bundle)) as Bundle;
}
