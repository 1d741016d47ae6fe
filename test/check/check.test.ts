import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_LOCK } from "../../components/node/packageLock";
import { packagesKey } from "../../components/node/protocol/storeKeys";
import type { Line } from "../../infra/check/line";
import type * as build from "../../infra/plan/build";
import { repository } from "../support/tree";
import { Account, alias, dnsError, record, STACK_FILE } from "./account";

// A plan takes a second, and most of these tests have one stack file: it is made once.
jest.mock("../../infra/plan/build", () => {
  const { buildPlan } = jest.requireActual<typeof build>("../../infra/plan/build");
  const made = new Map<string, ReturnType<typeof buildPlan>>();
  return {
    buildPlan: (stack: string, values: Readonly<Record<string, string>>) => {
      const key = JSON.stringify(values);
      const plan = made.get(key) ?? buildPlan(stack, values);
      made.set(key, plan);
      return plan;
    },
  };
});

const RUNBOOK = readFileSync(join(repository, "infra", "operate", "RUNBOOK.md"), "utf8");

let account: Account;
beforeEach(async () => {
  account = await Account.start();
});
afterEach(() => account.stop());

/** Of the shipped lock, and in every account. */
const SESSION_MANAGER: Line = {
  where: "packages",
  what: "agent of Session Manager",
  verdict: "warning",
  found: "the lock has none, there is no SSH, and so no way into a node",
  todo: "footprint node lock --ssm-agent VERSION, and publish again",
};

/** Who makes keys by hand has this one (KMS Developer Guide, "Default key policy"). */
const KEY_OF_THE_ACCOUNT = {
  Effect: "Allow",
  Principal: { AWS: "arn:aws:iam::111122223333:root" },
  Action: "kms:*",
  Resource: "*",
};

// The two statements of the EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes".
const STARTER =
  "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
const USES = {
  Effect: "Allow",
  Principal: { AWS: [STARTER] },
  Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
  Resource: "*",
};
const HANDS_ON = {
  Effect: "Allow",
  Principal: { AWS: [STARTER] },
  Action: ["kms:CreateGrant"],
  Resource: "*",
  Condition: { Bool: { "kms:GrantIsForAWSResource": true } },
};

function ownKeys(): void {
  account.stackFile = `${STACK_FILE}  footprint:volumeKey: alias/edge-volumes\n`;
}

function keyOfVolumes(found: string): readonly Partial<Line>[] {
  return ["eu-west-1", "eu-south-1"].map((where) => ({ where, what: "key of volumes", verdict: "fails", found }));
}

/** All that is not as it must be, but for what the shipped lock lacks. */
async function troubles(): Promise<readonly Line[]> {
  const { status, found } = await account.check();
  const lines = (found?.lines ?? []).filter(({ verdict }) => verdict !== "ok");
  expect(lines).toContainEqual(SESSION_MANAGER);
  const others = lines.filter(({ what }) => what !== SESSION_MANAGER.what);
  expect(status).toBe(others.every(({ verdict }) => verdict === "warning") ? 0 : 1);
  return others;
}

const ARCHIVE = `s3://some-packages/${packagesKey(PACKAGE_LOCK.archive.sha256)}`;
const PUBLISH = "footprint node publish --bucket some-packages";

test("an account in which nothing is in the way: a line for each thing that was looked at, and exit code 0", async () => {
  const { status, out } = await account.check(false);

  expect(status).toBe(0);
  expect(out).toMatch(/^edge, account 111122223333: 1 warning, \d+ ok\n {2}warning {2}packages/);
  for (const line of [
    "eu-south-1   region: enabled",
    "eu-west-1    zones: euw1-az1, euw1-az2, euw1-az3",
    "eu-south-1   instance types: m7g.large, m6g.large in each zone",
    "eu-west-1    image: ami-0123456789abcdef0, debian-13-arm64-20261101-2300",
    "eu-west-1    key of volumes: AWS's own (alias/aws/ebs)",
    "eu-west-1    quota VPCs per Region: 5, needed 1",
    "us-east-1    alarms of Route 53: CloudWatch answers: alarms on health checks live here, wherever the PoPs are",
    "us-east-1    topic of these alarms: SNS answers",
    "account      service-linked role of spot.amazonaws.com: is there",
    "account      quota Route 53 health checks: 200, needed 2, in use 0",
    "example.com  quota Records per hosted zone: 10000, needed 17, in use 2",
    `packages     archive: ${ARCHIVE}, its SHA-256 is the lock's`,
    "example.com  zone: Z0123456789ABCDEFGHIJ, delegated to ns-1.awsdns-01.com, ns-2.awsdns-02.net",
    "CAA: nothing restricts who issues",
    "www.example.com",
    "eu-west-1.pop.example.com",
  ]) {
    expect(out.replace(/ {2,}/g, " ")).toContain(line.replace(/ {2,}/g, " "));
  }
});

test("nothing is asked but to describe, get, list and look", async () => {
  await account.check();

  expect(account.asked.length).toBeGreaterThan(30);
  expect(account.asked.filter((each) => !/ (?:Describe|Get|List)\w+$| (?:GET|HEAD) \//.test(each))).toEqual([]);
});

test("its JSON has every line", async () => {
  const { found } = await account.check();

  expect(found).toMatchObject({ stack: "edge", account: "111122223333", ok: true });
  expect(found?.lines).toContainEqual({
    where: "eu-west-1",
    what: "region",
    verdict: "ok",
    found: "enabled",
    todo: null,
  });
});

describe("says what is in the way, and what to do about it:", () => {
  const cases: readonly (readonly [what: string, change: () => void, lines: readonly Partial<Line>[]])[] = [
    [
      "a type that a zone does not offer",
      () => (account.notOffered = ["eus1-az2 m7g.large"]),
      [{ where: "eu-south-1", what: "instance types", verdict: "warning", found: "eus1-az2 has no m7g.large" }],
    ],
    [
      "a zone that offers none of the types",
      () => (account.notOffered = ["eus1-az2 m7g.large", "eus1-az2 m6g.large"]),
      [
        {
          where: "eu-south-1",
          verdict: "fails",
          found: "eus1-az2 has no m7g.large, m6g.large",
          todo: "choose others in pops.eu-south-1: nodes.types, or zones",
        },
      ],
    ],
    [
      "a zone that the account does not have",
      () => (account.zones["eu-west-1"] = ["euw1-az1", "euw1-az2"]),
      [
        {
          where: "eu-west-1",
          what: "zones",
          verdict: "fails",
          found: "the account has no euw1-az3",
          todo: "name others in pops.eu-west-1.zones; there are euw1-az1, euw1-az2",
        },
      ],
    ],
    [
      "an image of another region",
      () => (account.images = ["eu-west-1 ami-0123456789abcdef0"]),
      [
        {
          where: "eu-south-1",
          what: "image",
          verdict: "fails",
          found: "ami-0123456789abcdef1 is not in this region, or not for this account",
          todo: "footprint images --stack edge --release latest",
        },
      ],
    ],
    [
      "images of another architecture, with another root device, too large",
      () => {
        account.images = ["eu-west-1 ami-0123456789abcdef0", "eu-south-1 ami-0123456789abcdef1"];
        Object.assign(account.image, { architecture: "x86_64", rootDeviceName: "/dev/sda1" });
        account.image["blockDeviceMapping"] = [{ deviceName: "/dev/sda1", ebs: { volumeSize: 20 } }];
      },
      ["eu-west-1", "eu-south-1"].map((where, index) => ({
        where,
        verdict: "fails" as const,
        found: `ami-0123456789abcdef${String(index)}: must be for arm64, as the packages are, got "x86_64"; its root device must be /dev/xvda on EBS, got /dev/sda1 on ebs; its root volume must fit into 8 GB, got 20`,
      })),
    ],
    [
      "images that are deprecated",
      () => (account.image["deprecationTime"] = "2020-01-01T00:00:00.000Z"),
      [
        { where: "eu-west-1", what: "image", verdict: "warning" },
        { where: "eu-south-1", what: "image", verdict: "warning" },
      ],
    ],
    [
      "AWS's own key of volumes that is not there yet",
      () => (account.aliases = [[{ AliasName: "alias/aws/ebs" }]]),
      ["eu-west-1", "eu-south-1"].map((where) => ({
        where,
        what: "key of volumes",
        verdict: "warning" as const,
        found: "AWS's own (alias/aws/ebs), which is made at its first use in this region",
        todo: "nothing, or have it made now: aws kms describe-key --key-id alias/aws/ebs",
      })),
    ],
    [
      "a key of volumes that a region lacks",
      () => {
        ownKeys();
        account.key = undefined;
      },
      keyOfVolumes("there is no alias/edge-volumes in this region"),
    ],
    [
      "a key of volumes that is switched off",
      () => {
        ownKeys();
        account.key = { ...account.key, KeyState: "Disabled" };
      },
      keyOfVolumes('alias/edge-volumes is "Disabled", and must be "Enabled"'),
    ],
    [
      "a key of volumes that EBS does not take",
      () => {
        ownKeys();
        account.key = { ...account.key, KeySpec: "RSA_2048" };
      },
      keyOfVolumes(
        "alias/edge-volumes is RSA_2048 for ENCRYPT_DECRYPT, and EBS takes symmetric keys for encryption alone",
      ),
    ],
    [
      "a key of volumes that trusts the account, which lets Auto Scaling do nothing",
      () => {
        ownKeys();
        account.keyPolicy = { Statement: [KEY_OF_THE_ACCOUNT] };
      },
      keyOfVolumes(
        "neither the policy nor a grant of alias/edge-volumes lets Auto Scaling's service-linked role CreateGrant, Decrypt, DescribeKey, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, ReEncryptFrom, ReEncryptTo",
      ),
    ],
    [
      "a key of volumes that Auto Scaling may use and not hand on to EBS",
      () => {
        ownKeys();
        account.keyPolicy = { Statement: [KEY_OF_THE_ACCOUNT, USES, { ...HANDS_ON, Effect: "Deny" }] };
      },
      keyOfVolumes(
        "neither the policy nor a grant of alias/edge-volumes lets Auto Scaling's service-linked role CreateGrant",
      ),
    ],
    [
      "a quota that is below what the plan needs",
      () => (account.quotas["L-34B43A08"] = 1),
      [
        {
          where: "eu-south-1",
          what: "quota All Standard Spot Instance Requests (vCPUs)",
          verdict: "fails",
          todo: expect.stringMatching(
            /^aws service-quotas request-service-quota-increase --region eu-south-1 --service-code ec2 --quota-code L-34B43A08 --desired-value \d+$/,
          ) as string,
        },
      ],
    ],
    [
      "a quota that others have taken; the footprint's own does not count",
      () => {
        account.vpcs["eu-west-1"] = [{}, {}, {}, {}, { Footprint: "other" }];
        account.vpcs["eu-south-1"] = [{}, {}, {}, {}, { Footprint: "edge" }];
      },
      [
        {
          where: "eu-west-1",
          what: "quota VPCs per Region",
          verdict: "fails",
          found: "5, needed 1 beside 5 of others",
          todo: "aws service-quotas request-service-quota-increase --region eu-west-1 --service-code vpc --quota-code L-F678F1CE --desired-value 6",
        },
      ],
    ],
    [
      "health checks that may be the footprint's own",
      () => (account.limits["MAX_HEALTH_CHECKS_BY_OWNER"] = [3, 2]),
      [{ where: "account", what: "quota Route 53 health checks", verdict: "warning" }],
    ],
    [
      "a zone with more records than it has room for, the footprint's own perhaps among them",
      () => (account.zoneLimit = [20, 8]),
      [
        {
          where: "example.com",
          what: "quota Records per hosted zone",
          verdict: "warning",
          found: "20, needed 17, in use 8, this footprint's own among them if it is deployed",
        },
      ],
    ],
    [
      "a zone that has not room for the footprint alone",
      () => (account.zoneLimit = [16, 2]),
      [
        {
          where: "example.com",
          verdict: "fails",
          found: "16, needed 17, in use 2",
          todo: "aws service-quotas request-service-quota-increase --region us-east-1 --service-code route53 --quota-code L-E209CC9F --desired-value 19",
        },
      ],
    ],
    [
      "service-linked roles that are not there yet",
      () => (account.services = ["autoscaling", "elasticloadbalancing", "spot"]),
      [
        {
          where: "account",
          what: "service-linked role of ec2-nat-gateway.amazonaws.com",
          verdict: "warning",
          found:
            "is made with the account's first regional NAT gateway, if who deploys may (iam:CreateServiceLinkedRole)",
          todo: "or aws iam create-service-linked-role --aws-service-name ec2-nat-gateway.amazonaws.com",
        },
      ],
    ],
    [
      "packages that nobody has published",
      () => (account.head = undefined),
      [{ where: "packages", what: "archive", verdict: "fails", found: `${ARCHIVE} is not there`, todo: PUBLISH }],
    ],
    [
      "packages with another content",
      () => (account.head = { ...account.head, "x-amz-checksum-sha256": Buffer.alloc(32).toString("base64") }),
      [{ where: "packages", verdict: "fails", todo: `delete it, and ${PUBLISH}` }],
    ],
    [
      "packages that were cut off",
      () => (account.head = { ...account.head, "content-length": "1" }),
      [
        {
          where: "packages",
          verdict: "fails",
          found: `${ARCHIVE} has 1 bytes, the lock's archive ${String(PACKAGE_LOCK.archive.size)}`,
        },
      ],
    ],
    [
      "a zone that nobody delegates",
      () => (account.nameServers = dnsError("ENOTFOUND")),
      [
        {
          where: "example.com",
          what: "zone",
          verdict: "fails",
          found: "is not delegated: the DNS knows no name server of it",
          todo: "have its parent zone, or its registrar, name ns-1.awsdns-01.com, ns-2.awsdns-02.net",
        },
      ],
    ],
    [
      "a zone that is delegated elsewhere",
      () => (account.nameServers = ["NS1.other.example."]),
      [
        {
          where: "example.com",
          verdict: "fails",
          found: "is delegated to ns1.other.example, which are not those of Z0123456789ABCDEFGHIJ",
        },
      ],
    ],
    [
      "a resolver that does not answer",
      () => (account.nameServers = dnsError("ETIMEOUT")),
      [{ where: "example.com", what: "zone", verdict: "unknown" }],
    ],
    [
      "a zone that the account does not have, once for all of its names",
      () => (account.zone.missing = true),
      [
        {
          where: "example.com",
          what: "zone",
          verdict: "fails",
          found: "the account has no zone Z0123456789ABCDEFGHIJ",
          todo: "footprint zone-id example.com",
        },
      ],
    ],
    [
      "the id of a private zone",
      () => (account.zone.private = true),
      [
        {
          where: "example.com",
          verdict: "fails",
          found: "Z0123456789ABCDEFGHIJ is the private zone example.com",
          todo: "footprint zone-id example.com",
        },
      ],
    ],
    // RFC 8659, section 3: the nearest name that has CAA records governs; section 4.2: ";" lets nobody issue.
    [
      "CAA records of a parent that let others issue",
      () => (account.caa["com"] = [{ critical: 0, issue: "letsencrypt.org" }]),
      [
        {
          where: "example.com",
          what: "CAA",
          verdict: "fails",
          found: "what stands at com does not let Amazon issue",
          todo: 'add `0 issue "amazon.com"` there, or zones.example.com.caaAtApex: true',
        },
      ],
    ],
    [
      "CAA records that let nobody issue",
      () => (account.caa["example.com"] = [{ critical: 0, issue: ";" }]),
      [{ where: "example.com", what: "CAA", verdict: "fails" }],
    ],
    [
      "a host that is a CNAME elsewhere",
      () => account.records.push(record("www.example.com.", "CNAME", "edge.other.example")),
      [
        {
          where: "www.example.com",
          what: "records",
          verdict: "fails",
          found: "has CNAME edge.other.example",
          todo: "`up` cannot take the name over while they are there: see the runbook, _Take a host over from another CDN_",
        },
      ],
    ],
    [
      "addresses and CAA records of others",
      () =>
        account.records.push(
          record("example.com.", "A", "192.0.2.1"),
          record("www.example.com.", "CAA", '0 issue "letsencrypt.org"'),
          alias("www.example.com.", "AAAA", "us-west-2"),
        ),
      [
        { where: "www.example.com", found: 'has CAA 0 issue "letsencrypt.org", AAAA (us-west-2) edge.elb.example.' },
        { where: "example.com", found: "has A 192.0.2.1" },
      ],
    ],
    // RFC 9460, section 2.4.3: an HTTPS record's alternatives, with addresses of their own, come before the addresses.
    [
      "records that browsers go by beside the addresses",
      () =>
        account.records.push(
          alias("www.example.com.", "A", "eu-west-1"),
          record("www.example.com.", "HTTPS", "1 . alpn=h3 ipv4hint=192.0.2.1"),
          record("example.com.", "SVCB", "0 edge.other.example."),
          record("example.com.", "AAAA", "2001:db8::1"),
        ),
      [
        {
          where: "www.example.com",
          verdict: "fails",
          found: "has HTTPS 1 . alpn=h3 ipv4hint=192.0.2.1",
          todo: "delete them: browsers go by them, and not by the addresses alone (RFC 9460)",
        },
        {
          where: "example.com",
          found: "has SVCB 0 edge.other.example., AAAA 2001:db8::1",
          todo: "`up` cannot take the name over while they are there: see the runbook, _Take a host over from another CDN_",
        },
      ],
    ],
    [
      "CAA records of an apex where the footprint is to write its own",
      () => {
        account.stackFile = STACK_FILE.replace("{ id: Z", "{ caaAtApex: true, id: Z");
        account.records.push(record("example.com.", "CAA", '0 issue "amazon.com"', '0 issue "ca.example.net"'));
      },
      [
        {
          where: "example.com",
          verdict: "fails",
          found: 'has CAA 0 issue "amazon.com" 0 issue "ca.example.net"',
          todo: "`up` writes its own in their place: delete them, or take zones.example.com.caaAtApex out",
        },
      ],
    ],
    [
      "what the PoPs' own names may not have",
      () =>
        account.records.push(
          record("pop.example.com.", "CAA", '0 issue "ca.example.net"'),
          record("eu-west-1.pop.example.com.", "NS", "ns.other.example."),
        ),
      [
        { where: "pop.example.com", found: 'has CAA 0 issue "ca.example.net"' },
        { where: "eu-west-1.pop.example.com", found: "has NS ns.other.example." },
      ],
    ],
  ];

  test.each(cases)("%s", async (_what, change, lines) => {
    change();
    const found = await troubles();

    expect(found).toHaveLength(lines.length);
    for (const line of lines) {
      expect(found).toContainEqual(expect.objectContaining(line));
    }
  });
});

describe("takes for good", () => {
  test.each<readonly [what: string, change: () => void]>([
    [
      "records that the footprint has made itself",
      () =>
        account.records.push(
          alias("www.example.com.", "A", "eu-west-1"),
          record("www.example.com.", "CAA", '0 issue "amazon.com"', '0 issuewild "amazonaws.com"'),
          record("www.example.com.", "TXT", '"others"'),
        ),
    ],
    [
      "the nearest CAA records, whatever those above them say",
      () => {
        account.caa["com"] = [{ critical: 0, issue: ";" }];
        account.caa["example.com"] = [{ critical: 0, issue: "Amazon.com; account=1" }];
      },
    ],
    // RFC 8659, section 3: they are the whole zone's, and the footprint writes none there.
    [
      "an apex's CAA records that let others issue beside Amazon",
      () => account.records.push(record("example.com.", "CAA", '0 issue "amazon.com"', '0 issue "ca.example.net"')),
    ],
    [
      "what is beside the PoPs' own records, and not in their place",
      () =>
        account.records.push(
          record("pop.example.com.", "A", "192.0.2.1"),
          record("eu-west-1.pop.example.com.", "CAA", '0 issue "ca.example.net"'),
        ),
    ],
    ["CAA records that only say whom to tell", () => (account.caa["com"] = [{ critical: 0, iodef: "mailto:a@b.c" }])],
    [
      "a key of the account's own with the policy of the user guide",
      () => {
        ownKeys();
        account.keyPolicy = { Statement: [KEY_OF_THE_ACCOUNT, USES, HANDS_ON] };
      },
    ],
    [
      "a key of the account's own with the policy of the runbook",
      () => {
        ownKeys();
        const [, text = ""] = /## A key of your own for volumes[^]+?```json\n([^]+?)```/.exec(RUNBOOK) ?? [];
        account.keyPolicy = JSON.parse(text) as object;
      },
    ],
    [
      "a key of the account's own that Auto Scaling may use by a grant",
      () => {
        ownKeys();
        // As that page has it for a key of another account.
        const Operations = [
          ...["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey"],
          ...["GenerateDataKeyWithoutPlaintext", "DescribeKey", "CreateGrant"],
        ];
        account.grants = [{ GranteePrincipal: STARTER, Operations }];
      },
    ],
  ])("%s", async (_what, change) => {
    change();

    expect(await troubles()).toEqual([]);
  });
});

test("a region that the account does not have is named, and nothing else is asked there", async () => {
  account.optIn["eu-south-1"] = "not-opted-in";

  expect(await troubles()).toEqual([
    {
      where: "eu-south-1",
      what: "region",
      verdict: "fails",
      found: "the account does not have it (not-opted-in)",
      todo: "aws account enable-region --region-name eu-south-1, and wait until it says so: minutes to hours",
    },
  ]);
  expect(account.asked.filter((each) => each.startsWith("eu-south-1"))).toEqual([]);
});

test("an organisation that refuses us-east-1 is told from a caller who may not look", async () => {
  account.refusals["us-east-1 sns ListTopics"] = {
    code: "AuthorizationError",
    message: "User: x is not authorized to perform: SNS:ListTopics with an explicit deny in a service control policy",
  };
  account.refusals["eu-west-1 ec2 DescribeImages"] = {
    code: "UnauthorizedOperation",
    message: "You are not authorized to perform this operation.",
  };

  expect(await troubles()).toEqual([
    expect.objectContaining({ where: "us-east-1", what: "topic of these alarms", verdict: "fails" }),
    {
      where: "eu-west-1",
      what: "image",
      verdict: "unknown",
      found: "the caller may not look (UnauthorizedOperation: You are not authorized to perform this operation.)",
      todo: "allow what .github/aws/operate-check.json says",
    },
  ]);
});

test("what nobody has chosen yet is in the way, and is not asked for", async () => {
  account.stackFile = STACK_FILE.replace("some-packages", "amzn-s3-demo-bucket").replace(
    "ami-0123456789abcdef1",
    "ami-00000000000000000",
  );

  expect((await troubles()).map(({ where, what, verdict }) => [where, what, verdict])).toEqual([
    ["stack file", "image", "fails"],
    ["stack file", "packages.bucket", "fails"],
  ]);
  expect(account.asked.filter((each) => / s3 |eu-south-1 ec2 DescribeImages/.test(each))).toEqual([]);
});

test("the PoPs' own names are looked at where the stack file has them", async () => {
  account.stackFile = `${STACK_FILE}  footprint:popDomain: staging.pop.example.com\n`;
  account.records.push(record("eu-west-1.staging.pop.example.com.", "CNAME", "elsewhere.example.net"));

  expect(await troubles()).toEqual([
    expect.objectContaining({ where: "eu-west-1.staging.pop.example.com", what: "records", verdict: "fails" }),
  ]);
});

test("a PoP on its way from one egress to the other has a NAT gateway, too", async () => {
  account.stackFile = STACK_FILE.replace("eu-west-1: {}", "eu-west-1: { egress: both }");
  account.services = ["autoscaling", "elasticloadbalancing", "spot"];

  expect((await troubles()).map(({ what }) => what)).toEqual(["service-linked role of ec2-nat-gateway.amazonaws.com"]);
});

test("a zone that the stack makes is said to need its delegation", async () => {
  account.stackFile = STACK_FILE.replace("{ id: Z0123456789ABCDEFGHIJ }", "{ create: true }");
  account.limits["MAX_HOSTED_ZONES_BY_OWNER"] = [500, 3];

  expect(await troubles()).toEqual([
    expect.objectContaining({ where: "example.com", what: "zone", verdict: "warning" }),
  ]);
});

test("rejects a stack file with mistakes before anything is asked", async () => {
  account.stackFile = STACK_FILE.replace("eu-west-1: {}", "eu-west-1: { state: gone }");

  await expect(account.check()).rejects.toThrow(/^pops\.eu-west-1\.state: /);
  expect(account.asked).toEqual([]);
});

test("rejects when AWS does not say who asks", async () => {
  account.refusals["eu-west-1 sts GetCallerIdentity"] = { code: "ExpiredToken", message: "The token has expired" };

  await expect(account.check()).rejects.toThrow(
    "nothing was checked, AWS does not say who asks: ExpiredToken: The token has expired",
  );
});
