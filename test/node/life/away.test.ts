import { SOCKETS } from "../../../components/node/sockets";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { askSocket } from "../origin/client";
import { HOST } from "../origin/rig";
import { reply, ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";
import { AgentNode, SECRETS, storeOf } from "./agentNode";
import { write } from "./writtenLog";
import { Cloud, type Outage, type ServiceName } from "../../../infra/lab/aws/cloud";

const SERVICES: readonly ServiceName[] = ["s3", "ssm", "autoscaling", "metadata"];
const NEW = "new.example.com";

describeWith([DEBIAN], "a node from which all that it depends on is taken away (P35)", () => {
  let cloud: Cloud;
  let origin: ScriptedOrigin;
  let node: AgentNode;

  beforeAll(async () => {
    cloud = await Cloud.start();
    origin = await ScriptedOrigin.start();
    node = await AgentNode.start({
      cloud,
      origin,
      purgeMaxStaleness: 2,
      site: { stale: { whileRevalidate: 0, ifError: 3600 } },
    });
  });

  afterAll(async () => {
    await node.stop();
    await origin.stop();
    await cloud.stop();
  });

  const page = (body: string) => {
    origin.on(
      "/page",
      reply(body, { "cache-control": "max-age=600", "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" }),
    );
  };
  const all = (outage: Outage | undefined) => {
    for (const service of SERVICES) {
      cloud.outage(service, outage);
    }
  };
  const health = () => node.node.health();
  /** Has the page go stale at once. */
  const age = () =>
    askSocket(node.node.root.outside(SOCKETS.purge), "SOFTPURGE", "/page", { host: HOST, "x-footprint-purge": "url" });

  test.each<[Outage]>([["refuses"], ["fails"], ["hangs"]])(
    "stays healthy while every call %s and the origin is down, serves what is stale, and catches up afterwards",
    async (outage) => {
      page(`before it ${outage}`);
      const position = node.report()?.purge.position ?? 0;
      await until("the page", async () => (await node.ask("/page")).status === 200);
      const { body } = await node.ask("/page");

      all(outage);
      const { port } = origin;
      await origin.stop();
      await age();
      // It knows that it may miss purges by now: so long has it been without.
      await until("the PoP's health turns", async () => (await node.popHealth()).status === 503);
      const seen = [];
      for (let i = 0; i < 50; i++) {
        seen.push([await health(), (await node.ask("/page")).status]);
      }
      const stale = await node.ask("/page");
      const agent = node.agentProcess();
      origin = await ScriptedOrigin.start({ port });
      page(`after it ${outage}`);
      const log = { cloud, region: "local", bucket: storeOf("local"), keys: [SECRETS["purge-current"]] as const };
      const at = "2026-01-01T00:00:00Z";
      write(log, [{ at, soft: false, targets: [{ kind: "url", host: HOST, path: "/page" }] }]);
      const generation = node.publish({ more: { [`${outage}.${NEW}`]: {} } });
      all(undefined);

      await node.adopted(generation);
      const report = await node.untilReport("the purge", ({ purge }) => purge.position === position + 1);
      await until("the PoP's health returns", async () => (await node.popHealth()).status === 200);
      expect(seen).toEqual(Array(50).fill([200, 200]));
      expect([stale.body, stale.headers["cache-status"]]).toEqual([body, expect.stringMatching(/; hit; ttl=-\d/)]);
      expect(agent).toBeDefined();
      expect(report.health.node).toBe("ok");
      await until("the new page", async () => (await node.ask("/page")).body === `after it ${outage}`);
    },
  );

  test("whose agent is killed meanwhile and started anew serves on, with the secrets that it knew", async () => {
    origin.on("/proof", reply("seen", { "cache-control": "no-store" }));
    all("refuses");

    await node.signalAgent("KILL");
    await node.agentEnded();
    node.startAgent();
    await until("that it has failed", () => node.said.slice(-5).some((line) => line.includes("failed")));
    const [status, answer] = [await health(), await node.ask("/proof")];
    all(undefined);

    expect([status, answer.status]).toEqual([200, 200]);
    expect(origin.requests("/proof")[0]?.headers["x-footprint-origin-auth"]).toBe(SECRETS["origin-auth-current"]);
    await node.untilReport("it serves", ({ state, secrets }) => state === "serving" && secrets !== null);
  });
});
