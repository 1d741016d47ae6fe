import { execFileSync } from "node:child_process";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";
import { AccessLogWriter } from "./accessLogWriter";
import { AgentNode, logsOf } from "./agentNode";
import { Cloud } from "../../../infra/lab/aws/cloud";
import { Load } from "./load";

const HOOK = "i-1 terminating";

interface Line {
  readonly path: string | null;
  readonly request_id: string;
}

// The witness is who asks: each of its requests is one line, whatever happens to node, agent and S3, or one that HAProxy says it
// has dropped.
describeWith([DEBIAN], "the access log of a node", () => {
  let cloud: Cloud;
  let origin: ScriptedOrigin;
  let node: AgentNode;
  let writer: AccessLogWriter;

  beforeEach(async () => {
    cloud = await Cloud.start();
    origin = await ScriptedOrigin.start();
    writer = new AccessLogWriter();
    node = await AgentNode.start({ cloud, origin, node: { onAccess: writer.take }, timing: { accessLog: 0.5 } });
    await writer.start(node.node);
  });

  afterEach(async () => {
    writer.stop();
    await node.stop();
    await origin.stop();
    await cloud.stop();
  });

  /** Lines of the load in the log bucket, uncompressed by a program that is not ours. */
  const shipped = (): readonly Line[] =>
    [...(cloud.buckets.get(logsOf("local")) ?? [])]
      .filter(([key]) => key.startsWith("access/"))
      .flatMap(([, content]) => execFileSync("gzip", ["-dc"], { input: content, encoding: "utf8" }).split("\n"))
      .filter((text) => text !== "")
      .map((text) => JSON.parse(text) as Line)
      .filter(({ path }) => path?.startsWith("/load/") === true);

  const leave = async (): Promise<void> => {
    cloud.waiting.add(HOOK);
    node.machine.facts.targetLifecycleState = "Terminated";
    await until("the hook is completed", () => cloud.completed.includes(HOOK));
  };

  test("has each request once when it has left, though its agent was killed and S3 away meanwhile", async () => {
    const load = await Load.start(node, origin);
    await node.untilReport("something was sent", ({ logs }) => logs?.shippedAt !== null && shipped().length > 0);
    await node.signalAgent("KILL");
    await node.agentEnded();
    node.startAgent();
    await load.goesOn();
    cloud.outage("s3", "refuses");
    await until("it has failed", () => node.said.some((line) => line.includes('"access log failed"')));
    await load.goesOn();
    const { asked, wrong } = await load.stop();
    const dropped = await node.droppedLines();
    cloud.outage("s3", undefined);
    await leave();

    expect(wrong).toEqual([]);
    const lines = shipped();
    // The load asks for what is stored once before it counts.
    expect(lines).toHaveLength(asked + 1 - dropped);
    expect(new Set(lines.map((line) => line.request_id)).size).toBe(lines.length);
    expect(node.report()?.logs).toMatchObject({ lost: 0 });
    const words = [...(cloud.buckets.get(logsOf("local")) ?? [])].filter(([key]) => key.startsWith("last-words/"));
    expect(words.map(([key]) => key)).toEqual([
      expect.stringMatching(/^last-words\/day=\d{4}-\d\d-\d\d\/AROAEXAMPLE:i-1\/\d{8}T\d{6}Z\.log\.gz$/),
    ]);
  });

  test("keeps no node from leaving while S3 is away, and no client from its answer", async () => {
    const load = await Load.start(node, origin);
    cloud.outage("s3", "refuses");
    await load.goesOn();
    const { wrong } = await load.stop();
    await leave();

    expect(wrong).toEqual([]);
    expect(node.said.some((line) => line.includes('"logs or metrics are left behind"'))).toBe(true);
  });
});
