import { isMap, isNode, isPair, isScalar, type Document, type YAMLMap } from "yaml";
import { parseStackFile } from "../config/stackFile";

/** Names of the secrets' generations in a stack file. */
export type GenerationKey = "originAuth" | "purge";

/**
 * The text of a stack file with a secret's generation set. Comments, order and spacing stay, but for a file in a style
 * of its own, which is written anew.
 */
export function withGeneration(text: string, file: string, key: GenerationKey, generation: number): string {
  const document = parseStackFile(text, file);
  const config: unknown = document.get("config", true);
  if (!isMap(config)) {
    throw new Error(`${file} has no map \`config\``);
  }
  // A key without a namespace belongs to the project.
  const name = ["footprint:secrets", "secrets"].find((each) => config.has(each));
  const present: unknown = name === undefined ? undefined : config.getIn([name, key], true);
  if (isScalar(present) && present.range) {
    const [from, to] = present.range;
    return text.slice(0, from) + String(generation) + text.slice(to);
  }
  const at = name === undefined ? firstLine(text, document, config) : undefined;
  if (at !== undefined) {
    return `${text.slice(0, at.start)}${at.indent}footprint:secrets: { ${key}: ${String(generation)} }\n${text.slice(at.start)}`;
  }
  document.setIn(
    ["config", name ?? "footprint:secrets"],
    document.createNode({ ...shown(config, name), [key]: generation }),
  );
  return document.toString({ lineWidth: 0 });
}

/** Where the first line below `config:` begins, and how far its entries are indented, in a file in block style. */
function firstLine(
  text: string,
  document: Document,
  config: YAMLMap,
): { readonly start: number; readonly indent: string } | undefined {
  const root: unknown = document.contents;
  const pair = isMap(root) ? root.items.find(({ key }) => isScalar(key) && key.value === "config") : undefined;
  const first = config.items.find((each) => isPair(each))?.key;
  if (config.flow === true || !isNode(pair?.key) || !pair.key.range || !isNode(first) || !first.range) {
    return undefined;
  }
  const [, end] = pair.key.range;
  const [keyStart] = first.range;
  return {
    start: text.indexOf("\n", end) + 1,
    indent: text.slice(text.lastIndexOf("\n", keyStart - 1) + 1, keyStart),
  };
}

/** The entries of a map that is there already. */
function shown(config: YAMLMap, name: string | undefined): object {
  const map: unknown = name === undefined ? undefined : config.get(name);
  return isMap(map) ? (map.toJSON() as object) : {};
}
