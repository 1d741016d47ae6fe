import { isDeepStrictEqual } from "node:util";
import { SWITCHES_FILE } from "../../../components/node/protocol/switches";
import { SOCKETS } from "../../../components/node/sockets";
import { Cloud } from "../../../infra/lab/aws/cloud";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { reply, ScriptedOrigin } from "../origin/scripted";
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

  /** Asks on and on, for what is stored and for what is not, while something is done; what was answered, each kind once. */
  async function answersWhile(work: () => Promise<void>): Promise<ReadonlySet<string>> {
    const answers: string[] = [];
    let asking = true;
    const load = ["/stored", "/each"].map(async (path) => {
      for (let i = 0; asking; i += 1) {
        const { status, body, isWhole } = await node.ask(path === "/each" ? `${path}/${String(i % 50)}` : path);
        answers.push(`${String(status)} ${body} ${String(isWhole)}`);
      }
    });
    await until("it is busy", () => answers.length > 50);
    await work();
    const before = answers.length;
    await until("it goes on", () => answers.length > before + 50);
    asking = false;
    await Promise.all(load);
    return new Set(answers);
  }

  test("takes it up under load and leaves it again, and no request fails", async () => {
    origin.on("/stored", reply("x", { "cache-control": "max-age=600" }));
    for (let i = 0; i < 50; i += 1) {
      origin.on(`/each/${String(i)}`, reply("x", { "cache-control": i % 2 === 0 ? "max-age=600" : "no-store" }));
    }

    const answers = await answersWhile(async () => {
      await node.adopted(node.publish({ cluster: true }));
      await until("HAProxy sees it", async () => (await peers()).some((peer) => peer.endsWith(" up")));
      await node.adopted(node.publish({ cluster: false }));
    });

    expect(answers).toEqual(new Set(["200 x true"]));
  });

  test("takes it up without a restart, reports where it is, and asks itself with the proof of its PoP", async () => {
    const processes = node.node.root.processes().filter(({ name }) => name === "varnishd");

    await node.adopted(node.publish({ cluster: true }));
    await until("HAProxy sees it, and nobody else", async () =>
      isDeepStrictEqual(await peers(), [`127.0.0.1:${String(node.node.ports.ownPeer)} up`]),
    );

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
