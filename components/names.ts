import * as pulumi from "@pulumi/pulumi";

/**
 * Longest logical name of a load balancer or target group: AWS ends such names at 32 characters, and Pulumi's
 * auto-naming adds eight ("-" and seven hexadecimal digits). The provider's check says so only at deployment.
 */
export const LOAD_BALANCER_NAME_LIMIT = 24;

/** Throws a ResourceError naming the component when one of its children's names is too long for its service. */
export function checkNames(component: pulumi.Resource, names: readonly string[], limit: number): void {
  const tooLong = names.filter((name) => name.length > limit);
  if (tooLong.length > 0) {
    throw new pulumi.ResourceError(
      tooLong
        .map((name) => `name: "${name}" has ${String(name.length)} characters, at most ${String(limit)} are allowed`)
        .join("\n"),
      component,
      true,
    );
  }
}
