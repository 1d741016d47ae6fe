import { isAlias, isMap, isNode, isScalar, type Document, type Node, type YAMLMap } from "yaml";
import { parseStackFile, PROJECT, qualified } from "./stackFile";

/** A part of a text that becomes another. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/**
 * The text of a stack file with entries of one of its maps set, such as the ids of `image`. Only what changes is touched:
 * comments, order, spacing and the style of each map stay. What stands behind an alias is changed where it is written.
 *
 * @param entries plain words and numbers, which need no quotes
 * @throws ConfigError for what is no sound YAML, Error where there is no map `config`
 */
export function withEntries(text: string, file: string, name: string, entries: ReadonlyMap<string, string>): string {
  const document = parseStackFile(text, file);
  const config = pointedAt(document, document.get("config", true));
  if (!isMap(config)) {
    throw new Error(`${file} has no map \`config\``);
  }
  const pair = config.items.find(({ key }) => isScalar(key) && qualified(String(key.value)) === `${PROJECT}:${name}`);
  const map = pointedAt(document, pair?.value);
  const edits = isMap(map)
    ? setIn(text, map, entries)
    : [pair === undefined ? added(text, document, config, name, entries) : filled(text, pair.key, entries)];
  return edits
    .sort((a, b) => a.from - b.from)
    .reduceRight((result, { from, to, insert }) => result.slice(0, from) + insert + result.slice(to), text);
}

function pointedAt(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function setIn(text: string, map: YAMLMap, entries: ReadonlyMap<string, string>): Edit[] {
  const present = new Map(map.items.map(({ key, value }) => [isScalar(key) ? String(key.value) : "", value]));
  const changed = [...entries].flatMap(([key, value]): Edit[] => {
    const node = present.get(key);
    if (!isNode(node) || !node.range) {
      return [];
    }
    const [from, to] = node.range;
    return [{ from, to, insert: text[from - 1] === ":" ? ` ${value}` : value }];
  });
  const missing = [...entries].filter(([key]) => !present.has(key)).map(([key, value]) => `${key}: ${value}`);
  return missing.length === 0 ? changed : [...changed, appended(text, map, missing)];
}

/** Behind the last entry of a map, in its style. */
function appended(text: string, map: YAMLMap, lines: readonly string[]): Edit {
  const last = map.items.at(-1);
  if (map.flow === true) {
    const end = last === undefined ? undefined : (endOf(last.value) ?? endOf(last.key));
    const at = end ?? (map.range?.[0] ?? 0) + 1;
    return { from: at, to: at, insert: end === undefined ? ` ${lines.join(", ")} ` : `, ${lines.join(", ")}` };
  }
  const at = lineEnd(text, endOf(last?.value) ?? endOf(last?.key) ?? 0);
  const indent = indentOf(text, map.items[0]?.key);
  return { from: at, to: at, insert: lines.map((line) => `\n${indent}${line}`).join("") };
}

/** The whole section, as the first of `config`. */
function added(
  text: string,
  document: Document,
  config: YAMLMap,
  name: string,
  entries: ReadonlyMap<string, string>,
): Edit {
  const lines = [...entries].map(([key, value]) => `${key}: ${value}`);
  const [first] = config.items;
  if (config.flow === true || first === undefined) {
    return appended(text, config, [`${PROJECT}:${name}: { ${lines.join(", ")} }`]);
  }
  const root: unknown = document.contents;
  const pair = isMap(root) ? root.items.find(({ key }) => isScalar(key) && key.value === "config") : undefined;
  const at = lineEnd(text, endOf(pair?.key) ?? 0);
  const indent = indentOf(text, first.key);
  const section =
    lines.length === 1
      ? `\n${indent}${PROJECT}:${name}: { ${lines.join(", ")} }`
      : [`\n${indent}${PROJECT}:${name}:`, ...lines.map((line) => `${indent}  ${line}`)].join("\n");
  return { from: at, to: at, insert: section };
}

/** A key that has no value yet. */
function filled(text: string, key: unknown, entries: ReadonlyMap<string, string>): Edit {
  const at = text.indexOf(":", endOf(key) ?? 0) + 1;
  const words = [...entries].map(([name, value]) => `${name}: ${value}`).join(", ");
  return { from: at, to: at, insert: ` { ${words} }` };
}

function endOf(node: unknown): number | undefined {
  return isNode(node) ? rangeOf(node)?.[1] : undefined;
}

function rangeOf({ range }: Node): readonly [number, number, number] | undefined {
  return range ?? undefined;
}

/** End of the line in which what ends at a place ends; a map may end behind its last line. */
function lineEnd(text: string, end: number): number {
  const last = text.slice(0, end).trimEnd().length;
  const at = text.indexOf("\n", last);
  return at === -1 ? text.length : at;
}

function indentOf(text: string, key: unknown): string {
  const start = isNode(key) ? (rangeOf(key)?.[0] ?? 0) : 0;
  return text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
}
