import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { SSMClient, GetParameterCommand } from "@aws-sdk/client-ssm";
import { Command } from "commander";
import { byAccountOfStack } from "../../infra/commands/operator";
import { accountView } from "../../infra/config/account";
import { goDuration } from "../../infra/config/goDuration";
import { bareName, stackFile } from "../../infra/config/stacks";
import { clientsOf } from "../../infra/operate/clients";
import { accountOptions, goByAccount } from "../../infra/terminal/account";
import { some } from "../support/some";
import { AwsServer, type AwsRequest } from "./awsServer";

/** What a client asks for that makes no difference to whose account it is. */
const NO_MATTER = [
  "allowedAccountIds",
  "defaultTags",
  "forbiddenAccountIds",
  // AWS is called by TLS alone.
  "httpProxy",
  "ignoreTags",
  "maxRetries",
  "region",
  "retryMode",
  "s3UsEast1RegionalEndpoint",
  "skipCredentialsValidation",
  "skipMetadataApiCheck",
  "skipRegionValidation",
  "skipRequestingAccountId",
  "tagPolicyCompliance",
  "tokenBucketRateLimiterCapacity",
  "userAgents",
];

const VALUES: Readonly<Record<string, string>> = {
  profile: "edge",
  assumeRoles: `[{"roleArn":"arn:aws:iam::123456789012:role/edge","duration":"1h30m"}]`,
  endpoints: `[{"s3":"http://127.0.0.1:1"}]`,
  s3UsePathStyle: "true",
  useFipsEndpoint: "true",
  useDualstackEndpoint: "true",
  httpsProxy: "http://127.0.0.1:3128",
  noProxy: "example.com",
};

// The witness is the package of the provider that the program runs on: each of its settings has its place here.
test("every setting of the provider is gone by, named as Pulumi's alone, or makes no difference", () => {
  const declared = readFileSync(join(require.resolve("@pulumi/aws/package.json"), "..", "config", "vars.d.ts"), "utf8");
  const names = [...declared.matchAll(/^export declare const (\w+):/gm)].map(([, name = ""]) => name);

  some(names).forEach((name) => {
    const { account, onlyPulumi } = accountView({ [`aws:${name}`]: VALUES[name] ?? "something" });
    const isGoneBy = Object.values(account).some((value) => value !== undefined);

    expect([name, isGoneBy, onlyPulumi.includes(`aws:${name}`), NO_MATTER.includes(name)]).toEqual([
      name,
      name in VALUES,
      !(name in VALUES) && !NO_MATTER.includes(name),
      NO_MATTER.includes(name),
    ]);
  });
});

test("what cannot be read as the provider reads it is left to Pulumi, and said", () => {
  expect(accountView({ "aws:assumeRoles": `[{"roleArn":"arn","duration":"soon"}]`, "aws:secretKey": "x" })).toEqual({
    account: {},
    onlyPulumi: ["aws:secretKey", "aws:assumeRoles"],
  });
});

test("a role has the names and units of AWS's AssumeRole; a service may have several names", () => {
  const role = {
    roleArn: "arn:aws:iam::123456789012:role/edge",
    duration: "1h30m",
    policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    tags: { team: "edge" },
  };
  const { account } = accountView({
    "aws:assumeRoles": JSON.stringify([role]),
    "aws:endpoints": JSON.stringify([{ s3api: "http://a", elasticloadbalancingv2: "http://b", lambda: "http://c" }]),
  });

  expect(account.roles).toEqual([
    {
      RoleArn: role.roleArn,
      DurationSeconds: 5400,
      PolicyArns: [{ arn: role.policyArns[0] }],
      Tags: [{ Key: "team", Value: "edge" }],
    },
  ]);
  expect(account.endpoints).toEqual({ s3: "http://a", elbv2: "http://b" });
});

// AWS Security Token Service, AssumeRole; names of services as the provider's configuration has them ("custom service endpoints").
test("a role may have all that AssumeRole takes, and each service that is called here its own endpoint", () => {
  const role = {
    roleArn: "a",
    sessionName: "b",
    externalId: "c",
    policy: "d",
    sourceIdentity: "e",
    transitiveTagKeys: ["f"],
  };
  const own = [
    "autoscaling",
    "cloudwatch",
    "ec2",
    "elbv2",
    "iam",
    "kms",
    "route53",
    "s3",
    "servicequotas",
    "sns",
    "ssm",
    "sts",
  ];
  const { account } = accountView({
    "aws:assumeRoles": JSON.stringify([role]),
    "aws:endpoints": JSON.stringify(own.map((name) => ({ [name]: `http://${name}` }))),
  });

  expect(account.roles).toEqual([
    {
      RoleArn: "a",
      RoleSessionName: "b",
      ExternalId: "c",
      Policy: "d",
      SourceIdentity: "e",
      TransitiveTagKeys: ["f"],
    },
  ]);
  expect(account.endpoints).toEqual(Object.fromEntries(own.map((name) => [name, `http://${name}`])));
});

// Go's package time, ParseDuration.
test.each([
  ["90s", 90],
  ["1h15m30s", 4530],
  ["1.25h", 4500],
  ["0.5m1s", 31],
  ["90", undefined],
  ["", undefined],
  ["1h ", undefined],
  ["1h30", undefined],
  ["x1h", undefined],
])("a duration of %p is %p seconds", (text, seconds) => {
  expect(goDuration(text)).toBe(seconds);
});

test.each<object>([
  {},
  { roleArn: 1 },
  ...[
    "sessionName",
    "duration",
    "externalId",
    "policy",
    "policyArns",
    "sourceIdentity",
    "tags",
    "transitiveTagKeys",
  ].map((key) => ({ roleArn: "a", [key]: 1 })),
  { roleArn: "a", policyArns: [1] },
  { roleArn: "a", tags: { a: 1 } },
  { roleArn: "a", transitiveTagKeys: [1] },
  { roleArn: "a", unknown: "b" },
])("a role that is %j is left to Pulumi", (role) => {
  expect(accountView({ "aws:assumeRoles": JSON.stringify([role]) })).toEqual({
    account: {},
    onlyPulumi: ["aws:assumeRoles"],
  });
});

describe("a command", () => {
  let folder: string;
  let server: AwsServer;
  let endpoint: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "footprint-account-"));
    server = new AwsServer(answer);
    await server.start();
    endpoint = process.env["AWS_ENDPOINT_URL"] ?? "";
    delete process.env["AWS_ENDPOINT_URL"];
  });
  afterEach(async () => {
    goByAccount({});
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const roleArn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;

  /** So many times nobody may take a role on. */
  let refusals = 0;

  /** Each role's credentials have the role's name for their access key. */
  function answer({ service, body, method }: AwsRequest) {
    const role = /role%2F(\w+)/.exec(body)?.[1] ?? "";
    if (service === "sts" && refusals > 0) {
      refusals -= 1;
      return {
        status: 403,
        type: "text/xml" as const,
        body: "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not yet</Message></Error></ErrorResponse>",
      };
    }
    return service === "sts"
      ? {
          type: "text/xml" as const,
          body: `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>KEYOF${role}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
        }
      : method === "POST"
        ? { type: "application/x-amz-json-1.1" as const, body: `{"Parameter":{"Value":"x"}}` }
        : { type: "text/xml" as const, body: "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>" };
  }

  async function run(config: object, action: () => Promise<unknown>, stack = "base"): Promise<string> {
    // A mistake elsewhere, as while somebody edits it, keeps nobody from the account.
    writeFileSync(
      join(folder, "Pulumi.base.yaml"),
      JSON.stringify({ config: { ...config, "footprint:pops": 7, nonsense: [] } }),
    );
    const said: string[] = [];
    const write = jest.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
    const program = new Command();
    byAccountOfStack(folder, program.command("look").option("--stack <name>")).action(async () => {
      await action();
    });
    await program.parseAsync(["look", "--stack", stack], { from: "user" }).finally(() => {
      write.mockRestore();
    });
    return said.join("");
  }

  test("takes on the roles of the stack file, one with the other's credentials, at its endpoints", async () => {
    const config = {
      "aws:assumeRoles": [{ roleArn: roleArn("first") }, { roleArn: roleArn("second"), sessionName: "edge" }],
      "aws:endpoints": [{ sts: endpoint, s3: endpoint }, { ssm: endpoint }],
      "aws:s3UsePathStyle": true,
    };

    const said = await run(config, async () => {
      await clientsOf("eu-west-1").s3.send(new ListBucketsCommand({}));
      await new SSMClient(accountOptions("ssm", "us-east-1")).send(new GetParameterCommand({ Name: "/a" }));
    });

    expect(said).toBe("");
    expect(server.requests.map(({ service, region, accessKey }) => `${service} ${region} ${accessKey}`)).toEqual([
      "sts eu-west-1 test",
      "sts eu-west-1 KEYOFfirst",
      "s3 eu-west-1 KEYOFsecond",
      "sts us-east-1 test",
      "sts us-east-1 KEYOFfirst",
      "ssm us-east-1 KEYOFsecond",
    ]);
  });

  test("takes a role on once in a region, however many clients ask there, and again when it could not be taken", async () => {
    refusals = 1;
    const config = {
      "aws:assumeRoles": [{ roleArn: roleArn("edge") }],
      "aws:endpoints": [{ sts: endpoint, s3: endpoint, ssm: endpoint }],
      "aws:s3UsePathStyle": true,
    };

    await run(config, async () => {
      const first = clientsOf("eu-west-1");
      await expect(first.s3.send(new ListBucketsCommand({}))).rejects.toThrow();
      await Promise.all([
        ...[first, clientsOf("eu-west-1")].map(({ s3 }) => s3.send(new ListBucketsCommand({}))),
        new SSMClient(accountOptions("ssm", "eu-west-1")).send(new GetParameterCommand({ Name: "/a" })),
      ]);
    });

    expect(server.requests.filter(({ service }) => service === "sts")).toHaveLength(2);
    expect(server.requests.filter(({ accessKey }) => accessKey === "KEYOFedge")).toHaveLength(3);
  });

  test("goes by the profile of the stack file, and not by the environment's keys", async () => {
    const credentials = join(folder, "credentials");
    writeFileSync(credentials, "[edge]\naws_access_key_id = KEYOFPROFILE\naws_secret_access_key = s\n");
    process.env["AWS_SHARED_CREDENTIALS_FILE"] = credentials;

    await run({ "aws:profile": "edge", "aws:endpoints": [{ s3: endpoint }] }, () =>
      clientsOf("eu-west-1").s3.send(new ListBucketsCommand({})),
    );

    expect(server.requests.map(({ accessKey }) => accessKey)).toEqual(["KEYOFPROFILE"]);
  });

  test("says what of the stack file only Pulumi goes by", async () => {
    const config = { "aws:accessKey": { secure: "v1:abc" }, "aws:customCaBundle": "/etc/ca.pem" };

    await expect(run(config, () => Promise.resolve())).resolves.toBe(
      "Only Pulumi goes by aws:accessKey, aws:customCaBundle of the stack file. Give this command the same account by its environment (AWS_PROFILE and the like).\n",
    );
  });

  test("has nothing to go by where there is no such stack", async () => {
    await expect(run({}, () => Promise.resolve(), "other")).resolves.toBe("");
  });

  // https://www.pulumi.com/docs/iac/concepts/stacks/: [organization/[project/]]stack.
  test("knows a stack by its whole name, as Pulumi does", async () => {
    await run(
      { "aws:endpoints": [{ s3: endpoint }] },
      () => clientsOf("eu-west-1").s3.send(new ListBucketsCommand({})),
      "acme/footprint/base",
    );

    expect(server.requests).toHaveLength(1);
    expect(["base", "acme/base", "acme/footprint/base"].map(bareName)).toEqual(["base", "base", "base"]);
    expect(stackFile("acme/base", folder)).toBe(join(folder, "Pulumi.base.yaml"));
  });
});
