import type { Kind, Kinds } from "./kind";
import { account } from "./services/account";
import { acm } from "./services/acm";
import { autoscaling } from "./services/autoscaling";
import { ec2 } from "./services/ec2";
import { elb } from "./services/elb";
import { random } from "./services/random";
import { route53 } from "./services/route53";
import { s3 } from "./services/s3";
import { securityGroups } from "./services/securityGroups";

/** Every type of resource that the stand-in knows: those that the program registers, and no other. */
export const KINDS: Kinds = {
  ...ec2,
  ...securityGroups,
  ...elb,
  ...autoscaling,
  ...s3,
  ...route53,
  ...acm,
  ...account,
  ...random,
};

/** @throws Error naming the type when it is none of `KINDS` */
export function kindOf(type: string): Kind {
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined) {
    throw new Error(
      `the sandbox's AWS does not know the type "${type}": it knows what footprint registers; add a row to a table in infra/sandbox/aws/services`,
    );
  }
  return kind;
}
