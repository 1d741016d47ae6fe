import { Lifecycle } from "../../../../components/node/agent/lifecycle";
import { Cloud } from "../../../../infra/lab/aws/cloud";

const INSTANCE = "i-0123456789abcdef0";

describe("the life cycle of the instance's group", () => {
  let cloud: Cloud;
  const former = { ...process.env };

  beforeAll(async () => {
    cloud = await Cloud.start();
    Object.assign(process.env, cloud.env);
  });

  afterAll(async () => {
    process.env = former;
    await cloud.stop();
  });

  const lifecycle = () =>
    new Lifecycle({
      region: "eu-west-1",
      metadata: { instanceId: () => Promise.resolve(INSTANCE), groupName: () => Promise.resolve("nodes") },
    });

  test("completes the hook that waits for this instance, in its own region, and no other", async () => {
    cloud.waiting.add(`${INSTANCE} launching`).add(`${INSTANCE} terminating`);

    expect(await lifecycle().complete("terminating")).toBe("completed");
    expect(cloud.completed).toEqual([`${INSTANCE} terminating`]);
    expect([...cloud.waiting]).toEqual([`${INSTANCE} launching`]);
    expect(cloud.calls.at(-1)).toEqual({
      service: "autoscaling",
      what: "CompleteLifecycleAction",
      region: "eu-west-1",
    });
  });

  test("has nothing to complete while the group does not wait", async () => {
    expect(await lifecycle().complete("terminating")).toBe("nothing to complete");
  });

  test("has nothing to complete without a group, and does not ask", async () => {
    const before = cloud.calls.length;
    const alone = new Lifecycle({
      region: "eu-west-1",
      metadata: { instanceId: () => Promise.resolve(INSTANCE), groupName: () => Promise.resolve(undefined) },
    });

    expect(await alone.complete("launching")).toBe("nothing to complete");
    expect(cloud.calls).toHaveLength(before);
  });

  test("rejects when Auto Scaling fails, and when metadata does", async () => {
    cloud.outage("autoscaling", "fails");
    await expect(lifecycle().complete("terminating")).rejects.toThrow();
    cloud.outage("autoscaling", undefined);
    const blind = new Lifecycle({
      region: "eu-west-1",
      metadata: {
        instanceId: () => Promise.reject(new Error("no metadata")),
        groupName: () => Promise.resolve("nodes"),
      },
    });

    await expect(blind.complete("terminating")).rejects.toThrow("no metadata");
  });
});
