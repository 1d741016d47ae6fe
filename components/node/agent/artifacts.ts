import { createHash } from "node:crypto";
import { bundleSchema, type Bundle } from "../protocol/bundleFormat";
import type { Artifact } from "../protocol/pointer";
import type { Store } from "./store";

/** A verdict: a parser has said that the bundle's text is wrong. With the same software it would say so again. */
export class Unfit extends Error {
  override readonly name = "Unfit";
}

/** An object that is not what its key promises. */
export class OtherContent extends Error {
  override readonly name = "OtherContent";
}

/** A bundle that could not be adopted, and did harm while it was tried. */
export class Harmful extends Error {
  override readonly name = "Harmful";
}

export function sha256Of(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * Reads an object that is named by its hash.
 *
 * @throws OtherContent when it is another, which is no verdict: the right one may be put there; Error when it cannot be had
 */
export async function fetchArtifact(store: Pick<Store, "get">, { key, sha256 }: Artifact): Promise<Buffer> {
  const found = await store.get(key);
  if (found === undefined) {
    throw new Error(`there is no ${key} in the store`);
  }
  const got = sha256Of(found.content);
  if (got !== sha256) {
    throw new OtherContent(`${key} has the SHA-256 ${got}, not ${sha256}`);
  }
  return found.content;
}

/** @throws Unfit saying what is wrong with it */
export function parseBundle(text: string): Bundle {
  const { data, error } = bundleSchema.safeParse(json(text));
  if (data === undefined) {
    const [first] = error.issues;
    throw new Unfit(`the bundle cannot be read: ${first?.path.join(".") ?? ""} ${first?.message ?? ""}`);
  }
  return data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Unfit(`the bundle is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
