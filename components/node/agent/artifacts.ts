import { createHash } from "node:crypto";
import { bundleSchema, type Bundle } from "../protocol/bundleFormat";
import type { Artifact } from "../protocol/pointer";
import { Unfinished } from "./commands";
import type { Store } from "./store";

/** A bundle that this node must not take: the fault is the bundle's, so it is not tried again while the pointer names it. */
export class Unfit extends Error {
  override readonly name = "Unfit";
}

/** What a bundle's commands and its self-test say is said of the bundle, unless they had not finished. */
export async function unfitIfItFails(attempt: () => Promise<void>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof Unfinished) {
      throw error;
    }
    throw new Unfit(error instanceof Error ? error.message : String(error));
  }
}

export function sha256Of(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * Reads an object that is named by its hash.
 *
 * @throws Unfit when it is another; Error when it cannot be had
 */
export async function fetchArtifact(store: Pick<Store, "get">, { key, sha256 }: Artifact): Promise<Buffer> {
  const found = await store.get(key);
  if (found === undefined) {
    throw new Error(`there is no ${key} in the store`);
  }
  const got = sha256Of(found.content);
  if (got !== sha256) {
    throw new Unfit(`${key} has the SHA-256 ${got}, not ${sha256}`);
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
