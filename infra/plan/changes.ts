import { compare } from "../config/problems";
import type { PlannedResource } from "./model";
import type { JsonValue } from "./wire";

/** A difference at one place of a resource; a side that has nothing there lacks its field. */
export interface Change {
  /** `inputs.tags.Name`, `inputs.subnets[0]`, `options.protect`, `dependencies`. A key with other signs stands in `["…"]`. */
  readonly path: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

/** The differences of two resources with one URN: inputs, options, parent and dependencies, each in code-unit order. */
export function changes(before: PlannedResource, after: PlannedResource): readonly Change[] {
  return [
    ...between("inputs", heeded(before, after), heeded(after, after)),
    ...between("options", before.options, after.options),
    ...between("parent", before.parent, after.parent),
    // A list of URNs says most as a whole, and its order says nothing.
    ...leaf("dependencies", [...before.dependencies].sort(compare), [...after.dependencies].sort(compare)),
  ];
}

/** The input properties in which two resources differ, in code-unit order. */
export function changedInputs(before: PlannedResource, after: PlannedResource): readonly string[] {
  const [old, fresh] = [heeded(before, after), heeded(after, after)];
  const properties = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].sort(compare);
  return properties.filter((property) => between(property, old[property], fresh[property]).length > 0);
}

/** The inputs of a resource without those whose change the program asks to ignore. */
function heeded({ inputs }: PlannedResource, { options }: PlannedResource): PlannedResource["inputs"] {
  const ignored = options.ignoreChanges ?? [];
  return Object.fromEntries(
    Object.entries(inputs).filter(([property]) => !(isList(ignored) && ignored.includes(property))),
  );
}

function between(path: string, before: JsonValue | undefined, after: JsonValue | undefined): readonly Change[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(compare);
    return keys.flatMap((key) => between(`${path}${member(key)}`, before[key], after[key]));
  }
  if (isList(before) && isList(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) =>
      between(`${path}[${String(index)}]`, before[index], after[index]),
    ).flat();
  }
  return leaf(path, before, after);
}

function leaf(path: string, before: JsonValue | undefined, after: JsonValue | undefined): readonly Change[] {
  if (JSON.stringify(before) === JSON.stringify(after)) {
    return [];
  }
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

function member(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function isRecord(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return value !== null && typeof value === "object" && !isList(value);
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
