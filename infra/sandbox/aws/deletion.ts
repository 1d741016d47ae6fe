import { hasPublicAddresses } from "./publicAddresses";
import { referrers } from "./references";
import { Refusal } from "./refusal";
import { text, valuesAt } from "./values";
import type { Entity, World } from "./world";

/** One thing that AWS does not delete, beside what is referred to. */
export interface DeletionRule {
  readonly id: string;
  readonly type: string;
  readonly refuses: (entity: Entity, world: World) => Refusal | undefined;
}

const TEMPLATE_ID = "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.launchTemplateId";

export const DELETION_RULES: readonly DeletionRule[] = [
  {
    id: "OperationNotPermitted: deletion protection",
    type: "aws:lb/loadBalancer:LoadBalancer",
    refuses: ({ id, properties }) =>
      properties.enableDeletionProtection === true
        ? new Refusal(
            "OperationNotPermitted",
            `Load balancer '${id}' cannot be deleted because deletion protection is enabled`,
          )
        : undefined,
  },
  {
    id: "BucketNotEmpty: what others have put there",
    type: "aws:s3/bucket:Bucket",
    refuses: (bucket) =>
      (bucket.objects ?? []).length > 0 && !forced(bucket)
        ? new Refusal("BucketNotEmpty", "The bucket you tried to delete is not empty")
        : undefined,
  },
  {
    id: "DependencyViolation: security group of running nodes",
    type: "aws:ec2/securityGroup:SecurityGroup",
    refuses: ({ id, region }, world) => {
      const templates = world
        .inRegion("aws:ec2/launchTemplate:LaunchTemplate", region)
        .filter(({ properties }) => valuesAt(properties, "networkInterfaces[*].securityGroups[*]").includes(id))
        .map((template) => template.id);
      return world
        .inRegion("aws:autoscaling/group:Group", region)
        .some(({ properties }) => valuesAt(properties, TEMPLATE_ID).some((each) => templates.includes(text(each))))
        ? new Refusal("DependencyViolation", `resource ${id} has a dependent object: network interfaces of nodes`)
        : undefined;
    },
  },
  {
    id: "DependencyViolation: gateway of public addresses",
    type: "aws:ec2/internetGateway:InternetGateway",
    refuses: (gateway, world) =>
      hasPublicAddresses(world, gateway)
        ? new Refusal(
            "DependencyViolation",
            `Network ${text(gateway.properties.vpcId)} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
          )
        : undefined,
  },
];

/**
 * Deletes an entity, and what goes with it.
 *
 * @throws Refusal when AWS would not delete it
 */
export function deleteEntity(world: World, entity: Entity): void {
  const found = referrers(world, entity);
  for (const { reference, by } of found) {
    if (Array.isArray(reference.onDelete) && !forced(entity)) {
      const [code, words] = reference.onDelete as readonly [string, string];
      throw new Refusal(code, `${words} (${entity.id}, held by ${by.id})`);
    }
  }
  for (const rule of DELETION_RULES.filter(({ type }) => type === entity.type)) {
    const refusal = rule.refuses(entity, world);
    if (refusal !== undefined) {
      throw refusal;
    }
  }
  world.remove(entity);
  for (const { reference, by } of found) {
    // What would have held it is gone too, or it would not have come so far.
    if (reference.onDelete !== undefined) {
      world.remove(by);
    }
  }
}

/** `forceDestroy`: the provider empties a bucket or zone first. */
function forced({ properties }: Entity): boolean {
  return properties.forceDestroy === true;
}
