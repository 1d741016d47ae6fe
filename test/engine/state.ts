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

/** The world as text, in the order of regions, types and ids; so are objects in a bucket. */
export function worldAsText(world: readonly Entity[]): string {
  // An id may have a random part in its middle.
  const key = ({ region, type, urn, id }: Entity) => [region ?? "", type, urn ?? "", id].join(" ");
  const sorted = [...world].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const settled = (name: string, value: unknown) =>
    name === "objects" && Array.isArray(value) ? [...(value as string[])].sort() : value;
  return JSON.stringify(sorted, settled, 1);
}

/** Without the random ends of the names that the provider makes, and without what is made of such names. */
export function withoutRandomParts(text: string): string {
  return text
    .replace(/"userData": "([^"]*)"/g, (_all, data: string) => Buffer.from(data, "base64").toString("utf8"))
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uuid>")
    .replace(/\b[0-9a-f]{32}\b/g, "<hash>")
    .replace(/(-store-serial",[^{}]*\},[^{}]*"value": \{\s*"sha256": ")[0-9a-f]{64}/g, "$1<digest of names>")
    .replace(/(signature\\*":\\*")[A-Za-z0-9+/]{86}==/g, "$1<signature>")
    .replace(/\bA[A-Z]{3}[0-9A-F]{17}\b/g, "<unique id>")
    .replace(/-[0-9a-f]{7}(?![0-9a-z])/g, "-*");
}
