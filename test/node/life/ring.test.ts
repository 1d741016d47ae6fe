import { SWITCHES_FILE } from "../../../components/node/protocol/switches";
import { SOCKETS } from "../../../components/node/sockets";
import { Cloud } from "../../../infra/lab/aws/cloud";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";
import { AgentNode } from "./agentNode";

describeWith([DEBIAN], "a node that becomes one of a PoP that is one cache", () => {
  let cloud: Cloud;
  let origin: ScriptedOrigin;
  let node: AgentNode;

  beforeAll(async () => {
    cloud = await Cloud.start();
    origin = await ScriptedOrigin.start();
    node = await AgentNode.start({ cloud, origin });
  });

  afterAll(async () => {
    await node.stop();
    await origin.stop();
    await cloud.stop();
  });

  /** HAProxy's own word on who there is, and whether it has answered with the proof of the PoP. */
  const peers = async (): Promise<readonly string[]> =>
    (await node.node.say(SOCKETS.admin, "show servers state ring"))
      .split("\n")
      .map((line) => line.split(" "))
      .filter((words) => words[3]?.startsWith("node") === true && words[4] !== "0.0.0.0")
      .map((words) => `${words[4] ?? ""}:${words[18] ?? ""} ${words[5] === "2" ? "up" : "down"}`);

  test("takes it up without a restart, reports where it is, and asks itself with the proof of its PoP", async () => {
    const processes = node.node.root.processes().filter(({ name }) => name === "varnishd");

    await node.adopted(node.publish({ cluster: true }));
    await until("HAProxy sees it", async () => (await peers()).some((peer) => peer.endsWith(" up")));

    expect(await peers()).toEqual([`127.0.0.1:${String(node.node.ports.ownPeer)} up`]);
    expect((await node.untilReport("it says where it is", ({ address }) => address !== undefined)).address).toBe(
      "127.0.0.1",
    );
    expect(node.node.root.processes().filter(({ name }) => name === "varnishd")).toEqual(processes);
    expect((await node.ask("/with")).status).toBe(404);
  });

  test("and is a cache of its own again when its bundle says so", async () => {
    await node.adopted(node.publish({ cluster: false }));

    await node.untilReport("it says no address", ({ address }) => address === undefined);
    await until("nobody is to ask it", () => !node.node.root.read(SWITCHES_FILE).includes("ring "));
    expect((await node.ask("/without")).status).toBe(404);
  });
});
