import { createHash, createHmac } from "node:crypto";

/**
 * How nodes of one PoP prove to each other that they are: who asks, and who answers. A map of HAProxy's: ASKS and ANSWERS are
 * what this node says, and what it believes are the digests of what others may say, so that the time of a look-up says
 * nothing of them. Made of the purge keys, which no origin and no client ever sees, and of the region, so that a node of one
 * PoP is none of another. Read at every start and reload, and changed in the running process.
 */
export const RING_PROOF_FILE = "/run/footprint/secrets/ring.map";

export const ASKS = "asks";
export const ANSWERS = "answers";

/**
 * The map's entries. A node speaks by its present key and believes both: while the secret is rotated, two nodes that have
 * none in common do not believe each other for some seconds, and ask the origin themselves.
 *
 * @param keys the present purge key and the next; none before they were read
 */
export function ringProof(region: string, keys: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    [ASKS, ANSWERS].flatMap((role) => {
      const proofs = keys.map((key) =>
        createHmac("sha256", key).update(`footprint ring\n${region}\n${role}`).digest("hex"),
      );
      return proofs.flatMap((proof, i) => [
        ...(i === 0 ? [[role, proof] as const] : []),
        [digestOf(proof), role] as const,
      ]);
    }),
  );
}

/** As HAProxy's converters sha2 and hex write it. */
function digestOf(proof: string): string {
  return createHash("sha256").update(proof).digest("hex").toUpperCase();
}
