import { spawn } from "node:child_process";
import { once } from "node:events";
import * as os from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { repository } from "../support/tree";
import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { CANARY, Edge, REGIONS } from "./edge";

let edge: Edge;
beforeAll(async () => {
  edge = await Edge.start();
  edge.cloud.parameters.set("eu-central-1 /edge/purge-current", ["former", CANARY]);
});
afterAll(() => edge.stop());

/** The command line in a process of its own, with the shipped stack `sandbox` deployed to the test's cloud. */
async function footprint(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const stop = nodesReport();
  const child = spawn(process.execPath, [path.join(repository, "infra/cli/footprint.js"), ...args], {
    cwd: os.tmpdir(),
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...edge.env, NO_COLOR: "1", ...env },
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  stop();
  expect(`${stdout}${stderr}`).not.toContain(CANARY);
  return { status, stdout, stderr };
}

/** Nodes report, and go on until it is stopped: a process may take minutes on a busy machine, and a report holds for less. */
function nodesReport(): () => void {
  const report = () => {
    REGIONS.forEach((region) => {
      edge.reportAll(region, {});
    });
  };
  report();
  const reporting = setInterval(report, 5000);
  return () => {
    clearInterval(reporting);
  };
}

const ON = () => ["--stack", "sandbox", "--outputs", edge.outputs];

test("status, purge, drain, undrain, rotate and plan --live work as processes, with their exit codes", async () => {
  const status = await footprint(["status", ...ON()]);
  expect(status).toMatchObject({ status: 0, stderr: "" });
  expect(status.stdout).toMatch(/^sandbox: all well\n/);

  const url = ["https://www.example.com/", "https://www.example.com/news"];
  const purge = await footprint(["purge", ...ON(), "--url", ...url, "--soft", "--json"]);
  expect(purge).toMatchObject({ status: 0 });
  expect(purge.stderr.split("\n").sort()).toEqual([
    "",
    "ap-southeast-2: taken, entry 1",
    "eu-central-1: taken, entry 1",
    "us-east-1: taken, entry 1",
  ]);
  expect(JSON.parse(purge.stdout)).toMatchObject({
    soft: true,
    pops: [{ taken: true }, { taken: true }, { taken: true }],
  });

  const drain = await footprint(["drain", "--now", "us-east-1", ...ON(), "--reason", "a test", "--yes"]);
  expect(drain).toMatchObject({ status: 0 });
  expect((await footprint(["status", ...ON()])).status).toBe(1);
  const plan = await footprint(["plan", ...ON(), "--live", "--json"]);
  expect(plan).toMatchObject({ status: 0, stderr: "" });
  expect((JSON.parse(plan.stdout) as { notes: string[] }).notes).toContainEqual(
    expect.stringMatching(/^us-east-1: switched off by .+: a test; it stays so until `footprint undrain us-east-1`$/),
  );
  expect(await footprint(["undrain", "us-east-1", ...ON()])).toMatchObject({ status: 0 });

  const rotate = await footprint(["rotate", "purge", ...ON(), "--check"]);
  expect(rotate).toMatchObject({ status: 0, stderr: "" });
});

test("a purge that a region does not take ends with 1", async () => {
  edge.cloud.outage("s3", "fails", "us-east-1");
  const purge = await footprint(["purge", ...ON(), "--tag", "t"]);
  edge.cloud.outage("s3", undefined, "us-east-1");

  expect(purge).toMatchObject({ status: 1 });
  expect(purge.stderr).toMatch(/^us-east-1: not taken: .+$/m);
});

test("rejects mistakes with exit code 2, without a stack trace", async () => {
  for (const [args, message] of [
    [["purge", ...ON(), "--all"], /^error: Take out of the cache everything .+ Nothing was done\.\n$/],
    [["rotate", "prge", ...ON()], /^error: command-argument value 'prge' is invalid/],
    [["plan", "--live", "--diff", "x"], /^error: option '--live' cannot be used with option '--diff <file>'/],
  ] as const) {
    const { status, stdout, stderr } = await footprint([...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
  }
});

test("a purge that a region does not take ends with 1 when nobody reads what it says, too", async () => {
  edge.cloud.outage("s3", "fails", "us-east-1");
  const child = spawn(
    process.execPath,
    [path.join(repository, "infra/cli/footprint.js"), "purge", ...ON(), "--tag", "t"],
    {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, ...edge.env },
    },
  );
  child.stdout.destroy();
  const [status] = (await once(child, "close")) as [number | null];
  edge.cloud.outage("s3", undefined, "us-east-1");

  expect(status).toBe(1);
});

test("a purge goes on to its end when what it says on standard error cannot be written", async () => {
  const before = edge.head("us-east-1") ?? 0;
  const child = spawn(
    process.execPath,
    [path.join(repository, "infra/cli/footprint.js"), "purge", ...ON(), "--tag", "t", "--json"],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...edge.env } },
  );
  child.stderr.destroy();
  const [stdout, [status]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number | null]>]);

  expect({
    status,
    pops: (JSON.parse(stdout) as { pops: { taken: boolean }[] }).pops.map(({ taken }) => taken),
  }).toEqual({
    status: 0,
    pops: [true, true, true],
  });
  expect(edge.head("us-east-1")).toBe(before + 1);
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("a drain that is ended by %s after its switch was thrown says how to release it", async (signal, code) => {
  const stop = nodesReport();
  const child = spawn(
    process.execPath,
    [
      path.join(repository, "infra/cli/footprint.js"),
      ...["drain", "--now", "us-east-1", ...ON(), "--reason", "a test", "--yes", "--wait", "--timeout", "600"],
    ],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...edge.env } },
  );
  edge.whenWritten("us-east-1", STORE_KEYS.drain, () => {
    child.kill(signal);
  });
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, "close") as Promise<[number | null]>]);
  stop();
  edge.cloud.remove(edge.bucket("us-east-1"), STORE_KEYS.drain);

  expect(status).toBe(code);
  expect(stderr).toMatch(
    /\nThe switch of us-east-1 may be set all the same: `footprint undrain us-east-1 --stack sandbox` releases it\.\n$/,
  );
});
