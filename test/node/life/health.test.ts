import { NODE_HEALTH_PATH } from "../../../components/node/ports";
import { STORE_KEYS } from "../../../components/node/protocol/storeKeys";
import { SWITCHES_FILE } from "../../../components/node/protocol/switches";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { reply, ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";
import { exchange, request, type Answer } from "../proxied";
import { AgentNode, storeOf } from "./agentNode";
import { Cloud } from "../../../infra/lab/aws/cloud";

/** Where the agent keeps its state, on a disk of its own. */
const STATE = "/var/lib/footprint";
const MB = 1024 * 1024;
/** Seconds. */
const MAX_STALENESS = 3;

describeWith([DEBIAN], "the health of a node", () => {
  let cloud: Cloud;
  let origin: ScriptedOrigin;
  let node: AgentNode;

  beforeAll(async () => {
    cloud = await Cloud.start();
    origin = await ScriptedOrigin.start();
    origin.on("/stored", reply("stored", { "cache-control": "max-age=600" }));
    node = await AgentNode.start({
      cloud,
      origin,
      purgeMaxStaleness: MAX_STALENESS,
      node: { disks: { [STATE]: 8 * MB } },
    });
  });

  afterAll(async () => {
    await node.stop();
    await origin.stop();
    await cloud.stop();
  });

  const health = (): Promise<Answer> => exchange(node.node.ports.health, request("GET", NODE_HEALTH_PATH, {}));
  /** Waits for it; `first` comes before each look. */
  const healthIs = (status: number, first?: () => Promise<unknown>): Promise<Answer> =>
    until(`health ${String(status)}`, async () => {
      await first?.();
      const answer = await health();
      return answer.status === status && answer;
    });
  const popHealthIs = (status: number) =>
    until(`PoP health ${String(status)}`, async () => {
      const answer = await node.popHealth();
      return answer.status === status && answer;
    });
  /** Not for the other reason to fall, which a machine that is busy for some seconds has as well. */
  const popIsDrained = () =>
    until("a drained PoP", async () => {
      const answer = await node.popHealth();
      return answer.body.startsWith("drained") && answer;
    });
  /** Resolves when the agent has looked at the store some more times. */
  const looks = async (): Promise<void> => {
    const count = () => cloud.calls.filter(({ what }) => what.endsWith(`/${STORE_KEYS.drain}`)).length;
    const before = count();
    await until("looks at the drain switch", () => count() > before + 3);
  };

  test("falls when a disk is full, says so, and stands again when there is room", async () => {
    const fill = () =>
      node.node.exec("dd", "if=/dev/zero", `of=${STATE}/filler`, "bs=4k", "oflag=append", "conv=notrunc");
    // Again and again: when the agent's own attempt to write ends, it leaves room for the next one.
    const full = await healthIs(503, fill);
    const { stderr } = await fill();
    const meanwhile = await node.ask("/stored");
    const reported = await node.untilReport("that it is unhealthy", (report) => report.health.node !== "ok");
    await node.node.exec("rm", `${STATE}/filler`);
    const again = await healthIs(200);

    expect(stderr).toContain("No space left on device");
    expect(full.body).toBe(`${STATE} cannot be written: Error: ENOSPC: no space left on device, write\n`);
    expect(meanwhile.status).toBe(200);
    expect(reported.health.node).toBe(full.body.trim());
    expect(again.body).toBe("ok\n");
  });

  test("falls when Varnish is dead, says so, and stands again when it is started", async () => {
    await node.node.kill("varnish", "main");
    const dead = await healthIs(503);
    await node.node.restart("varnish");

    expect(dead.body).toBe("Varnish does not answer\n");
    expect((await healthIs(200)).body).toBe("ok\n");
  });

  test("stands while S3, parameters, Auto Scaling, metadata and the origin are away", async () => {
    origin.on("/away", (response) => {
      response.destroy();
    });
    for (const service of ["s3", "ssm", "autoscaling", "metadata"] as const) {
      cloud.outage(service, "fails");
    }
    await looks();
    const answers = [await health(), await node.ask("/away")];
    for (const service of ["s3", "ssm", "autoscaling", "metadata"] as const) {
      cloud.outage(service, undefined);
    }

    expect(answers.map(({ status }) => status)).toEqual([200, 502]);
  });

  describe("of its PoP", () => {
    const drain = (content: string) => {
      cloud.put(storeOf(node.region), STORE_KEYS.drain, content);
    };
    const undrain = () => {
      cloud.remove(storeOf(node.region), STORE_KEYS.drain);
    };

    afterEach(async () => {
      undrain();
      await popHealthIs(200);
    });

    test("falls while the drain switch is there, with its reason; the node's own stands", async () => {
      drain(JSON.stringify({ reason: "broken fibre", by: "alice", at: "2026-01-02T03:04:05Z" }));
      const { status, body, headers } = await popIsDrained();
      const own = await health();
      undrain();
      const again = await popHealthIs(200);

      expect(status).toBe(503);
      expect(body).toBe("drained since 2026-01-02T03:04:05Z: broken fibre\n");
      expect(headers["cache-control"]).toBe("no-store");
      expect([own.status, again.body]).toEqual([200, "ok\n"]);
    });

    test("falls with a switch of any content, and lets none of it be more than one line of text", async () => {
      drain("\u0000not JSON at all");
      const unreadable = await popIsDrained();
      drain(
        JSON.stringify({
          reason: `a\r\nSet-Cookie: b=c\r\n\r\n<script>%[env(PATH)]; disable frontend traffic\\${"x".repeat(60_000)}`,
          by: "mallory; show env",
          at: "2026-01-02T03:04:05Z",
        }),
      );
      const hostile = await until("the hostile reason", async () => {
        const answer = await node.popHealth();
        return answer.body.includes("Set-Cookie") && answer;
      });

      expect([unreadable.status, unreadable.body]).toEqual([503, "drained; the switch does not say why\n"]);
      expect(hostile.status).toBe(503);
      expect(hostile.headers["set-cookie"]).toBeUndefined();
      expect(hostile.headers["content-type"]).toBe("text/plain");
      expect(hostile.body).toMatch(
        /^drained since 2026-01-02T03:04:05Z: a Set-Cookie: b=c <script>%\[env\(PATH\)\]; disable frontend traffic\\x+\n$/,
      );
      expect(hostile.body).toHaveLength(201);
      expect((await node.ask("/stored")).status).toBe(200);
    });

    test("is what it was while the store is away, over a new start of the agent and of HAProxy too", async () => {
      drain(JSON.stringify({ reason: "broken fibre", by: "alice", at: "2026-01-02T03:04:05Z" }));
      const { body } = await popIsDrained();
      cloud.outage("s3", "fails");
      undrain();
      await looks();
      const away = await node.popHealth();
      await node.signalAgent("KILL");
      await node.agentEnded();
      const withoutAgent = await node.popHealth();
      await node.node.kill("haproxy", "main");
      await node.node.restart("haproxy");
      const newHaproxy = await node.popHealth();
      node.startAgent();
      await looks();
      const newAgent = await node.popHealth();
      cloud.outage("s3", undefined);

      expect([away, withoutAgent, newHaproxy, newAgent].map((answer) => [answer.status, answer.body])).toEqual(
        Array(4).fill([503, body]),
      );
    });

    test("is right again when HAProxy and the file know different things: the file wins", async () => {
      drain("x");
      await popIsDrained();
      // As if HAProxy had been started between the file and the word.
      node.node.root.remove(SWITCHES_FILE);
      await node.node.master("reload");

      expect((await popIsDrained()).body).toBe("drained; the switch does not say why\n");
    });

    test("falls when purges have not been read for longer than promised", async () => {
      cloud.outage("s3", "refuses");
      const { body } = await popHealthIs(503);
      const own = await health();
      cloud.outage("s3", undefined);
      const again = await popHealthIs(200);

      expect(body).toBe(`no purge could be read for ${String(MAX_STALENESS)} s\n`);
      expect([own.status, again.body]).toEqual([200, "ok\n"]);
    });
  });

  describe.each([
    ["hangs", "STOP"],
    ["is dead", "KILL"],
  ])("while the agent %s", (_, signal) => {
    beforeAll(async () => {
      await node.signalAgent(signal);
    });

    afterAll(async () => {
      if (signal === "STOP") {
        await node.signalAgent("CONT");
        // Purges were not read for as long as it was stopped.
        await looks();
        await popHealthIs(200);
      } else {
        node.startAgent();
        await popHealthIs(200);
      }
    });

    test("is answered by HAProxy alone; its PoP's falls when purges were not read for longer than promised", async () => {
      const fallen = await popHealthIs(503);
      const answers = [await health(), await node.ask("/stored")];

      expect(fallen.body).toBe(`no purge could be read for ${String(MAX_STALENESS)} s\n`);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    });

    test("falls with the former agent's last word though HAProxy is started anew meanwhile", async () => {
      await node.node.kill("haproxy", "main");
      await node.node.restart("haproxy");

      expect((await node.popHealth()).status).toBe(503);
    });

    test("still falls with Varnish, and stands again with it", async () => {
      await node.node.kill("varnish", "main");
      const { body } = await healthIs(503);
      await node.node.restart("varnish");

      expect(body).toBe("Varnish does not answer\n");
      expect((await healthIs(200)).body).toBe("ok\n");
    });
  });
});
