import type * as pulumi from "@pulumi/pulumi";

/** A name in a hosted zone. */
export interface HostedName {
  /** Fully qualified name, lower case, without a trailing dot; `*.` in front for a wildcard. */
  readonly host: string;
  /** Id of the public hosted zone that answers for it. */
  readonly zoneId: pulumi.Input<string>;
}
