import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY, tiny, type Run } from "./engine";
import type { Outcome } from "../../infra/sandbox/sandbox";

const STACK = "one";
const FOOTPRINT = tiny({ "eu-west-1": {} });
const SUBNET = "aws:ec2/subnet:Subnet";
/** Milliseconds that a create takes: long enough for a busy machine to end the engine meanwhile. */
const SLOW = 20_000;

interface Pending {
  readonly type: string;
  readonly resource: { readonly urn: string; readonly type: string };
}

// The steps are those of RUNBOOK, "`up` was killed".
describeWith([PULUMI_CLI], "an update whose engine is killed while AWS makes something", () => {
  let engine: Engine;
  let locked: Run;
  let pending: readonly Pending[];
  let takenIn: Outcome;
  let again: Run;
  let over: Run;

  beforeAll(async () => {
    engine = await Engine.open();
    engine.write(STACK, FOOTPRINT);
    engine.plan([{ method: "create", type: SUBNET, effect: "slow", ms: SLOW, times: 2 }]);
    const killed = engine.run("up", STACK);
    await until(() => seen(engine) >= 2);
    process.kill(cliBelow(process.pid), "SIGKILL");
    expect((await killed).status).not.toBe(0);
    // AWS goes on with what it was asked for.
    await until(() => engine.world().filter(({ type }) => type === SUBNET).length === 2);

    locked = await engine.run("up", STACK);
    await engine.pulumi("cancel", "--stack", STACK, "--yes");
    const { pending_operations: operations = [] } = await engine.deployment(STACK);
    pending = operations as readonly Pending[];
    const isThere = pending.flatMap(({ resource: { urn } }) => {
      const name = urn.slice(urn.lastIndexOf("::") + 2);
      const entity = engine
        .world()
        .find(({ properties }) => (properties.tags as { Name?: string } | undefined)?.Name === name);
      return entity === undefined ? [] : [urn, `${entity.id}@eu-west-1`];
    });
    takenIn = await engine.pulumi(
      ...["refresh", "--stack", STACK, "--yes", "--skip-preview"],
      ...isThere.flatMap((each) => ["--import-pending-creates", each]),
    );
    await engine.pulumi("refresh", "--stack", STACK, "--yes", "--skip-preview", "--clear-pending-creates");
    again = await engine.run("up", STACK);
    over = await engine.run("preview", STACK);
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  test("locks the stack, and leaves what it was making pending", () => {
    expect(locked.status).not.toBe(0);
    expect(`${locked.stdout}${locked.stderr}`).toContain("the stack is currently locked");
    expect(pending.filter(({ type, resource }) => type === "creating" && resource.type === SUBNET)).toHaveLength(2);
  });

  test("goes on after the runbook's steps, with nothing twice", () => {
    expect(takenIn).toMatchObject({ status: 0 });
    expect(again).toMatchObject({ status: 0 });
    expect(engine.world().filter(({ type }) => type === SUBNET)).toHaveLength(2);
  });

  test("is over: no changes and no warning", () => {
    expect(over.status).toBe(0);
    expect(over.steps).toEqual([]);
    expect(`${over.stdout}${over.stderr}`).not.toContain("warning");
  });
});

/** Calls that the fault has hit. */
function seen(engine: Engine): number {
  const [fault] = JSON.parse(fs.readFileSync(path.join(engine.folder, "world", "faults.json"), "utf8")) as [
    { seen?: number },
  ];
  return fault.seen ?? 0;
}

/** The CLI that a process has started and that runs an update. */
function cliBelow(parent: number): number {
  const found = fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => {
      try {
        const [, fields = ""] = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
        const args = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return Number(fields.split(" ")[1]) === parent && args.includes("up");
      } catch {
        return false;
      }
    });
  if (found === undefined) {
    throw new Error("no process of the CLI runs an update");
  }
  return Number(found);
}

/** Waits for what comes for certain. The test's own time ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await sleep(100);
  }
}
