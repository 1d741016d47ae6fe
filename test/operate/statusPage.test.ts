import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { EventSource } from "eventsource";
import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { liveStatus } from "../../infra/operate/liveStatus";
import type { NodeStatus } from "../../infra/operate/popStatus";
import type { Status } from "../../infra/operate/status";
import type { LiveState } from "../../infra/page/live/state";
import { answer } from "../../infra/plan/latency/answers";
import { shownCities, SHOWN_CITIES } from "../../infra/plan/latency/shownCities";
import { SHIPPED_LATENCY } from "../../infra/plan/latency/table";
import { repository } from "../support/tree";
import { BUNDLE, Edge, REGIONS } from "./edge";

const NODE: NodeStatus = {
  ...{ instance: "i-1", lifecycle: "InService", zone: "us-east-1a", reports: true, state: "serving" },
  health: { node: "ok", pop: "ok" },
  configuration: { generation: BUNDLE, isWanted: true, rejected: null, failing: null },
  purge: { position: 0, lag: 7, refused: 0 },
  ...{ logs: null, metrics: null, secretsUpToDate: true },
};

const SILENT: NodeStatus = {
  ...NODE,
  ...{ reports: false, state: null, health: null, configuration: null, purge: null, secretsUpToDate: null },
};

const SWITCH = { reason: "packet loss", by: "eve@desk", at: "2026-01-02T03:04:05Z" };

type Pop = Status["pops"][number];

function shown(pop: Partial<Pop>) {
  const status: Status = {
    ...{ stack: "edge", notDeployed: [], alarms: [] },
    pops: [
      {
        ...{ region: "us-east-1", state: "active", drained: null, nodes: [NODE], unreadable: [], attention: [] },
        group: { name: "edge", min: 1, desired: 2, inService: 1, refresh: null },
        configuration: { wanted: BUNDLE, since: null },
        ...pop,
      },
    ],
  };
  const { pops } = liveStatus(status, new Date(0), () => [], []);
  return pops[0]!;
}

describe("a PoP on the page", () => {
  test.each([
    ["active", {}],
    ["active", { state: "unlisted", nodes: [SILENT, NODE] }],
    ["drained", { state: "drained" }],
    ["drained", { drained: SWITCH }],
    ["drained", { drained: SWITCH, nodes: [] }],
    ["warming", { nodes: [{ ...NODE, lifecycle: "Pending:Wait" }, SILENT] }],
    ["warming", { nodes: [{ ...NODE, state: "starting" }] }],
    ["unhealthy", { nodes: [] }],
    ["unhealthy", { nodes: [SILENT] }],
    ["unhealthy", { nodes: [{ ...NODE, lifecycle: "Terminating" }] }],
    ["unhealthy", { nodes: [{ ...NODE, health: { node: "ok", pop: "purge log unread for 9 s" } }] }],
    ["unhealthy", { nodes: [{ ...NODE, health: { node: "Varnish does not answer", pop: "ok" } }] }],
    ["unknown", { nodes: [], unreadable: [{ part: "node reports", reason: "AccessDenied" }] }],
    ["unknown", { unreadable: [{ part: "drain switch", reason: "AccessDenied" }] }],
    // What Auto Scaling alone knows is not needed.
    ["active", { group: null, unreadable: [{ part: "Auto Scaling group", reason: "AccessDenied" }] }],
  ] as const)("is %s: %j", (state, pop) => {
    expect(shown(pop).state).toBe(state);
  });

  test("is where its region is, with what is known of its nodes, and without figures that nobody reports", () => {
    const later = { ...NODE, instance: "i-0", zone: "us-east-1b" };
    expect(shown({ nodes: [later, NODE], attention: ["look here"] })).toMatchObject({
      ...{ place: "US East (N. Virginia)", desired: 2, wanted: BUNDLE, attention: ["look here"] },
      ...{ hitRatio: null, requests: null },
      nodes: [
        { id: "i-1", zone: "us-east-1a", state: "serving", generation: BUNDLE, purgeLag: 7 },
        { id: "i-0", zone: "us-east-1b" },
      ],
    });
  });

  test.each([
    ["silent", SILENT],
    ["starting", { ...NODE, lifecycle: "Pending" }],
    ["leaving", { ...NODE, lifecycle: "Terminating:Wait" }],
    ["leaving", { ...NODE, lifecycle: "Standby" }],
    ["leaving", { ...NODE, state: "draining" }],
    ["serving", { ...NODE, lifecycle: null }],
    ["sick", { ...NODE, health: { node: "HAProxy does not answer", pop: "ok" } }],
  ] as const)("has a node that is %s", (state, node) => {
    expect(shown({ nodes: [node] }).nodes[0]?.state).toBe(state);
  });
});

test("what belongs to no PoP is told beside them", () => {
  const status: Status = { stack: "edge", pops: [], notDeployed: ["eu-west-1"], alarms: ["nobody hears"] };
  expect(liveStatus(status, new Date(0), () => [], ["a note"])).toMatchObject({
    footprint: "edge",
    at: "1970-01-01T00:00:00.000Z",
    attention: ["nobody hears", expect.stringMatching(/^In the stack file, and not deployed .+: eu-west-1\./)],
    ...{ actions: [], links: [], origin: null, notes: ["a note"] },
  });
});

test("each city is answered as the plan's table says, by those that take users alone", () => {
  const cities = shownCities(["eu-central-1", "us-east-1"]);
  expect(cities.map(({ name }) => name).sort()).toEqual([...SHOWN_CITIES]);
  for (const { name, answeredBy, ms } of cities) {
    const place = SHIPPED_LATENCY.places.find((each) => each.name === name)!;
    expect({ pop: answeredBy, ms }).toEqual(answer(place, ["eu-central-1", "us-east-1"]));
  }
  expect(new Set(shownCities([]).map(({ answeredBy }) => answeredBy))).toEqual(new Set([null]));
});

describe("footprint status --web", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await Edge.start();
  });
  afterAll(() => edge.stop());

  const footprint = (args: readonly string[]) => {
    REGIONS.forEach((region) => {
      edge.reportAll(region, {});
    });
    return spawn(
      process.execPath,
      [
        path.join(repository, "infra/cli/footprint.js"),
        "status",
        "--stack",
        "sandbox",
        "--outputs",
        edge.outputs,
        ...args,
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...edge.env, NO_COLOR: "1" } },
    );
  };

  test("shows a deployment and what changes in it, and ends well by Ctrl-C while pages are open", async () => {
    const child = footprint(["--web"]);
    const said = text(child.stderr);
    const lines: string[] = [];
    const reading = createInterface(child.stdout).on("line", (line) => lines.push(line));
    await once(reading, "line");
    const [address = ""] = lines;
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect((await fetch(address)).headers.get("content-type")).toBe("text/html; charset=utf-8");

    const states: LiveState[] = [];
    const source = new EventSource(new URL("events", address));
    const until = (wanted: (state: LiveState) => boolean) =>
      new Promise<LiveState>((resolve) => {
        source.addEventListener("state", ({ data }: { data: string }) => {
          const state = JSON.parse(data) as LiveState;
          states.push(state);
          if (wanted(state)) {
            resolve(state);
          }
        });
      });
    const first = await until(() => true);
    expect(first.pops.map(({ region, state, nodes }) => [region, state, nodes.map(({ zone }) => zone)])).toEqual(
      REGIONS.map((region) => [region, "active", [`${region}a`, `${region}b`]]),
    );
    expect(first.actions).toEqual([]);
    expect(first.notes).toContainEqual(
      "It looks every 10 s while a page is open: 15 requests to S3 each time, about $ 0.007 an hour, and some to Auto Scaling and SNS that cost nothing.",
    );

    edge.cloud.put(edge.bucket("us-east-1"), STORE_KEYS.drain, JSON.stringify(SWITCH));
    const { cities, events } = await until(({ pops }) => pops.some(({ state }) => state === "drained"));
    expect(cities.map(({ answeredBy }) => answeredBy)).not.toContain("us-east-1");
    expect(events.map((event) => event.text)).toContainEqual(
      expect.stringMatching(/^us-east-1 is drained: switched off by eve@desk/),
    );

    child.kill("SIGINT");
    const [status] = (await once(child, "close")) as [number | null];
    source.close();
    expect({ status, lines }).toEqual({ status: 0, lines: [address] });
    expect(await said).toMatch(
      /^The page of sandbox, for browsers on this machine; it only shows\. It looks every 10 s /,
    );
  });

  test.each([
    [["--web", "--port", "0"], '--port: must be a whole number from 1 to 65535, got "0"'],
    [["--port", "http"], '--port: must be a whole number from 1 to 65535, got "http"'],
    [["--json", "--web"], "option '--web' cannot be used with option '--json'"],
  ])("rejects %j", async (args, message) => {
    const child = footprint(args);
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close") as Promise<[number | null]>,
    ]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr.split("\n")[0]).toContain(message);
  });
});
