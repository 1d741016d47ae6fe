import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  CreateLaunchTemplateCommand,
  DescribeSubnetsCommand,
  EC2Client,
  RegisterImageCommand,
} from "@aws-sdk/client-ec2";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { Cloud } from "../../infra/lab/aws/cloud";
import { describeWith } from "../support/requirements";
import { some } from "../support/some";
import { ADDRESS, answersOf, BUCKET, GROUP, HOOK, PARAMETERS, REGION, SERIAL, TOPIC } from "./awsCalls";
import { JUDGES } from "./judges";
import { Moto } from "./moto";

/** Where the two answer differently: who is right, by AWS's own documentation, or why nobody can be. */
const DIFFERENT: Readonly<Record<string, string>> = {
  "the life cycle of an instance that no group has":
    "moto: instances that belong to no group are left out (Auto Scaling API Reference, DescribeAutoScalingInstances). The stand-in calls each machine of a test in service unless a group says otherwise, since agents are tested without groups",
  "a life cycle's wait, ended": "nobody: moto 5.2 has no CompleteLifecycleAction",
  "a group, with its last refresh": "nobody: moto 5.2 has no DescribeInstanceRefreshes",
  "who has not confirmed":
    "the stand-in: a subscription by e-mail is pending until the link is followed (SNS API Reference, Subscribe); moto confirms it at once",
};

/** What AWS documents, where both agree; S3 User Guide, "How to prevent object overwrites with conditional writes". */
const DOCUMENTED: Readonly<Record<string, unknown>> = {
  "an object that is not there": undefined,
  "a bucket that is not there": "NoSuchBucket 404",
  "an object that has not changed": "unchanged",
  "an object that has changed": "2",
  "an object that is there, if there is none": "PreconditionFailed 412",
  "an object, if it is the one before": "PreconditionFailed 412",
  "an object that is not there, if it is still the one that was read": "NoSuchKey 404",
  "an object that was deleted, if it is still the one that was read": "NoSuchKey 404",
  "the deletion of what is not there": 204,
  "two purges, one after the other": [1, 2],
  "four purges at once": [3, 4, 5, 6],
  "each purge follows the one before": 6,
  "a log whose head was deleted begins anew, behind what is kept": [6, 1],
  "more parameters than one call takes": "ValidationException 400",
  "the life cycle of a node in service": "InService",
};

describeWith([JUDGES], "moto, which nobody here wrote, beside our own stand-in for AWS", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-moto-"));
  let others: Readonly<Record<string, unknown>>;
  let ours: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    others = await inMoto(path.join(folder, "moto"));
    ours = await inStandIn(path.join(folder, "stand-in"));
  });

  afterAll(() => {
    fs.rmSync(folder, { recursive: true });
  });

  test("answers what the agent and the operator's tool ask as it does, but for what is explained", () => {
    const asked = some(Object.keys(others));
    const different = asked.filter((what) => !isDeepStrictEqual(others[what], ours[what]));

    expect(Object.keys(ours)).toEqual(asked);
    expect(
      different.map((what) => [what, others[what], ours[what]]).filter(([what]) => !(String(what) in DIFFERENT)),
    ).toEqual([]);
    expect(Object.keys(DIFFERENT).filter((what) => !different.includes(what))).toEqual([]);
  });

  test.each(Object.keys(DOCUMENTED))("answers as AWS documents: %s", (what) => {
    expect(Object.keys(others)).toContain(what);
    expect(others[what]).toEqual(DOCUMENTED[what]);
    expect(ours[what]).toEqual(DOCUMENTED[what]);
  });
});

/** The deployment in moto, made by the SDK: a versioned bucket, as the program declares it. */
async function inMoto(file: string): Promise<Readonly<Record<string, unknown>>> {
  const moto = await Moto.start();
  try {
    const options = { region: REGION };
    const s3 = new S3Client(options);
    const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration }));
    await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: "Enabled" } }));
    const ssm = new SSMClient(options);
    for (const [Name, values] of Object.entries({ ...PARAMETERS, "/edge/serial": [SERIAL] })) {
      for (const Value of values) {
        await ssm.send(new PutParameterCommand({ Name, Value, Type: "SecureString", Overwrite: true }));
      }
    }
    const sns = new SNSClient(options);
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: TOPIC }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "email", Endpoint: ADDRESS }));
    const ec2 = new EC2Client(options);
    const { ImageId = "" } = await ec2.send(
      new RegisterImageCommand({ Name: "debian-13-arm64", Architecture: "arm64", RootDeviceName: "/dev/xvda" }),
    );
    await ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: "nodes",
        LaunchTemplateData: { ImageId, InstanceType: "m7g.large" },
      }),
    );
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const autoScaling = new AutoScalingClient(options);
    await autoScaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: GROUP,
        MinSize: 2,
        MaxSize: 4,
        VPCZoneIdentifier: Subnets.map(({ SubnetId }) => SubnetId).join(","),
        LaunchTemplate: { LaunchTemplateName: "nodes", Version: "1" },
      }),
    );
    const { AutoScalingGroups: [group] = [] } = await autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [GROUP] }),
    );
    const instances = (group?.Instances ?? []).map(({ InstanceId = "" }) => InstanceId);
    expect(instances).toHaveLength(2);
    return await answersOf({ instances, image: ImageId, file });
  } finally {
    await moto.stop();
  }
}

async function inStandIn(file: string): Promise<Readonly<Record<string, unknown>>> {
  const cloud = await Cloud.start();
  const former = { ...process.env };
  try {
    Object.assign(process.env, cloud.env, { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" });
    cloud.buckets.set(BUCKET, new Map());
    for (const [name, values] of Object.entries({ ...PARAMETERS, "/edge/serial": [SERIAL] })) {
      cloud.parameters.set(`${REGION} ${name}`, [...values]);
    }
    cloud.subscriptions.push({ region: REGION, topic: TOPIC, endpoint: ADDRESS, confirmed: false });
    const instances = ["i-11111111111111111", "i-22222222222222222"];
    cloud.groups.set(GROUP, {
      name: GROUP,
      desired: 2,
      min: 2,
      instances: instances.map((id) => ({ id, state: "InService", healthy: true, zone: `${REGION}a` })),
      refreshes: [{ id: "r-1", status: "Successful" }],
    });
    cloud.waiting.add(`${instances[1] ?? ""} ${HOOK}`);
    const image = "ami-11111111111111111";
    cloud.images.set(`${REGION} ${image}`, new Date().toISOString());
    return await answersOf({ instances, image, file });
  } finally {
    process.env = former;
    await cloud.stop();
  }
}
