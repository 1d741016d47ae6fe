import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../../infra/sandbox/aws/faults";
import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY, tiny, type Run } from "./engine";
import { lines, nameOf } from "./steps";

const STACK = "one";
const SUBNET = "aws:ec2/subnet:Subnet";
/** Long enough to be killed in, also on a busy machine; the stand-in goes on, as AWS does. */
const SLOW: Fault = { method: "create", type: SUBNET, effect: "slow", ms: 30_000 };

describeWith([PULUMI_CLI], "an update that was killed while AWS was making something", () => {
  let engine: Engine;
  let pending: readonly string[];
  let locked: Run;
  let conflict: Run;
  let repaired: Run;
  let again: Run;
  let left: Awaited<ReturnType<Engine["deployment"]>>;
  let twice: readonly string[];

  beforeAll(async () => {
    engine = await Engine.open();
    engine.plan([SLOW]);
    engine.write(STACK, tiny({ "eu-west-1": {} }));
    const running = engine.run("up", STACK);
    await until(() => begun() > 0);
    kill();
    await running;
    pending = await pendingUrns();
    // What AWS was asked for is there in the end, and nobody has heard of it.
    const subnets = pending.filter((urn) => urn.includes(`$${SUBNET}::`));
    await until(() => subnets.every((urn) => engine.world().some((entity) => entity.urn === urn)));

    locked = await engine.run("up", STACK);
    await engine.pulumi("cancel", "--yes", "--stack", STACK);
    conflict = await engine.run("up", STACK);
    const imports = (await pendingUrns()).flatMap((urn) => {
      const there = engine.world().find((entity) => entity.urn === urn);
      return there === undefined ? [] : [urn, there.region === null ? there.id : `${there.id}@${there.region}`];
    });
    await engine.done("refresh", STACK, ...imports.flatMap((each) => ["--import-pending-creates", each]));
    await engine.done("refresh", STACK, "--clear-pending-creates");
    repaired = await engine.done("up", STACK);
    again = await engine.done("up", STACK);
    left = await engine.deployment(STACK);
    twice = duplicates(engine.world().map(({ type, urn, region }) => [type, region, urn].join(" ")));
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  /** Subnets that the stand-in has begun to make. */
  function begun(): number {
    const [fault] = JSON.parse(fs.readFileSync(path.join(engine.folder, "world", "faults.json"), "utf8")) as Fault[];
    return fault?.seen ?? 0;
  }

  /** Ends the CLI of this engine, and nothing else, as a machine does that runs out of memory. */
  function kill(): void {
    for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      if (Number(pid) !== process.pid && commandOf(pid).includes(`--event-log\0${engine.folder}`)) {
        process.kill(Number(pid), "SIGKILL");
      }
    }
  }

  async function pendingUrns(): Promise<readonly string[]> {
    const { pending_operations: operations = [] } = await engine.deployment(STACK);
    return operations.map((each) => (each as { resource: { urn: string } }).resource.urn);
  }

  test("leaves its lock, and what it was making as pending", () => {
    expect(locked.status).not.toBe(0);
    expect(`${locked.stdout}${locked.stderr}`).toContain("the stack is currently locked");
    expect(pending.map(nameOf)).toEqual(expect.arrayContaining([expect.stringContaining("eu-west-1-network-")]));
  });

  test("is not put right by another one: what is there stands in its way", () => {
    expect(conflict.status).not.toBe(0);
    expect(`${conflict.stdout}${conflict.stderr}`).toContain("InvalidSubnet.Conflict");
  });

  test("goes on after the runbook's steps, with nothing twice and nothing pending", () => {
    expect(repaired.status).toBe(0);
    expect(left.pending_operations ?? []).toEqual([]);
    expect(twice).toEqual([]);
    expect(lines(again.steps)).toEqual([]);
  });
});

/** Waits for something that comes; the test's own limit ends it otherwise. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await sleep(50);
  }
}

function commandOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
}

function duplicates(values: readonly string[]): readonly string[] {
  return values.filter((value, at) => values.indexOf(value) !== at);
}
