import * as pulumi from "@pulumi/pulumi";

/**
 * What must stand before something else begins travels between components as an output, not as resources: an output
 * knows what it comes from, and, unlike a resource, every language can hand it on.
 */

/** URNs of resources; who waits for the output waits for them. */
export function standing(resources: readonly pulumi.Resource[]): pulumi.Output<string[]> {
  return pulumi.all(resources.map(({ urn }) => urn));
}

/** For `dependsOn`: everything that the given values come from. */
export function allOf(...values: readonly unknown[]): pulumi.Output<pulumi.Resource[]> {
  return pulumi.all([...values]).apply(() => []);
}
