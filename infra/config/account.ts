import { z } from "zod";
import { engineText, qualified, roughConfig } from "./stackFile";
import type { Account, Role, Service } from "../terminal/account";
import { jsonOf } from "../terminal/jsonOf";

/** What a stack file says of the account, and what of that only Pulumi goes by. */
export interface AccountView {
  readonly account: Account;
  /** Keys such as `aws:accessKey` that mean nothing to our own commands, though Pulumi goes by them. */
  readonly onlyPulumi: readonly string[];
}

/** Other names of the provider for a service. */
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

/** Hours, minutes and seconds of Go's time.ParseDuration, which the provider reads it with; seconds. */
const duration = z
  .string()
  .regex(/^(?:\d+(?:\.\d+)?[hms])+$/)
  .transform((text) =>
    [...text.matchAll(/([\d.]+)([hms])/g)].reduce(
      (sum, [, count = "0", unit = "s"]) => sum + Number(count) * (unit === "h" ? 3600 : unit === "m" ? 60 : 1),
      0,
    ),
  );

const role = z
  .strictObject({
    roleArn: z.string(),
    sessionName: z.string().optional(),
    duration: duration.optional(),
    externalId: z.string().optional(),
    policy: z.string().optional(),
    policyArns: z.array(z.string()).optional(),
    sourceIdentity: z.string().optional(),
    tags: z.record(z.string(), z.string()).optional(),
    transitiveTagKeys: z.array(z.string()).optional(),
  })
  .transform(
    ({
      roleArn,
      sessionName,
      duration: seconds,
      externalId,
      policy,
      policyArns,
      sourceIdentity,
      tags,
      ...rest
    }): Role => ({
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      DurationSeconds: seconds,
      ExternalId: externalId,
      Policy: policy,
      PolicyArns: policyArns?.map((arn) => ({ arn })),
      SourceIdentity: sourceIdentity,
      Tags: tags === undefined ? undefined : Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      TransitiveTagKeys: rest.transitiveTagKeys,
    }),
  );

const endpoints = z
  .array(z.record(z.string(), z.string()))
  .transform((maps) =>
    Object.fromEntries(
      maps
        .flatMap((map) => Object.entries(map))
        .flatMap(([name, url]) => (SERVICES[name] === undefined ? [] : [[SERVICES[name], url] as const])),
    ),
  );

/** What our own commands go by, and how the engine writes it. */
const GONE_BY = {
  profile: z.string(),
  assumeRoles: z.array(role),
  endpoints,
  s3UsePathStyle: z.boolean(),
  useFipsEndpoint: z.boolean(),
  useDualstackEndpoint: z.boolean(),
  httpsProxy: z.string(),
  noProxy: z.string(),
} as const;

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
  const read = <T>(name: keyof typeof GONE_BY, schema: z.ZodType<T>): T | undefined => {
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
  const { assumeRoles, ...schemas } = GONE_BY;
  const account: Account = {
    profile: read("profile", schemas.profile),
    roles: read("assumeRoles", assumeRoles),
    endpoints: read("endpoints", schemas.endpoints),
    s3UsePathStyle: read("s3UsePathStyle", schemas.s3UsePathStyle),
    useFipsEndpoint: read("useFipsEndpoint", schemas.useFipsEndpoint),
    useDualstackEndpoint: read("useDualstackEndpoint", schemas.useDualstackEndpoint),
    httpsProxy: read("httpsProxy", schemas.httpsProxy),
    noProxy: read("noProxy", schemas.noProxy),
  };
  return { account, onlyPulumi };
}
