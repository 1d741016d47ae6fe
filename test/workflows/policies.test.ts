import * as fs from "node:fs";
import * as path from "node:path";
import type { Registration } from "../../infra/plan/harness";
import { ofType, preview, shipped, SHIPPED, update } from "../support/stacks";
import { repository } from "../support/tree";
import { PROVIDER_ACTIONS } from "./providerActions";

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const FOLDER = path.join(repository, ".github", "aws");
const policy = (file: string): readonly Statement[] =>
  (JSON.parse(fs.readFileSync(path.join(FOLDER, file), "utf8")) as { Statement: Statement[] }).Statement;
const list = (value: string | readonly string[] | undefined): readonly string[] =>
  typeof value === "string" ? [value] : (value ?? []);
const actions = (files: readonly string[]): string[] =>
  files.flatMap((file) => policy(file).flatMap((each) => list(each.Action))).sort();

const DEPLOY = ["deploy-data.json", "deploy-edge.json", "deploy-network.json"];
const STATE = ["state-read.json", "state-write.json"];
/** What people may do who look after a deployment. */
const OPERATE = [
  ...["operate-check.json", "operate-cutover.json", "operate-drain.json", "operate-logs.json"],
  ...["operate-purge.json", "operate-status.json"],
];
const BOUNDARY = "boundary-nodes.json";
const PERMISSION_FILES = [...DEPLOY, "drift.json", "renew.json", ...STATE, ...OPERATE, BOUNDARY];
const TRUST = {
  "trust-preview.json": "repo:ORG/REPO:pull_request",
  "trust-drift.json": "repo:ORG/REPO:ref:refs/heads/main",
  "trust-deploy.json": "repo:ORG/REPO:environment:STACK",
};

const SUBSCRIPTIONS =
  "of a subscription SNS asks for rights on everything (Service Authorization Reference, Amazon SNS: no resource types)";

/** Statements on every resource, and why AWS leaves no choice. */
const ON_EVERYTHING: Readonly<Record<string, string>> = {
  "drift.json Describe": "EC2, ELB and Auto Scaling know no resources for Describe",
  "drift.json ListParameters": "ssm:DescribeParameters lists: it knows no resources, and shows no values",
  "deploy-edge.json AskForCertificates": "a certificate has no ARN before it is asked for",
  "deploy-edge.json MakeZonesAndChecks": "zones and health checks have no ARN before they are made",
  "deploy-edge.json WaitForNodes": "ELB and Auto Scaling know no resources for Describe",
  "deploy-edge.json Subscriptions": SUBSCRIPTIONS,
  "drift.json Subscriptions": SUBSCRIPTIONS,
  "deploy-network.json AskedInTheCallersName": "EC2 knows no resources for Describe",
  "deploy-network.json FlowLogDelivery": "log delivery knows no resources",
  "operate-check.json Look": "descriptions, lists and limits of an account know no resources",
  "operate-cutover.json Checks": "lists know no resources",
  "operate-status.json Groups": "Auto Scaling, EC2 and SNS know no resources for descriptions and lists",
  "operate-status.json Metrics": "CloudWatch knows no resources for GetMetricData",
  "boundary-nodes.json SeeLifecycle": "Auto Scaling knows no resources for Describe",
  "boundary-nodes.json Metrics": "CloudWatch knows no resources for PutMetricData; a condition names the namespace",
  "boundary-nodes.json SessionManagerAndRunCommand": "Session Manager's own channels know no resources",
};

/** IAM's name of what each command of the SDK does. */
const CALLS: Readonly<Record<string, string>> = {
  ChangeResourceRecordSetsCommand: "route53:ChangeResourceRecordSets",
  DeleteObjectCommand: "s3:DeleteObject",
  DescribeAutoScalingGroupsCommand: "autoscaling:DescribeAutoScalingGroups",
  DescribeImagesCommand: "ec2:DescribeImages",
  GetMetricDataCommand: "cloudwatch:GetMetricData",
  DescribeInstanceRefreshesCommand: "autoscaling:DescribeInstanceRefreshes",
  GetObjectCommand: "s3:GetObject",
  GetParametersCommand: "ssm:GetParameters",
  HeadObjectCommand: "s3:GetObject",
  ListHealthChecksCommand: "route53:ListHealthChecks",
  ListObjectsV2Command: "s3:ListBucket",
  ListResourceRecordSetsCommand: "route53:ListResourceRecordSets",
  ListSubscriptionsCommand: "sns:ListSubscriptions",
  PutObjectCommand: "s3:PutObject",
};

let registrations: readonly Registration[];
beforeAll(async () => {
  const plans = await Promise.all(SHIPPED.map((stack) => preview(shipped(stack), stack)));
  registrations = plans.flatMap((plan) => plan.registrations);
});

describe("the policies of the workflows' roles", () => {
  test("know each AWS type that the shipped stacks register, and no other", () => {
    const registered = new Set(registrations.map(({ type }) => type).filter((type) => type.startsWith("aws:")));

    expect(Object.keys(PROVIDER_ACTIONS).sort()).toEqual([...registered].sort());
  });

  test("allow drift detection what the provider reads, and nothing else", () => {
    const reads = new Set(Object.values(PROVIDER_ACTIONS).flatMap(({ read }) => read));

    expect(actions(["drift.json"])).toEqual([...reads].sort());
    expect([...reads].filter((action) => !/^[a-z0-9]+:(Describe|Get|List)/.test(action))).toEqual([]);
  });

  test("allow a deployment what the provider calls besides, each action once, and nothing else", () => {
    const reads = new Set(Object.values(PROVIDER_ACTIONS).flatMap(({ read }) => read));
    const writes = new Set(Object.values(PROVIDER_ACTIONS).flatMap(({ write }) => write));
    const elsewhere = Object.values(PROVIDER_ACTIONS).flatMap((each) => each.elsewhere ?? []);

    expect(actions(DEPLOY)).toEqual([...[...writes].filter((action) => !reads.has(action)), ...elsewhere].sort());
  });

  test("read the archive of packages in the one bucket that holds it", () => {
    const found = DEPLOY.flatMap(policy).filter(({ Action }) => list(Action).includes("s3:GetObject"));

    expect(found).toEqual([
      {
        Sid: "PackagesArchive",
        Effect: "Allow",
        Action: ["s3:GetObject"],
        Resource: "arn:aws:s3:::PACKAGES_BUCKET/packages/*",
      },
    ]);
  });

  test("allow a preview the state alone, and nothing that writes it", () => {
    expect(actions(["state-read.json"])).toEqual(["kms:Decrypt", "s3:GetObject", "s3:ListBucket"]);
    expect(actions(["state-write.json"])).toEqual([
      "kms:Decrypt",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:PutObject",
    ]);
  });

  test("allow the weekly look for images their public parameters alone", () => {
    expect(policy("renew.json")).toEqual([
      expect.objectContaining({
        Action: ["ssm:GetParameter"],
        // Without an account: AWS's own, public ones.
        Resource: "arn:aws:ssm:*::parameter/aws/service/debian/release/*",
      }),
    ]);
  });

  test("name every action, without an asterisk", () => {
    expect(actions(PERMISSION_FILES).filter((action) => !/^[a-z0-9]+:[A-Z]\w+$/.test(action))).toEqual([]);
  });

  test("are for every resource only where AWS leaves no choice", () => {
    const open = PERMISSION_FILES.flatMap((file) =>
      policy(file)
        .filter(({ Resource }) => list(Resource).includes("*"))
        .map(({ Sid }) => `${file} ${Sid ?? ""}`),
    );

    expect(open.sort()).toEqual(Object.keys(ON_EVERYTHING).sort());
  });

  test("hand the nodes' roles to EC2 alone, and make linked roles for four services alone", () => {
    const conditions = (action: string) =>
      policy("deploy-data.json")
        .filter((each) => list(each.Action).includes(action))
        .map(({ Condition }) => Condition);

    expect(conditions("iam:PassRole")).toEqual([{ StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } }]);
    expect(conditions("iam:CreateServiceLinkedRole")).toEqual([
      {
        StringEquals: {
          "iam:AWSServiceName": [
            "autoscaling.amazonaws.com",
            "ec2-nat-gateway.amazonaws.com",
            "elasticloadbalancing.amazonaws.com",
            "spot.amazonaws.com",
          ],
        },
      },
    ]);
  });

  test("make and change the nodes' roles within a boundary alone, which nobody takes away (P36)", () => {
    const boundary = {
      StringEquals: { "iam:PermissionsBoundary": "arn:aws:iam::ACCOUNT_ID:policy/footprint-boundary-nodes" },
    };
    const conditions = DEPLOY.flatMap(policy).flatMap(({ Action, Condition }) =>
      list(Action)
        // The actions that give a role more than it has (IAM User Guide, "Delegating responsibility to others").
        .filter((action) => /^iam:(CreateRole|Put|Attach|CreatePolicy|SetDefaultPolicyVersion)/.test(action))
        .map((action) => [action, Condition]),
    );

    expect(conditions).toEqual(
      ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"].map((action) => [action, boundary]),
    );
    expect(actions(DEPLOY)).not.toContain("iam:DeleteRolePermissionsBoundary");
  });

  test("bound the nodes' roles by what their own policy allows (P36)", async () => {
    const roles = ofType(await update(shipped("sandbox"), "sandbox"), "aws:iam/rolePolicy:RolePolicy");
    const own = new Set(
      roles.flatMap(({ inputs }) =>
        (JSON.parse(inputs.policy as string) as { Statement: Statement[] }).Statement.flatMap(({ Action }) =>
          list(Action),
        ),
      ),
    );

    expect(own.size).toBeGreaterThan(10);
    expect([...new Set(actions([BOUNDARY]))]).toEqual([...own].sort());
  });

  /** Commands of the SDK that a room sends, each as its action is called. */
  const calledIn = (room: string): readonly string[] => {
    const folder = path.join(repository, "infra", room);
    return fs
      .readdirSync(folder)
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => [...fs.readFileSync(path.join(folder, file), "utf8").matchAll(/new (\w+Command)\(/g)])
      .map(([, command = ""]) => command);
  };

  test("allow operators what the commands call, and no more", () => {
    const called = calledIn("operate").map((command) => CALLS[command] ?? command);
    const people = ["operate-cutover.json", "operate-drain.json", "operate-purge.json", "operate-status.json"];
    // The wait for Route 53's name servers is the SDK's; the id of a zone that the stack makes is looked up by its name.
    const besides = ["route53:GetChange", "route53:ListHostedZonesByName"];

    expect([...new Set(actions(people))]).toEqual([...new Set([...called, ...besides])].sort());
  });

  test("allow who checks what the check looks at, and nothing that changes anything", () => {
    const looks = actions(["operate-check.json"]);
    const called = calledIn("check")
      // Of its caller nobody can be denied to know (STS API Reference, GetCallerIdentity).
      .filter((command) => command !== "GetCallerIdentityCommand")
      .map((command) => (CALLS[command] ?? command).replace(/^.*:/, "").replace(/Command$/, ""));
    // Records are listed by what the cut-over uses too, aliases by the SDK's paginator; a bucket that may not be listed
    // hides what it lacks.
    const besides = ["ListResourceRecordSets", "ListAliases", "ListBucket"];

    expect(new Set(looks.map((action) => action.replace(/^.*:/, "")))).toEqual(new Set([...called, ...besides]));
    expect(looks.filter((action) => !/:(?:Describe|Get|List)/.test(action))).toEqual([]);
  });

  test("allow who reads logs what `footprint logs` calls, and a shell", () => {
    const bucket = fs.readFileSync(path.join(repository, "infra", "operate", "logs", "bucket.ts"), "utf8");
    const called = [...bucket.matchAll(/new (\w+Command)\(/g)].map(([, command = ""]) => CALLS[command] ?? command);

    expect(actions(["operate-logs.json"]).filter((action) => action.startsWith("s3:"))).toEqual(called.sort());
  });

  test.each([
    ["aws:iam/role:Role", "iam:CreateRole", "role/"],
    ["aws:iam/role:Role", "iam:PassRole", "role/"],
    ["aws:iam/instanceProfile:InstanceProfile", "iam:CreateInstanceProfile", "instance-profile/"],
    ["aws:s3/bucket:Bucket", "s3:CreateBucket", ":::"],
    ["aws:ssm/parameter:Parameter", "ssm:PutParameter", "parameter/"],
    ["aws:sns/topic:Topic", "sns:CreateTopic", ":ACCOUNT_ID:"],
    ["aws:autoscaling/group:Group", "autoscaling:CreateAutoScalingGroup", "autoScalingGroupName/"],
  ])("match the names of every %s for %s", (type, action, before) => {
    const patterns = [...DEPLOY, "drift.json"]
      .flatMap(policy)
      .filter((each) => list(each.Action).includes(action))
      .flatMap(({ Resource }) => list(Resource))
      .filter((resource) => resource.includes(before))
      .map((resource) => glob(resource.slice(resource.indexOf(before) + before.length)));
    const names = registrations.filter((each) => each.type === type).map(({ name }) => `${name}-0a1b2c3`);

    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !patterns.some((pattern) => pattern.test(name)))).toEqual([]);
    // The state's bucket, and what other programs of the account call theirs.
    expect(["footprint-state", "admin", "node-deployer"].filter((name) => patterns.some((p) => p.test(name)))).toEqual(
      [],
    );
  });

  test("fit into a managed policy each (6,144 characters)", () => {
    const sizes = PERMISSION_FILES.map(
      (file) => JSON.stringify({ Version: "2012-10-17", Statement: policy(file) }).length,
    );

    // Room for what replaces the placeholders.
    expect(Math.max(...sizes)).toBeLessThan(5500);
  });

  test.each(Object.entries(TRUST))("are taken on by one kind of run alone: %s", (file, subject) => {
    expect(policy(file)).toEqual([
      {
        Effect: "Allow",
        Principal: { Federated: "arn:aws:iam::ACCOUNT_ID:oidc-provider/token.actions.githubusercontent.com" },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": subject,
          },
        },
      },
    ]);
  });

  test("are all here", () => {
    expect(fs.readdirSync(FOLDER).sort()).toEqual([...PERMISSION_FILES, ...Object.keys(TRUST)].sort());
  });
});

/** IAM's wildcards in a resource's name. */
function glob(pattern: string): RegExp {
  const quoted = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${quoted.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
