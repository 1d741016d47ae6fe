import { readFileSync, statSync } from "node:fs";
import * as http from "node:http";
import { text } from "node:stream/consumers";
import { AGENT_FILES } from "../../../components/node/agentFiles";
import { ORIGIN_AUTH_FILE } from "../../../components/node/internalHeaders";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { reply, ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";
import { AgentNode, SECRETS, storeOf } from "./agentNode";
import { Cloud } from "../../../infra/lab/aws/cloud";

describeWith([DEBIAN], "the secrets of a node", () => {
  let cloud: Cloud;
  let origin: ScriptedOrigin;
  let node: AgentNode;
  const accessLog: string[] = [];

  beforeAll(async () => {
    cloud = await Cloud.start();
    origin = await ScriptedOrigin.start();
    origin.on("/proof", reply("seen", { "cache-control": "no-store" }));
    const onLine = (line: string) => accessLog.push(line);
    node = await AgentNode.start({ cloud, origin, node: { onAccess: onLine, onMessage: onLine } });
  });

  afterAll(async () => {
    await node.stop();
    await origin.stop();
    await cloud.stop();
  });

  /** The proof that the origin sees now. */
  async function proof(): Promise<unknown> {
    const before = origin.requests("/proof").length;
    await node.ask("/proof");
    return origin.requests("/proof")[before]?.headers["x-footprint-origin-auth"];
  }

  const proofIs = (value: string) => until(`the proof ${value}`, async () => (await proof()) === value);
  const workers = () => {
    const all = node.node.root.processes().filter(({ name }) => name === "haproxy");
    return all.map(({ pid }) => pid);
  };

  async function metrics(): Promise<string> {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http
        .get({ host: "127.0.0.1", port: node.node.ports.agentMetrics, path: "/metrics" }, resolve)
        .on("error", reject);
    });
    return text(response);
  }

  test("prove to the origin that a request comes from this edge", async () => {
    expect(await proof()).toBe(SECRETS["origin-auth-current"]);
  });

  test("rotate without a reload: the origin sees the new value from then on", async () => {
    const before = workers();

    node.rotate("origin-auth-current", "origin-proof-rotated");
    await proofIs("origin-proof-rotated");

    expect(workers()).toEqual(before);
    const { secrets } = await node.untilReport(
      "the version",
      (report) => report.secrets?.["origin-auth"].current === 2,
    );
    expect(secrets).toEqual({ "origin-auth": { current: 2, next: 1 }, purge: { current: 1, next: 1 } });
  });

  test("outlive a new HAProxy, which reads them from the file", async () => {
    node.rotate("origin-auth-current", "origin-proof-before-the-crash");
    await proofIs("origin-proof-before-the-crash");

    await node.node.kill("haproxy", "main");
    await node.node.restart("haproxy");

    expect(await proof()).toBe("origin-proof-before-the-crash");
  });

  test("stay as they are while parameters cannot be read, and follow when they can", async () => {
    node.rotate("origin-auth-current", "origin-proof-kept");
    await proofIs("origin-proof-kept");
    for (const outage of ["refuses", "fails"] as const) {
      cloud.outage("ssm", outage);
      const failed = node.said.length;
      node.rotate("origin-auth-current", `origin-proof-after-it-${outage}`);
      await until("a failure", () => node.said.slice(failed).some((line) => line.includes('"secrets failed"')));
      expect(await proof()).toMatch(/^origin-proof-(kept|after-it-refuses)$/);

      cloud.outage("ssm", undefined);
      await proofIs(`origin-proof-after-it-${outage}`);
    }
  });

  test("are asked for once a version", async () => {
    const asked = () => cloud.calls.filter(({ what }) => what === "AmazonSSM.GetParameters").length;
    const before = asked();

    node.rotate("purge-next", "purge-key-rotated");
    await node.untilReport("the version", (report) => report.secrets?.purge.next === 2);

    expect(asked()).toBe(before + 1);
  });

  test("are in files that root alone reads, but for the one that HAProxy reads", async () => {
    const { stdout } = await node.node.exec("getent", "group", "haproxy");
    const group = Number(stdout.split(":")[2]);

    const map = statSync(node.node.root.outside(ORIGIN_AUTH_FILE));
    const values = statSync(node.node.root.outside(AGENT_FILES.secrets));
    const folder = statSync(node.node.root.outside("/run/footprint/secrets"));

    expect([map.mode & 0o777, map.gid, values.mode & 0o777, values.uid]).toEqual([0o640, group, 0o600, 0]);
    expect([folder.mode & 0o777, folder.gid]).toEqual([0o750, group]);
  });

  test("are in nothing that the agent says: logs, reports, metrics (P36)", async () => {
    const values = [...cloud.parameters.values()].flat();
    const said = [
      ...node.said,
      ...accessLog,
      await metrics(),
      ...[...(cloud.buckets.get(storeOf("local"))?.values() ?? [])].map(String),
    ].join("\n");

    expect(values.length).toBeGreaterThan(7);
    expect(said).toContain("footprint_secret_version");
    expect(values.filter((value) => said.includes(value))).toEqual([]);
    // The command line of a process is for everyone to read.
    const commands = node.node.root.processes().map(({ pid }) => {
      try {
        return readFileSync(node.node.root.outside(`/proc/${pid}/cmdline`), "utf8");
      } catch {
        // It has ended meanwhile.
        return "";
      }
    });
    expect(commands).toContainEqual(expect.stringContaining("agent.js"));
    expect(values.filter((value) => commands.some((command) => command.includes(value)))).toEqual([]);
  });
});

describeWith([DEBIAN], "a node that has a bundle and no secrets, as after a restart of its machine", () => {
  test("reads them before it looks for another bundle: HAProxy serves already, and has no proof", async () => {
    const cloud = await Cloud.start();
    const origin = await ScriptedOrigin.start();
    try {
      // With the second look at the pointer they would come an hour later.
      const node = await AgentNode.start({ cloud, origin, timing: { pointerPoll: 3600 } });
      const { secrets } = node.report() ?? {};
      await node.stop();

      expect(secrets).toMatchObject({ "origin-auth": { current: 1, next: 1 } });
    } finally {
      await origin.stop();
      await cloud.stop();
    }
  });
});

describeWith([DEBIAN], "a node whose secrets cannot be read", () => {
  test("does not come into service before it has them", async () => {
    const cloud = await Cloud.start();
    const origin = await ScriptedOrigin.start();
    const said: string[] = [];
    try {
      cloud.outage("ssm", "fails");
      cloud.waiting.add("i-1 launching");
      const starting = AgentNode.start({ cloud, origin, onSaid: (line) => said.push(line) });
      await until("the agent waits", () => said.some((line) => line.includes("the secrets have not been read")));
      await until("calls for parameters", () => cloud.calls.filter(({ service }) => service === "ssm").length > 5);
      const completed = [...cloud.completed];

      cloud.outage("ssm", undefined);
      const node = await starting;
      const after = [...cloud.completed];
      await node.stop();

      expect([completed, after]).toEqual([[], ["i-1 launching"]]);
    } finally {
      await origin.stop();
      await cloud.stop();
    }
  });
});
