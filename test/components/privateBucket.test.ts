import { PrivateBucket } from "../../components/privateBucket";
import { alone, type Alone } from "./alone";

const REGION = "eu-central-1";
const RULE = { id: "short", status: "Enabled", filter: {}, expiration: { days: 3 } };
const READER = {
  sid: "Read",
  service: "reader.amazonaws.com",
  action: "s3:ListBucket",
  accountId: "1",
  sourceArn: "arn:x",
};
const STATEMENT = {
  Sid: "Read",
  Effect: "Allow",
  Principal: { Service: "reader.amazonaws.com" },
  Condition: { StringEquals: { "aws:SourceAccount": "1" }, ArnLike: { "aws:SourceArn": "arn:x" } },
  Action: "s3:ListBucket",
};

describe("a private bucket", () => {
  let made: Alone;
  const policy = () => made.one("BucketPolicy", "store-policy");

  beforeAll(async () => {
    made = await alone(() => {
      const bucket = new PrivateBucket("store", {
        region: REGION,
        retention: [{ id: "short", days: 3 }],
        services: [READER],
      });
      return {
        name: bucket.bucketName,
        arn: bucket.bucketArn,
        ready: bucket.ready,
      };
    });
  });

  test("is deleted only when empty, and with its stack", () => {
    expect(made.inputs("Bucket", "store")).toEqual({ region: REGION, forceDestroy: false });
    expect(made.registrations.filter(({ options }) => Object.keys(options).length > 0)).toEqual([]);
  });

  test("keeps versions", () => {
    expect(made.inputs("BucketVersioning", "store-versioning")).toEqual({
      region: REGION,
      bucket: "id-of-store",
      versioningConfiguration: { status: "Enabled" },
    });
  });

  test("encrypts by S3's own key", () => {
    expect(made.inputs("BucketServerSideEncryptionConfiguration", "store-encryption")).toEqual({
      region: REGION,
      bucket: "id-of-store",
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
  });

  test("blocks public access in all four ways", () => {
    expect(made.inputs("BucketPublicAccessBlock", "store-public-access-block")).toEqual({
      region: REGION,
      bucket: "id-of-store",
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
  });

  test("refuses plain HTTP to everybody, beside the statements that it is given", () => {
    expect(JSON.parse(policy().inputs.policy as string)).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "HttpsOnly",
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: ["arn:aws:made:up:111122223333:store", "arn:aws:made:up:111122223333:store/*"],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
        { ...STATEMENT, Resource: "arn:aws:made:up:111122223333:store" },
      ],
    });
  });

  test("takes its policy after the public access block: S3 refuses both at once", () => {
    expect(policy().dependencies).toContain(made.one("BucketPublicAccessBlock", "store-public-access-block").urn);
  });

  test("keeps things as told, and no unfinished upload longer than a week", () => {
    expect(made.inputs("BucketLifecycleConfiguration", "store-lifecycle").rules).toEqual([
      RULE,
      {
        id: "unfinished-uploads",
        status: "Enabled",
        filter: {},
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
    ]);
  });

  test("has its life cycle when it has versions, which rules are about", () => {
    expect(made.one("BucketLifecycleConfiguration", "store-lifecycle").dependencies).toContain(
      made.one("BucketVersioning", "store-versioning").urn,
    );
  });

  test("is ready when its policy and its versioning stand", () => {
    expect(made.outputs).toEqual({
      name: "bucket-of-store",
      arn: "arn:aws:made:up:111122223333:store",
      ready: [policy().urn, made.one("BucketVersioning", "store-versioning").urn],
    });
  });
});

test("a bucket that is to stay behind stays with all its settings", async () => {
  const made = await alone(() => new PrivateBucket("logs", { region: REGION, retention: [], retainOnDelete: true }));
  const resources = made.registrations.filter(({ custom }) => custom);

  expect(resources).toHaveLength(6);
  expect(resources.filter(({ options }) => options.retainOnDelete !== true)).toEqual([]);
});

test("a bucket may be told to go with its contents", async () => {
  const made = await alone(() => new PrivateBucket("store", { region: REGION, retention: [], forceDestroy: true }));

  expect(made.inputs("Bucket", "store").forceDestroy).toBe(true);
});
