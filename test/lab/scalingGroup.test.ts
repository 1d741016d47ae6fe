import { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { ScalingGroup, type GroupSettings, type Instance } from "../../infra/lab/scalingGroup";

// AWS, "Amazon EC2 Auto Scaling lifecycle hooks", "instance refresh" and "instance maintenance policies".

const SETTINGS: GroupSettings = {
  ...{ name: "nodes", region: "eu-central-1", min: 2, max: 6, zones: ["a", "b"] },
  template: { name: "lt:1", image: "ami-1", userData: "#cloud-config" },
  hooks: {
    launching: { name: "launching", heartbeat: 900, defaultResult: "ABANDON" },
    terminating: { name: "terminating", heartbeat: 300, defaultResult: "CONTINUE" },
  },
  ...{ gracePeriod: 0, warmup: 0, minHealthyPercentage: 100, maxHealthyPercentage: 150, stopAlarms: ["too-few"] },
};

/** A group whose machines boot at once, or cannot be made, and what is done with them. @param ends how long an end takes */
function grouped(
  settings: Partial<GroupSettings> = {},
  desired = 2,
  starts = true,
  ends: () => Promise<unknown> = () => Promise.resolve(),
) {
  const done: string[] = [];
  const made: string[] = [];
  const registered = new Set<string>();
  const sick = new Set<string>();
  const sounding = new Set<string>();
  let drained: () => void = () => undefined;
  const machine = (id: string) => ({
    connect: () => new Socket(),
    boot: () => Promise.resolve(),
    announceEnd: () => done.push(`announce ${id}`),
    end: async (how: string) => {
      done.push(`end ${id} ${how}`);
      await ends();
    },
  });
  const group = new ScalingGroup({ ...SETTINGS, ...settings }, desired, {
    makeMachine: ({ id }) => {
      made.push(id);
      return starts ? Promise.resolve(machine(id)) : Promise.reject(new Error("there is no room"));
    },
    register: ({ id }) => registered.add(id),
    deregister: ({ id }) => {
      registered.delete(id);
      done.push(`deregister ${id}`);
      return new Promise<void>((resolve) => (drained = resolve));
    },
    forget: ({ id }) => registered.delete(id),
    isHealthy: ({ id }) => registered.has(id) && !sick.has(id),
    isUnhealthy: ({ id }) => sick.has(id),
    waitFor: ({ id }, hook, waits) => done.push(`${waits ? "waits" : "goes on"} ${id} ${hook}`),
    changed: () => undefined,
    sounds: (alarm) => sounding.has(alarm),
    say: () => undefined,
  });
  const drain = (): void => {
    drained();
  };
  return { group, done, made, sick, sounding, drain };
}

/** Lets all that is under way come to where it waits for somebody. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await Promise.resolve();
  }
}

async function inService(group: ScalingGroup): Promise<readonly Instance[]> {
  await settled();
  group.instances
    .filter(({ state }) => state === "Pending:Wait")
    .forEach(({ id }) => {
      group.complete(id, "CONTINUE");
    });
  await settled();
  return group.staying;
}

describe("a group", () => {
  let groups: ScalingGroup[] = [];
  const make = (...args: Parameters<typeof grouped>) => {
    const made = grouped(...args);
    groups.push(made.group);
    return made;
  };

  afterEach(async () => {
    await Promise.all(groups.map((group) => group.stop()));
    groups = [];
  });

  test("launches into its zones in turn, and nothing is in service before its hook is completed", async () => {
    const { group } = make();
    await settled();
    expect(group.instances.map(({ zone, state }) => `${zone} ${state}`)).toEqual(["a Pending:Wait", "b Pending:Wait"]);

    await inService(group);
    expect(group.healthy.map(({ state }) => state)).toEqual(["InService", "InService"]);
  });

  test("gives up what is abandoned, and launches another", async () => {
    const { group, done } = make();
    await settled();
    const [first] = group.instances;
    group.complete(first?.id ?? "", "ABANDON");
    await settled();

    expect(done).toContain(`end ${first?.id ?? ""} at once`);
    expect(group.instances).toHaveLength(2);
    expect(group.find(first?.id ?? "")).toBeUndefined();
  });

  test("loses nobody else when one is given up and taken away at the same time", async () => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const { group } = make({}, 2, true, () => ended);
    const stay = (await inService(group)).map(({ id }) => id);
    group.setDesired(3);
    await settled();
    const third = group.staying.find(({ id }) => !stay.includes(id));
    group.complete(third?.id ?? "", "ABANDON");
    await settled();
    group.setDesired(2);
    await settled();
    end();
    await settled();

    expect(group.instances.map(({ id }) => id)).toEqual(stay);
  });

  test("tries again what cannot be started, and not before it looks again", async () => {
    const { group, made } = make({}, 2, false);
    await settled();

    expect(made).toHaveLength(2);
    expect(group.instances.map(({ id }) => id)).toEqual(made);
  });

  test("takes away in order: out of the load balancer, then the hook, then the machine", async () => {
    const { group, done, drain } = make({}, 3);
    const [, , third] = await inService(group);
    const id = group.staying.filter(({ zone }) => zone === "a")[0]?.id ?? "";
    expect(third).toBeDefined();
    done.length = 0;
    group.setDesired(2);
    await settled();
    expect(done).toEqual([`announce ${id}`, `deregister ${id}`]);

    drain();
    await settled();
    expect(done.at(-1)).toBe(`waits ${id} terminating`);

    group.complete(id, "CONTINUE");
    await settled();
    expect(done.slice(-2)).toEqual([`goes on ${id} terminating`, `end ${id} in order`]);
    expect(group.instances).toHaveLength(2);
  });

  test("refreshes: one is launched above its size, and only when it is healthy a former one goes", async () => {
    const { group, done, drain } = make();
    const former = (await inService(group)).map(({ id }) => id);
    group.configure({ ...SETTINGS, template: { ...SETTINGS.template, name: "lt:2" } }, 2);
    group.refresh();
    await settled();
    expect(group.staying).toHaveLength(3);
    expect(done.filter((each) => each.startsWith("deregister"))).toEqual([]);

    for (let step = 0; step < 2; step++) {
      await inService(group);
      group.setDesired(2);
      drain();
      await settled();
      group.instances
        .filter(({ state }) => state === "Terminating:Wait")
        .forEach(({ id }) => {
          group.complete(id, "CONTINUE");
        });
      await settled();
      expect(group.healthy.length).toBeGreaterThanOrEqual(2);
    }
    group.setDesired(2);
    expect(group.staying.map(({ template }) => template)).toEqual(["lt:2", "lt:2"]);
    expect(group.staying.filter(({ id }) => former.includes(id))).toEqual([]);
    expect(group.refreshes.map(({ status }) => status)).toEqual(["Successful"]);
  });

  // AWS, "Use an instance refresh": with alarms to monitor, it fails when one of them goes into ALARM.
  test("is over only when what was being made has ended", async () => {
    let ended = 0;
    const end = async () => {
      await setImmediate();
      ended++;
    };
    const { group, made } = make({}, 2, true, end);

    await group.stop();

    expect(ended).toBeGreaterThanOrEqual(made.length);
    expect(made).toHaveLength(2);
  });

  test("stops its refresh when an alarm sounds, and turns nothing back", async () => {
    const { group, done, sounding } = make();
    await inService(group);
    group.configure({ ...SETTINGS, template: { ...SETTINGS.template, name: "lt:2" } }, 2);
    group.refresh();
    await settled();
    sounding.add("too-few");
    group.setDesired(2);
    await inService(group);

    expect(group.refreshes).toMatchObject([{ status: "Failed", reason: "the alarm too-few sounds" }]);
    expect(done.filter((each) => each.startsWith("announce"))).toHaveLength(1);
    expect(group.staying).toHaveLength(2);
  });

  test("takes away what waits for its launch hook without waiting for its end, and what stays is not touched", async () => {
    const { group, done } = make({}, 3);
    await settled();
    const before = [...group.instances];
    group.setDesired(2);
    await settled();

    const [gone, ...others] = before.filter((each) => !group.instances.includes(each));
    expect(others).toEqual([]);
    expect(group.instances).toHaveLength(2);
    expect(done.filter((each) => each.startsWith("end "))).toEqual([`end ${gone?.id ?? ""} in order`]);
    expect(done).toContain(`goes on ${gone?.id ?? ""} launching`);
  });
});
