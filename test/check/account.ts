import type { CaaRecord } from "node:dns";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PACKAGE_LOCK } from "../../components/node/packageLock";
import type { Lookup } from "../../infra/check/domain";
import { runCheck, type Check } from "../../infra/check/run";
import { AwsServer, type AwsAnswer, type AwsRequest } from "../config/awsServer";

export const STACK_FILE = `config:
  aws:region: eu-west-1
  footprint:zones: { example.com: { id: Z0123456789ABCDEFGHIJ } }
  footprint:sites:
    www.example.com: { origin: https://origin.example.net }
    example.com: { origin: https://origin.example.net }
  footprint:image: { eu-west-1: ami-0123456789abcdef0, eu-south-1: ami-0123456789abcdef1 }
  footprint:packages: { bucket: some-packages }
  footprint:acknowledge: { optInRegions: [eu-south-1] }
  footprint:pops:
    eu-west-1: {}
    eu-south-1: { egress: direct, nodes: { spotShare: 50, types: [m7g.large, m6g.large] } }
`;

const NAME_SERVERS = ["ns-1.awsdns-01.com", "ns-2.awsdns-02.net"];

/** What AWS and the DNS say of an account in which nothing is in the way. A test changes one thing. */
export class Account {
  stackFile = STACK_FILE;
  optIn: Record<string, string> = { "eu-west-1": "opt-in-not-required", "eu-south-1": "opted-in" };
  zones: Record<string, string[]> = {
    "eu-west-1": ["euw1-az1", "euw1-az2", "euw1-az3"],
    "eu-south-1": ["eus1-az1", "eus1-az2", "eus1-az3"],
  };
  /** Types that a zone does not offer, as "zone type". */
  notOffered: string[] = [];
  image: Record<string, unknown> = {
    name: "debian-13-arm64-20261101-2300",
    imageState: "available",
    architecture: "arm64",
    rootDeviceType: "ebs",
    rootDeviceName: "/dev/xvda",
    blockDeviceMapping: [{ deviceName: "/dev/xvda", ebs: { volumeSize: 8 } }],
  };
  images = ["eu-west-1 ami-0123456789abcdef0", "eu-south-1 ami-0123456789abcdef1"];
  /** Each page of KMS's aliases. An alias of AWS's has no key before the key's first use. */
  aliases: Record<string, unknown>[][] = [
    [{ AliasName: "alias/aws/acm" }],
    [{ AliasName: "alias/aws/ebs", TargetKeyId: "key-of-ebs" }],
  ];
  key: Record<string, unknown> | undefined = {
    KeyState: "Enabled",
    KeySpec: "SYMMETRIC_DEFAULT",
    KeyUsage: "ENCRYPT_DECRYPT",
  };
  keyPolicy: object = {};
  grants: Record<string, unknown>[] = [];
  /** Values that the account has of its own, by code. */
  quotas: Record<string, number> = { "L-1216C47A": 1000, "L-34B43A08": 1000 };
  /** AWS's defaults: those that the plan has from AWS's pages. */
  defaults: Record<string, number> = { "L-0263D0A3": 5, "L-F678F1CE": 5, "L-A4707A72": 5, "L-45FE3B85": 5 };
  /** Tags of each VPC of a region. */
  vpcs: Record<string, Record<string, string>[]> = {};
  limits: Record<string, [value: number, count: number]> = { MAX_HEALTH_CHECKS_BY_OWNER: [200, 0] };
  zoneLimit: [value: number, count: number] = [10_000, 2];
  services = ["autoscaling", "elasticloadbalancing", "ec2-nat-gateway", "spot"];
  head: Record<string, string> | undefined = {
    "content-length": String(PACKAGE_LOCK.archive.size),
    "x-amz-checksum-sha256": Buffer.from(PACKAGE_LOCK.archive.sha256, "hex").toString("base64"),
  };
  zone = { name: "example.com.", private: false, missing: false };
  records: Record<string, unknown>[] = [
    record("example.com.", "NS", "ns-1.awsdns-01.com."),
    record("example.com.", "SOA", "ns-1.awsdns-01.com. hostmaster.example.com. 1 2 3 4 5"),
  ];
  nameServers: string[] | Error = NAME_SERVERS;
  caa: Record<string, CaaRecord[] | Error> = {};
  /** Errors instead of answers, by "region service action". */
  refusals: Record<string, { code: string; message: string }> = {};

  private readonly server = new AwsServer((request) => this.answer(request));
  private readonly folder = mkdtempSync(join(tmpdir(), "footprint-check-"));

  static async start(): Promise<Account> {
    const account = new Account();
    await account.server.start();
    return account;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** What was asked, as "region service action". */
  get asked(): readonly string[] {
    return this.server.requests.map((request) => `${request.region} ${request.service} ${actionOf(request)}`);
  }

  /** Runs the command's work. */
  async check(
    asJson = true,
  ): Promise<{ readonly status: number; readonly out: string; readonly found: Check | undefined }> {
    writeFileSync(join(this.folder, "Pulumi.edge.yaml"), this.stackFile);
    let out = "";
    const same = (text: string) => text;
    const status = await runCheck(
      { stack: "edge", ...(asJson ? { json: true } : {}) },
      {
        style: { bold: same, dim: same, green: same, yellow: same, red: same, width: Infinity },
        out: (text) => (out += text),
        say: () => undefined,
        ask: () => Promise.resolve(undefined),
        whenInterrupted: () => () => undefined,
      },
      this.folder,
      this.lookup,
    );
    return { status, out, found: asJson ? (JSON.parse(out) as Check) : undefined };
  }

  private readonly lookup: Lookup = {
    resolveNs: () => settled(this.nameServers),
    resolveCaa: (name) => settled(this.caa[name] ?? dnsError("ENODATA")),
  };

  private answer(request: AwsRequest): AwsAnswer {
    const action = actionOf(request);
    const refusal = this.refusals[`${request.region} ${request.service} ${action}`];
    if (refusal !== undefined) {
      return refused(request, refusal.code, refusal.message);
    }
    switch (request.service) {
      case "sts":
        return query(action, { Account: "111122223333" });
      case "iam":
        return query(action, { Roles: this.roles(form(request)("PathPrefix")) });
      case "sns":
        return query(action, {});
      case "ec2":
        return this.ec2(action, request);
      case "kms":
        return this.kms(action, request);
      case "servicequotas":
        return this.quota(action, request);
      case "route53":
        return this.route53(request);
      case "s3":
        return this.head === undefined
          ? { status: 404, type: "text/xml", body: "" }
          : { type: "text/xml", body: "", headers: this.head };
      case "monitoring":
        return json({ MetricAlarms: [] });
      default:
        throw new Error(`nobody should ask ${request.service}`);
    }
  }

  private ec2(action: string, request: AwsRequest): AwsAnswer {
    const { region } = request;
    const given = form(request);
    switch (action) {
      case "DescribeRegions":
        return ec2Answer(action, {
          regionInfo: Object.entries(this.optIn).map(([regionName, optInStatus]) => ({ regionName, optInStatus })),
        });
      case "DescribeAvailabilityZones":
        return ec2Answer(action, {
          availabilityZoneInfo: (this.zones[region] ?? []).map((zoneId) => ({
            ...{ zoneId, zoneState: "available", zoneType: "availability-zone" },
          })),
        });
      case "DescribeInstanceTypeOfferings":
        return ec2Answer(action, { instanceTypeOfferingSet: this.offerings(request.body) });
      case "DescribeImages":
        return this.images.includes(`${region} ${given("ImageId.1")}`)
          ? ec2Answer(action, { imagesSet: [{ imageId: given("ImageId.1"), ...this.image }] })
          : refused(request, "InvalidAMIID.NotFound", "The image id does not exist");
      case "DescribeVpcs":
        return ec2Answer(action, {
          vpcSet: (this.vpcs[region] ?? []).map((tags) => ({
            tagSet: Object.entries(tags).map(([key, value]) => ({ key, value })),
          })),
        });
      default:
        return ec2Answer(action, {});
    }
  }

  /** Each type that was asked for, in each zone that was asked for. */
  private offerings(body: string): readonly object[] {
    const values = (filter: string) =>
      [...new URLSearchParams(body)].filter(([name]) => name.startsWith(`${filter}.Value`)).map(([, value]) => value);
    return values("Filter.1").flatMap((instanceType) =>
      values("Filter.2")
        .filter((location) => !this.notOffered.includes(`${location} ${instanceType}`))
        .map((location) => ({ instanceType, location })),
    );
  }

  private roles(path: string): readonly object[] {
    return this.services.some((service) => path === `/aws-service-role/${service}.amazonaws.com/`)
      ? [{ RoleName: "AWSServiceRole", Path: path }]
      : [];
  }

  private kms(action: string, request: AwsRequest): AwsAnswer {
    if (action === "ListAliases") {
      const page = Number((JSON.parse(request.body) as { Marker?: string }).Marker ?? 0);
      const Truncated = page + 1 < this.aliases.length;
      return json({ Aliases: this.aliases[page], Truncated, ...(Truncated ? { NextMarker: String(page + 1) } : {}) });
    }
    return this.key === undefined
      ? refused(request, "NotFoundException", "Alias is not found.")
      : json({
          KeyMetadata: { KeyId: "own-key", ...this.key },
          Policy: JSON.stringify(this.keyPolicy),
          Grants: this.grants,
        });
  }

  private quota(action: string, request: AwsRequest): AwsAnswer {
    const { QuotaCode } = JSON.parse(request.body) as { QuotaCode: string };
    if (action === "GetAWSDefaultServiceQuota") {
      return json({ Quota: { QuotaCode, Value: this.defaults[QuotaCode] ?? 500 } });
    }
    const Value = this.quotas[QuotaCode];
    return Value === undefined
      ? refused(request, "NoSuchResourceException", "no value of its own")
      : json({ Quota: { QuotaCode, Value } });
  }

  private route53(request: AwsRequest): AwsAnswer {
    const { url } = request;
    const limit = /accountlimit\/(\w+)$/.exec(url.pathname)?.[1];
    if (limit !== undefined) {
      const [Value, Count] = this.limits[limit] ?? [0, 0];
      return document("GetAccountLimitResponse", { Limit: { Type: limit, Value }, Count });
    }
    if (this.zone.missing) {
      return refused(request, "NoSuchHostedZone", "No hosted zone found with ID: Z");
    }
    if (url.pathname.includes("/hostedzonelimit/")) {
      const [Value, Count] = this.zoneLimit;
      return document("GetHostedZoneLimitResponse", { Limit: { Type: url.pathname.split("/").at(-1), Value }, Count });
    }
    if (url.pathname.endsWith("/rrset")) {
      const from = `${url.searchParams.get("name") ?? ""}.`;
      const found = this.records.filter(({ Name }) => Name === from);
      return document("ListResourceRecordSetsResponse", {
        ResourceRecordSets: { ResourceRecordSet: found },
        IsTruncated: false,
        MaxItems: 300,
      });
    }
    return document("GetHostedZoneResponse", {
      HostedZone: { Id: "/hostedzone/Z", Name: this.zone.name, Config: { PrivateZone: this.zone.private } },
      DelegationSet: { NameServers: { NameServer: NAME_SERVERS } },
    });
  }
}

/** A record as Route 53 lists it. */
export function record(Name: string, Type: string, ...values: readonly string[]): Record<string, unknown> {
  return { Name, Type, TTL: 300, ResourceRecords: { ResourceRecord: values.map((Value) => ({ Value })) } };
}

export function alias(Name: string, Type: string, region: string): Record<string, unknown> {
  const AliasTarget = { HostedZoneId: "Z", DNSName: "edge.elb.example.", EvaluateTargetHealth: true };
  return { Name, Type, SetIdentifier: region, Region: region, AliasTarget };
}

/** As Node says it: an error with a code. */
export function dnsError(code: string): Error {
  return Object.assign(new Error(`query ${code}`), { code });
}

function settled<T>(answer: T | Error): Promise<T> {
  return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
}

function actionOf(request: AwsRequest): string {
  if (request.service === "route53" || request.service === "s3") {
    return `${request.method} ${request.url.pathname}`;
  }
  return request.target?.split(".").at(-1) ?? new URLSearchParams(request.body).get("Action") ?? request.url.pathname;
}

function form({ body }: AwsRequest): (name: string) => string {
  const given = new URLSearchParams(body);
  return (name) => given.get(name) ?? "";
}

/** How services write what they refuse, each kind of protocol in its own way. */
function refused(request: AwsRequest, Code: string, Message: string): AwsAnswer {
  switch (request.service) {
    case "ec2":
      return { status: 400, ...document("Response", { Errors: { Error: { Code, Message } } }) };
    case "kms":
    case "servicequotas":
    case "monitoring":
      return { status: 400, ...json({ __type: Code, message: Message }) };
    default:
      return { status: 403, ...document("ErrorResponse", { Error: { Type: "Sender", Code, Message } }) };
  }
}

function json(value: object): AwsAnswer {
  return { type: "application/x-amz-json-1.1", body: JSON.stringify(value) };
}

function query(action: string, result: object): AwsAnswer {
  return document(`${action}Response`, { [`${action}Result`]: lists(result, "member") });
}

function ec2Answer(action: string, result: object): AwsAnswer {
  return document(`${action}Response`, lists(result, "item") as object);
}

/** Lists of the query protocols have an element of their own around each entry. */
function lists(value: unknown, entry: string): unknown {
  if (Array.isArray(value)) {
    return { [entry]: value.map((each) => lists(each, entry)) };
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, lists(each, entry)]))
    : value;
}

function document(root: string, content: object): AwsAnswer {
  return { type: "text/xml", body: xml({ [root]: content }) };
}

function xml(value: unknown): string {
  if (typeof value !== "object" || value === null) {
    return String(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  }
  return Object.entries(value)
    .flatMap(([name, each]: [string, unknown]) =>
      (Array.isArray(each) ? (each as unknown[]) : [each]).map((one) => `<${name}>${xml(one)}</${name}>`),
    )
    .join("");
}
