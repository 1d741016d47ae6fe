import { z } from "zod";
import { didYouMean, formatPath, formatValue, type Path, type Problem } from "./problems";
import { footprintSchema, PLACEHOLDER_BUCKET, type StackInput } from "./schema";

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** A configuration after the check of its shape. */
export interface Structure {
  /** What is sound of the input, static defaults applied, so that the cross rules can still look at it. */
  readonly input: StackInput;
  readonly problems: readonly Problem[];
  /** Whether nothing at, above or below that path was refused: only then does a cross rule speak about it. */
  readonly known: (...path: readonly string[]) => boolean;
  /** Whether every entry of that map is in `input`, with or without all of its settings. */
  readonly entire: (key: "zones" | "sites" | "pops") => boolean;
}

/** Checks the shape of every value: types, ranges, patterns, unknown keys. */
export function checkStructure(raw: Readonly<Record<string, unknown>>): Structure {
  const problems: Problem[] = [];
  const refused: Path[] = [];
  let sound: Record<string, unknown> = structuredClone(raw);
  for (let round = 0; ; round++) {
    const result = footprintSchema.safeParse(sound, { error: describeIssue });
    if (result.success) {
      const input = result.data;
      return {
        input,
        problems,
        known: (...path) => !refused.some((other) => related(other, path)),
        entire: (key) =>
          isContainer(raw[key]) && Object.keys(raw[key]).every((entry) => Object.hasOwn(input[key], entry)),
      };
    }
    const issues = result.error.issues.flatMap(mostSpecific);
    // Later rounds only see what follows from the cuts of the first.
    if (round === 0) {
      problems.push(...issues.flatMap((issue) => toProblems(issue, raw)));
    }
    refused.push(...issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? [] : [steps(issue)])));
    sound = issues.reduce(cut, sound);
  }
}

/** Words for what was expected; a text that stands at the schema itself has precedence. */
function describeIssue(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "must be set" : `must be ${typeName(issue.expected)}`;
    case "too_small":
      return `must ${bound(issue.origin, "at least", issue.minimum, issue.inclusive ?? true)}`;
    case "too_big":
      return `must ${bound(issue.origin, "at most", issue.maximum, issue.inclusive ?? true)}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      if (issue.input === undefined) {
        return "must be set";
      }
      return `must be ${issue.errors.map((branch) => (branch[0]?.message ?? "").replace(/^must be /, "")).join(", or ")}`;
    default:
      return undefined;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

function typeName(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

function bound(origin: string, word: "at least" | "at most", limit: number | bigint, inclusive: boolean): string {
  const amount = String(limit);
  switch (origin) {
    case "string":
      return `have ${word} ${amount} characters`;
    case "array":
      return `have ${word} ${amount} ${amount === "1" ? "entry" : "entries"}`;
    default:
      return inclusive ? `be ${word} ${amount}` : `be ${word === "at least" ? "above" : "below"} ${amount}`;
  }
}

/**
 * The issues that a user meant: of a choice between a text and a list, those of the branch whose type the value has.
 * Without such a branch, the choice itself.
 */
function mostSpecific(issue: Issue): readonly Issue[] {
  if (issue.code !== "invalid_union") {
    return [issue];
  }
  const branch = issue.errors.find((errors) => errors.length > 0 && !errors.some(isWrongType));
  return branch?.flatMap((found) => mostSpecific({ ...found, path: [...issue.path, ...found.path] })) ?? [issue];
}

function isWrongType(issue: Issue): boolean {
  return (
    issue.path.length === 0 &&
    (issue.code === "invalid_type" ? issue.expected !== "int" : issue.code === "invalid_value")
  );
}

function toProblems(issue: Issue, raw: unknown): readonly Problem[] {
  const path = steps(issue);
  const where = path.length === 0 ? "footprint" : formatPath(path);
  if (issue.code === "unrecognized_keys") {
    const allowed = keysAt(path);
    return issue.keys.map((key) => ({
      path: where,
      rule: "schema.unknownKey",
      message: `unknown key "${key}"${didYouMean(key, allowed) || ";"} allowed: ${allowed.join(", ")}`,
    }));
  }
  const value = valueAt(raw, path);
  const got = value === undefined ? "" : `, got ${formatValue(value)}`;
  return [{ path: where, rule: `schema.${kind(issue, value)}`, message: `${issue.message}${got}` }];
}

function kind(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return value === undefined ? "required" : issue.expected === "int" ? "integer" : "type";
    case "invalid_union":
      return value === undefined ? "required" : "type";
    case "too_small":
      return `min${unit(issue.origin)}`;
    case "too_big":
      return `max${unit(issue.origin)}`;
    case "invalid_value":
      return value === undefined ? "required" : "enum";
    case "invalid_format":
      return "pattern";
    default:
      throw new Error(`the schema has a check without words: ${issue.code}`);
  }
}

function unit(origin: string): string {
  return origin === "string" ? "Length" : origin === "array" ? "Items" : "imum";
}

function steps(issue: Issue): Path {
  return issue.path.map((step) => (typeof step === "number" ? step : String(step)));
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (isContainer(value) ? value[step] : undefined), root);
}

function isContainer(value: unknown): value is Record<string | number, unknown> {
  return typeof value === "object" && value !== null;
}

/** The keys that the schema allows at a path. */
function keysAt(path: Path): readonly string[] {
  let schema: z.core.$ZodType = footprintSchema;
  for (const step of path) {
    schema = child(unwrap(schema), step);
  }
  const object = unwrap(schema);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function child(schema: z.core.$ZodType, step: string | number): z.core.$ZodType {
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
    const entry = shape[step];
    if (entry !== undefined) {
      return entry;
    }
  }
  if (schema instanceof z.ZodRecord) {
    return schema.valueType;
  }
  throw new Error(`the schema has nothing at ${String(step)}`);
}

/** The schema without what only says that it may be left out. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? unwrap(schema.unwrap())
    : schema;
}

/** What stands in for a required key that is missing, where an empty map would not be sound either. */
const STAND_INS: Readonly<Record<string, unknown>> = { packages: { bucket: PLACEHOLDER_BUCKET } };

/** A copy without what the issue is about: the value, the unknown keys, or the map in which something is missing. */
function cut(root: Record<string, unknown>, issue: Issue): Record<string, unknown> {
  const path = steps(issue);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.reduce((rest, key) => without(rest, [...path, key]), root);
  }
  // A list goes as a whole: without one element the others would stand at other places.
  const list = path.findIndex((step) => typeof step === "number");
  const upTo = list === -1 ? path : path.slice(0, list);
  if (valueAt(root, upTo) !== undefined) {
    return without(root, upTo);
  }
  const [key] = upTo;
  return upTo.length === 1 && key !== undefined
    ? { ...root, [key]: STAND_INS[key] ?? {} }
    : without(root, upTo.slice(0, -1));
}

function without(root: Record<string, unknown>, path: Path): Record<string, unknown> {
  const [step, ...rest] = path;
  if (step === undefined) {
    return root;
  }
  const { [step]: value, ...others } = root;
  if (rest.length === 0 || !isContainer(value)) {
    return others;
  }
  return { ...others, [step]: without(value, rest) };
}

function related(a: Path, b: Path): boolean {
  return a.slice(0, b.length).every((step, position) => step === b[position]);
}
