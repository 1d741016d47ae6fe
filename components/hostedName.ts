import type * as pulumi from "@pulumi/pulumi";

/** A name in a hosted zone. */
export interface HostedName {
  /** Fully qualified name, lower case, without a trailing dot; `*.` in front for a wildcard. */
  readonly host: string;
  /** Id of the public hosted zone that answers for it. */
  readonly zoneId: pulumi.Input<string>;
  /** Take over records of the name that are there already: its zone is being handed over. Default: false. */
  readonly takeOver?: boolean;
}

/** The argument of a record that is put over one of the same name and type. */
export function takingOver(takeOver: boolean | undefined): { readonly allowOverwrite?: true } {
  return takeOver === true ? { allowOverwrite: true } : {};
}
