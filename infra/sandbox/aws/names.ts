import { createHash } from "node:crypto";
import provider from "@pulumi/pulumi/proto/provider_pb";
import type { Naming } from "./kind";

const SUFFIX_DIGITS = 7;

export interface NameRequest {
  /** Of the URN. */
  readonly logicalName: string;
  /** Bytes of the engine's choice, the same for the preview and the update of a plan. */
  readonly randomSeed: Uint8Array;
  /** What `pulumi:autonaming` says, if the stack sets it. */
  readonly autonaming?: { readonly proposedName: string; readonly mode: number };
}

/**
 * The physical name that the provider makes when the program gives none: the logical name, a hyphen and seven
 * hexadecimal digits.
 *
 * @throws Error when the name would be longer than its service takes, or when naming is disabled
 */
export function madeName(naming: Naming, { logicalName, randomSeed, autonaming }: NameRequest): string {
  const { Mode } = provider.CheckRequest.AutonamingOptions;
  if (autonaming?.mode === Mode.DISABLE) {
    throw new Error(`automatic naming is disabled: give "${naming.property}"`);
  }
  const suffix = createHash("sha256").update(randomSeed).update(logicalName).digest("hex").slice(0, SUFFIX_DIGITS);
  const made =
    autonaming === undefined || autonaming.proposedName === "" ? `${logicalName}-${suffix}` : autonaming.proposedName;
  const name = naming.lowerCase === true ? made.toLowerCase() : made;
  if (name.length > naming.longest) {
    throw new Error(
      `the name "${name}" made from the logical name has ${name.length} characters, at most ${naming.longest} are allowed`,
    );
  }
  return name;
}
