import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  ListGrantsCommand,
  NotFoundException,
  paginateListAliases,
  type GrantListEntry,
} from "@aws-sdk/client-kms";
import { z } from "zod";
import { jsonOf } from "../terminal/jsonOf";
import type { RegionalClients } from "./clients";
import type { About, Line } from "./line";

type Kms = Pick<RegionalClients, "kms">;

const OWN = "alias/aws/ebs";

/**
 * The key that EBS has of its own, which volumes are encrypted with where nobody names another. It is listed and not
 * described: that alone would make it where it is not there yet (KMS API Reference, DescribeKey).
 */
export async function ownKey(line: About, { kms }: Kms): Promise<Line> {
  for await (const { Aliases = [] } of paginateListAliases({ client: kms }, {})) {
    if (Aliases.some(({ AliasName, TargetKeyId }) => AliasName === OWN && TargetKeyId !== undefined)) {
      return line.ok(`AWS's own (${OWN})`);
    }
  }
  return line.warning(
    `AWS's own (${OWN}), which is made at its first use in this region`,
    `nothing, or have it made now: aws kms describe-key --key-id ${OWN}`,
  );
}

/** Who starts a group's nodes. */
const STARTER = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";

/** What they need of a key (EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes"). */
const NEEDED = [
  "CreateGrant",
  "Decrypt",
  "DescribeKey",
  "Encrypt",
  "GenerateDataKey",
  "GenerateDataKeyWithoutPlaintext",
  "ReEncryptFrom",
  "ReEncryptTo",
];

/**
 * A key of the account's own must be there, be enabled, be one that EBS takes, and let Auto Scaling's service-linked role
 * use it, by its policy or by a grant: without it each launch fails with Client.InvalidKMSKey.InvalidState. That the
 * policy trusts the account is not enough, since AWS's policy of that role says nothing of keys.
 */
export async function volumeKey(line: About, alias: string, { kms }: Kms): Promise<Line> {
  const key = await kms.send(new DescribeKeyCommand({ KeyId: alias })).catch((error: unknown) => {
    if (error instanceof NotFoundException) {
      return undefined;
    }
    throw error;
  });
  if (key === undefined) {
    return line.fails(
      `there is no ${alias} in this region`,
      `aws kms create-alias --alias-name ${alias} --target-key-id KEY, for a key of this region`,
    );
  }
  const { KeyId: id = alias, KeyState, KeySpec, KeyUsage } = key.KeyMetadata ?? {};
  if (KeyState !== "Enabled") {
    return line.fails(`${alias} is "${String(KeyState)}", and must be "Enabled"`, "enable it, or name another");
  }
  if (KeySpec !== "SYMMETRIC_DEFAULT" || KeyUsage !== "ENCRYPT_DECRYPT") {
    return line.fails(
      `${alias} is ${String(KeySpec)} for ${String(KeyUsage)}, and EBS takes symmetric keys for encryption alone`,
      "name another",
    );
  }
  const [{ Policy = "" }, { Grants = [] }] = await Promise.all([
    kms.send(new GetKeyPolicyCommand({ KeyId: id })),
    kms.send(new ListGrantsCommand({ KeyId: id })),
  ]);
  const missing = NEEDED.filter((action) => !allows(Policy, action) && !grants(Grants, action));
  return missing.length === 0
    ? line.ok(`${alias}, which Auto Scaling may use`)
    : line.fails(
        `neither the policy nor a grant of ${alias} lets Auto Scaling's service-linked role ${missing.join(", ")}`,
        'give it the policy of the runbook, "A key of your own for volumes"',
      );
}

const texts = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const policySchema = z.object({
  Statement: z.array(
    z.object({
      Effect: z.string(),
      Principal: z
        .union([z.literal("*").transform((all) => ({ AWS: [all] })), z.object({ AWS: texts.optional() })])
        .optional(),
      Action: texts.optional(),
    }),
  ),
});

/** Whether a statement allows it; conditions are not weighed. */
function allows(policy: string, action: string): boolean {
  const statements = policySchema.safeParse(jsonOf(policy)).data?.Statement ?? [];
  return statements.some(
    ({ Effect, Principal, Action = [] }) =>
      Effect === "Allow" &&
      Principal?.AWS?.some((who) => who === "*" || who.endsWith(`:${STARTER}`)) === true &&
      Action.some((pattern) => matches(pattern, `kms:${action}`)),
  );
}

function grants(all: readonly GrantListEntry[], action: string): boolean {
  return all.some(
    ({ GranteePrincipal = "", Operations = [] }) =>
      GranteePrincipal.endsWith(`:${STARTER}`) && Operations.some((operation) => operation === action),
  );
}

/** A policy's `*` and `?`; names of actions know no case (IAM User Guide, "Action"). */
function matches(pattern: string, action: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i").test(action);
}
