import { readdirSync } from "node:fs";
import type { Bundle } from "../../../components/node/protocol/bundleFormat";
import { AGENT_FILES } from "../../../components/node/agentFiles";
import type { NodeReport } from "../../../components/node/protocol/nodeReport";
import { STORE_KEYS } from "../../../components/node/protocol/storeKeys";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { reply, ScriptedOrigin } from "../origin/scripted";
import { until } from "../origin/until";
import { AgentNode, RELOAD_FAILS, sha256Of, storeOf } from "./agentNode";
import { Cloud } from "../../../infra/lab/aws/cloud";
import { fetchesOfStored, Load } from "./load";

const NEW = "new.example.com";
/** Found before Debian's own: what Varnish compiles with. */
const COMPILER = `/usr/local/bin/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu-gcc`;
/** As Debian's packages and this agent name themselves. */
const SOFTWARE = /^haproxy 3\.\S+ varnish 7\.\S+ agent [0-9a-f]{12}$/;
const HAPROXY_FILE = "/etc/haproxy/haproxy.cfg";
const RESPONSE_FILE = "/etc/varnish/response.vcl";

function withFile(path: string, change: (text: string) => string): (bundle: Bundle) => Bundle {
  return (bundle) => ({ ...bundle, files: { ...bundle.files, [path]: change(bundle.files[path] ?? "") } });
}

describeWith([DEBIAN], "a new configuration", () => {
  let cloud: Cloud;
  let origin: ScriptedOrigin;
  let node: AgentNode;
  let load: Load;

  beforeAll(async () => {
    cloud = await Cloud.start();
    origin = await ScriptedOrigin.start();
    origin.on("/page", reply("page", { "cache-control": "max-age=600" }));
    node = await AgentNode.start({ cloud, origin, timing: { selfTestPatience: 3 } });
  });

  afterAll(async () => {
    await node.stop();
    await origin.stop();
    await cloud.stop();
  });

  beforeEach(async () => {
    load = await Load.start(node, origin);
  });

  // Of a test that has failed, too: it would take from the next ones what they need.
  afterEach(async () => {
    await load.stop();
  });

  const cacheProcesses = () =>
    node.node.root
      .processes()
      .filter(({ name }) => name === "cache-main" || name === "varnishd")
      .map(({ pid }) => pid);
  const mainProcess = () =>
    node.node.root.processes().find(({ parent, name }) => parent === 0 && name === "haproxy")?.pid;
  const bundleOnDisk = () => sha256Of(node.node.root.read("/var/lib/footprint/bundle.json"));

  test("is taken up under load: no client has an error, the cache stays, nothing is started anew", async () => {
    const programs = [...cacheProcesses(), mainProcess()];
    const fetches = fetchesOfStored(origin);

    const first = node.publish({ more: { [NEW]: {} } });
    await node.adopted(first);
    expect((await node.ask("/page", { host: NEW })).status).toBe(200);
    await load.goesOn();
    const second = node.publish({ more: { [NEW]: { methods: ["GET", "HEAD", "POST"] } } });
    await node.adopted(second);
    await load.goesOn();
    const { wrong, asked, opened } = await load.stop();

    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(200);
    // Connections were ended in order and came again; else the load did not meet the reloads.
    expect(opened).toBeGreaterThan(1);
    expect(fetchesOfStored(origin)).toBe(fetches);
    expect([...cacheProcesses(), mainProcess()]).toEqual(programs);
    expect((await node.ask("/page", { host: NEW, method: "POST" })).status).toBe(200);
    expect(bundleOnDisk()).toBe(second);
  });

  test("that takes a site away is taken up, and the site is not served any more", async () => {
    await node.adopted(node.publish({ more: { [NEW]: {} } }));
    await node.adopted(node.publish({}));
    await load.stop();

    expect((await node.ask("/page", { host: NEW })).status).toBe(421);
  });

  /** A parser says of each that it is wrong; `reason` is what the node's report says of it. */
  const WRONG: readonly (readonly [string, (bundle: Bundle) => Bundle, RegExp])[] = [
    [
      "with VCL that does not compile",
      withFile(RESPONSE_FILE, (text) => `${text}sub more { nonsense; }\n`),
      /varnishd -C .* ended with 2: .*nonsense/,
    ],
    [
      "with a file that HAProxy refuses",
      withFile(HAPROXY_FILE, (text) => text.replace("\n    mode http\n", "\n    mode nonsense\n")),
      /haproxy .* -c .* ended with 1: .*nonsense/,
    ],
  ];

  test.each(WRONG)("%s is refused without an error for a client", async (_, edit, reason) => {
    const good = node.publish({});
    await node.adopted(good);
    const files = filesOf(node);

    const broken = node.publish({ more: { [NEW]: {} }, edit });
    const report = await node.untilReport("the bundle is rejected", (each) => isRejected(each, broken));
    await load.goesOn();
    const { wrong } = await load.stop();

    expect(report.configuration).toMatchObject({
      generation: good,
      rejected: {
        reason: expect.stringMatching(reason) as string,
        software: expect.stringMatching(SOFTWARE) as string,
      },
      failing: null,
    });
    expect(wrong).toEqual([]);
    expect(filesOf(node)).toEqual(files);
    expect(bundleOnDisk()).toBe(good);
    expect((await node.ask("/page", { host: NEW })).status).toBe(421);
    const next = node.publish({ more: { [NEW]: {} } });
    await node.adopted(next);
    expect(node.report()?.configuration.rejected).toBeNull();
    expect((await node.ask("/page", { host: NEW })).status).toBe(200);
  });

  test("that was refused is looked at again when an operator on the node has it forgiven", async () => {
    await node.adopted(node.publish({}));
    const broken = node.publish({ edit: WRONG[1]![1] });
    const first = await node.untilReport("it is rejected", (report) => isRejected(report, broken));
    const { status } = await node.node.exec("node", AGENT_FILES.program, "forgive");
    await node.untilReport(
      "it is rejected again",
      (report) => isRejected(report, broken) && report.configuration.rejected?.at !== first.configuration.rejected?.at,
    );
    await load.stop();
    // What follows begins without a verdict.
    await node.adopted(node.publish({ more: { [NEW]: {} } }));

    expect(status).toBe(0);
  });

  test("whose programs cannot load it is turned back, counted, and adopted when they can", async () => {
    const good = node.publish({});
    await node.adopted(good);
    node.node.root.write(RELOAD_FAILS, "");
    const next = node.publish({ more: { [NEW]: {} } });
    const { configuration } = await node.untilReport("it has failed twice", (report) => isFailing(report, next, 2));
    const meanwhile = [bundleOnDisk(), (await node.ask("/page", { host: NEW })).status];
    node.node.root.remove(RELOAD_FAILS);
    await node.adopted(next);
    const { wrong } = await load.stop();

    expect(configuration).toMatchObject({
      generation: good,
      rejected: null,
      failing: { reason: "systemctl --quiet reload varnish.service ended with 3: no room", harmful: false },
    });
    expect(meanwhile).toEqual([good, 421]);
    expect(node.report()?.configuration.failing).toBeNull();
    expect(wrong).toEqual([]);
  });

  test("whose compiler is killed is no verdict: it is adopted when the compiler lives", async () => {
    const good = node.publish({});
    await node.adopted(good);
    node.node.root.write(COMPILER, "#!/bin/sh\nkill -KILL $$\n", 0o755);
    const next = node.publish({ more: { [NEW]: {} } });
    const { configuration } = await node.untilReport("it has failed twice", (report) => isFailing(report, next, 2));
    node.node.root.remove(COMPILER);
    await node.adopted(next);
    const { wrong } = await load.stop();

    expect(configuration).toMatchObject({
      generation: good,
      rejected: null,
      failing: { reason: expect.stringMatching(/C-compiler failed/) as string, harmful: false },
    });
    expect(wrong).toEqual([]);
  });

  test("with whose HAProxy the PoP has no health is turned back at once, and said to do harm", async () => {
    const good = node.publish({});
    await node.adopted(good);
    const files = filesOf(node);
    const edit = withFile(HAPROXY_FILE, (text) => text.replaceAll("/.well-known/pop-health", "/.well-known/elsewhere"));

    const broken = node.publish({ more: { [NEW]: {} }, edit });
    const { configuration } = await node.untilReport("it is turned back", (report) => isFailing(report, broken, 1));
    await load.goesOn();
    const { wrong } = await load.stop();

    expect(configuration).toMatchObject({
      generation: good,
      rejected: null,
      failing: { reason: "the PoP's health is answered with 421", harmful: true },
    });
    expect(wrong).toEqual([]);
    expect([filesOf(node), bundleOnDisk()]).toEqual([files, good]);
  });

  test("that passes all checks, but whose cache answers nonsense is turned back at once", async () => {
    const good = node.publish({});
    await node.adopted(good);
    const nonsense = withFile("/etc/varnish/request.vcl", (text) =>
      text.replace("    set req.backend_hint = origins.backend();", '    return (synth(500, "Nonsense"));'),
    );

    const broken = node.publish({ more: { [NEW]: {} }, edit: nonsense });
    const { configuration } = await node.untilReport("it is turned back", (report) => isFailing(report, broken, 1));
    await load.goesOn();
    const { wrong } = await load.stop();

    expect(configuration.failing?.reason).toMatch(
      /^[a-z]+\.example\.com is answered with 500 where its cache would say 504$/,
    );
    // Until then clients got what it says: no check finds that before it is in use. The other nodes halt.
    expect(new Set(wrong)).toEqual(new Set(["500 Nonsense\n"]));
    expect((await node.ask("/page")).status).toBe(200);
  });

  test("of another hash than the pointer's is not looked at, until the right one is there", async () => {
    const good = node.publish({});
    await node.adopted(good);

    const text = node.render({ more: { [NEW]: {} } });
    const claimed = node.publishText(`${text} `, sha256Of(text));
    const { configuration } = await node.untilReport("it has failed", (report) => isFailing(report, claimed, 1));
    const { wrong } = await load.stop();
    cloud.put(storeOf("local"), `${STORE_KEYS.bundles}${claimed}`, text);
    await node.adopted(claimed);

    expect(configuration.failing?.reason).toMatch(
      /^bundles\/[0-9a-f]{64} has the SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}$/,
    );
    expect([configuration.generation, wrong]).toEqual([good, []]);
  });

  test("that is no JSON, or has no settings, is not looked at", async () => {
    const good = node.publish({});
    await node.adopted(good);

    const nonsense = node.publishText("nonsense");
    const first = await node.untilReport("it is rejected", (report) => isRejected(report, nonsense));
    const empty = node.publishText("{}");
    const second = await node.untilReport("it is rejected", (report) => isRejected(report, empty));
    const { wrong } = await load.stop();

    expect(first.configuration.rejected?.reason).toMatch(/^the bundle is no JSON: /);
    expect(second.configuration.rejected?.reason).toMatch(/^the bundle cannot be read: files /);
    expect([second.configuration.generation, wrong]).toEqual([good, []]);
  });

  test("that the pointer takes back before it is adopted is forgotten, and tried again when it returns", async () => {
    const good = node.publish({});
    await node.adopted(good);
    const nonsense = node.publishText("nonsense");
    await node.untilReport("it is rejected", (report) => isRejected(report, nonsense));

    node.publish({});
    await node.untilReport("it is forgotten", ({ configuration: { rejected } }) => rejected === null);
    await load.stop();

    expect(node.report()?.configuration.generation).toBe(good);
  });

  /** A bundle that goes with such an agent, which is in the store. */
  function withAgent(program: string): (bundle: Bundle) => Bundle {
    const sha256 = sha256Of(program);
    cloud.put(storeOf("local"), `${STORE_KEYS.agents}${sha256}`, program);
    return (bundle) => ({ ...bundle, agent: { key: `${STORE_KEYS.agents}${sha256}`, sha256 } });
  }

  test("brings another agent, which takes the place of this one; clients notice nothing", async () => {
    const program = `${node.node.root.read(AGENT_FILES.program)}// another\n`;
    const former = node.agentProcess();

    const sha256 = node.publish({ edit: withAgent(program) });
    await until("the other agent", () => ![undefined, former].includes(node.agentProcess()));
    await node.adopted(sha256);
    await load.goesOn();
    const { wrong } = await load.stop();

    expect(node.node.root.read(AGENT_FILES.program)).toBe(program);
    expect(wrong).toEqual([]);
  });

  test("with an agent that cannot run here is turned back", async () => {
    const before = node.node.root.read(AGENT_FILES.program);

    const broken = node.publish({ edit: withAgent("throw new Error('of another kind of machine');\n") });
    const { configuration } = await node.untilReport("it has failed", (report) => isFailing(report, broken, 1));
    await load.stop();

    expect(configuration.failing?.reason).toMatch(
      /^\/usr\/bin\/node .* check .* ended with 1: .*of another kind of machine/,
    );
    expect(node.node.root.read(AGENT_FILES.program)).toBe(before);
  });

  test("leaves nothing behind beside what it consists of", async () => {
    await node.adopted(node.publish({}));
    await load.stop();

    const folders = [
      "/etc/haproxy",
      "/etc/varnish",
      "/etc/systemd/system",
      "/run/footprint",
      "/usr/local/lib/footprint",
    ];
    const names = folders.flatMap((folder) => readdirSync(node.node.root.outside(folder)));
    expect(names.filter((name) => name.endsWith(".new") || name === "staged")).toEqual([]);
  });
});

describeWith([DEBIAN], "the nodes of a PoP", () => {
  test("do not adopt what one of them has refused", async () => {
    const cloud = await Cloud.start();
    const origin = await ScriptedOrigin.start();
    const [first, second] = await Promise.all(
      ["i-1", "i-2"].map((instance) => AgentNode.start({ cloud, origin, instance, timing: { selfTestPatience: 3 } })),
    );
    try {
      const generation = second!.report()?.configuration.generation;
      // Both nodes have bundles of their own here, because of their ports: one text stands for what both are told.
      const text = first!.render({ edit: withFile(HAPROXY_FILE, (content) => `${content}nonsense\n`) });
      const refused = first!.publishText(text);
      await first!.untilReport("it is rejected", (report) => isRejected(report, refused));

      second!.publishText(text);
      const { configuration } = await second!.untilReport(
        "it halts",
        (report) => report.configuration.halted !== undefined,
      );

      expect(configuration).toEqual({
        generation,
        rejected: null,
        failing: null,
        serial: 2,
        halted: expect.stringMatching(/^i-1 has rejected it: .*haproxy .*nonsense/) as string,
      });
      const next = second!.publish({ more: { [NEW]: {} } });
      await second!.adopted(next);
      await until("it halts no more", () => second!.report()?.configuration.halted === undefined);
      expect(cloud.object(storeOf("local"), `${STORE_KEYS.bundles}${refused}`)).toBe(text);
    } finally {
      await first?.stop();
      await second?.stop();
      await origin.stop();
      await cloud.stop();
    }
  });
});

function isRejected(report: { configuration: { rejected: { sha256: string } | null } }, sha256: string): boolean {
  return report.configuration.rejected?.sha256 === sha256;
}

function isFailing({ configuration: { failing } }: NodeReport, sha256: string, times: number): boolean {
  return failing?.sha256 === sha256 && failing.times >= times;
}

/** All that a bundle may touch. */
function filesOf(node: AgentNode): Readonly<Record<string, string>> {
  const { files } = JSON.parse(node.render({})) as Bundle;
  return Object.fromEntries(Object.keys(files).map((path) => [path, node.node.root.read(path)]));
}
