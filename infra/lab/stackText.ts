import { isMap, isNode, isScalar, type Document } from "yaml";
import { parseStackFile, PROJECT, qualified } from "../config/stackFile";

/** Something that a stack file says, and where: such as `["pops", "eu-west-1", "state"]`. */
export interface Setting {
  readonly path: readonly string[];
  /** undefined: it is not there. */
  readonly value: unknown;
}

/** What a stack file says there now. @throws ConfigError for what is no sound YAML */
export function settingIn(text: string, path: readonly string[]): Setting {
  const document = parseStackFile(text, "the stack file");
  const found: unknown = document.getIn(placeOf(document, path));
  return { path, value: isNode(found) ? found.toJS(document) : found };
}

/** Names of what a stack file has there, in its order. @throws ConfigError for what is no sound YAML */
export function keysIn(text: string, path: readonly string[]): readonly string[] {
  const { value } = settingIn(text, path);
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

/**
 * The text of a stack file in which something has another value.
 *
 * @param value undefined: it is not there any more
 * @throws ConfigError for what is no sound YAML
 */
export function withValue(text: string, path: readonly string[], value: unknown): string {
  const document = parseStackFile(text, "the stack file");
  const own = placeOf(document, path);
  if (value !== undefined) {
    document.setIn(own, value);
  } else if (document.hasIn(own)) {
    document.deleteIn(own);
  }
  return document.toString();
}

function placeOf(document: Document, [section = "", ...path]: readonly string[]): readonly string[] {
  const config = document.get("config", true);
  const names = isMap(config) ? config.items.map(({ key }) => (isScalar(key) ? String(key.value) : "")) : [];
  const wanted = `${PROJECT}:${section}`;
  return ["config", names.find((name) => qualified(name) === wanted) ?? wanted, ...path];
}
