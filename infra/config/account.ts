import { z } from "zod";
import type { Account, Role, Service } from "../terminal/account";
import { jsonOf } from "../terminal/jsonOf";
import { goDuration } from "./goDuration";
import { engineText, qualified, roughConfig } from "./stackFile";

/** What a stack file says of the account, and what of that only Pulumi goes by. */
export interface AccountView {
  readonly account: Account;
  /** Keys such as `aws:accessKey` that mean nothing to our own commands, though Pulumi goes by them. */
  readonly onlyPulumi: readonly string[];
}

/** Names of the provider for a service, of which some have two. */
const SERVICES: Readonly<Record<string, Service>> = {
  autoscaling: "autoscaling",
  cloudwatch: "cloudwatch",
  ec2: "ec2",
  elasticloadbalancingv2: "elbv2",
  elbv2: "elbv2",
  iam: "iam",
  kms: "kms",
  route53: "route53",
  s3: "s3",
  s3api: "s3",
  servicequotas: "servicequotas",
  sns: "sns",
  ssm: "ssm",
  sts: "sts",
};

const role = z
  .strictObject({
    roleArn: z.string(),
    sessionName: z.string().optional(),
    duration: z.string().transform(goDuration).pipe(z.number()).optional(),
    externalId: z.string().optional(),
    policy: z.string().optional(),
    policyArns: z.array(z.string()).optional(),
    sourceIdentity: z.string().optional(),
    tags: z.record(z.string(), z.string()).optional(),
    transitiveTagKeys: z.array(z.string()).optional(),
  })
  .transform((given): Role => ({
    RoleArn: given.roleArn,
    RoleSessionName: given.sessionName,
    DurationSeconds: given.duration,
    ExternalId: given.externalId,
    Policy: given.policy,
    PolicyArns: given.policyArns?.map((arn) => ({ arn })),
    SourceIdentity: given.sourceIdentity,
    Tags: given.tags && Object.entries(given.tags).map(([Key, Value]) => ({ Key, Value })),
    TransitiveTagKeys: given.transitiveTagKeys,
  }));

const endpoints = z
  .array(z.record(z.string(), z.string()))
  .transform((maps) =>
    Object.fromEntries(
      maps
        .flatMap((map) => Object.entries(map))
        .flatMap(([name, url]) => (SERVICES[name] === undefined ? [] : [[SERVICES[name], url] as const])),
    ),
  );

/** What chooses an account or a way to it, and only Pulumi can follow. */
const ONLY_PULUMI: readonly string[] = [
  "accessKey",
  "assumeRoleWithWebIdentity",
  "customCaBundle",
  "ec2MetadataServiceEndpoint",
  "ec2MetadataServiceEndpointMode",
  "insecure",
  "secretKey",
  "sharedConfigFiles",
  "sharedCredentialsFiles",
  "stsRegion",
  "token",
];

/** The account that a stack file means, whatever else is in it; of what is not there, that of the environment. */
export function accountOfFile(file: string): AccountView {
  return accountView(
    Object.fromEntries(
      Object.entries(roughConfig(file)).flatMap(([name, value]) => {
        const key = qualified(name);
        return key?.startsWith("aws:") === true ? [[key, engineText(value)]] : [];
      }),
    ),
  );
}

/**
 * The account that a stack's configuration means.
 *
 * @param values as the engine hands them over: `aws:profile` and so on, each as text, objects as JSON
 */
export function accountView(values: Readonly<Record<string, string>>): AccountView {
  const onlyPulumi = ONLY_PULUMI.map((name) => `aws:${name}`).filter((key) => values[key] !== undefined);
  const read = <T>(name: string, schema: z.ZodType<T>): T | undefined => {
    const text = values[`aws:${name}`];
    if (text === undefined) {
      return undefined;
    }
    const { data, success } = schema.safeParse(schema instanceof z.ZodString ? text : jsonOf(text));
    if (!success) {
      onlyPulumi.push(`aws:${name}`);
    }
    return data;
  };
  const account: Account = {
    profile: read("profile", z.string()),
    roles: read("assumeRoles", z.array(role)),
    endpoints: read("endpoints", endpoints),
    s3UsePathStyle: read("s3UsePathStyle", z.boolean()),
    useFipsEndpoint: read("useFipsEndpoint", z.boolean()),
    useDualstackEndpoint: read("useDualstackEndpoint", z.boolean()),
    httpsProxy: read("httpsProxy", z.string()),
    noProxy: read("noProxy", z.string()),
  };
  return { account, onlyPulumi };
}
