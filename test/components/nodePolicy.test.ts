import { accessKey, lastWordsKey } from "../../components/node/protocol/logKeys";
import { nodeKey } from "../../components/node/protocol/storeKeys";
import { nodePolicy } from "../../components/nodePolicy";
import { record } from "../../infra/plan/harness";

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Condition?: unknown;
}

async function statements(parameterArns?: string[]): Promise<readonly Statement[]> {
  const { outputs } = await record(() => ({
    policy: nodePolicy({
      region: "eu-central-1",
      bucketArn: "arn:aws:s3:::store",
      logBucketArn: "arn:aws:s3:::logs",
      metrics: true,
      parameterArns,
      groupNamePrefix: "eu-central-1-nodes",
    }),
  }));
  const { policy } = outputs as { policy: string };
  return (JSON.parse(policy) as { Statement: Statement[] }).Statement;
}

describe("a node's policy", () => {
  let all: readonly Statement[];
  const of = (sid: string) => all.find(({ Sid }) => Sid === sid);

  beforeAll(async () => {
    all = await statements(["arn:p1", "arn:p2"]);
  });

  test("reads the store's own keys", () => {
    expect(of("ReadStore")).toEqual({
      Sid: "ReadStore",
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: [
        "current.json",
        "bootstrap/*",
        "packages/*",
        "bundles/*",
        "agents/*",
        "purge/*",
        "purge-head",
        "drain",
        "nodes/*",
      ].map((key) => `arn:aws:s3:::store/${key}`),
    });
  });

  // IAM User Guide, "AWS global condition context keys": for a role of an EC2 instance aws:userid is
  // role-id:ec2-instance-id.
  test("writes what this instance reports of itself, and nothing else", () => {
    expect(of("ReportOfItself")).toEqual({
      Sid: "ReportOfItself",
      Effect: "Allow",
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:::store/nodes/${aws:userid}.json",
    });
    expect(nodeKey("AROAEXAMPLE", "i-0a1b")).toBe(
      "nodes/${aws:userid}.json".replace("${aws:userid}", "AROAEXAMPLE:i-0a1b"),
    );
  });

  // As above; and AWS, "Policy variables": a variable may stand anywhere in a resource.
  test("writes logs of this instance, and nothing else that is in their bucket", () => {
    expect(of("OwnLogs")).toEqual({
      Sid: "OwnLogs",
      Effect: "Allow",
      Action: "s3:PutObject",
      Resource: ["arn:aws:s3:::logs/access/*/${aws:userid}/*", "arn:aws:s3:::logs/last-words/*/${aws:userid}/*"],
    });
    const node = "AROAEXAMPLE:i-0a1b";
    const allowed = (key: string) =>
      [of("OwnLogs")?.Resource].flat().some((pattern = "") => {
        const [start = "", end = ""] = pattern.replace("arn:aws:s3:::logs/", "").split("/*/");
        return key.startsWith(`${start}/`) && key.includes(`/${end.replace("${aws:userid}", node).replace("*", "")}`);
      });
    const piece = { hour: "2026-11-28T07", file: "20261128T070512.1", offset: 0 };
    expect(allowed(accessKey({ ...piece, node }))).toBe(true);
    expect(allowed(lastWordsKey(node, "2026-11-28T07:05:12.123Z"))).toBe(true);
    expect(allowed(accessKey({ ...piece, node: "AROAEXAMPLE:i-0a1b2" }))).toBe(false);
    expect(all.flatMap(({ Action }) => Action).filter((action) => /^s3:(?!Get|List)/.test(action))).toEqual([
      "s3:PutObject",
      "s3:PutObject",
    ]);
  });

  test("tells what is missing from what is forbidden, whatever it looks for in its store", () => {
    expect(of("TellMissingFromForbidden")).toEqual({
      Sid: "TellMissingFromForbidden",
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::store",
    });
  });

  test("reads its own parameters by name, and no others by path", () => {
    expect(of("ReadOwnParameters")).toEqual({
      Sid: "ReadOwnParameters",
      Effect: "Allow",
      Action: "ssm:GetParameters",
      Resource: ["arn:p1", "arn:p2"],
    });
  });

  test("has no statement without a resource when there are no parameters", async () => {
    const sids = (await statements()).map(({ Sid }) => Sid);

    expect(sids).not.toContain("ReadOwnParameters");
    expect(sids).toHaveLength(all.length - 1);
  });

  test("ends lifecycle actions of its own group", () => {
    expect(of("OwnLifecycle")).toEqual({
      Sid: "OwnLifecycle",
      Effect: "Allow",
      Action: "autoscaling:CompleteLifecycleAction",
      Resource: "arn:aws:autoscaling:eu-central-1:*:autoScalingGroup:*:autoScalingGroupName/eu-central-1-nodes-*",
    });
  });

  // Service Authorization Reference, "AWS Systems Manager": the action knows the resource `instance`.
  test("says that it is there as an instance of its own region", () => {
    expect(of("SayThatItIsThere")).toEqual({
      Sid: "SayThatItIsThere",
      Effect: "Allow",
      Action: "ssm:UpdateInstanceInformation",
      Resource: "arn:aws:ec2:eu-central-1:*:instance/*",
    });
  });

  test("lets Session Manager and Run Command in", () => {
    expect(of("SessionManagerAndRunCommand")).toEqual({
      Sid: "SessionManagerAndRunCommand",
      Effect: "Allow",
      Action: [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
        "ec2messages:AcknowledgeMessage",
        "ec2messages:DeleteMessage",
        "ec2messages:FailMessage",
        "ec2messages:GetEndpoint",
        "ec2messages:GetMessages",
        "ec2messages:SendReply",
      ],
      Resource: "*",
    });
  });

  test("is these nine statements and nothing else, with no action on everything beyond three (P37)", () => {
    expect(all.map(({ Sid }) => Sid)).toEqual([
      "ReadStore",
      "ReportOfItself",
      "OwnLogs",
      "TellMissingFromForbidden",
      "ReadOwnParameters",
      "OwnLifecycle",
      "SeeOwnLifecycle",
      "PublishMetrics",
      "SayThatItIsThere",
      "SessionManagerAndRunCommand",
    ]);
    // AWS, "Actions, resources, and condition keys for Amazon CloudWatch": PutMetricData knows no resource, but this.
    expect(of("PublishMetrics")?.Condition).toEqual({ StringEquals: { "cloudwatch:namespace": "Footprint" } });
    expect(all.filter(({ Resource }) => [Resource].flat().includes("*")).map(({ Sid }) => Sid)).toEqual([
      "SeeOwnLifecycle",
      "PublishMetrics",
      "SessionManagerAndRunCommand",
    ]);
    expect(all.flatMap(({ Action }) => Action).filter((action) => action.includes("*"))).toEqual([]);
  });
});
