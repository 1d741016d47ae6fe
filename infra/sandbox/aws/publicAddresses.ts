import { text, valuesAt } from "./values";
import type { Entity, World } from "./world";

/** Does the network of an internet gateway have a public address? While it has, AWS does not take the gateway out. */
export function hasPublicAddresses(world: World, { region, properties: { vpcId } }: Entity): boolean {
  const subnets = world
    .inRegion("aws:ec2/subnet:Subnet", region)
    .filter(({ properties }) => properties.vpcId === vpcId);
  const ids = new Set(subnets.map(({ id }) => id));
  return (
    world.inRegion("aws:ec2/natGateway:NatGateway", region).some(({ properties }) => properties.vpcId === vpcId) ||
    world
      .inRegion("aws:lb/loadBalancer:LoadBalancer", region)
      .some(
        ({ properties }) =>
          properties.internal !== true && valuesAt(properties, "subnets[*]").some((subnet) => ids.has(text(subnet))),
      )
  );
}
