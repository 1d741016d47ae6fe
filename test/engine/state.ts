import type { Entity } from "../../infra/sandbox/aws/world";
import type { Resource } from "./engine";

/** Times, positions in the program and salts of secrets: they differ between two runs and say nothing. */
const UNSTABLE = new Set(["created", "modified", "sourcePosition", "stackTrace", "ciphertext"]);

/** The engine's state as text, in the order of URNs; the order of dependencies says nothing. */
export function stateAsText(state: readonly Resource[]): string {
  const sorted = [...state].sort((a, b) => (a.urn < b.urn ? -1 : 1));
  const settled = (key: string, value: unknown) =>
    UNSTABLE.has(key) ? undefined : isListOfUrns(value) ? [...value].sort() : value;
  return JSON.stringify(sorted, settled, 1);
}

function isListOfUrns(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string" && each.startsWith("urn:pulumi:"));
}

/** The world as text, in the order of regions, types and ids. */
export function worldAsText(world: readonly Entity[]): string {
  const key = ({ region, type, id }: Entity) => [region ?? "", type, id].join(" ");
  return JSON.stringify(
    [...world].sort((a, b) => (key(a) < key(b) ? -1 : 1)),
    null,
    1,
  );
}

/** Without the random ends of the names that the provider makes. */
export function withoutSuffixes(text: string): string {
  return text.replace(/-[0-9a-f]{7}(?![0-9a-z])/g, "-*");
}
