import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from "yaml";
import { compare, ConfigError, formatPath, type Path, type Problem } from "./problems";
import { engineReading, Timestamp } from "./yamlScalars";

/** Project of the stack files; a key without a namespace belongs to it, as it does for the engine. */
export const PROJECT = "footprint";

/**
 * The configuration of a stack file as the engine hands it to the program: a flat map of texts, objects as JSON with
 * their keys sorted. So the plan runs the very program that a deployment runs. Throws a ConfigError with place and
 * reason for what is no sound YAML.
 */
export function stackConfigFromFile(file: string): Readonly<Record<string, string>> {
  return stackConfigFromText(readText(file), basename(file));
}

/** The same from the text of a stack file; `file` only names it in errors. */
export function stackConfigFromText(text: string, file: string): Readonly<Record<string, string>> {
  const config = configSection(parseStackFile(text, file), file);
  const problems: Problem[] = [];
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    const key = qualified(name);
    if (key === undefined || Object.hasOwn(values, key)) {
      problems.push(
        key === undefined
          ? { path: name, rule: "key", message: "must be <namespace>:<name>" }
          : { path: name, rule: "key-twice", message: `must stand once, got ${key} in several spellings` },
      );
    } else if (key.startsWith(`${PROJECT}:`)) {
      problems.push(...encrypted([key.slice(PROJECT.length + 1)], value));
      values[key] = engineText(value);
    } else if (encrypted([key], value).length === 0) {
      // Other namespaces are the providers' own; what is encrypted there is for the engine to open.
      values[key] = engineText(value);
    }
  }
  if (problems.length > 0) {
    throw new ConfigError(problems);
  }
  return values;
}

/** A key with its namespace: `tags`, `footprint:tags` and, from former days, `footprint:config:tags` are the same. */
export function qualified(name: string): string | undefined {
  const parts = name.split(":");
  const [namespace = "", middle, last] = parts;
  switch (parts.length) {
    case 1:
      return `${PROJECT}:${name}`;
    case 2:
      return name;
    default:
      return parts.length === 3 && middle === "config" ? `${namespace}:${last ?? ""}` : undefined;
  }
}

/** Parses a stack file, keeping comments and order. Throws a ConfigError for what is no sound YAML. */
export function parseStackFile(text: string, file: string): Document {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const problems = document.errors.map((error): Problem => {
    const { line, col } = lines.linePos(error.pos[0]);
    const message =
      error.code === "DUPLICATE_KEY" ? "must have each key once, this one stands here again" : error.message;
    return { path: `${file}:${String(line)}:${String(col)}`, rule: "yaml", message };
  });
  const { directives } = document;
  if (directives.yaml.explicit === true || directives.docEnd) {
    problems.push({
      path: file,
      rule: "yaml",
      message: "must be one YAML document without directives (%YAML) and an end (...)",
    });
  }
  if (problems.length > 0) {
    throw new ConfigError(problems);
  }
  return document;
}

/** What a plan cannot know of a stack file: what a Pulumi ESC environment adds (`environment:`), which only Pulumi opens. */
export function unreadParts(file: string): readonly string[] {
  return roughContent(file)["environment"] !== undefined
    ? [
        "the stack file has an environment, which only Pulumi opens: what its pulumiConfig says of a key that the file itself does not set is not in this plan",
      ]
    : [];
}

/**
 * What stands below `config` in a stack file, as far as it can be read: an operator must get on while somebody edits it.
 * Empty where there is nothing to read.
 */
export function roughConfig(file: string): Readonly<Record<string, unknown>> {
  const config = roughContent(file)["config"];
  return isRecord(config) ? config : {};
}

function roughContent(file: string): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = parseDocument(readFileSync(file, "utf8"), { merge: true }).toJS();
    return isRecord(content) ? content : {};
  } catch {
    return {};
  }
}

/** The text of a stack file; a ConfigError where there is none. */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const reason = typeof error === "object" && error !== null && "code" in error ? String(error.code) : String(error);
    throw new ConfigError([{ path: file, rule: "file", message: `must be a stack file, cannot be read (${reason})` }]);
  }
}

function configSection(document: Document, file: string): Readonly<Record<string, unknown>> {
  const problems = readScalarsAsEngine(document);
  if (problems.length > 0) {
    throw new ConfigError(problems);
  }
  const content: unknown = document.toJS();
  const config: unknown = isRecord(content) ? (content["config"] ?? {}) : undefined;
  if (!isRecord(config)) {
    throw new ConfigError([{ path: file, rule: "file", message: "must be a map with a map `config` in it" }]);
  }
  return config;
}

/**
 * Reads what is unquoted as the engine does, whose YAML reader is another one. What only it takes for a number is refused:
 * a person who wrote 010 or 1_000 may have meant either.
 */
function readScalarsAsEngine(document: Document): readonly Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Node: (key, node, ancestors) => {
      const refuse = (message: string) => {
        const path = formatPath(pathOf(key === "key" ? ancestors.slice(0, -1) : ancestors, node));
        problems.push({ path: path === "" ? "config" : path, rule: "yaml-reading", message });
      };
      if (isNode(node) && node.tag !== undefined) {
        refuse(
          `must have no YAML tag, since readers disagree about some, got ${node.tag.replace("tag:yaml.org,2002:", "!!")}`,
        );
      } else if (isScalar(node) && node.type === "PLAIN" && node.source !== undefined) {
        const reading = engineReading(node.source);
        if (key === "key") {
          if (typeof reading !== "string") {
            refuse(`must have keys that are quoted where the engine does not read a text, got ${node.source}`);
          }
          return;
        }
        const value = reading instanceof Timestamp ? reading.words() : reading;
        const isDoubtful = typeof value === "number" && (value !== node.value || !Number.isFinite(value));
        if (value === undefined || typeof value === "bigint" || isDoubtful) {
          refuse(
            `must be quoted, or written plainly (a number without a leading zero, underscores or a base, a time without a zone), since YAML readers disagree about it, got ${node.source}`,
          );
        } else {
          node.value = value;
        }
      }
    },
  });
  return problems;
}

/** Where a node stands below `config`. */
function pathOf(ancestors: readonly unknown[], node: unknown): Path {
  const path = ancestors.flatMap((ancestor, position): Path => {
    if (isPair(ancestor)) {
      return [isScalar(ancestor.key) ? String(ancestor.key.value) : String(ancestor.key)];
    }
    return isSeq(ancestor) ? [ancestor.items.indexOf(ancestors[position + 1] ?? node)] : [];
  });
  return path.slice(1).map((step) => (typeof step === "string" ? step.replace(`${PROJECT}:`, "") : step));
}

/** The texts of `secure:` below a value. */
function encrypted(path: Path, value: unknown): readonly Problem[] {
  if (Array.isArray(value)) {
    return value.flatMap((entry, position) => encrypted([...path, position], entry));
  }
  if (!isRecord(value)) {
    return [];
  }
  const entries = Object.entries(value);
  if (entries.length === 1 && typeof value["secure"] === "string") {
    return [
      {
        path: formatPath(path),
        rule: "secure",
        message: "must not be encrypted (`secure:`): nothing here is a secret, the footprint makes its secrets itself",
      },
    ];
  }
  return entries.flatMap(([key, entry]) => encrypted([...path, key], entry));
}

/** A value in the engine's words: a text as it is, anything else as Go's encoding/json writes it. */
export function engineText(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  const escapes: Readonly<Record<string, string>> = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
  };
  return JSON.stringify(sortKeys(value ?? null)).replace(/[<>&\u2028\u2029]/g, (letter) => escapes[letter] ?? letter);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sortKeys);
  }
  return isRecord(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => compare(a, b))
          .map(([key, entry]) => [key, sortKeys(entry)]),
      )
    : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
