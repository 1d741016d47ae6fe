import { spawn } from "node:child_process";
import { once } from "node:events";
import * as os from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { repository } from "../support/tree";
import { CANARY, Edge } from "./edge";

let edge: Edge;
beforeAll(async () => {
  edge = await Edge.start();
  edge.cloud.parameters.set("eu-central-1 /edge/purge-current", ["former", CANARY]);
});
afterAll(() => edge.stop());

/** The command line in a process of its own, with the shipped stack `sandbox` deployed to the test's cloud. */
async function footprint(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
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
  expect(`${stdout}${stderr}`).not.toContain(CANARY);
  return { status, stdout, stderr };
}

const ON = () => ["--stack", "sandbox", "--outputs", edge.outputs];

test("status, purge, drain, undrain, rotate and plan --live work as processes, with their exit codes", async () => {
  const status = await footprint(["status", ...ON()]);
  expect(status).toMatchObject({ status: 0, stderr: "" });
  expect(status.stdout).toMatch(/^sandbox: all well\n/);

  const url = ["https://www.example.com/", "https://www.example.com/news"];
  const purge = await footprint(["purge", ...ON(), "--url", ...url, "--soft", "--json"]);
  expect(purge).toMatchObject({ status: 0, stderr: "" });
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

  expect(purge).toMatchObject({ status: 1, stderr: "" });
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
