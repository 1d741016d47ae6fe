import { LogBucket } from "../../components/logBucket";
import { alone, type Alone } from "./alone";

describe("a log bucket", () => {
  let made: Alone;

  beforeAll(async () => {
    made = await alone(() => {
      const { bucketName, bucketArn, ready } = new LogBucket("logs", {
        region: "eu-central-1",
        accountId: "111122223333",
        retention: 30,
      });
      return { bucketName, bucketArn, ready };
    });
  });

  test("stays behind with its life cycle, its policy and all else when the stack goes", () => {
    const resources = made.registrations.filter(({ custom }) => custom);

    expect(resources).toHaveLength(6);
    expect(resources.filter(({ options }) => options.retainOnDelete !== true)).toEqual([]);
  });

  test("is never emptied by force", () => {
    expect(made.inputs("Bucket", "logs").forceDestroy).toBe(false);
  });

  test("empties itself after the retention", () => {
    expect(made.inputs("BucketLifecycleConfiguration", "logs-lifecycle").rules).toContainEqual({
      id: "retention",
      status: "Enabled",
      filter: {},
      expiration: { days: 30 },
      noncurrentVersionExpiration: { noncurrentDays: 7 },
    });
  });

  test("lets log delivery of its own account and region write, nobody else, and only by HTTPS", () => {
    const bucket = "arn:aws:made:up:111122223333:logs";
    const delivery = {
      Effect: "Allow",
      Principal: { Service: "delivery.logs.amazonaws.com" },
      Condition: {
        StringEquals: { "aws:SourceAccount": "111122223333" },
        ArnLike: { "aws:SourceArn": "arn:aws:logs:eu-central-1:111122223333:*" },
      },
    };

    expect(JSON.parse(made.inputs("BucketPolicy", "logs-policy").policy as string)).toEqual({
      Version: "2012-10-17",
      Statement: [
        expect.objectContaining({ Sid: "HttpsOnly", Effect: "Deny" }),
        {
          Sid: "AWSLogDeliveryWrite",
          ...delivery,
          Action: "s3:PutObject",
          Resource: `${bucket}/AWSLogs/111122223333/*`,
        },
        { Sid: "AWSLogDeliveryAclCheck", ...delivery, Action: "s3:GetBucketAcl", Resource: bucket },
      ],
    });
  });

  test("is ready for logs when its policy stands", () => {
    expect(made.outputs).toMatchObject({
      bucketName: "bucket-of-logs",
      bucketArn: "arn:aws:made:up:111122223333:logs",
      ready: expect.arrayContaining([made.one("BucketPolicy", "logs-policy").urn]) as unknown,
    });
  });
});
