import * as fs from "node:fs";
import { text } from "../../infra/sandbox/aws/values";
import type { Entity } from "../../infra/sandbox/aws/world";
import type { Outcome } from "../../infra/sandbox/sandbox";
import { until } from "../node/origin/until";
import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY, tiny, type Run } from "./engine";
import { lines, nameOf } from "./steps";

const STACK = "one";
const REGION = "eu-west-1";
const FOOTPRINT = tiny({ [REGION]: {} });
const SUBNET = "aws:ec2/subnet:Subnet";
/** Two zones, each with a subnet of the load balancer and one of the nodes. */
const SUBNETS = 4;

interface Pending {
  readonly type: string;
  readonly resource: { readonly urn: string; readonly type: string };
}

// The steps are those of RUNBOOK, "`up` was killed".
describeWith([PULUMI_CLI], "an update whose engine is killed while AWS makes something", () => {
  let engine: Engine;
  let locked: Run;
  let pending: readonly Pending[];
  let forgotten: Outcome;
  let again: Run;
  let beside: readonly string[];
  let over: Run;

  beforeAll(async () => {
    engine = await Engine.open();
    engine.write(STACK, FOOTPRINT);
    engine.plan([{ method: "create", type: SUBNET, effect: "held", times: SUBNETS }]);
    await engine.pulumi("stack", "select", "--create", STACK);
    // Not by `run`, whose engine writes its state at its end alone.
    const killed = engine.pulumi("up", "--stack", STACK, "--yes", "--skip-preview");
    await until("all subnets are asked for", () => engine.hits(0) >= SUBNETS);
    const update = updateBelow(process.pid);
    await until("its state is whole on the disk", () => stoppedWithWholeState(update));
    process.kill(update, "SIGKILL");
    expect((await killed).status).not.toBe(0);
    locked = await engine.run("up", STACK);

    // AWS goes on with what it was asked for, and nobody is left who hears of it.
    engine.plan([]);
    await until("AWS has made the subnets", () => subnets().length === SUBNETS);
    await engine.pulumi("cancel", "--stack", STACK, "--yes");
    pending = ((await engine.deployment(STACK)).pending_operations ?? []) as readonly Pending[];
    beside = engine.filesOf("state").filter((file) => file.endsWith(".attrs"));
    // Nothing uses what the engine never heard of.
    const there = pending.flatMap(({ resource }) => found(resource) ?? []);
    engine.tamper((entity) =>
      there.some(({ type, id }) => type === entity.type && id === entity.id) ? undefined : entity,
    );
    forgotten = await engine.pulumi("refresh", "--stack", STACK, "--yes", "--skip-preview", "--clear-pending-creates");
    again = await engine.done("up", STACK);
    over = await engine.run("preview", STACK);
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  function subnets(): readonly Entity[] {
    return engine.world().filter(({ type }) => type === SUBNET);
  }

  /** Other steps may be saving theirs: half a file is another story than this one. */
  async function stoppedWithWholeState(update: number): Promise<boolean> {
    process.kill(update, "SIGSTOP");
    await until("it has stopped", () => hasStopped(update));
    const files = engine.filesOf("state").filter((file) => file.endsWith(".json"));
    if (files.some((file) => file.endsWith(`/${STACK}.json`)) && files.every(isWholeJson)) {
      return true;
    }
    process.kill(update, "SIGCONT");
    return false;
  }

  /** What an operator finds by the tag `Name`, or, of what has no tags, by what it belongs to. */
  function found({ urn, type }: Pending["resource"]): Entity | undefined {
    return engine
      .world()
      .filter((entity) => entity.type === type)
      .find(({ properties, urn: made }) => {
        const { Name: name } = (properties.tags ?? {}) as { readonly Name?: string };
        return name === undefined ? made === urn : text(name) === nameOf(urn);
      });
  }

  test("locks the stack, and leaves what it was making pending", () => {
    expect(locked.status).not.toBe(0);
    expect(`${locked.stdout}${locked.stderr}`).toContain("the stack is currently locked");
    expect(pending.filter(({ type, resource }) => type === "creating" && resource.type === SUBNET)).toHaveLength(
      SUBNETS,
    );
  });

  test("goes on after the runbook's steps, with nothing twice", () => {
    expect(forgotten).toMatchObject({ status: 0 });
    expect(again.status).toBe(0);
    expect(subnets()).toHaveLength(SUBNETS);
  });

  // What gocloud.dev's fileblob writes beside a file (`.attrs`) is not put in place at once, and half of it makes the state unreadable.
  test("finds nothing beside the state that could have been cut off", () => {
    expect(beside).toEqual([]);
  });

  test("is over: no changes and no warning", () => {
    expect(over.status).toBe(0);
    expect(lines(over.steps)).toEqual([]);
    expect(`${over.stdout}${over.stderr}`).not.toContain("warning");
  });
});

/** The CLI that a process has started and that runs an update. */
function updateBelow(parent: number): number {
  const found = fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => {
      try {
        const args = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return Number(statOf(pid)[1]) === parent && args.includes("up");
      } catch {
        // It has ended meanwhile.
        return false;
      }
    });
  if (found === undefined) {
    throw new Error("no process of the CLI runs an update");
  }
  return Number(found);
}

/** All of its threads: each stops when it next comes out of the kernel, and one may be in the middle of writing. */
function hasStopped(pid: number): boolean {
  return fs
    .readdirSync(`/proc/${String(pid)}/task`)
    .every((thread) => statOf(`${String(pid)}/task/${thread}`)[0] === "T");
}

/** What proc(5) has of a process or thread after its name: its state, `T` when it has stopped, its parent, and more. */
function statOf(task: string): readonly string[] {
  const [, fields = ""] = fs.readFileSync(`/proc/${task}/stat`, "utf8").split(") ");
  return fields.split(" ");
}

function isWholeJson(file: string): boolean {
  try {
    JSON.parse(fs.readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}
