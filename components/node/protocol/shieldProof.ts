import { createHash, createHmac } from "node:crypto";

/**
 * How a node of another PoP proves to the shield that it is ours, as a map of HAProxy's: "own" is what this node sends, and
 * what it takes are the digests of what others may send, so that the time of a look-up says nothing of them. Made of the
 * purge keys, which no origin and no client ever sees, and from which nobody comes back to them. Read at every start and
 * reload, and changed in the running process.
 */
export const SHIELD_PROOF_FILE = "/run/footprint/secrets/shield.map";

export const OWN_PROOF = "own";
export const ACCEPTED_PROOF = "accepted";

/**
 * The map's entries. A node sends the proofs of both of its keys and takes either: while the secret is rotated, node after
 * node, any two of them have one in common.
 *
 * @param keys the present purge key and the next
 */
export function shieldProof(keys: readonly string[]): ReadonlyMap<string, string> {
  const proofs = [...new Set(keys)].map((key) => createHmac("sha256", key).update("footprint shield").digest("hex"));
  return new Map([[OWN_PROOF, proofs.join(",")], ...proofs.map((proof) => [digestOf(proof), ACCEPTED_PROOF] as const)]);
}

/** As HAProxy's converters sha2 and hex write it. */
function digestOf(proof: string): string {
  return createHash("sha256").update(proof).digest("hex").toUpperCase();
}
