import { preview, shipped, SHIPPED } from "../support/stacks";
import { some } from "../support/some";

/**
 * Operations for which the provider knows a timeout, in terraform-provider-aws: `Timeouts` of the resource. Any other
 * is answered with a warning in every run, and does nothing.
 */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  // internal/service/autoscaling/group.go
  "aws:autoscaling/group:Group": ["update", "delete"],
  // internal/service/ec2/vpc_nat_gateway.go
  "aws:ec2/natGateway:NatGateway": ["create", "update", "delete"],
};

test.each(SHIPPED)("%s asks for no timeout that the provider does not know", async (stack) => {
  const asked = (await preview(shipped(stack), stack)).registrations.flatMap(({ type, options }) =>
    Object.keys(options.customTimeouts ?? {}).map((operation) => [type, operation] as const),
  );

  expect(some(asked).filter(([type, operation]) => KNOWN[type]?.includes(operation) !== true)).toEqual([]);
});
