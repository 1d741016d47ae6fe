import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../../infra/sandbox/aws/faults";
import { KINDS } from "../../infra/sandbox/aws/kinds";
import type { LogEntry } from "../../infra/sandbox/aws/log";
import { describeWith } from "../support/requirements";
import { small } from "../support/stacks";
import { WAITING_POP, waitLabel, WAITS } from "../support/waits";
import { Engine, PULUMI_CLI, STORY, type Run } from "./engine";
import { kinds, lines, nameOf } from "./steps";

const STACK = "two";
const SECOND = "us-east-1";
/** One zone that is there, and one that the stack makes; the first PoP is as large as a PoP is by default. */
const FOOTPRINT = {
  ...small({ [WAITING_POP]: {}, [SECOND]: { zones: 2, nodes: { min: 2, max: 4 }, egress: "direct" } }),
  zones: { "example.com": { id: "Z0123456789ABCDEFGHIJ", primary: true }, "example.net": { create: true } },
  sites: {
    "cdn.example.com": { origin: "https://origin.example.org" },
    "cdn.example.net": { origin: "https://origin.example.org" },
  },
};

const GROWN = { ...FOOTPRINT, defaults: { nodes: { min: 6, max: 12 } } };

describeWith([PULUMI_CLI], "a protected footprint and its teardown on the engine", () => {
  let engine: Engine;
  let created: Run;
  let removedAtOnce: Run;
  let lastDrained: Run;
  let destroyedProtected: { readonly run: Run; readonly before: string; readonly after: string };
  let updates: { readonly first: Run; readonly second: { readonly status: number; readonly stderr: string } };
  let unprotected: Run;
  let destroyed: Run;
  let left: readonly { readonly type: string; readonly name: string }[];
  let state: readonly object[];

  beforeAll(async () => {
    engine = await Engine.open();
    engine.plan(slowly("create", "dependency"));
    created = await engine.up(STACK, FOOTPRINT);
    engine.plan([]);

    engine.write(STACK, { ...FOOTPRINT, pops: without(FOOTPRINT.pops, SECOND) });
    removedAtOnce = await engine.run("preview", STACK);
    engine.write(STACK, {
      ...FOOTPRINT,
      pops: { [WAITING_POP]: { state: "drained" }, [SECOND]: { state: "drained" } },
    });
    lastDrained = await engine.run("preview", STACK);

    engine.write(STACK, FOOTPRINT);
    const before = JSON.stringify(engine.world());
    const run = await engine.run("destroy", STACK);
    destroyedProtected = { run, before, after: JSON.stringify(engine.world()) };

    updates = await twoAtOnce();
    unprotected = await engine.up(STACK, { ...GROWN, protection: false });
    engine.plan(slowly("delete", "dependent"));
    destroyed = await engine.done("destroy", STACK);
    left = engine.world().map(({ type, urn, id }) => ({ type, name: urn === null ? id : nameOf(urn) }));
    state = await engine.resources(STACK);
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  /** An update that takes its time, and another one while it runs. */
  async function twoAtOnce(): Promise<typeof updates> {
    engine.plan([{ method: "update", type: GROUP, effect: "slow", ms: 8_000 }]);
    engine.write(STACK, GROWN);
    const running = engine.done("up", STACK);
    const locks = path.join(engine.folder, "state", ".pulumi", "locks");
    const ended = running.then(
      () => true,
      () => true,
    );
    while (!isLocked(locks) && !(await Promise.race([ended, sleep(50, false)])));
    const second = await engine.pulumi("up", "--stack", STACK, "--yes", "--skip-preview");
    const first = await running;
    engine.plan([]);
    return { first, second };
  }

  test("what must stand first is made first, whatever takes its time (P26, P33)", () => {
    const { broken, compared } = orderOf(created.calls, "create", "dependency");

    expect(broken).toEqual([]);
    expect(compared).toBe(WAITS.length);
  });

  test("rejects in the preview to remove an active PoP in one step, and names what to do (P25)", () => {
    expect(removedAtOnce.status).not.toBe(0);
    expect(`${removedAtOnce.stdout}${removedAtOnce.stderr}`).toContain(`${SECOND}-drain-before-removing`);
    expect(changing(removedAtOnce.calls)).toEqual([]);
  });

  test("rejects in the preview to drain the last PoP (P23)", () => {
    expect(lastDrained.status).not.toBe(0);
    expect(`${lastDrained.stdout}${lastDrained.stderr}`).toContain(
      "error: pops: must have at least one active PoP: with all of them drained no name has an answer",
    );
    expect(lastDrained.calls).toEqual([]);
  });

  test("rejects to destroy a protected footprint, before anything is deleted (P31)", () => {
    const { run, before, after } = destroyedProtected;

    expect(run.status).not.toBe(0);
    expect(`${run.stdout}${run.stderr}`).toMatch(/cannot be deleted\s+because it is protected/);
    expect(changing(run.calls)).toEqual([]);
    expect(after).toBe(before);
  });

  test("rejects a second update while one runs, which then ends well", () => {
    expect(updates.second.status).not.toBe(0);
    expect(updates.second.stderr).toMatch(/the stack is currently locked by 1 lock\(s\)/);
    expect(kinds(updates.first.steps)).toEqual(["update Group"]);
  });

  test("`protection: false` takes the protection and nothing else (P31)", () => {
    expect(lines(unprotected.steps)).toEqual([
      `update Bucket ${WAITING_POP}-store forceDestroy`,
      `update Bucket ${SECOND}-store forceDestroy`,
      `update LoadBalancer ${WAITING_POP}-lb enableDeletionProtection`,
      `update LoadBalancer ${SECOND}-lb enableDeletionProtection`,
      "update Zone footprint-zones-example.net forceDestroy",
    ]);
  });

  test("what goes, goes in the reverse order: records before nodes, nodes before what they need (P26, P33)", () => {
    const { broken, compared } = orderOf(destroyed.calls, "delete", "dependent");

    expect(broken).toEqual([]);
    // Buckets' own settings stay with the log bucket.
    expect(compared).toBeGreaterThanOrEqual(20);
  });

  test("a teardown leaves the log buckets and the validation records, and nothing else (P31)", () => {
    // A validation record is the same for every PoP; that of the last one that wrote it is there.
    const names = left.map(({ type, name }) =>
      `${type.slice(type.lastIndexOf(":") + 1)} ${name}`.replace(/^Record .*-certificate-/, "Record certificate-"),
    );

    expect(names.sort()).toEqual(
      [
        ...[WAITING_POP, SECOND].flatMap(logBucket),
        "Record certificate-*.pop.example.com",
        "Record certificate-cdn.example.com",
        // It was there before.
        "Zone Z0123456789ABCDEFGHIJ",
      ].sort(),
    );
    expect(state).toEqual([]);
  });
});

const GROUP = "aws:autoscaling/group:Group";
const RECORD = "aws:route53/record:Record";

/** The log bucket of a PoP, with its own settings. */
function logBucket(region: string): string[] {
  const name = `${region}-network-logs`;
  return [
    `Bucket ${name}`,
    `BucketLifecycleConfiguration ${name}-lifecycle`,
    `BucketPolicy ${name}-policy`,
    `BucketPublicAccessBlock ${name}-public-access-block`,
    `BucketServerSideEncryptionConfiguration ${name}-encryption`,
    `BucketVersioning ${name}-versioning`,
  ];
}

function without(pops: Readonly<Record<string, unknown>>, region: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(pops).filter(([each]) => each !== region));
}

function isLocked(folder: string): boolean {
  return (
    fs.existsSync(folder) &&
    fs.readdirSync(folder, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile())
  );
}

function changing(calls: readonly LogEntry[]): readonly LogEntry[] {
  return calls.filter(({ method, preview }) => !preview && ["create", "update", "delete"].includes(method));
}

type Role = "dependent" | "dependency";

/**
 * Makes those that must go first slow, so that whatever does not wait for them overtakes them; most of all those between
 * which a PoP takes traffic or loses it.
 */
function slowly(method: "create" | "delete", first: Role): Fault[] {
  const slow = new Set(WAITS.map((wait) => labelOf(wait, first).split(" ")[0]));
  return Object.keys(KINDS)
    .filter((type) => slow.has(type.slice(type.lastIndexOf(":") + 1)))
    .map((type) => ({
      method,
      type,
      effect: "slow",
      ms: type === (first === "dependency" ? GROUP : RECORD) ? 2_500 : 300,
      times: 10_000,
    }));
}

/** Holds the relations against the order in which the stand-in was done; what was not called is not compared. */
function orderOf(calls: readonly LogEntry[], method: "create" | "delete", first: Role) {
  const labels = changing(calls)
    .filter((call) => call.method === method && call.outcome === "done")
    .map(({ type, urn }) => waitLabel({ type, name: nameOf(urn) }));
  const at = new Map(labels.map((label, index) => [label, index]));
  const compared = WAITS.flatMap((wait) => {
    const [earlier, later] = [at.get(labelOf(wait, first)), at.get(labelOf(wait, opposite(first)))];
    return earlier === undefined || later === undefined ? [] : [{ wait, kept: earlier < later }];
  });
  return {
    compared: compared.length,
    broken: compared
      .filter(({ kept }) => !kept)
      .map(({ wait: [dependent, dependency] }) => `${dependent} ${dependency}`),
  };
}

function labelOf([dependent, dependency]: (typeof WAITS)[number], role: Role): string {
  return role === "dependent" ? dependent : dependency;
}

function opposite(role: Role): Role {
  return role === "dependent" ? "dependency" : "dependent";
}
