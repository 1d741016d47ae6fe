import { AutoScalingClient, CompleteLifecycleActionCommand } from "@aws-sdk/client-auto-scaling";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { s3Store } from "../../../components/node/agent/store";
import { Cloud } from "../../../infra/lab/aws/cloud";

const REGION = "eu-west-1";

describe("the cloud that agents are tested against, called by the AWS SDK", () => {
  let cloud: Cloud;
  const former = { ...process.env };

  beforeAll(async () => {
    cloud = await Cloud.start();
    Object.assign(process.env, cloud.env);
    cloud.put("store", "a", "first");
  });

  afterAll(async () => {
    process.env = former;
    await cloud.stop();
  });

  it("gives objects, tells what is missing and what has not changed, and lists", async () => {
    const store = s3Store(REGION, "store");
    const first = await store.get("a");
    await store.put("nodes/i-1.json", "{}");
    const answers = [
      first?.content.toString(),
      await store.get("b"),
      await store.getUnless("a", first?.etag),
      await store.list("nodes/"),
    ];
    expect(answers).toEqual(["first", undefined, "unchanged", ["nodes/i-1.json"]]);
  });

  it("refuses a second object under a key that must be new", async () => {
    const client = new S3Client({ region: REGION });
    const put = () =>
      client.send(new PutObjectCommand({ Bucket: "store", Key: "purge/1", Body: "x", IfNoneMatch: "*" }));
    await put();
    await expect(put()).rejects.toMatchObject({ name: "PreconditionFailed", $metadata: { httpStatusCode: 412 } });
  });

  it("gives parameters by version, and says which are missing", async () => {
    cloud.parameters.set(`${REGION} key`, ["one", "two"]);
    const client = new SSMClient({ region: REGION });
    const { Parameters = [], InvalidParameters } = await client.send(
      new GetParametersCommand({ Names: ["key:1", "key:2", "key:3"], WithDecryption: true }),
    );
    expect([Parameters.map(({ Value, Version }) => [Value, Version]), InvalidParameters]).toEqual([
      [
        ["one", 1],
        ["two", 2],
      ],
      ["key:3"],
    ]);
  });

  it("completes a lifecycle action once", async () => {
    cloud.waiting.add("i-1 launching");
    const client = new AutoScalingClient({ region: REGION });
    const complete = () =>
      client.send(
        new CompleteLifecycleActionCommand({
          AutoScalingGroupName: "g",
          LifecycleHookName: "launching",
          InstanceId: "i-1",
          LifecycleActionResult: "CONTINUE",
        }),
      );
    await complete();
    await expect(complete()).rejects.toThrow("No active Lifecycle Action found with instance ID i-1");
    expect(cloud.completed).toEqual(["i-1 launching"]);
  });

  it("rejects calls while a service is away", async () => {
    const store = s3Store(REGION, "store");
    cloud.outage("s3", "refuses");
    await expect(store.get("a")).rejects.toThrow();
    cloud.outage("s3", "fails");
    await expect(store.get("a")).rejects.toThrow();
    cloud.outage("s3", undefined);
    expect((await store.get("a"))?.content.toString()).toBe("first");
  });
});
