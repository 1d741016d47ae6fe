import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { nodePolicy, type NodePolicyArgs } from "../nodePolicy";

export interface RoleOptions extends Omit<NodePolicyArgs, "groupNamePrefix"> {
  readonly footprint: string;
  readonly permissionsBoundary: string | undefined;
}

const ASSUMED_BY_EC2 = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** The nodes' role with its one policy, and the profile by which instances take it. */
export function nodeRole(
  name: string,
  { footprint, permissionsBoundary, ...access }: RoleOptions,
  parent: pulumi.Resource,
) {
  const role = new aws.iam.Role(
    name,
    {
      description: `Nodes of footprint ${footprint} in ${access.region}`,
      assumeRolePolicy: ASSUMED_BY_EC2,
      permissionsBoundary,
    },
    { parent },
  );
  const policy = new aws.iam.RolePolicy(
    name,
    { role: role.id, policy: nodePolicy({ ...access, groupNamePrefix: name }) },
    { parent },
  );
  return {
    policy,
    uniqueId: role.uniqueId,
    profile: new aws.iam.InstanceProfile(name, { role: role.name }, { parent }),
  };
}
