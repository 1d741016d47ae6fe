import { withEntries } from "../config/stackFileEdit";

/** Names of the secrets' generations in a stack file. */
export type GenerationKey = "originAuth" | "purge";

/** The text of a stack file with a secret's generation set; all else stays. */
export function withGeneration(text: string, file: string, key: GenerationKey, generation: number): string {
  return withEntries(text, file, "secrets", new Map([[key, String(generation)]]));
}
