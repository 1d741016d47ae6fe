import * as pulumi from "@pulumi/pulumi";

/** Throws a ResourceError with every problem, one a line; a component calls it before its first child. */
export function refuse(component: pulumi.Resource, problems: readonly string[]): void {
  if (problems.length > 0) {
    throw new pulumi.ResourceError(problems.join("\n"), component, true);
  }
}

/** What is wrong with a value of which there are a few: other languages than TypeScript hand over any. */
export function unlessOneOf(
  path: string,
  value: string | number | undefined,
  allowed: Readonly<Record<string, unknown>>,
): string[] {
  const values = Object.values(allowed);
  return values.includes(value)
    ? []
    : [
        `${path}: must be one of ${values.map(String).join(", ")}, got ${value === undefined ? "nothing" : JSON.stringify(value)}`,
      ];
}
